"""Configurations as points of the unit cube, and back.

A point has one code in [0, 1] per column. Most parameters have one column; a subset and a
permutation have one per item (see `blocks`). Many points mean the same configuration; its
one canonical point is what histories hold and what compares.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from groat import errors, model
from groat_server import blocks
from groat_server.columns import NotInDomain
from groat_server.conditions import Gate, count
from groat_server.restrictions import Restrictions

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Integers: TypeAlias = npt.NDArray[np.int64]

INACTIVE = 0.5
"""The code of every column of an inactive parameter."""

_MOST_COUNTED = 300_000
"""Values to look at, all parameters of all configurations, before constraints are counted."""

_MOST_REFUSED = 20_000
_MOST_DRAWN = 2_048
_DRAWS = 256
_LABELS = {"categorical", "bool", "text", "subset"}


class Space:
    """The unit cube of one search space. Immutable, may be pickled.

    Attributes:
        parameters: In declared order.
        d: Number of columns.
        columns: Per parameter its columns, side by side.
        owner: Shape ``(d,)``, integers. The place of the parameter that each
            column belongs to.
        is_categorical: Shape ``(d,)``. True where values have no order: labels,
            texts, booleans, and whether an item is in a subset.
        levels: Shape ``(d,)``, integers. Number of values of each column; 0
            where there is a continuum.
        has_conditions: Whether any parameter can be inactive.
        has_constraints: Whether some configurations are never asked.

    Raises:
        InvalidArgument: A domain cannot be searched, a condition or a constraint
            names no parameter or a value that it never has, or conditions form
            a circle.
    """

    def __init__(self, search_space: model.SearchSpace) -> None:
        self.parameters = search_space.parameters
        self._blocks = tuple(self._block(j) for j in range(len(self.parameters)))
        widths = [len(block.levels) for block in self._blocks]
        starts = [sum(widths[:j]) for j in range(len(widths))]
        self.d = sum(widths)
        self.columns = tuple(slice(s, s + w) for s, w in zip(starts, widths, strict=True))
        self.owner: Integers = np.repeat(np.arange(len(widths), dtype=np.int64), widths)
        self.levels: Integers = np.array(
            [levels for block in self._blocks for levels in block.levels], dtype=np.int64
        )
        is_label = np.array([p.domain.kind in _LABELS for p in self.parameters], dtype=np.bool_)
        self.is_categorical: Bools = is_label[self.owner]
        self._index = {parameter.id: j for j, parameter in enumerate(self.parameters)}
        self._gates = tuple(self._gates_of(j) for j in range(len(self.parameters)))
        self._order = self._sorted()
        self.has_conditions = any(self._gates)
        self._restrictions = Restrictions(
            search_space.constraints, self.parameters, self._blocks, starts
        )
        self.has_constraints = bool(self._restrictions)

    # How the parts are read.

    def _block(self, j: int) -> blocks.Block:
        try:
            return blocks.block(self.parameters[j].domain)
        except NotInDomain as error:
            raise errors.InvalidArgument.at(_path(j), str(error)) from error

    def _gates_of(self, j: int) -> tuple[Gate, ...]:
        return tuple(
            self._gate(condition, f"{_path(j)}.active_when[{i}]")
            for i, condition in enumerate(self.parameters[j].active_when)
        )

    def _gate(self, condition: model.Condition, path: str) -> Gate:
        parent = self._index.get(condition.parameter_id)
        if parent is None:
            raise errors.InvalidArgument.at(path, f"no parameter {condition.parameter_id!r}")
        try:
            signs = [self._sign(parent, value) for value in condition.any_of]
        except NotInDomain as error:
            raise errors.InvalidArgument.at(path, f"a value {error}") from error
        return Gate(parent, tuple(signs))

    def _sign(self, parent: int, value: model.Value) -> blocks.Sign:
        if isinstance(value, tuple):
            raise NotInDomain("must be one value, or one item of a subset, not a list")
        return self._blocks[parent].signs(value)[0]

    def _sorted(self) -> tuple[int, ...]:
        graph = {j: [gate.parent for gate in gates] for j, gates in enumerate(self._gates)}
        try:
            return tuple(TopologicalSorter(graph).static_order())
        except CycleError as error:
            message = "conditions form a circle; let one parameter be always active"
            raise errors.InvalidArgument.at("search_space", message) from error

    @functools.cached_property
    def size(self) -> float:
        """Number of allowed configurations.

        ``inf`` when an active parameter may be continuous, when counting would
        take too long: under constraints, beyond a few ten thousand configurations.
        """
        size = count(self._blocks, self._gates, self._order)
        if not self.has_constraints:
            return size
        if size * len(self.parameters) > _MOST_COUNTED:
            return np.inf
        return sum(1 for _ in self.points(np.random.default_rng(0)))

    # Points.

    def active(self, points: Floats) -> Bools:
        """Tell which columns each point really has.

        Args:
            points: Shape ``(n, d)``, unit cube; need not be canonical.

        Returns:
            Shape ``(n, d)``. True where all conditions hold and every parent
            is active itself.
        """
        return self._active_of(self._snapped(points))[:, self.owner]

    def canonical(self, points: Floats) -> Floats:
        """Move each point to the one that stands for its configuration.

        Equal configurations have equal canonical points and the other way
        round: codes of levels are exact, continuous codes are rounded to 12
        decimals, inactive columns are at `INACTIVE`.

        Args:
            points: Shape ``(n, d)``; clipped to the unit cube.

        Returns:
            Shape ``(n, d)``, a new array. Doing it again changes nothing.
        """
        snapped = self._snapped(points)
        return np.where(self._active_of(snapped)[:, self.owner], snapped, INACTIVE)

    def keys(self, points: Floats) -> list[bytes]:
        """Return one key per row of ``points (n, d)``; equal for equal configurations."""
        return [row.tobytes() for row in self.canonical(points)]

    def allowed(self, points: Floats) -> Bools:
        """Tell which ``points (n, d)`` keep every constraint, shape ``(n,)``."""
        if not self.has_constraints:
            return np.ones(len(points), dtype=np.bool_)
        snapped = self._snapped(points)
        return self._restrictions.allow(snapped, self._active_of(snapped))

    def repaired(self, points: Floats) -> Floats:
        """Pull points that break a linear constraint onto allowed ones, where one is found.

        Returns:
            Shape ``(n, d)``, canonical; see `allowed`, as forbidden combinations stay.
        """
        snapped = self._snapped(points)
        if self.has_constraints:
            snapped = self._restrictions.pull(snapped, self._active_of(snapped))
        return self.canonical(snapped)

    def _snapped(self, points: Floats) -> Floats:
        snapped = np.clip(points, 0.0, 1.0)
        for own, block in zip(self.columns, self._blocks, strict=True):
            snapped[:, own] = block.snap(snapped[:, own])
        return snapped

    def _active_of(self, snapped: Floats) -> Bools:
        """Tell which parameters are active, shape ``(n, parameters)``."""
        active = np.ones((len(snapped), len(self.parameters)), dtype=np.bool_)
        for j in self._order:
            for gate in self._gates[j]:
                codes = snapped[:, self.columns[gate.parent]]
                active[:, j] &= active[:, gate.parent] & gate.is_open(codes)
        return active

    def points(self, rng: np.random.Generator) -> Iterator[Floats]:
        """Walk over all allowed canonical points, each once, from a random place on.

        Each of them has shape ``(d,)``. The walk is lazy: taking the first k
        costs k steps, however large the space. Where a continuous parameter is
        active it never ends. Under constraints it gives up after 20,000 steps
        that met no allowed point; over a continuum it draws points at random, may repeat
        itself, and gives up after 2,000 of them.
        """
        if self.has_constraints and not self.levels.all():
            yield from self._drawn(rng)
            return
        nowhere, none_active = np.full(self.d, INACTIVE), np.zeros(len(self.parameters), np.bool_)
        walk = self._walk(nowhere, 0, none_active, rng)
        if not self.has_constraints:
            yield from walk
            return
        refused = 0
        while refused < _MOST_REFUSED and (steps := list(itertools.islice(walk, _DRAWS))):
            met = np.array(steps)
            fits = met[self.allowed(met)]
            refused = 0 if len(fits) else refused + len(met)
            yield from fits

    def has_room(self) -> bool:
        """Whether any allowed configuration is found: in small spaces for sure."""
        return next(self.points(np.random.default_rng(0)), None) is not None

    def _drawn(self, rng: np.random.Generator) -> Iterator[Floats]:
        refused = 0
        while refused < _MOST_DRAWN:
            draws = self.repaired(rng.random((_DRAWS, self.d)))
            fits = draws[self.allowed(draws)]
            refused = 0 if len(fits) else refused + _DRAWS
            yield from fits

    def _walk(
        self, point: Floats, depth: int, active: Bools, rng: np.random.Generator
    ) -> Iterator[Floats]:
        if depth == len(self._order):
            yield point.copy()
            return
        j = self._order[depth]
        active[j] = self._is_open(j, point, active)
        nothing = np.full(len(self._blocks[j].levels), INACTIVE)
        for codes in self._blocks[j].codes(rng) if active[j] else (nothing,):
            point[self.columns[j]] = codes
            yield from self._walk(point, depth + 1, active, rng)

    def _is_open(self, j: int, point: Floats, active: Bools) -> bool:
        return all(
            active[gate.parent] and gate.is_open(point[None, self.columns[gate.parent]])[0]
            for gate in self._gates[j]
        )

    # Configurations.

    def encode(self, configuration: model.Configuration) -> Floats:
        """Return the point of a configuration, shape ``(d,)``, at full precision.

        ``decode`` gives back the same levels exactly, and floats to within a
        unit in the last place of their bounds. For comparing, pass it on to
        `canonical`.

        Raises:
            InvalidArgument: See `validate`.
        """
        self.validate(configuration)
        point = np.full(self.d, INACTIVE)
        for name, value in configuration.items():
            j = self._index[name]
            point[self.columns[j]] = self._blocks[j].units(value)
        return point

    def place(self, configuration: model.Configuration) -> Floats:
        """Return the canonical point ``(d,)`` of a configuration of the past.

        It may come from before the space grew: a parameter that it lacks, and
        that is active, then had its default value.

        Raises:
            InvalidArgument: A value is not in its domain.
        """
        point, problems = self._coded(configuration)
        if problems:
            raise errors.InvalidArgument(*_violations(problems))
        for own, block, parameter in zip(self.columns, self._blocks, self.parameters, strict=True):
            default = parameter.default_value
            if parameter.id not in configuration and default is not None:
                point[own] = block.units(default)
        return self.canonical(np.nan_to_num(point[None], nan=INACTIVE))[0]

    def decode(self, point: Floats) -> dict[str, model.Value]:
        """Return the configuration at a point ``(d,)``: active parameters, in declared order."""
        return self.decode_some(point[None], {parameter.id for parameter in self.parameters})[0]

    def decode_some(self, points: Floats, ids: Collection[str]) -> list[dict[str, model.Value]]:
        """Return those of the named parameters that are active at ``points (n, d)``."""
        active, inside = self.active(points), np.clip(points, 0.0, 1.0)
        wanted = [
            (parameter.id, self.columns[j], self._blocks[j])
            for j, parameter in enumerate(self.parameters)
            if parameter.id in ids
        ]
        return [
            {name: block.value(row[own]) for name, own, block in wanted if has[own].all()}
            for row, has in zip(inside, active, strict=True)
        ]

    def configuration_id(self, configuration: model.Configuration) -> str:
        """Hash a configuration: 20 hexadecimal digits, the same on every machine.

        Values go by what their parameter makes of them, so ``1`` and ``1.0``
        agree for a float, while ``1``, ``"1"`` and ``True`` never do.

        Raises:
            InvalidArgument: See `validate`.
        """
        self.validate(configuration)
        exact = sorted(self.exact(configuration).items())
        named = [(name, (type(value).__name__, value)) for name, value in exact]
        text = json.dumps(named, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    def exact(self, configuration: model.Configuration) -> dict[str, model.Value]:
        """Return the one spelling of a valid configuration: declared order, exact types."""
        return {
            parameter.id: self._exact(j, configuration[parameter.id])
            for j, parameter in enumerate(self.parameters)
            if parameter.id in configuration
        }

    def _exact(self, j: int, value: model.Value) -> model.Value:
        block = self._blocks[j]
        if all(block.levels):
            return block.value(np.array(block.units(value)))
        return value if isinstance(value, str | tuple) else float(value) + 0.0

    def contains(self, configuration: model.Configuration) -> bool:
        """Tell whether a configuration has a valid value for just its active parameters."""
        return not self._violations(configuration)

    def validate(self, configuration: model.Configuration) -> None:
        """Check a configuration; constraints are another question, see `allowed`.

        Raises:
            InvalidArgument: A parameter is unknown, out of its domain, active
                without a value, or inactive with one; paths are
                ``configuration.<parameter id>``.
        """
        problems = self._violations(configuration)
        if problems:
            raise errors.InvalidArgument(*problems)

    def _violations(self, configuration: model.Configuration) -> list[errors.Violation]:
        point, problems = self._coded(configuration)
        return _violations(problems or self._misplaced(configuration, point))

    def _coded(self, configuration: model.Configuration) -> tuple[Floats, dict[str, str]]:
        """Code what is there; NaN elsewhere, and the reasons for what cannot be coded."""
        # NaN opens no gate: a child of a missing parent is not itself reported missing.
        point, problems = np.full(self.d, np.nan), dict[str, str]()
        for name, value in configuration.items():
            try:
                j = self._index[name]
                point[self.columns[j]] = self._blocks[j].units(value)
            except KeyError:
                problems[name] = "is no parameter of this search space"
            except NotInDomain as error:
                problems[name] = str(error)
        return point, problems

    def _misplaced(self, configuration: Mapping[str, model.Value], point: Floats) -> dict[str, str]:
        active = self.active(point[None])[0]
        problems = dict[str, str]()
        for name, j in self._index.items():
            is_active = active[self.columns[j]].all()
            if is_active and name not in configuration:
                problems[name] = "is active and needs a value"
            if not is_active and name in configuration:
                problems[name] = "is not active here and must have no value"
        return problems


def _violations(problems: Mapping[str, str]) -> list[errors.Violation]:
    return [errors.Violation(f"configuration.{n:.128}", text) for n, text in problems.items()]


def _path(j: int) -> str:
    return f"search_space.parameters[{j}]"

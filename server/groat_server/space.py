"""Configurations as points of the unit cube, and back.

A point has one code in [0, 1] per parameter, in declared order. Many points mean the
same configuration; its one canonical point is what histories hold and what compares.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from groat import errors, model
from groat_server import columns
from groat_server.conditions import Gate, count

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Integers: TypeAlias = npt.NDArray[np.int64]

INACTIVE = 0.5
"""The code of every inactive parameter."""


class Space:
    """The unit cube of one search space. Immutable, may be pickled.

    Attributes:
        parameters: In declared order, ``d`` of them.
        d: Number of parameters.
        is_categorical: Shape ``(d,)``. True where values have no order: labels
            and booleans.
        levels: Shape ``(d,)``, integers. Number of values of each parameter; 0
            where there is a continuum.
        has_conditions: Whether any parameter can be inactive.
        size: Number of configurations; ``inf`` when an active parameter may be
            continuous, or when counting would take too long.

    Raises:
        InvalidArgument: A domain cannot be searched, a condition names no
            parameter or a value its parent never has, or conditions form a circle.
    """

    def __init__(self, search_space: model.SearchSpace) -> None:
        self.parameters = search_space.parameters
        self.d = len(self.parameters)
        self._columns = tuple(self._column(j) for j in range(self.d))
        self._index = {parameter.id: j for j, parameter in enumerate(self.parameters)}
        self._gates = tuple(self._gates_of(j) for j in range(self.d))
        self._order = self._sorted()
        self.levels: Integers = np.array(
            [column.levels for column in self._columns], dtype=np.int64
        )
        self.is_categorical: Bools = np.array(
            [p.domain.kind in {"categorical", "bool"} for p in self.parameters], dtype=np.bool_
        )
        self.has_conditions = any(self._gates)
        self.size = count(self.levels.tolist(), self._gates, self._order)

    # How the parts are read.

    def _column(self, j: int) -> columns.Column:
        try:
            return columns.column(self.parameters[j].domain)
        except columns.NotInDomain as error:
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
            units = [self._columns[parent].unit(value) for value in condition.any_of]
        except columns.NotInDomain as error:
            raise errors.InvalidArgument.at(path, f"a value {error}") from error
        return Gate(parent, self._columns[parent].snap(np.array(units, dtype=float)))

    def _sorted(self) -> tuple[int, ...]:
        graph = {j: [gate.parent for gate in self._gates[j]] for j in range(self.d)}
        try:
            return tuple(TopologicalSorter(graph).static_order())
        except CycleError as error:
            message = "conditions form a circle; let one parameter be always active"
            raise errors.InvalidArgument.at("search_space", message) from error

    # Points.

    def active(self, points: Floats) -> Bools:
        """Tell which parameters each point really has.

        Args:
            points: Shape ``(n, d)``, unit cube; need not be canonical.

        Returns:
            Shape ``(n, d)``. True where all conditions hold and every parent
            is active itself.
        """
        return self._active_of(self._snapped(points))

    def canonical(self, points: Floats) -> Floats:
        """Move each point to the one that stands for its configuration.

        Equal configurations have equal canonical points and the other way
        round: codes of levels are exact, continuous codes are rounded to 12
        decimals, inactive parameters are at `INACTIVE`.

        Args:
            points: Shape ``(n, d)``; clipped to the unit cube.

        Returns:
            Shape ``(n, d)``, a new array. Doing it again changes nothing.
        """
        snapped = self._snapped(points)
        return np.where(self._active_of(snapped), snapped, INACTIVE)

    def keys(self, points: Floats) -> list[bytes]:
        """Return one key per row of ``points`` ``(n, d)``; equal for equal configurations."""
        return [row.tobytes() for row in self.canonical(points)]

    def _snapped(self, points: Floats) -> Floats:
        clipped = np.clip(points, 0.0, 1.0)
        snapped = [column.snap(clipped[:, j]) for j, column in enumerate(self._columns)]
        return np.stack(snapped, axis=1) if snapped else clipped

    def _active_of(self, snapped: Floats) -> Bools:
        active = np.ones(snapped.shape, dtype=np.bool_)
        for j in self._order:
            for gate in self._gates[j]:
                active[:, j] &= active[:, gate.parent] & gate.is_open(snapped[:, gate.parent])
        return active

    def points(self, rng: np.random.Generator) -> Iterator[Floats]:
        """Walk over all canonical points, each once, from a random place on.

        Each of them has shape ``(d,)``. The walk is lazy: taking the first k
        costs k steps, however large the space. Where a continuous parameter is
        active it never ends.
        """
        point = np.full(self.d, INACTIVE)
        return self._walk(point, 0, np.zeros(self.d, dtype=np.bool_), rng)

    def _walk(
        self, point: Floats, depth: int, active: Bools, rng: np.random.Generator
    ) -> Iterator[Floats]:
        if depth == self.d:
            yield point.copy()
            return
        j = self._order[depth]
        active[j] = self._is_open(j, point, active)
        for code in self._codes(j, rng) if active[j] else (INACTIVE,):
            point[j] = code
            yield from self._walk(point, depth + 1, active, rng)

    def _is_open(self, j: int, point: Floats, active: Bools) -> bool:
        return all(
            active[gate.parent] and gate.is_open(point[gate.parent, None])[0]
            for gate in self._gates[j]
        )

    def _codes(self, j: int, rng: np.random.Generator) -> Iterator[float]:
        column = self._columns[j]
        if not column.levels:
            while True:
                yield float(column.snap(rng.random(1))[0])
        start = int(rng.integers(column.levels))
        for step in range(column.levels):
            yield self._code(j, (start + step) % column.levels)

    def _code(self, j: int, level: int) -> float:
        column = self._columns[j]
        if isinstance(column, columns.LogIntegers):
            return float(column.snap(np.array([column.unit(column.start + level)]))[0])
        return (level + 0.5) / column.levels

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
            point[self._index[name]] = self._columns[self._index[name]].unit(value)
        return point

    def decode(self, point: Floats) -> dict[str, model.Value]:
        """Return the configuration at a point ``(d,)``: active parameters, in declared order."""
        active = self.active(point[None])[0]
        return {
            parameter.id: self._columns[j].value(float(np.clip(point[j], 0.0, 1.0)))
            for j, parameter in enumerate(self.parameters)
            if active[j]
        }

    def configuration_id(self, configuration: model.Configuration) -> str:
        """Hash a configuration: 20 hexadecimal digits, the same on every machine.

        Values go by what their parameter makes of them, so ``1`` and ``1.0``
        agree for a float, while ``1``, ``"1"`` and ``True`` never do.

        Raises:
            InvalidArgument: See `validate`.
        """
        self.validate(configuration)
        named = {
            name: self._told(self._index[name], value) for name, value in configuration.items()
        }
        text = json.dumps(sorted(named.items()), separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:20]

    def _told(self, j: int, value: model.Value) -> tuple[str, model.Value]:
        column = self._columns[j]
        exact = column.value(column.unit(value)) if column.levels else float(value) + 0.0
        return type(exact).__name__, exact

    def contains(self, configuration: model.Configuration) -> bool:
        """Tell whether a configuration has a valid value for just its active parameters."""
        return not self._violations(configuration)

    def validate(self, configuration: model.Configuration) -> None:
        """Check a configuration.

        Raises:
            InvalidArgument: A parameter is unknown, out of its domain, active
                without a value, or inactive with one; paths are
                ``configuration.<parameter id>``.
        """
        violations = self._violations(configuration)
        if violations:
            raise errors.InvalidArgument(*violations)

    def _violations(self, configuration: model.Configuration) -> list[errors.Violation]:
        # NaN opens no gate: a child of a missing parent is not itself reported missing.
        point, problems = np.full(self.d, np.nan), dict[str, str]()
        for name, value in configuration.items():
            try:
                j = self._index[name]
                point[j] = self._columns[j].unit(value)
            except KeyError:
                problems[name] = "is no parameter of this search space"
            except columns.NotInDomain as error:
                problems[name] = str(error)
        if not problems:
            problems = self._misplaced(configuration, point)
        return [errors.Violation(f"configuration.{name}", text) for name, text in problems.items()]

    def _misplaced(self, configuration: Mapping[str, model.Value], point: Floats) -> dict[str, str]:
        active = self.active(point[None])[0]
        problems = dict[str, str]()
        for name, j in self._index.items():
            if active[j] and name not in configuration:
                problems[name] = "is active and needs a value"
            if not active[j] and name in configuration:
                problems[name] = "is not active here and must have no value"
        return problems


def _path(j: int) -> str:
    return f"search_space.parameters[{j}]"

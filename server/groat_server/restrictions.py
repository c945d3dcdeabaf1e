"""Which combinations of values are never asked, and the way from one that is to one that is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from groat import errors, model
from groat_server.blocks import Axis, Block
from groat_server.columns import Column, NotInDomain

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]

_PULLS = 20
"""Halvings of the way to an allowed point; a millionth of an axis is near enough."""

_DRAWS = 1_024
_SEED = 0
_PATTERNS_KEPT = 1_024
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Linear:
    """``sum(coefficient * number) <= upper_bound``, over the parameters that are active.

    Attributes:
        parameters: Their places in the space.
        coefficients: Shape ``(k,)``.
        slack: What rounding may add.
    """

    parameters: tuple[int, ...]
    coefficients: Floats
    upper_bound: float
    slack: float


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Signs, each a parameter, a column of the space and a code, that must not all be shown."""

    signs: tuple[tuple[int, int, float], ...]


class Restrictions:
    """The constraints of one search space.

    Args:
        constraints: As declared.
        parameters: Of the space, in order.
        blocks: One per parameter.
        starts: Each parameter's first column.

    Raises:
        InvalidArgument: A constraint names no parameter, one that is no
            number, or a value that it never has.
    """

    def __init__(
        self,
        constraints: Sequence[model.ParameterConstraint],
        parameters: Sequence[model.Parameter],
        blocks: Sequence[Block],
        starts: Sequence[int],
    ) -> None:
        self._blocks, self._starts = blocks, starts
        self._index = {parameter.id: j for j, parameter in enumerate(parameters)}
        self._anchors: dict[bytes, Floats | None] = {}
        self._linear: list[Linear] = []
        self._forbidden: list[Forbidden] = []
        for i, constraint in enumerate(constraints):
            path = f"search_space.constraints[{i}]"
            if isinstance(constraint, model.LinearConstraint):
                self._linear.append(self._read_linear(constraint, path))
            else:
                self._forbidden.append(self._read_forbidden(constraint, path))

    def _read_linear(self, constraint: model.LinearConstraint, path: str) -> Linear:
        places = [self._place(name, path) for name in constraint.coefficients]
        for name, j in zip(constraint.coefficients, places, strict=True):
            try:
                _number_axis(self._blocks[j])
            except NotInDomain as error:
                raise errors.InvalidArgument.at(path, f"{name!r} {error}") from error
        sizes = [abs(constraint.upper_bound)]
        for coefficient, j in zip(constraint.coefficients.values(), places, strict=True):
            ends = _number_axis(self._blocks[j]).numbers(np.array([0.0, 1.0]))
            sizes.append(abs(coefficient) * float(np.abs(ends).max()))
        return Linear(
            tuple(places),
            np.array(list(constraint.coefficients.values()), dtype=float),
            constraint.upper_bound,
            _ROUNDING * max(sizes),
        )

    def _read_forbidden(self, constraint: model.ForbiddenCombination, path: str) -> Forbidden:
        signs: list[tuple[int, int, float]] = []
        for name, value in constraint.values.items():
            j = self._place(name, path)
            try:
                own = self._blocks[j].signs(value)
            except NotInDomain as error:
                raise errors.InvalidArgument.at(path, f"{name!r} {error}") from error
            signs += [(j, self._starts[j] + axis, code) for axis, code in own]
        return Forbidden(tuple(signs))

    def _place(self, name: str, path: str) -> int:
        if name not in self._index:
            raise errors.InvalidArgument.at(path, f"no parameter {name!r:.60}")
        return self._index[name]

    def __bool__(self) -> bool:
        """Whether there is any constraint."""
        return bool(self._linear or self._forbidden)

    def allow(self, points: Floats, active: Bools) -> Bools:
        """Tell which canonical ``points (n, d)``, with ``active (n, parameters)``, keep all."""
        allowed = np.asarray((self._excess(points, active) <= 0).all(axis=1), dtype=np.bool_)
        for one in self._forbidden:
            shown = np.ones(len(points), dtype=np.bool_)
            for j, column, code in one.signs:
                shown &= active[:, j] & (points[:, column] == code)
            allowed &= ~shown
        return allowed

    def _excess(self, points: Floats, active: Bools) -> Floats:
        """By how much each linear constraint is broken, shape ``(n, constraints)``."""
        excess = np.empty((len(points), len(self._linear)))
        for i, one in enumerate(self._linear):
            numbers = [self._numbers(j, points, active) for j in one.parameters]
            total = sum((c * v for c, v in zip(one.coefficients, numbers, strict=True)), start=0.0)
            excess[:, i] = total - one.upper_bound - one.slack
        return excess

    def _numbers(self, j: int, points: Floats, active: Bools) -> Floats:
        """A parameter's values as numbers, 0 where it is inactive."""
        numbers = _number_axis(self._blocks[j]).numbers(points[:, self._starts[j]])
        return np.where(active[:, j], numbers, 0.0)

    def pull(self, points: Floats, active: Bools) -> Floats:
        """Move points that break a linear constraint towards one that keeps them all.

        Only numbers in linear constraints move, so that what is active stays so. Each goes
        as little of the straight way in the unit cube as twenty halvings find out.

        Args:
            points: Shape ``(n, d)``, canonical.
            active: Shape ``(n, parameters)``.

        Returns:
            Shape ``(n, d)``, not canonical; rows for which nothing is found are as before.
        """
        moving = sorted({j for one in self._linear for j in one.parameters})
        columns = [self._starts[j] for j in moving]
        broken = (self._excess(points, active) > 0).any(axis=1)
        pulled = points.copy()
        for pattern in np.unique(active[broken][:, moving], axis=0):
            rows = np.flatnonzero(broken & (active[:, moving] == pattern).all(axis=1))
            anchor = self._anchor(pattern.tobytes(), points[rows[0]], active[rows[0]], columns)
            if anchor is not None:
                moved = self._on_the_way(points[rows], active[rows], columns, anchor)
                pulled[rows[:, None], columns] = moved
        return pulled

    def _anchor(
        self, pattern: bytes, point: Floats, active: Bools, columns: Sequence[int]
    ) -> Floats | None:
        """Find codes ``(k,)`` of the moving columns that keep all linear constraints, if any.

        They depend on nothing but which parameters are active, so each pattern is
        looked at once, with dice of its own: whoever comes first, the answer is the same.
        """
        if pattern not in self._anchors:
            if len(self._anchors) >= _PATTERNS_KEPT:
                self._anchors.clear()
            self._anchors[pattern] = self._found(point, active, columns)
        return self._anchors[pattern]

    def _found(self, point: Floats, active: Bools, columns: Sequence[int]) -> Floats | None:
        rng = np.random.default_rng(_SEED)
        corners = [self._best_corner(one, columns) for one in self._linear]
        middle = np.mean(corners, axis=0, keepdims=True)
        tried = np.concatenate([np.array(corners), middle, rng.random((_DRAWS, len(columns)))])
        there = np.repeat(point[None], len(tried), axis=0)
        there[:, columns] = tried
        there = self._snapped(there, columns)
        worst = self._excess(there, np.repeat(active[None], len(tried), axis=0)).max(axis=1)
        best = int(np.argmin(worst))
        return there[best, columns] if worst[best] <= 0 else None

    def _best_corner(self, one: Linear, columns: Sequence[int]) -> Floats:
        corner = np.full(len(columns), 0.5)
        for j, coefficient in zip(one.parameters, one.coefficients, strict=True):
            corner[list(columns).index(self._starts[j])] = 0.0 if coefficient > 0 else 1.0
        return corner

    def _on_the_way(
        self, points: Floats, active: Bools, columns: Sequence[int], anchor: Floats
    ) -> Floats:
        kept, lost = np.zeros((len(points), 1)), np.ones((len(points), 1))
        for _ in range(_PULLS):
            share = (kept + lost) / 2
            there = points.copy()
            there[:, columns] = anchor + share * (points[:, columns] - anchor)
            fits = self._excess(self._snapped(there, columns), active).max(axis=1) <= 0
            kept, lost = np.where(fits[:, None], share, kept), np.where(fits[:, None], lost, share)
        return anchor + kept * (points[:, columns] - anchor)

    def _snapped(self, points: Floats, columns: Sequence[int]) -> Floats:
        snapped = points.copy()
        for j, block in enumerate(self._blocks):
            if self._starts[j] in columns:
                column = slice(self._starts[j], self._starts[j] + 1)
                snapped[:, column] = block.snap(points[:, column])
        return snapped


def _number_axis(block: Block) -> Column:
    """Return the one axis of a parameter of numbers.

    Raises:
        NotInDomain: It is of another kind.
    """
    if not isinstance(block, Axis):
        raise NotInDomain("has values that are no numbers, but lists")
    block.column.numbers(np.zeros(1))
    return block.column

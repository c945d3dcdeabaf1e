"""Which combinations of values are never asked, and the way from one that is to one that is not."""

from __future__ import annotations

import functools
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
        self._forbidden: list[Forbidden] = []
        linear: list[Linear] = []
        for i, constraint in enumerate(constraints):
            path = f"search_space.constraints[{i}]"
            if isinstance(constraint, model.LinearConstraint):
                linear.append(self._read_linear(constraint, path))
            else:
                self._forbidden.append(self._read_forbidden(constraint, path))
        self._moving = sorted({j for one in linear for j in one.parameters})
        self._columns = [starts[j] for j in self._moving]
        self._axes = [_number_axis(blocks[j]) for j in self._moving]
        self._coefficients = np.zeros((len(linear), len(self._moving)))
        for i, one in enumerate(linear):
            self._coefficients[i, [self._moving.index(j) for j in one.parameters]] = (
                one.coefficients
            )
        self._bounds = np.array([one.upper_bound + one.slack for one in linear])

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
        return bool(len(self._bounds) or self._forbidden)

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
        numbers = self._numbers(points[:, self._columns])
        return np.where(active[:, self._moving], numbers, 0.0) @ self._coefficients.T - self._bounds

    def _numbers(self, codes: Floats) -> Floats:
        """Return what codes ``(n, moving)`` of the parameters in sums stand for."""
        numbers = np.empty(codes.shape)
        for i, axis in enumerate(self._axes):
            numbers[:, i] = axis.numbers(codes[:, i])
        return numbers

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
        pulled = points.copy()
        rows = np.flatnonzero((self._excess(points, active) > 0).any(axis=1))
        if len(rows):
            anchors, found = self._anchored(active[rows])
            rows, anchors = rows[found], anchors[found]
            moved = self._on_the_way(points[rows], active[rows], anchors)
            pulled[rows[:, None], self._columns] = moved
        return pulled

    def _anchored(self, active: Bools) -> tuple[Floats, Bools]:
        """Find for each row codes that keep all sums, whatever is active there.

        Returns:
            Codes, shape ``(n, moving)``, and whether they do, shape ``(n,)``. They depend on
            nothing but ``active``, so that all servers pull alike.
        """
        codes, numbers = self._candidates
        worst = np.full((len(active), len(codes)), -np.inf)
        for row, bound in zip(self._coefficients, self._bounds, strict=True):
            totals = (active[:, self._moving] * row) @ numbers.T
            worst = np.maximum(worst, totals - bound)
        best = worst.argmin(axis=1)
        return codes[best], np.asarray(worst[np.arange(len(active)), best] <= 0, dtype=np.bool_)

    @functools.cached_property
    def _candidates(self) -> tuple[Floats, Floats]:
        """Each sum's best corner, their middle, and draws: codes, and the numbers there."""
        corners = np.where(self._coefficients > 0, 0.0, 1.0)
        corners = np.where(self._coefficients == 0, 0.5, corners)
        draws = np.random.default_rng(_SEED).random((_DRAWS, len(self._moving)))
        codes = self._snapped(np.concatenate([corners, corners.mean(axis=0)[None], draws]))
        return codes, self._numbers(codes)

    def _snapped(self, codes: Floats) -> Floats:
        snapped = np.empty(codes.shape)
        for i, axis in enumerate(self._axes):
            snapped[:, i] = axis.snap(codes[:, i])
        return snapped

    def _on_the_way(self, points: Floats, active: Bools, anchors: Floats) -> Floats:
        """Return codes ``(n, moving)`` between anchors and points, as near as halving gets."""
        kept, lost = np.zeros((len(points), 1)), np.ones((len(points), 1))
        there, way = points.copy(), points[:, self._columns] - anchors
        for _ in range(_PULLS):
            share = (kept + lost) / 2
            there[:, self._columns] = self._snapped(anchors + share * way)
            fits = np.asarray((self._excess(there, active) <= 0).all(axis=1))[:, None]
            kept, lost = np.where(fits, share, kept), np.where(fits, lost, share)
        return anchors + kept * way


def _number_axis(block: Block) -> Column:
    """Return the one axis of a parameter of numbers.

    Raises:
        NotInDomain: It is of another kind.
    """
    if not isinstance(block, Axis):
        raise NotInDomain("has values that are no numbers, but lists")
    block.column.numbers(np.zeros(1))
    return block.column

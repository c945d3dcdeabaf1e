"""What a model sees of a point."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from groat_server.algorithms.base import Bools, Floats, Integers
from groat_server.space import Space

INACTIVE_LABEL = -1.0
"""A code that no active label has, so that inactive differs from each of them."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How distances are measured on the columns of `features`.

    Single columns come first, each with a length scale of its own: those of the
    parameters, and then one more per choice, of where its label is listed. Then comes
    one run of columns per order, with one length scale for all of them.

    Attributes:
        parameters: How many there are; a subset is one, however many columns it has.
        is_label: Shape ``(k,)``. Which single columns are labels; a place in a list is none.
        pairs: Per order, how many pairs of items it has: that many columns.
    """

    parameters: int
    is_label: Bools
    pairs: tuple[int, ...] = ()

    @classmethod
    def of(cls, space: Space) -> Layout:
        """Lay out a space's parameters: orders last, all else one column after the other."""
        widths = [own.stop - own.start for own in _orders(space)]
        pairs = tuple(width * (width - 1) // 2 for width in widths)
        is_place = np.zeros(len(_listed(space)), dtype=np.bool_)
        is_label = np.concatenate([space.is_categorical[_is_single(space)], is_place])
        return cls(len(space.parameters), is_label, pairs)

    @property
    def scales(self) -> int:
        """Number of length scales."""
        return len(self.is_label) + len(self.pairs)

    @property
    def runs(self) -> tuple[slice, ...]:
        """Per order, its columns."""
        ends = np.cumsum([len(self.is_label), *self.pairs]).tolist()
        return tuple(slice(start, end) for start, end in itertools.pairwise(ends))


def features(space: Space, points: Floats) -> Floats:
    """Turn canonical points into what distances are measured on.

    Args:
        space: The points' space.
        points: Shape ``(n, d)``, canonical.

    Returns:
        Shape ``(n, w)``, as `Layout.of` says. Numbers and ordered levels from 0
        to 1, the lowest level at 0 and the highest at 1; inactive ones in the
        middle. Labels, and items in and out of a subset, as their number,
        `INACTIVE_LABEL` where inactive. Of a choice of three or more labels also its
        place in the list, from 0 to 1: models are mostly listed by size, so that neighbours
        may be alike, and how much that counts is learnt. Of an order each pair of its
        items: -1 where they stand as they were declared, else 1, and 0 where inactive, which
        is in the middle of all orders.
    """
    is_single = _is_single(space)
    levels, is_label = space.levels[is_single], space.is_categorical[is_single]
    single = points[:, is_single]
    bins = np.where(levels > 1, levels, 2)
    stretched = np.clip((single * bins - 0.5) / (bins - 1), 0.0, 1.0)
    ordered = np.where(levels > 1, stretched, single)
    coded = np.where(is_label, np.floor(single * levels), ordered)
    if space.has_conditions:
        inactive = np.where(is_label, INACTIVE_LABEL, 0.5)
        coded = np.where(space.active(points)[:, is_single], coded, inactive)
    listed = _listed(space)
    places = np.where(coded[:, listed] < 0, 0.5, coded[:, listed] / (levels[listed] - 1))
    pairs = [_pairs(points[:, own]) for own in _orders(space)]
    return np.concatenate([coded, places, *pairs], axis=1)


def _pairs(places: Floats) -> Floats:
    first, second = np.triu_indices(places.shape[1], k=1)
    return np.sign(places[:, first] - places[:, second])


def _orders(space: Space) -> list[slice]:
    """Columns of each order; the one place of a single item is a column as any other."""
    return [
        own
        for own, parameter in zip(space.columns, space.parameters, strict=True)
        if parameter.domain.kind == "permutation" and own.stop - own.start > 1
    ]


def _listed(space: Space) -> Integers:
    """Which single columns are choices of three labels or more; with two there is no between."""
    is_choice = np.zeros(space.d, dtype=np.bool_)
    for own, parameter in zip(space.columns, space.parameters, strict=True):
        is_choice[own] = parameter.domain.kind == "categorical"
    return np.flatnonzero((is_choice & (space.levels > 2))[_is_single(space)])


def _is_single(space: Space) -> Bools:
    is_single = np.ones(space.d, dtype=np.bool_)
    for own in _orders(space):
        is_single[own] = False
    return is_single

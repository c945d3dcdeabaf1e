"""Fronts of losses: who is non-dominated, and what volume they cover.

Everything is minimised. Rows are trials, columns objectives; all values are finite.
"""

from __future__ import annotations

from typing import TypeAlias, cast

import moocore  # pyright: ignore[reportMissingTypeStubs]  # moocore ships none
import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Integers: TypeAlias = npt.NDArray[np.int64]

MARGIN = 0.1
"""How far past the nadir a reference point lies, as a share of the front's span."""


def non_dominated(losses: Floats) -> Bools:
    """Tell which rows no other row beats.

    A row beats another when it is nowhere worse and somewhere better, so all
    copies of a non-dominated row are kept.

    Args:
        losses: Shape ``(n, m)``.

    Returns:
        Shape ``(n,)``.
    """
    if not len(losses):
        return np.zeros(0, dtype=np.bool_)
    distinct, place = np.unique(losses, axis=0, return_inverse=True)
    kept = cast(Bools, moocore.is_nondominated(distinct))
    return kept[place.ravel()]


def ranks(losses: Floats) -> Integers:
    """Peel fronts off one after the other.

    Args:
        losses: Shape ``(n, m)``.

    Returns:
        Shape ``(n,)``. 0 for the front, 1 for the front of the others, and so on.
    """
    if not len(losses):
        return np.zeros(0, dtype=np.int64)
    return np.asarray(moocore.pareto_rank(losses), dtype=np.int64)


def crowding_distance(losses: Floats) -> Floats:
    """Measure how far each point stands from its neighbours on one front.

    Args:
        losses: Shape ``(n, m)``; mixed units, as each objective is divided by
            its own span.

    Returns:
        Shape ``(n,)``, no unit. Larger is lonelier; the ends of an objective
        get ``inf``. An objective on which all agree adds nothing.

    Source:
        Deb, Pratap, Agarwal and Meyarivan (2002), NSGA-II, section III-B.
        https://doi.org/10.1109/4235.996017
        Unlike the paper, a constant objective is left out instead of divided by 0.
    """
    varied = losses[:, np.ptp(losses, axis=0) > 0] if len(losses) else losses[:, :0]
    order = np.argsort(varied, axis=0, kind="stable")
    columns = np.take_along_axis(varied, order, axis=0)
    gaps = np.full(varied.shape, np.inf)
    gaps[1:-1] = (columns[2:] - columns[:-2]) / (columns[-1:] - columns[:1])
    distances = np.empty(varied.shape)
    np.put_along_axis(distances, order, gaps, axis=0)
    return distances.sum(axis=1)


def hypervolume(losses: Floats, reference: Floats) -> float:
    """Measure the volume that the rows dominate, up to the reference.

    Args:
        losses: Shape ``(n, m)``. Rows not better than the reference everywhere
            count nothing.
        reference: Shape ``(m,)``.

    Returns:
        In the objectives' own units multiplied; 0 without rows.
    """
    inside = losses[(losses < reference).all(axis=1)]
    return float(moocore.hypervolume(inside, ref=reference)) if len(inside) else 0.0


def nadir(front: Floats) -> Floats:
    """Return the worst losses over the front's extreme points.

    The extreme point of an objective is the one best on all the others
    together. So points that are a hair better somewhere and awful elsewhere do
    not count, as they would in a plain maximum; with two objectives it is the
    plain maximum.

    Args:
        front: Shape ``(n, m)``, ``n >= 1``, non-dominated.

    Returns:
        Shape ``(m,)``.
    """
    low, high = front.min(axis=0), front.max(axis=0)
    scaled = (front - low) / np.where(high > low, high - low, 1.0)
    worst = np.empty(front.shape[1])
    for j in range(front.shape[1]):
        others = np.delete(scaled, j, axis=1).max(axis=1, initial=0.0)
        # Of equally good ones the least bad: a small weight breaks the tie.
        worst[j] = front[np.argmin(others + 0.02 * scaled[:, j]), j]
    return worst


def reference_point(losses: Floats, bounds: Floats) -> Floats:
    """Choose the point up to which the hypervolume is measured.

    Where the user set the worst useful loss, that. Elsewhere the front's nadir
    (see `nadir`) plus a tenth of the front's span; where the front has no span,
    a tenth of the span of all rows, or else of the nadir's size, at least 0.1.

    Args:
        losses: Shape ``(n, m)``; feasible rows only.
        bounds: Shape ``(m,)``; NaN where the user set none.

    Returns:
        Shape ``(m,)``. Without rows, ``bounds`` with 1 for NaN.
    """
    if not len(losses):
        return np.where(np.isnan(bounds), 1.0, bounds)
    best = losses[non_dominated(losses)]
    corner = nadir(best)
    spans = [corner - best.min(axis=0), np.ptp(losses, axis=0), np.maximum(np.abs(corner), 1.0)]
    span = np.select([spans[0] > 0, spans[1] > 0], spans[:2], spans[2])
    return np.where(np.isnan(bounds), corner + MARGIN * span, bounds)


def hypervolume_history(losses: Floats, feasible: Bools, reference: Floats) -> Floats:
    """Measure the hypervolume after each trial.

    Only a trial that changes the front costs a computation.

    Args:
        losses: Shape ``(n, m)``, in order of trial number; rows that are not
            feasible may hold anything.
        feasible: Shape ``(n,)``. Which rows may be on the front.
        reference: Shape ``(m,)``.

    Returns:
        Shape ``(n,)``, never falling.
    """
    history = np.zeros(len(losses))
    front, volume = np.empty((0, losses.shape[1])), 0.0
    for i in range(len(losses)):
        if feasible[i] and (losses[i] < reference).all() and not _covers(front, losses[i]):
            front = np.vstack([front[~(losses[i] <= front).all(axis=1)], losses[i]])
            volume = hypervolume(front, reference)
        history[i] = volume
    return history


def _covers(front: Floats, losses: Floats) -> bool:
    return bool((front <= losses).all(axis=1).any())

"""What is to be improved on: the front as the models see it, up to a reference point."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from groat_server import front
from groat_server.algorithms.base import Bools, Floats

Integers: TypeAlias = npt.NDArray[np.int64]

_MOST_ROWS = 100
_WORST_SHARE = 0.8


def front_of(losses: Floats, feasible: Bools) -> Floats:
    """Return the non-dominated rows of ``losses (n, m)`` among the feasible ones.

    Of more than a hundred those that stand loneliest; the rest would cost much
    time and change little. May have no rows.
    """
    rows = losses[feasible]
    best = np.unique(rows[front.non_dominated(rows)], axis=0)
    return loneliest(best, _MOST_ROWS)


def loneliest(best: Floats, count: int) -> Floats:
    """Return at most ``count`` rows of a front ``(k, m)``, by crowding distance."""
    return best[lonely_rows(best, count)]


def lonely_rows(best: Floats, count: int) -> Integers:
    """Return the numbers of those rows, rising."""
    order = np.argsort(-front.crowding_distance(best), kind="stable")
    return np.sort(order[:count])


def reference_point(best: Floats, seen: Floats, hoped: Floats, bounds: Floats) -> Floats:
    """Choose the losses up to which improvement counts.

    Where the user set a worst useful loss, that. Elsewhere the worst of three, and
    a tenth of the span on top: the nadir of today's front, the nadir of what the
    models hold attainable, and the 80 % quantile of all that was seen. The first
    alone would forbid extending a front that is still short; the worst ever seen
    would spend trials on junk. The quantile of the better half, by rank, would shrink
    with the search and can lock it in one corner, as on ZDT3.

    Args:
        best: Shape ``(k, m)``, the front; may have no rows.
        seen: Shape ``(n, m)``, losses as told, ``n >= 1``.
        hoped: Shape ``(p, m)``, optimistic losses of a pool, ``p >= 1``.
        bounds: Shape ``(m,)``; NaN where the user set none.

    Returns:
        Shape ``(m,)``.
    """
    attainable = np.concatenate([best, np.minimum(hoped, seen.max(axis=0))])
    corners = [front.nadir(attainable[front.non_dominated(attainable)])]
    corners.append(np.quantile(seen, _WORST_SHARE, axis=0))
    if len(best):
        corners.append(front.nadir(best))
    corner = np.maximum.reduce(corners)
    low = np.min(best if len(best) else seen, axis=0)
    span = np.maximum(corner - low, _least_span(seen))
    return np.where(np.isnan(bounds), corner + front.MARGIN * span, bounds)


def _least_span(seen: Floats) -> Floats:
    """Return what keeps an objective on which the best agree from having no span, ``(m,)``."""
    spread: Floats = np.ptp(seen, axis=0)
    return np.where(spread > 0, 1e-3 * spread, np.maximum(np.abs(seen[0]), 1.0))


def typical_corner(best: Floats, everywhere: Floats, reference: Floats, bounds: Floats) -> Floats:
    """Choose nearer losses up to which every other improvement counts.

    Those that four of five configurations anywhere in the space keep under, one objective
    at a time. `reference_point` reaches to the ends of the front, where little is to be
    had for much of another objective, and a search by it alone tends there first. A search
    by this one alone never extends a front past what is typical; so they take turns.

    Args:
        best: Shape ``(k, m)``, the front; may have no rows.
        everywhere: Shape ``(n, m)``, losses that models expect of random configurations.
        reference: Shape ``(m,)``, see `reference_point`.
        bounds: Shape ``(m,)``; NaN where the user set none.

    Returns:
        Shape ``(m,)``; ``reference`` while no row of the front keeps under the corner, since
        from outside a search would not see what it has.
    """
    if not len(everywhere):
        return reference
    quantile = np.quantile(everywhere, _WORST_SHARE, axis=0)
    corner = np.where(np.isnan(bounds), quantile, bounds)
    return corner if (best < corner).all(axis=1).any() else reference

"""Which parameters have to do with the losses, from few trials: a ridge fit of all main effects."""

from __future__ import annotations

import numpy as np

from groat_server.front import Floats
from groat_server.space import Space

LEAST_ROWS = 5
_RIDGE = 1.0


def main_effects(space: Space, points: Floats, losses: Floats) -> Floats:
    """Share out the losses' variance between the parameters.

    All effects are fitted together, as one-at-a-time comparisons mistake one
    parameter for another when trials are few and uneven.

    Args:
        space: The points' space.
        points: Shape ``(n, d)``, canonical.
        losses: Shape ``(n, m)``, finite.

    Returns:
        Shape ``(parameters,)``, at least 0, adding up to 1; all zeros with fewer
        than `LEAST_ROWS` rows, or when nothing varies.
    """
    owners, terms = _terms(space, points)
    shares = np.zeros(len(space.parameters))
    if len(points) < LEAST_ROWS or not terms.shape[1]:
        return shares
    centred = terms - terms.mean(axis=0)
    gram = centred @ centred.T + _RIDGE * np.eye(len(points))
    # The deviation of equal numbers may be a rounding error above 0.
    spread: Floats = np.where(np.ptp(losses, axis=0) > 0, losses.std(axis=0), 0.0)
    for column in np.flatnonzero(spread > 0):
        loss = (losses[:, column] - losses[:, column].mean()) / spread[column]
        weights = np.asarray(centred.T @ np.linalg.solve(gram, loss), dtype=np.float64)
        for j in range(len(shares)):
            own = owners == j
            shares[j] += float(np.var(centred[:, own] @ weights[own]))
    total = float(shares.sum())
    return shares / total if total > 0 else shares


def _terms(space: Space, points: Floats) -> tuple[Floats, Floats]:
    """Every parameter's terms: labels one by one, numbers straight and squared."""
    owners: list[int] = []
    columns: list[Floats] = []
    active = space.active(points)
    for j, own in enumerate(space.columns):
        for k in range(own.start, own.stop):
            levels = int(space.levels[k])
            if space.is_categorical[k] and levels > 2:
                level = np.floor(points[:, k] * levels)
                new = [(level == one).astype(float) for one in np.unique(level)]
            else:
                centred = points[:, k] - 0.5
                new = [centred, 2 * centred**2]
            columns += [column * active[:, k] for column in new]
            owners += [j] * len(new)
    terms = np.array(columns).T if columns else np.empty((len(points), 0))
    return np.array(owners), terms

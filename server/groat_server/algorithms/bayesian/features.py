"""What a model sees of a point."""

from __future__ import annotations

import numpy as np

from groat_server.algorithms.base import Floats
from groat_server.space import Space

INACTIVE_LABEL = -1.0
"""A code that no active label has, so that inactive differs from each of them."""


def features(space: Space, points: Floats) -> Floats:
    """Turn canonical points into what distances are measured on.

    Args:
        space: The points' space.
        points: Shape ``(n, d)``, canonical.

    Returns:
        Shape ``(n, d)``. Numbers and ordered levels from 0 to 1, the lowest
        level at 0 and the highest at 1; inactive ones in the middle. Labels as
        their number, `INACTIVE_LABEL` where inactive.
    """
    levels = space.levels
    bins = np.where(levels > 1, levels, 2)
    stretched = np.clip((points * bins - 0.5) / (bins - 1), 0.0, 1.0)
    ordered = np.where(levels > 1, stretched, points)
    coded = np.where(space.is_categorical, np.floor(points * levels), ordered)
    if not space.has_conditions:
        return coded
    inactive = np.where(space.is_categorical, INACTIVE_LABEL, 0.5)
    return np.where(space.active(points), coded, inactive)

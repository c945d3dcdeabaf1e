"""What a trial's spend may depend on: each parameter's place as plain numbers."""

from __future__ import annotations

import numpy as np

from groat_server.space import Bools, Floats, Integers, Space


def spend_features(space: Space, points: Floats) -> Floats:
    """Turn canonical points into the columns of a linear model of log spend.

    Args:
        space: The points' space.
        points: Shape ``(n, d)``, canonical.

    Returns:
        Shape ``(n, p)``, no unit. Numbers and ordered levels on their axis, the
        lowest at -1 and the highest at 1; per label 1 where it is chosen; of a
        subset per item 1 where it is in, then the share of the items that are.
        Items that are required, and parameters that are inactive, are 0. Orders
        add no column, as the same steps spend much the same in any order.
    """
    active = space.active(points)
    columns = [np.empty((len(points), 0))]
    for own, parameter in zip(space.columns, space.parameters, strict=True):
        codes, levels, is_active = points[:, own], space.levels[own], active[:, own]
        match parameter.domain.kind:
            case "permutation":
                continue
            case "subset":
                columns.append(_items(codes, levels, is_active))
            case "categorical" | "text" | "bool":
                columns.append(_labels(codes, int(levels[0]), is_active))
            case _:
                columns.append(_numbers(codes, levels, is_active))
    return np.concatenate(columns, axis=1)


def _numbers(codes: Floats, levels: Integers, is_active: Bools) -> Floats:
    """Stretch middles of bins until the outer ones reach the ends; one level alone is 0."""
    bins = np.where(levels > 1, levels, 2)
    stretched = np.clip((codes * bins - 0.5) / (bins - 1), 0.0, 1.0)
    units = np.where(levels > 0, stretched, codes)
    return np.where(is_active & (levels != 1), 2.0 * units - 1.0, 0.0)


def _labels(codes: Floats, count: int, is_active: Bools) -> Floats:
    chosen = np.minimum(np.floor(codes * count), count - 1)
    return ((chosen == np.arange(count)) & is_active).astype(np.float64)


def _items(codes: Floats, levels: Integers, is_active: Bools) -> Floats:
    is_in = ((levels == 2) & (codes > 0.5) & is_active).astype(np.float64)
    return np.concatenate([is_in, is_in.mean(axis=1, keepdims=True)], axis=1)

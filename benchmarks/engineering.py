"""Engineering design problems from the literature, as formulas over arrays."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]

TRUSS_RANGES = ((1.0, 3.0), (math.sqrt(2), 3.0), (math.sqrt(2), 3.0), (1.0, 3.0))
TRUSS_IDEAL = np.array([1237.8414230005742, 0.002761423749158419])
TRUSS_NADIR = np.array([2886.3695604236013, 0.04])
VEHICLE_RANGES = ((1.0, 3.0),) * 5


def truss(areas: Floats) -> Floats:
    """Return volume and displacement ``(n, 2)`` of a four-bar truss, both minimised.

    Args:
        areas: Shape ``(n, 4)``. Cross sections of the bars, in units of force over stress.

    Source:
        Cheng and Li (1999), in the form of problem RE21 of Tanabe and Ishibuchi (2020).
        https://doi.org/10.1016/j.asoc.2020.106078
    """
    force, young, length = 10.0, 2e5, 200.0
    volume = length * (2 * areas[:, 0] + math.sqrt(2) * areas[:, 1])
    volume += length * (np.sqrt(areas[:, 2]) + areas[:, 3])
    compliance = 2 / areas[:, 0] + 2 * math.sqrt(2) / areas[:, 1]
    compliance += 2 / areas[:, 3] - 2 * math.sqrt(2) / areas[:, 2]
    return np.column_stack([volume, force * length / young * compliance])


def truss_front(count: int) -> Floats:
    """Return ``count`` points of RE21's exact front, shape ``(count, 2)``.

    Both losses shrink with the third bar, so it stays at its least. In the other bars
    the losses are sums of ``a x`` and ``b / x``, both convex, so each front point
    minimises a weighted sum and has ``x`` at ``sqrt(weight b / a)``, clipped to its range.
    """
    scale = np.geomspace(1 / math.sqrt(2), 3.0, count)
    bars = [scale, math.sqrt(2) * scale, np.full(count, math.sqrt(2)), math.sqrt(2) * scale]
    lower = [low for low, _ in TRUSS_RANGES]
    return truss(np.clip(np.column_stack(bars), lower, 3.0))


def vehicle(thicknesses: Floats) -> Floats:
    """Return mass, acceleration and toe-board intrusion ``(n, 3)`` of a car, all minimised.

    Args:
        thicknesses: Shape ``(n, 5)``. Of five parts of the frontal structure, in mm.

    Source:
        Liao, Li, Yang, Zhang and Li (2008), https://doi.org/10.1007/s00158-007-0163-x,
        as problem RE34 of Tanabe and Ishibuchi (2020).
        https://doi.org/10.1016/j.asoc.2020.106078
    """
    a, b, c, d, e = thicknesses.T
    mass = 1640.2823 + 2.3573285 * a + 2.3220035 * b + 4.5688768 * c
    mass += 7.7213633 * d + 4.4559504 * e
    acceleration = 6.5856 + 1.15 * a - 1.0427 * b + 0.9738 * c + 0.8364 * d
    acceleration += -0.3695 * a * d + 0.0861 * a * e + 0.3628 * b * d
    acceleration += -0.1106 * a**2 - 0.3437 * c**2 + 0.1764 * d**2
    intrusion = -0.0551 + 0.0181 * a + 0.1024 * b + 0.0421 * c
    intrusion += -0.0073 * a * b + 0.024 * b * c - 0.0118 * b * d - 0.0204 * c * d
    intrusion += -0.008 * c * e - 0.0241 * b**2 + 0.0109 * d**2
    return np.column_stack([mass, acceleration, intrusion])

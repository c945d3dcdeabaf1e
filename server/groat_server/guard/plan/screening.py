"""Designs that change many parameters at once, and what can be read off them."""

from __future__ import annotations

from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt
from scipy.linalg import hadamard
from scipy.stats import qmc

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]

RUNS = (4, 8, 12, 16, 20, 24)
"""How many rows a screening design may have; one fewer parameters fit."""

_SEED = 20_070
"""Any: the same space has the same rows whenever the plan is asked for."""


def plackett_burman(parameters: int) -> Integers:
    """Return a two-level design in which no two parameters are mixed up.

    Args:
        parameters: From 1 to 23.

    Returns:
        Shape ``(runs, parameters)``, of -1 and 1; ``runs`` is the next multiple
        of 4. The first row is all -1: nothing changed. Columns add up to 0 and
        are orthogonal to each other.

    Source:
        Plackett and Burman (1946). Cyclic rows of the squares modulo a prime
        (Paley 1933); 15 is no prime, so 16 runs are Sylvester's matrix.
    """
    runs = next(one for one in RUNS if one > parameters)
    if runs == 16:
        whole = np.asarray(-cast(Integers, hadamard(16))[:, 1:], dtype=np.int64)
    else:
        prime = runs - 1
        squares = {i * i % prime for i in range(prime)}
        first = np.array([1 if j in squares else -1 for j in range(prime)], dtype=np.int64)
        cycle = [np.roll(first, i) for i in range(prime)]
        whole = np.vstack([np.full(prime, -1, dtype=np.int64), *cycle])
    return whole[:, :parameters]


def effects(signs: Integers, scores: Floats) -> Floats:
    """Return what each parameter's change did on average.

    Args:
        signs: Shape ``(runs, d)``, see `plackett_burman`.
        scores: Shape ``(runs,)``.

    Returns:
        Shape ``(d,)``: the mean of the rows with the change less that of the
        rows without.
    """
    return 2.0 * (signs.T @ scores) / len(scores)


def spread_out(rows: int, dimensions: int) -> Floats:
    """Return points of the unit cube that leave no large hole, shape ``(rows, dimensions)``.

    The first so many rows are always the same.
    """
    # Sobol points are balanced in powers of two; asking for 64 at once keeps any prefix fixed.
    power = max(6, (max(rows, 1) - 1).bit_length())
    sampler = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(_SEED))
    return np.asarray(sampler.random_base2(power), dtype=np.float64)[:rows]

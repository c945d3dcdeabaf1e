"""Where the acquisition is largest: an evolutionary search that treats all kinds alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from groat_server.algorithms.base import Bools, Floats
from groat_server.algorithms.design import Known
from groat_server.space import Space

Score: TypeAlias = Callable[[Floats], Floats]
"""From canonical points ``(n, d)`` to what each is worth ``(n,)``, larger is better."""

_RANDOM, _NEAR, _VERY_NEAR = 768, 384, 128
_FEW, _MOST_DRAWS = 48, 16
_STEPS = (0.2, 0.1, 0.05, 0.02, 0.01, 0.004)
_PARENTS, _CHILDREN = 16, 256
_TIE = 1e-6


def search(
    space: Space, score: Score, pool: Floats, known: Known, rng: np.random.Generator
) -> Floats:
    """Look for the points that are worth most.

    Starts from a pool (see `first_pool`); then six rounds of mutating the best with
    shrinking steps. Numbers, levels, labels, sets, orders and conditional
    parameters all move together, so no kind needs a method of its own. `variation`'s
    moves for each kind, without tuning, took a third longer on nine problems with
    sets, orders or neither: the logarithm of the value found was at most 0.005 higher
    with them, on three of the problems, and up to 0.03 lower on the others.

    Args:
        space: Where to look.
        score: What to maximise.
        pool: Shape ``(p, d)``, canonical.
        known: Configurations to leave out, among them all that are not allowed.
        rng: The dice.

    Returns:
        Shape ``(n, d)``, canonical, new and different, best first; ``n`` may be
        0 in a space nearly used up.
    """
    pool = pool[_is_first(pool) & known.is_new(pool)]
    values = score(pool) if len(pool) else np.empty(0)
    for step in _STEPS:
        if not len(pool):
            break
        best = np.argsort(-values, kind="stable")[:_PARENTS]
        children = _mutants(space, pool[best], _CHILDREN, step, rng)
        is_other = _is_first(np.concatenate([pool, children]))[len(pool) :]
        children = children[is_other & known.is_new(children)]
        values = np.concatenate([values, score(children)]) if len(children) else values
        pool = np.concatenate([pool, children])
    return pool[np.argsort(-values, kind="stable")]


def drawn(space: Space, rng: np.random.Generator) -> Floats:
    """Draw allowed points from everywhere, again and again while there are but a few.

    Returns:
        Shape ``(n, d)``, canonical; ``n`` may be 0 where hardly any are allowed.
    """
    points = _allowed(space, rng.random((_RANDOM, space.d)))
    for _ in range(_MOST_DRAWS):
        if len(points) >= _FEW:
            break
        more = _allowed(space, rng.random((_RANDOM, space.d)))
        points = np.concatenate([points, more])
    return points


def first_pool(
    space: Space, everywhere: Floats, parents: Floats, rng: np.random.Generator
) -> Floats:
    """Gather points from ``everywhere``, around ``parents (k, d)``, and the parents themselves.

    Returns:
        Shape ``(n, d)``, canonical, not all different; allowed ones, save for parents.
    """
    draws = [everywhere, parents]
    if len(parents):
        draws.append(_mutants(space, parents, _NEAR, 0.15, rng))
        draws.append(_mutants(space, parents, _VERY_NEAR, 0.02, rng))
    return np.concatenate(draws)


def _allowed(space: Space, points: Floats) -> Floats:
    """Make points canonical, repair what breaks a constraint, and drop what cannot be."""
    repaired = space.repaired(points)
    return repaired[space.allowed(repaired)]


def _is_first(points: Floats) -> Bools:
    """Tell which rows are not in an earlier row already."""
    is_first = np.zeros(len(points), dtype=np.bool_)
    is_first[np.unique(points, axis=0, return_index=True)[1]] = True
    return is_first


def _mutants(
    space: Space, parents: Floats, count: int, step: float, rng: np.random.Generator
) -> Floats:
    """Make up to ``count`` allowed children: some crossed, each with a few values moved."""
    shape = (count, space.d)
    # Inactive values are drawn afresh, for children in which they become active.
    lively = np.where(space.active(parents), parents, np.nan)
    mothers, fathers = (lively[rng.integers(len(parents), size=count)] for _ in range(2))
    crossed = (rng.random((count, 1)) < 0.25) & (rng.random(shape) < 0.5)
    children = np.where(crossed, fathers, mothers)
    children = np.where(np.isnan(children), rng.random(shape), children)
    moved = np.where(
        space.is_categorical,
        rng.random(shape),
        children + _reach(space, step) * rng.normal(size=shape),
    )
    children = np.where(_is_moved(space, count, rng), moved, children)
    return _allowed(space, _shaken(space, children, rng))


def _shaken(space: Space, points: Floats, rng: np.random.Generator) -> Floats:
    """Move items of sets by next to nothing, lest of too many it is always the last that goes."""
    widths = np.bincount(space.owner)[space.owner]
    is_item = space.is_categorical & (widths > 1)
    if not is_item.any():
        return points
    return points + np.where(is_item, _TIE * rng.random(points.shape), 0.0)


def _reach(space: Space, step: float) -> Floats:
    """The step on each axis, wide enough to leave a level's bin."""
    return np.maximum(step, np.where(space.levels > 0, 0.7 / np.maximum(space.levels, 1), 0.0))


def _is_moved(space: Space, count: int, rng: np.random.Generator) -> Bools:
    """One or two values of most children, all of a third of them; labels half as often."""
    shape = (count, space.d)
    everywhere = rng.random((count, 1)) < 0.3
    moved = everywhere | (rng.random(shape) < min(1.5 / space.d, 1.0))
    moved[np.arange(count), rng.integers(space.d, size=count)] = True
    return moved & (~space.is_categorical | (rng.random(shape) < 0.5))

"""Where trials differ in what they spend: begin with cheap ones, and weigh gain by spend.

Only the search's own money is meant. What a configuration costs its users is an
objective, and none of this module's business.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from groat_server.algorithms import design
from groat_server.algorithms.base import Floats, History, Pending, Problem, Purse, Suggestion
from groat_server.space import Space

LEAST_RATIO = 3.0
"""Of the dearest tenth of configurations to the cheapest, from which it is worth the trouble."""

START_SHARE = 1 / 8
"""Of the cap, for the start."""

_FEWEST = 4
_POOL = 512
_TOO_DEAR = 1e3


def applies(problem: Problem) -> bool:
    """Whether there is a cap, and spends differ enough to be weighed."""
    if problem.purse is None:
        return False
    low, high = np.quantile(problem.purse.spends.nanos(_scattered(problem)), [0.1, 0.9])
    return bool(high >= LEAST_RATIO * low)


def is_starting(problem: Problem, history: History, pending: Pending) -> bool:
    """Whether the next trial belongs to the start: it is over when its share is spent."""
    known = np.concatenate([history.points, pending.points])
    if problem.purse is None or len(known) < _FEWEST:
        return True
    if len(known) >= 2 * design.starting_size(problem):
        return False
    return float(problem.purse.spends.nanos(known).sum()) < START_SHARE * problem.purse.cap


def suggestions(
    problem: Problem, history: History, pending: Pending, count: int
) -> list[Suggestion]:
    """Suggest points far from all known ones, per square root of what they spend.

    Source:
        Lee, Perrone, Archambeau and Seeger (2020), Cost-aware Bayesian optimization,
        section 4.1, with distance over the root in place of cells of equal price.
        https://arxiv.org/abs/2003.10870
    """
    assert problem.purse is not None  # noqa: S101 - `applies` says so
    known = design.Known(problem, history, pending)
    pool = _scattered(problem)
    pool = pool[known.is_new(pool)]
    points, chosen = np.concatenate([history.points, pending.points]), list[Suggestion]()
    nanos = problem.purse.spends.nanos(pool)
    pool, root = pool[nanos <= problem.purse.left], np.sqrt(nanos[nanos <= problem.purse.left])
    while len(chosen) < count and len(pool):
        worth = _distances(problem.space, pool, points) / root
        best = int(np.argmax(worth))
        chosen.append(Suggestion(point=pool[best], generator="bayesian"))
        points = np.concatenate([points, pool[best : best + 1]])
        pool, root = np.delete(pool, best, axis=0), np.delete(root, best)
    return chosen


@dataclass(frozen=True, slots=True)
class Cooling:
    """Weighs gain by spend, ever less as the money goes.

    Attributes:
        purse: What is left.
        alpha: Exponent of the spend, from 1 after the start to 0 at the cap.

    Source:
        Lee, Perrone, Archambeau and Seeger (2020), section 4.2 (cost cooling).
    """

    purse: Purse
    alpha: float

    @classmethod
    def of(cls, purse: Purse) -> Cooling:
        """Take the exponent from the smallest share of a cap that is left."""
        return cls(purse, min(purse.share_left / (1 - START_SHARE), 1.0))

    def penalties(self, points: Floats) -> Floats:
        """Return what to take off the logarithm of the gain, shape ``(n,)``."""
        nanos = np.maximum(self.purse.spends.nanos(points), 1.0)
        return self.alpha * np.log(nanos) + _TOO_DEAR * (nanos > self.purse.left)


def _scattered(problem: Problem) -> Floats:
    """Return points from all over the space that no constraint forbids, the same at each ask."""
    space = problem.space
    drawn = qmc.Sobol(space.d, rng=design.dice(problem.seed, 1)).random(_POOL)
    points = space.repaired(drawn)
    return np.unique(points[space.allowed(points)], axis=0)


def _distances(space: Space, pool: Floats, points: Floats) -> Floats:
    """Return how far each of ``pool`` is from the nearest of ``points``; 1 where there are none."""
    if not len(points):
        return np.ones(len(pool))
    label = space.is_categorical
    active = space.active(pool)[:, None] & space.active(points)
    either = space.active(pool)[:, None] | space.active(points)
    apart = np.abs(pool[:, None] - points)
    apart = np.where(label, _codes(space, pool)[:, None] != _codes(space, points), apart)
    apart = np.where(active, apart, either)  # what only one of them has is as far as can be
    widths = np.bincount(space.owner)[space.owner]
    return np.sqrt((apart**2 / widths).sum(axis=2).min(axis=1) / len(space.parameters))


def _codes(space: Space, points: Floats) -> Floats:
    return np.floor(points * space.levels)

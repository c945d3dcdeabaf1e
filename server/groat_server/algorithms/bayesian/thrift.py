"""Where trials differ in what they spend: begin with cheap ones, and weigh gain by spend.

Only the search's own money is meant. What a configuration costs its users is an
objective, and none of this module's business.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import qmc

from groat_server.algorithms import design
from groat_server.algorithms.base import (
    Bools,
    Floats,
    History,
    Pending,
    Problem,
    Purse,
    Suggestion,
)

LEAST_RATIO = 3.0
"""Of the dearest tenth of configurations to the cheapest, from which it is worth the trouble."""

START_SHARE = 1 / 8
"""Of the cap, for the start."""

_FEWEST = 4
_DRAWS = 512
_SAME = 0.5
_TOO_DEAR = 1e3


@dataclass(frozen=True, slots=True)
class Thrift:
    """How a study with a cap weighs what trials spend.

    Attributes:
        purse: The money.
        typical: Nanos; half of all configurations spend no more.
    """

    purse: Purse
    typical: float

    @classmethod
    def of(cls, problem: Problem) -> Thrift | None:
        """Return ``None`` without a cap, or where spends differ too little to be weighed."""
        if problem.purse is None:
            return None
        points = _scattered(problem)
        if not len(points):
            return None  # constraints leave next to nothing to choose from
        nanos = problem.purse.spends.nanos(points)
        low, typical, high = np.quantile(nanos, [0.1, 0.5, 0.9])
        return cls(problem.purse, float(typical)) if high >= LEAST_RATIO * low else None

    def is_paid(self, known: Floats) -> bool:
        """Whether the start is over, its share spent on the points ``known (n, d)``."""
        if len(known) < _FEWEST:
            return False
        return bool(self.purse.spends.nanos(known).sum() >= START_SHARE * self.purse.cap)

    def start(
        self, problem: Problem, history: History, pending: Pending, count: int
    ) -> list[Suggestion]:
        """Suggest the cheaper half of the Sobol design.

        What is cheap is spread as evenly as ever; points as far as can be from each
        other, per square root of what they spend, are at the corners of the space.

        Source:
            Lee, Perrone, Archambeau and Seeger (2020), Cost-aware Bayesian optimization,
            section 4.1: a start that is cheap and even. https://arxiv.org/abs/2003.10870
        """
        return design.sobol_suggestions(problem, history, pending, count, self._is_cheap)

    def _is_cheap(self, points: Floats) -> Bools:
        return self.purse.spends.nanos(points) <= min(self.typical, self.purse.left)

    def penalties(self, points: Floats) -> Floats:
        """Return what to take off the logarithm of the gain, shape ``(n,)``.

        The logarithm of the spend and of half the typical one together: trials much
        cheaper than that are as good as equally cheap, lest the search hoards them. It
        weighs less and less as the money goes, or the trials do.

        Source:
            Lee, Perrone, Archambeau and Seeger (2020), section 4.2 (cost cooling).
        """
        nanos = self.purse.spends.nanos(points)
        alpha = min(self.purse.share_left / (1 - START_SHARE), 1.0)
        weighed = alpha * np.log(nanos + _SAME * self.typical)
        return weighed + _TOO_DEAR * (nanos > self.purse.left)


def _scattered(problem: Problem) -> Floats:
    """Return points from all over the space that no constraint forbids, the same at each ask."""
    space = problem.space
    drawn = qmc.Sobol(space.d, rng=design.dice(problem.seed, 1)).random(_DRAWS)
    points = space.repaired(drawn)
    return points[space.allowed(points)]

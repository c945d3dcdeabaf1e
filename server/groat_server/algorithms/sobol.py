"""A scrambled low-discrepancy sequence: even coverage, whatever the losses say."""

from __future__ import annotations

import numpy as np

from groat_server.algorithms import design
from groat_server.algorithms.base import History, Pending, Problem, Suggestion


class Sobol:
    """The study's Sobol design, one position per trial number.

    Only the study's seed and the trial numbers decide; ``rng`` is not used.
    """

    is_heavy = False

    def suggest(
        self,
        problem: Problem,
        history: History,
        pending: Pending,
        count: int,
        rng: np.random.Generator,
    ) -> list[Suggestion]:
        """See `Algorithm.suggest`."""
        del rng
        return design.sobol_suggestions(problem, history, pending, count)

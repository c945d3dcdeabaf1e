"""Many configurations on few examples, the best of them on more and more."""

from __future__ import annotations

import numpy as np

from groat_server.algorithms import halving, rungs
from groat_server.algorithms.base import History, Pending, Problem, Suggestion


class SuccessiveHalving:
    """Asynchronous successive halving for any number of objectives.

    New configurations come from `Problem.sampler` and are evaluated on
    ``min_examples``. Of all trials told on a rung, the best one in
    ``reduction_factor`` may go on to that many times the examples, up to
    ``max_examples``. An ask continues whoever is due, on the highest rung first,
    and else starts a new configuration: nobody waits for a rung to fill up.

    A trial that goes on has the slot ``rung2<17``: trial 17, continued on rung 2.
    Should it fail, it is tried once more as ``rung2<17#1``.

    See `halving.suggest` for sources and for the end of a finite space.
    """

    is_heavy = True

    def suggest(
        self,
        problem: Problem,
        history: History,
        pending: Pending,
        count: int,
        rng: np.random.Generator,
    ) -> list[Suggestion]:
        """See `Algorithm.suggest`."""
        ladder = rungs.Ladder.of(problem.options)
        plan = halving.Plan("successive_halving", ladder, shares={ladder.top: 1})
        return halving.suggest(plan, problem, (history, pending), count, rng)

    def prepare(self) -> None:
        """See `Preparable.prepare`."""
        halving.prepare()

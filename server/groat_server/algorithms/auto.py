"""The default: each ask goes to the algorithm that the study's size calls for."""

from __future__ import annotations

import numpy as np

from groat_server.algorithms import design, look_up
from groat_server.algorithms.base import History, Pending, Preparable, Problem, Suggestion

MOST_MODELLED = 400
"""Told trials from which evolution takes over: models gain little more, and slow down."""

MOST_MODELLED_MANY = 200
"""The same with four objectives or more, where each model step is sampled and slow."""

MOST_DIMENSIONS = 128
MOST_OBJECTIVES = 6


class Auto:
    """Chooses per ask, by this table; the first row that holds decides.

    | when                                                          | who        |
    |---------------------------------------------------------------|------------|
    | the design is not complete (see `design.starting_size`)       | `sobol`    |
    | the whole study affords no more trials than the design has    | `sobol`    |
    | more than 128 parameters, or more than 6 objectives           | `nsga2`    |
    | 400 trials told; 200 with four objectives or more             | `nsga2`    |
    | else                                                          | `bayesian` |

    Suggestions say who made them. As everything is read from history, changing over
    loses nothing: evolution breeds from what the models found.
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
        chosen = look_up(choose(problem, history, pending))
        return chosen.suggest(problem, history, pending, count, rng)

    def prepare(self) -> None:
        """See `Preparable.prepare`."""
        heavy = look_up("bayesian")
        if isinstance(heavy, Preparable):
            heavy.prepare()


def choose(problem: Problem, history: History, pending: Pending) -> str:
    """Return the name of the algorithm that the next ask goes to; see `Auto`."""
    size = design.starting_size(problem)
    affordable, told = problem.affordable_trials, len(history.numbers)
    if told + len(pending.numbers) < size or (affordable is not None and affordable <= size):
        return "sobol"
    if problem.space.d > MOST_DIMENSIONS or problem.objectives > MOST_OBJECTIVES:
        return "nsga2"
    most = MOST_MODELLED if problem.objectives < 4 else MOST_MODELLED_MANY
    return "nsga2" if told >= most else "bayesian"

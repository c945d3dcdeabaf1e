"""Bayesian search: Gaussian-process models and expected hypervolume improvement.

The parts are in `groat_server.algorithms.bayesian`; here they meet.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np

from groat_server import front
from groat_server.algorithms import design
from groat_server.algorithms.base import Floats, History, Pending, Problem, Suggestion
from groat_server.algorithms.bayesian import candidates, goal
from groat_server.algorithms.bayesian.features import features
from groat_server.algorithms.bayesian.improvement import Improvement
from groat_server.algorithms.bayesian.many import SampledImprovement
from groat_server.algorithms.bayesian.memory import Memory, recall
from groat_server.algorithms.bayesian.models import Models, fit_models

_MOST_ROWS = 300
_MOST_SEARCHES = 16
_MOST_EXACT_OBJECTIVES = 3
_MOST_BASELINE = 24
_ROWS_WITHOUT_FRONT = 8


class Bayesian:
    """Models of every metric, and the point that promises to improve the front most.

    The first trials come from the Sobol design: 8 up to 8 parameters, 16 beyond,
    or the option ``initial_trial_count``; told and pending ones count, the default
    configuration too. It goes on while fewer than two trials are measured.

    Pending trials are believed to come out as predicted, and so is each point of
    an answer before the next is chosen. Hyperparameters travel as notes.
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
        if _is_starting(problem, history, pending):
            return design.sobol_suggestions(problem, history, pending, count)
        useful = _most_useful(history)
        models, memory = fit_models(problem, useful, recall(history, pending))
        search = _Search(problem, useful, models, pending.points)
        points = search.best(design.Known(problem, history, pending), count, rng)
        return _suggestions(points, memory)


def _is_starting(problem: Problem, history: History, pending: Pending) -> bool:
    wanted = problem.options.get("initial_trial_count") or (8 if problem.space.d <= 8 else 16)
    known = len(history.numbers) + len(pending.numbers)
    return known < wanted or int(history.is_measured.sum()) < 2


def _suggestions(points: list[Floats], memory: Memory) -> list[Suggestion]:
    notes = memory.notes()
    return [Suggestion(point=point, generator="bayesian", notes=notes) for point in points]

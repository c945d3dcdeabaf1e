"""Bayesian search: Gaussian-process models and expected hypervolume improvement.

The parts are in `groat_server.algorithms.bayesian`, which loads torch; this does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import numpy as np

from groat_server.algorithms import design
from groat_server.algorithms.base import (
    Floats,
    History,
    Pending,
    Predicted,
    Problem,
    Seen,
    Suggestion,
)
from groat_server.algorithms.bayesian import fidelity
from groat_server.algorithms.bayesian.thrift import Thrift
from groat_server.space import Space


class Bayesian:
    """Models of every metric, and the point that promises to improve the front most.

    The first trials come from the Sobol design: 8 up to 8 parameters, 16 beyond,
    or the option ``initial_trial_count``; told and pending ones count, the default
    configuration too, configurations that went on to more examples once. It goes
    on while fewer than two trials are measured. Where trials differ in what they
    spend, it is cheap; see `thrift`.

    Pending trials are believed to come out as predicted, and so is each point of
    an answer before the next is chosen. Of a configuration that was measured
    several times, only what was measured on most examples counts; told standard
    errors say how much. Hyperparameters travel as notes.
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
        thrift = Thrift.of(problem)
        if not _is_starting(problem, history, pending, thrift):
            return _search().propose(problem, history, pending, count, rng)
        start = thrift.start if thrift else design.sobol_suggestions
        return start(problem, history, pending, count)

    def prepare(self) -> None:
        """See `Preparable.prepare`."""
        _search()

    def predict(self, space: Space, seen: Sequence[Seen], points: Floats) -> list[Predicted]:
        """See `Explaining.predict`."""
        return _insight().predict(space, seen, points)

    def importances(self, space: Space, seen: Sequence[Seen]) -> Floats:
        """See `Explaining.importances`."""
        return _insight().importances(space, seen)


def _insight() -> ModuleType:
    from groat_server.algorithms.bayesian import insight  # noqa: PLC0415

    return insight


def _search() -> ModuleType:
    # Imported at the first use only: the serving process looks this class up, and must not load
    # torch for that.
    from groat_server.algorithms.bayesian import search  # noqa: PLC0415

    return search


def _is_starting(
    problem: Problem, history: History, pending: Pending, thrift: Thrift | None
) -> bool:
    told = fidelity.fullest(history)
    if int(told.is_measured.sum()) < 2:
        return True
    known = np.concatenate([told.points, fidelity.unknown(pending, history)])
    is_paid = thrift is not None and thrift.is_paid(known)
    return len(known) < design.starting_size(problem) and not is_paid

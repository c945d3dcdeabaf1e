"""All models of a study, fitted together and asked together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from groat_server import front
from groat_server.algorithms.base import Floats, History, Problem
from groat_server.algorithms.bayesian.features import Layout, features
from groat_server.algorithms.bayesian.fitting import fit
from groat_server.algorithms.bayesian.memory import Memory
from groat_server.algorithms.bayesian.outcomes import (
    Feasibility,
    Objective,
    constraint_data,
    objective_data,
    works_data,
)
from groat_server.algorithms.bayesian.surrogate import Data, Surrogate
from groat_server.algorithms.bayesian.warp import Warp

_COLD_STEPS, _WARM_STEPS = 60, 30


@dataclass(frozen=True, slots=True)
class Models:
    """One model per objective, and the chance of being allowed."""

    objectives: tuple[Objective, ...]
    feasibility: Feasibility

    def medians(self, inputs: Floats) -> Floats:
        """Return the losses expected at ``inputs (n, w)``, shape ``(n, m)``."""
        return np.stack([one.medians(inputs) for one in self.objectives], axis=1)

    def hopes(self, inputs: Floats) -> Floats:
        """Return losses one standard deviation better, shape ``(n, m)``."""
        return np.stack([one.hopes(inputs) for one in self.objectives], axis=1)

    def believing(self, inputs: Floats) -> Models:
        """Return the models as if they had come true at ``inputs (q, w)``; see `Surrogate`."""
        if not len(inputs):
            return self
        objectives = [
            replace(one, surrogate=one.surrogate.believing(inputs)) for one in self.objectives
        ]
        return Models(tuple(objectives), self.feasibility.believing(inputs))


def fit_models(
    problem: Problem, history: History, memory: Memory, told: int
) -> tuple[Models, Memory]:
    """Fit every model, or only take in new trials while the last fit is fresh.

    Args:
        problem: The study.
        history: What to fit to; at least one trial is measured.
        memory: What the last fit found.
        told: How many trials are told; more than in ``history`` when that is a choice.

    Returns:
        The models, and what to remember.
    """
    inputs, measured = features(problem.space, history.points), history.is_measured
    layout = Layout.of(problem.space)
    rows = inputs[measured]
    losses, errors = history.losses[measured].T, history.errors[measured].T
    is_best = history.is_feasible[measured]
    is_best[is_best] = front.non_dominated(losses.T[is_best])
    outcomes = [
        objective_data(rows, losses[j], errors[j], layout, is_best)
        for j in range(problem.objectives)
    ]
    violations, doubts = history.violations[measured].T, history.violation_errors[measured].T
    data = [one for _, one in outcomes] + [
        constraint_data(rows, violations[j], doubts[j], layout) for j in range(problem.constraints)
    ]
    if not measured.all():
        data.append(works_data(inputs, measured, layout))
    surrogates, memory = _fit_all(data, memory, told)
    return _assembled([warp for warp, _ in outcomes], surrogates, problem.constraints), memory


def _assembled(warps: Sequence[Warp], surrogates: Sequence[Surrogate], constraints: int) -> Models:
    m = len(warps)
    objectives = [Objective(warp, one) for warp, one in zip(warps, surrogates[:m], strict=True)]
    feasibility = Feasibility(
        tuple(surrogates[m : m + constraints]), tuple(surrogates[m + constraints :])
    )
    return Models(tuple(objectives), feasibility)


def _fit_all(data: Sequence[Data], memory: Memory, told: int) -> tuple[list[Surrogate], Memory]:
    is_due = memory.is_due(told) or len(memory.hyperparameters) != len(data)
    surrogates = [
        _fit_one(one, memory.starts(model, one.hyperparameter_count, told), is_due=is_due)
        for model, one in enumerate(data)
    ]
    if is_due:
        memory = Memory(told, tuple(one.hyperparameters for one in surrogates))
    return surrogates, memory


def _fit_one(data: Data, starts: Sequence[Floats | None], *, is_due: bool) -> Surrogate:
    if starts[0] is None:
        return fit(data, starts, steps=_COLD_STEPS)
    return fit(data, starts, steps=_WARM_STEPS) if is_due else fit(data, starts[:1], steps=0)

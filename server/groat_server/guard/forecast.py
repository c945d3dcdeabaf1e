"""What a trial is going to spend, from what trials have spent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from groat import model

_PRIOR_SD = 0.5
"""Spread of log spend between trials before any is known: a factor of 1.65."""

MOST_LOG_NANOS = 42.0
"""About 1.7 billion units: no forecast reaches past what 64 bits hold."""

_PRIOR_WEIGHT = 3.0
"""How many trials the prior spread counts for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one finished trial spent.

    Attributes:
        example_count: The examples that it ran itself; 0 is all of them.
        is_cut_short: It was stopped, nobody knows at which part of all examples:
            a whole trial spends more.
    """

    amount: model.Money
    example_count: int = 0
    is_cut_short: bool = False


def hold_for(
    spec: model.StudySpec, told: Sequence[Spent], example_count: int = 0
) -> model.Money | None:
    """Return what to set aside for one more trial.

    A declared most is set aside in full, since nothing stops a trial half-way:
    then the cap is passed only by a trial that breaks its own declaration.

    Args:
        spec: ``max_trial_spend`` is the declaration; without it the guard's
            policy says which quantile of the predicted spend.
        told: Spend of each finished trial. Trials that spent nothing teach
            nothing here. What was spent on part of the examples counts as that
            part of a whole trial's spend.
        example_count: On how many examples the trial is to be evaluated.

    Returns:
        The declared most, or else a quantile of the predicted spend. ``None``
        when nothing is declared and nothing told: then one trial runs alone, on
        all that is left. Zero when there is no cap to keep either.

    """
    budget = spec.budget
    if budget.max_trial_spend is not None:
        return budget.max_trial_spend
    if budget.max_spend is None:
        return model.Money(0, spec.currency)
    return quantile(spec, told, spec.guard_policy.hold_quantile, example_count)


def quantile(
    spec: model.StudySpec, told: Sequence[Spent], share: float, example_count: int = 0
) -> model.Money | None:
    """Return what one more trial spends with so much certainty at most; ``None`` before any spent.

    Args:
        spec: Says how many examples a whole trial has.
        told: As for `hold_for`.
        share: Of such trials that spend no more; above 0 and below 1.
        example_count: As for `hold_for`.

    Source:
        Log spend as normal with a normal-inverse-gamma prior, so that one more
        trial is Student-t: Gelman et al. (2013), Bayesian Data Analysis,
        section 3.3, with a flat prior on the mean.
    """
    paid = [one for one in told if one.amount.nanos > 0]
    spent = [whole_nanos(spec, one) for one in paid if not one.is_cut_short]
    spent = spent or [whole_nanos(spec, one) for one in paid]
    if not spent:
        return None
    logs = np.log(np.array(spent)) + math.log(_share(spec.algorithm, example_count))
    n, freedom = len(logs), _PRIOR_WEIGHT + len(logs) - 1
    squares = _PRIOR_WEIGHT * _PRIOR_SD**2 + float(((logs - logs.mean()) ** 2).sum())
    scale = math.sqrt(squares / freedom * (1 + 1 / n))
    log_hold = float(logs.mean()) + float(stdtrit(freedom, share)) * scale
    return model.Money(math.ceil(math.exp(min(log_hold, MOST_LOG_NANOS))), spec.currency)


def whole_nanos(spec: model.StudySpec, spent: Spent) -> float:
    """Return what a trial would have spent on all examples, in proportion."""
    return spent.amount.nanos / _share(spec.algorithm, spent.example_count)


def _share(algorithm: model.Algorithm, example_count: int) -> float:
    """The part of a whole evaluation, which a person may pass; 1 where trials are always whole."""
    whole = algorithm.whole_example_count
    return example_count / whole if whole and example_count else 1.0


def affordable_trials(study: model.Study, told: Sequence[Spent]) -> int | None:
    """Estimate how many trials the study can have in all, told ones included.

    Returns:
        The smaller of the trial limit and what the remaining money pays at the
        median told spend (the declared most, before any is told); ``None`` when
        nothing bounds the study.
    """
    status, budget = study.budget_status, study.spec.budget
    bounds: list[int] = [] if budget.max_trials is None else [budget.max_trials]
    price = _typical(budget, told)
    if status.remaining is not None and price:
        begun = status.finished_trials + status.running_trials
        bounds.append(begun + max(0, status.remaining.nanos // price))
    return min(bounds, default=None)


def _typical(budget: model.Budget, told: Sequence[Spent]) -> int:
    spent = [one.amount.nanos for one in told if one.amount.nanos > 0]
    if spent:
        return max(1, int(np.median(spent)))
    return budget.max_trial_spend.nanos if budget.max_trial_spend else 0

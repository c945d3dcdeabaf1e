"""What a person prefers, as scores: the smaller the better."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from groat import model
from groat.errors import InvalidArgument, Violation
from groat_server import front
from groat_server.front import Floats
from groat_server.tradeoff.beliefs import Beliefs

_AUGMENTED = 1e-3
"""A little of the sum beside the worst: of equally bad ones, the better in the rest."""


def check(metrics: Sequence[model.Metric], preference: model.Preference) -> None:
    """Refuse a preference that makes no sense for a study.

    Raises:
        InvalidArgument: It names what is not there, or has a number that is none.
    """
    faults = list(_faults(metrics, preference))
    if faults:
        raise InvalidArgument(*faults)


def _faults(metrics: Sequence[model.Metric], preference: model.Preference) -> Iterable[Violation]:
    objectives = [one.id for one in metrics if one.role is model.Role.OBJECTIVE]
    everything = [one.id for one in metrics]
    match preference:
        case model.Weights(weights=weights):
            return _weight_faults(weights, objectives)
        case model.Limits(optimize=optimize, bounds=bounds):
            wrong = optimize not in objectives
            first = [Violation("limits.optimize", _no_such(optimize, objectives))] if wrong else []
            return [*first, *_numbers(bounds, everything, "limits.bounds")]
        case model.MoneyValue(per_unit=per_unit):
            return [*_value_faults(per_unit, everything), *_contradictions(metrics, per_unit)]
        case model.Knee():
            none = "a front of one objective has no knee"
            return [Violation("knee", none)] if len(objectives) < 2 else []


def _weight_faults(weights: Mapping[str, float], known: Sequence[str]) -> Iterable[Violation]:
    yield from _numbers(weights, known, "weights.weights")
    for name, weight in weights.items():
        if weight < 0:
            yield Violation(f"weights.weights[{name[:64]}]", f"{weight:g} is negative")
    if not any(weight > 0 for weight in weights.values()):
        yield Violation("weights.weights", "no weight is above 0; say what matters")


def _value_faults(per_unit: Mapping[str, float], known: Sequence[str]) -> Iterable[Violation]:
    yield from _numbers(per_unit, known, "money.money_per_unit")
    if not any(per_unit.values()):
        yield Violation("money.money_per_unit", "nothing is worth anything; name a value")


def _contradictions(
    metrics: Sequence[model.Metric], per_unit: Mapping[str, float]
) -> Iterable[Violation]:
    for metric in metrics:
        worth = per_unit.get(metric.id, 0.0)
        if worth and math.isfinite(worth) and metric.loss(worth) > 0:
            goal = "minimized" if metric.goal is model.Goal.MINIMIZE else "maximized"
            problem = f"{metric.id} is to be {goal}, so one unit more is not worth {worth:g}"
            yield Violation(
                f"money.money_per_unit[{metric.id}]", f"{problem}; did you mean {-worth:g}?"
            )


def _numbers(given: Mapping[str, float], known: Sequence[str], path: str) -> Iterable[Violation]:
    for name, number in given.items():
        if name not in known:
            yield Violation(f"{path}[{name[:64]}]", _no_such(name, known))
        if not math.isfinite(number):
            yield Violation(f"{path}[{name[:64]}]", f"{number} is not a number")


def _no_such(name: str, known: Sequence[str]) -> str:
    return f"{name[:64]!r} is not one of {', '.join(known)}, which every whole trial has measured"


def limits_of(beliefs: Beliefs, preference: model.Preference) -> list[tuple[int, float]]:
    """Return what must be kept, as columns and losses: the study's own limits first."""
    limits = list(beliefs.constraints)
    if isinstance(preference, model.Limits):
        for name, bound in preference.bounds.items():
            column = beliefs.column(name)
            limits.append((column, beliefs.metrics[column].loss(bound)))
    return limits


def scores(beliefs: Beliefs, preference: model.Preference, losses: Floats) -> Floats:
    """Score ``losses (..., n, k)`` by a preference, shape ``(..., n)``.

    Source:
        Weights: Steuer and Choo (1983), augmented weighted Tchebycheff.
        https://doi.org/10.1007/BF02591870. Knee: Das (1999), the point farthest
        below the hyperplane of the extremes. https://doi.org/10.1007/BF01195985
    """
    match preference:
        case model.Limits(optimize=optimize):
            return losses[..., beliefs.column(optimize)]
        case model.MoneyValue(per_unit=per_unit):
            worth = np.zeros(losses.shape[:-1])
            for name, price in per_unit.items():
                column = beliefs.column(name)
                worth += price * beliefs.metrics[column].loss(1.0) * losses[..., column]
            return -worth
        case model.Weights(weights=given):
            weights = np.array([given.get(beliefs.metrics[j].id, 0.0) for j in beliefs.objectives])
            weighted = weights / weights.sum() * _scaled(beliefs, losses)
            return weighted.max(axis=-1) + _AUGMENTED * weighted.sum(axis=-1)
        case model.Knee():
            return _scaled(beliefs, losses).sum(axis=-1)


def _scaled(beliefs: Beliefs, losses: Floats) -> Floats:
    """The objectives' losses from the front's best, 0, to its worst, 1."""
    means = beliefs.means[:, beliefs.objectives]
    kept = beliefs.keeps(beliefs.means, beliefs.constraints)
    rows = means[kept] if kept.any() else means
    best = rows[front.non_dominated(rows)]
    low, high = best.min(axis=0), best.max(axis=0)
    return (losses[..., beliefs.objectives] - low) / np.where(high > low, high - low, 1.0)

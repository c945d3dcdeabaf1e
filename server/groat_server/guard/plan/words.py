"""How a plan says values, numbers of examples and what to make of a result."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from groat import model
from groat_server.guard.plan.case import HandTold, PlanCase

TODAY = "The configuration in use today"

_NOTICED = 0.6
"""A change worth keeping, as a part of the difference that is found eight times in ten: what
chance alone passes once in ten."""

_FOUND = 0.15
"""The difference that the least number of examples finds eight times in ten."""

_MOST_NAMED, _FIRST_NAMED = 4, 3
_FRACTION = {"", "share", "fraction", "accuracy"}
_SCORE = model.Source.SCORE_PER_EXAMPLE
_HUNDREDTHS = {"%", "percent", "points"}


def shown(value: model.Value) -> str:
    """Write a value as a person would set it."""
    match value:
        case bool():
            return "on" if value else "off"
        case float():
            return f"{value:g}"
        case tuple():
            return " + ".join(value) or "nothing"
        case _:
            return str(value)


def settings(changes: Mapping[str, model.Value]) -> str:
    """Write ``top_k = 10, rerank = on``."""
    return ", ".join(f"{key} = {shown(value)}" for key, value in changes.items())


def listed(items: Iterable[str], last: str = "and") -> str:
    """Write ``a, b and c``."""
    names = list(items)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def on_examples(case: PlanCase, count: int) -> str:
    """Write on which examples a step runs; ``count`` 0 is all."""
    if not case.is_whole(count):
        return f"{count:,} of the {case.example_count:,} examples"
    return f"all {case.example_count:,} examples" if case.example_count else "all examples"


def title_of(case: PlanCase, configuration: model.Configuration) -> str:
    """Write how a configuration differs from today's."""
    usual = {one.id: one.default_value for one in case.space.parameters} | dict(case.baseline)
    keys = [key for key, value in configuration.items() if usual.get(key) != value]
    if not keys:
        gone = [key for key in case.baseline if key not in configuration]
        return f"Without {listed(gone)}" if gone else TODAY
    if len(keys) > _MOST_NAMED:
        first = settings({key: configuration[key] for key in keys[:_FIRST_NAMED]})
        return f"{len(keys)} changes: {first}, ..."
    return settings({key: configuration[key] for key in keys})


def keep_rule(case: PlanCase, count: int) -> str:
    """Say which result is worth keeping; ``count`` 0 is all examples."""
    better = listed((_better(case, metric, count) for metric in case.objectives), "or")
    if len(case.objectives) == 1:
        return f"Keep it if {better}. Otherwise go back: less than that may be luck."
    return (
        f"Keep it if {better}, and nothing else gets worse by as much. "
        "Otherwise go back: less than that may be luck."
    )


def hold_rule(case: PlanCase, count: int) -> str:
    """Say when a confirmed result holds; ``count`` 0 is all examples."""
    amounts = listed(
        f"{metric.id} is within {_amount(case, metric, count)}" for metric in case.objectives
    )
    return (
        f"Put it to use if {amounts} of what it was before. Otherwise believe the mean of both "
        "runs, and compare that with today's configuration."
    )


def result_of(case: PlanCase, told: HandTold) -> str:
    """Write what a told trial measured, in the metrics' own directions."""
    if not told.is_measured or not told.losses:
        return f"Trial {told.number} failed."
    parts = [
        f"{metric.id} {metric.loss(loss):.4g}{_unit(metric)}"
        for metric, loss in zip(case.objectives, told.losses, strict=True)
    ]
    where = "" if case.is_whole(told.example_count) else f" on {told.example_count:,} examples"
    kept = "" if told.is_feasible else "; it breaks a constraint"
    return f"Trial {told.number} measured {', '.join(parts)}{where}{kept}."


def _better(case: PlanCase, metric: model.Metric, count: int) -> str:
    verb = "rises" if metric.goal is model.Goal.MAXIMIZE else "falls"
    return f"{metric.id} {verb} by {_amount(case, metric, count)} or more"


def _amount(case: PlanCase, metric: model.Metric, count: int) -> str:
    """Return the smallest change of a metric that is more than luck."""
    examples = count or case.example_count
    share = math.sqrt(case.least_examples / examples) if examples else 0.3
    noticed = max(_NOTICED * _FOUND * share, 0.01)
    if not _is_score(case, metric):
        return "10 %" if noticed < 0.1 else "20 %"
    if metric.unit.strip().lower() in _HUNDREDTHS:
        return f"{100 * noticed:.0f} points"
    return f"{noticed:.2f}"


def _is_score(case: PlanCase, metric: model.Metric) -> bool:
    """Whether a metric looks like a share of examples that went well, or badly."""
    unit = metric.unit.strip().lower()
    if unit in _HUNDREDTHS:
        return True
    derived = metric.derivation
    if unit not in _FRACTION or (derived and derived.source is not _SCORE):
        return False
    place = case.objectives.index(metric)
    values = [metric.loss(one.losses[place]) for one in case.told if one.losses]
    bounds = [] if metric.bound is None else [metric.bound]
    return metric.goal is model.Goal.MAXIMIZE and all(0 <= one <= 1 for one in values + bounds)


def _unit(metric: model.Metric) -> str:
    return f" {metric.unit}" if metric.unit else ""

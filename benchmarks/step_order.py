"""step_order: a made-up document workflow whose order of steps is searched, three losses.

We invented it for these benchmarks. It is a formula, not a measurement. It copies what makes
such tuning hard: what a step costs depends on what the steps before it have left over, some
steps are worth more after others, optional checks help in some places only, and parameters of
a step exist only with it. The constants were chosen by hand, with a look at the shape of the
front and at random points, and were frozen before any optimizer was compared on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

from groat import model


@dataclass(frozen=True, slots=True)
class _Step:
    """A step of the workflow.

    Attributes:
        seconds, cents: Per unit of volume that comes in.
        keeps: Share of the volume that goes on.
    """

    seconds: float
    cents: float
    keeps: float


_STEPS = {
    "filter": _Step(0.5, 0.05, 0.55),
    "dedupe": _Step(1.4, 0.02, 0.70),
    "translate": _Step(2.6, 0.90, 1.05),
    "extract": _Step(2.0, 0.60, 0.80),
    "enrich": _Step(1.6, 0.75, 1.35),
    "summarise": _Step(2.2, 0.80, 0.45),
}
_BETTER_BEFORE = {
    ("filter", "summarise"): 0.06,
    ("dedupe", "enrich"): 0.05,
    ("translate", "extract"): 0.11,
    ("translate", "dedupe"): 0.05,
    ("extract", "enrich"): 0.09,
    ("enrich", "summarise"): 0.12,
    ("enrich", "filter"): 0.05,
    ("extract", "summarise"): 0.07,
}
_CHECKS = {
    "schema": ("extract", 0.05, 0.20),
    "facts": ("summarise", 0.07, 0.55),
    "language": ("translate", 0.04, 0.25),
    "spam": ("filter", 0.03, 0.10),
}
"""Per check: the step it follows best, what it adds to quality, its seconds."""

_MODELS = {"small": (0.72, 0.35), "medium": (0.86, 1.0), "large": (0.95, 3.2)}
"""Skill, and price relative to the medium one."""

SPACE = model.SearchSpace(
    parameters=(
        model.Parameter(id="steps", domain=model.PermutationDomain(items=tuple(_STEPS))),
        model.Parameter(id="checks", domain=model.SubsetDomain(items=tuple(_CHECKS))),
        model.Parameter(id="model", domain=model.CategoricalDomain(labels=tuple(_MODELS))),
        model.Parameter(id="batch", domain=model.IntDomain(min=1, max=64, log_scale=True)),
        model.Parameter(id="strictness", domain=model.FloatDomain(min=0.0, max=1.0)),
        model.Parameter(
            id="evidence",
            domain=model.IntDomain(min=1, max=8),
            active_when=(model.Condition(parameter_id="checks", any_of=("facts",)),),
        ),
        model.Parameter(id="vote", domain=model.BoolDomain()),
        model.Parameter(
            id="voters",
            domain=model.OrdinalDomain(levels=(3, 5, 7)),
            active_when=(model.Condition(parameter_id="vote", any_of=(True,)),),
        ),
    )
)
METRICS = (
    model.Metric(id="quality", role=model.Role.OBJECTIVE, goal=model.Goal.MAXIMIZE, unit="1"),
    model.Metric(
        id="price", role=model.Role.OBJECTIVE, goal=model.Goal.MINIMIZE, unit="log2 cents"
    ),
    model.Metric(id="latency", role=model.Role.OBJECTIVE, goal=model.Goal.MINIMIZE, unit="log2 s"),
)
REFERENCE = (-0.35, 4.0, 5.0)
"""A quality of 0.35 for 16 cents in 32 seconds: as losses."""


def evaluate(configuration: model.Configuration) -> dict[str, float]:
    """Return the quality of a document, and the binary logarithms of its cents and seconds."""
    volume, cents, seconds = 1.0, 0.0, 0.0
    strictness = _number(configuration, "strictness")
    skill, factor = _MODELS[cast("str", configuration["model"])]
    batch = _number(configuration, "batch")
    for name in _steps(configuration):
        step = _STEPS[name]
        cents += volume * step.cents * factor
        seconds += 0.4 * batch**0.55 / 3 + volume * step.seconds * (0.5 + 0.5 * skill) / batch**0.25
        volume *= step.keeps - (0.25 * strictness if name == "filter" else 0.0)
    for check in _checks(configuration):
        seconds += _CHECKS[check][2] * (1 + 0.2 * _number(configuration, "evidence", 1))
        cents += 0.12 * factor * (_number(configuration, "evidence", 1) if check == "facts" else 1)
    if configuration["vote"]:
        cents *= 1 + 0.16 * _number(configuration, "voters")
        seconds *= 1.0 + 0.05 * _number(configuration, "voters")
    quality = skill * _order_gain(configuration) * _care(configuration)
    return {"quality": quality, "price": math.log2(cents), "latency": math.log2(seconds)}


def _order_gain(configuration: model.Configuration) -> float:
    """What the order makes of the best possible quality."""
    place = {name: i for i, name in enumerate(_steps(configuration))}
    gains = sum(g for (a, b), g in _BETTER_BEFORE.items() if place[a] < place[b])
    ends = 0.05 * (place["summarise"] == len(place) - 1)
    return (0.45 + gains + ends) / (0.5 + sum(_BETTER_BEFORE.values()))


def _care(configuration: model.Configuration) -> float:
    """What checks, strictness and votes make of it."""
    steps = _steps(configuration)
    care = 0.82 + 0.05 * math.sin(math.pi * _number(configuration, "strictness") ** 0.7)
    for check in _checks(configuration):
        after, gain, _ = _CHECKS[check]
        late = steps.index(after) / (len(steps) - 1)
        full = gain * (0.4 + 0.6 * late)
        if check == "facts":
            full *= 1 - 0.6 ** _number(configuration, "evidence")
        care += full
    care -= 0.012 * max(len(_checks(configuration)) - 2, 0) ** 2
    if configuration["vote"]:
        care += 0.05 * (1 - math.exp(-_number(configuration, "voters") / 3))
    return care - 0.02 * max(math.log2(_number(configuration, "batch")) - 3, 0)


def _steps(configuration: model.Configuration) -> tuple[str, ...]:
    return cast("tuple[str, ...]", configuration["steps"])


def _checks(configuration: model.Configuration) -> tuple[str, ...]:
    return cast("tuple[str, ...]", configuration["checks"])


def _number(configuration: model.Configuration, name: str, missing: float = 0.0) -> float:
    return float(cast("float", configuration.get(name, missing)))

"""agent_tools: a made-up agent whose tool list is searched, with 12 parameters and conditions.

We invented it for these benchmarks. It is a formula, not a measurement: no agent, no model
and no price list stands behind it. It copies what makes such tuning hard: some tools help
only beside others, some only distract, every tool lengthens the prompt, and parameters of a
tool exist only when it is there. The constants were chosen by hand, with a look at the shape
of the front and at random points, and were frozen before any optimizer was compared on it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

from groat import model

_TOOLS = ("search", "browser", "code", "sql", "files", "calendar", "maps", "mail")


@dataclass(frozen=True, slots=True)
class _Brain:
    """A language model: skill and patience in 0 to 1, USD per million tokens."""

    skill: float
    patience: float
    price: float


@dataclass(frozen=True, slots=True)
class _Errand:
    """One kind of task: its share, what each tool does for it, its length in steps."""

    share: float
    needs: dict[str, float]
    steps: float


_BRAINS = {
    "nano": _Brain(0.55, 0.45, 0.15),
    "mini": _Brain(0.70, 0.65, 0.60),
    "large": _Brain(0.86, 0.85, 3.00),
    "frontier": _Brain(0.93, 0.95, 9.00),
}
_ERRANDS = (
    _Errand(0.35, {"search": 0.55, "browser": 0.30}, 3.0),
    _Errand(0.25, {"code": 0.50, "files": 0.35}, 5.0),
    _Errand(0.25, {"sql": 0.60, "code": 0.15}, 4.0),
    _Errand(0.15, {"mail": 0.40, "calendar": 0.40}, 2.0),
)
_TOGETHER = {("search", "browser"): 0.12, ("code", "files"): 0.10, ("sql", "code"): 0.08}
_TOOL_TOKENS = {"search": 140, "browser": 420, "code": 260, "sql": 300, "files": 180}
_PROMPTS = {
    "bare": (90, 0.00),
    "steps": (240, 0.05),
    "examples": (900, 0.08),
    "critic": (380, 0.06),
}


def _parameter(name: str, domain: model.Domain, **when: tuple[model.Value, ...]) -> model.Parameter:
    conditions = [model.Condition(parameter_id=p, any_of=values) for p, values in when.items()]
    return model.Parameter(id=name, domain=domain, active_when=tuple(conditions))


SPACE = model.SearchSpace(
    parameters=(
        _parameter("model", model.CategoricalDomain(labels=tuple(_BRAINS))),
        _parameter("tools", model.SubsetDomain(items=_TOOLS)),
        _parameter(
            "prompt",
            model.TextDomain(
                variants=tuple(model.TextVariant(id=p, text=f"The {p} prompt.") for p in _PROMPTS)
            ),
        ),
        _parameter("max_steps", model.IntDomain(min=1, max=24, log_scale=True)),
        _parameter("temperature", model.FloatDomain(min=0.0, max=1.2)),
        _parameter("hits", model.IntDomain(min=1, max=20, log_scale=True), tools=("search",)),
        _parameter("rows", model.IntDomain(min=1, max=500, log_scale=True), tools=("sql",)),
        _parameter("retries", model.IntDomain(min=0, max=4), tools=("code", "sql")),
        _parameter("planner", model.CategoricalDomain(labels=("none", "list", "tree"))),
        _parameter("branches", model.IntDomain(min=2, max=6), planner=("tree",)),
        _parameter("memory", model.BoolDomain()),
        _parameter("window", model.IntDomain(min=500, max=16_000, log_scale=True), memory=(True,)),
    )
)
METRICS = (
    model.Metric(id="solved", role=model.Role.OBJECTIVE, goal=model.Goal.MAXIMIZE, unit="1"),
    model.Metric(id="price", role=model.Role.OBJECTIVE, goal=model.Goal.MINIMIZE, unit="log2 USD"),
)
REFERENCE = (-0.2, 7.0)
"""A fifth of the tasks, at 128 USD per 1,000 of them: as losses."""


def evaluate(configuration: model.Configuration) -> dict[str, float]:
    """Return the share of tasks solved, and the binary logarithm of USD per 1,000 tasks."""
    solved = sum(errand.share * _solved(configuration, errand) for errand in _ERRANDS)
    return {"solved": solved, "price": math.log2(1_000 * _price(configuration))}


def _solved(configuration: model.Configuration, errand: _Errand) -> float:
    """Chance that one kind of task is solved."""
    brain, tools = _brain(configuration), _tools(configuration)
    means = 0.12 + sum(help for tool, help in errand.needs.items() if tool in tools)
    means += sum(
        bonus
        for pair, bonus in _TOGETHER.items()
        if set(pair) <= tools and set(pair) & errand.needs.keys()
    )
    means *= _used_well(configuration, errand)
    idle = len(tools - errand.needs.keys())
    focus = 1 - 0.045 * idle * (1.35 - brain.patience)
    reach = 1 - math.exp(
        -_number(configuration, "max_steps") / (errand.steps * _haste(configuration))
    )
    heat = 1 - 0.25 * (_number(configuration, "temperature") - 0.35) ** 2
    recall = 1.0
    if configuration["memory"]:
        recall += 0.06 * (1 - math.exp(-_number(configuration, "window") / 3_000))
    skill = brain.skill * (1 + _PROMPTS[_text(configuration, "prompt")][1] * (1.5 - brain.skill))
    return min(skill * min(means, 1.0) * focus * reach * heat * recall, 1.0)


def _used_well(configuration: model.Configuration, errand: _Errand) -> float:
    """How much the settings of the tools make of them."""
    share = 1.0
    if "hits" in configuration and "search" in errand.needs:
        hits = _number(configuration, "hits")
        share *= 0.75 + 0.25 * (1 - math.exp(-hits / 4)) - 0.004 * max(hits - 10, 0)
    if "rows" in configuration and "sql" in errand.needs:
        share *= 0.8 + 0.2 * math.exp(-0.5 * (math.log10(_number(configuration, "rows") / 40)) ** 2)
    if "retries" in configuration and errand.needs.keys() & {"code", "sql"}:
        share *= 1 - 0.22 * 0.45 ** _number(configuration, "retries")
    return share


def _haste(configuration: model.Configuration) -> float:
    """How many steps a task takes, relative to its usual length."""
    if configuration["planner"] == "list":
        return 0.8
    if configuration["planner"] == "tree":
        return 0.72 - 0.03 * min(_number(configuration, "branches") - 2, 3)
    return 1.0


def _price(configuration: model.Configuration) -> float:
    """USD per task."""
    tools, brain = _tools(configuration), _brain(configuration)
    prompt = _PROMPTS[_text(configuration, "prompt")][0]
    prompt += sum(_TOOL_TOKENS.get(tool, 110) for tool in tools)
    prompt += 90 * _number(configuration, "hits") if "hits" in configuration else 0
    prompt += 12 * _number(configuration, "rows") if "rows" in configuration else 0
    prompt += 0.5 * _number(configuration, "window") if configuration["memory"] else 0
    usual = sum(errand.share * errand.steps for errand in _ERRANDS) * _haste(configuration)
    steps = usual * (1 - math.exp(-_number(configuration, "max_steps") / usual))
    if "retries" in configuration:
        steps *= 1 + 0.07 * _number(configuration, "retries")
    if configuration["planner"] == "tree":
        steps *= 0.55 * _number(configuration, "branches")
    steps += 0.6 if configuration["planner"] == "list" else 0.0
    return steps * (prompt + 350 + 160 * _number(configuration, "temperature")) * brain.price / 1e6


def _brain(configuration: model.Configuration) -> _Brain:
    return _BRAINS[_text(configuration, "model")]


def _tools(configuration: model.Configuration) -> set[str]:
    return set(cast("tuple[str, ...]", configuration["tools"]))


def _number(configuration: model.Configuration, name: str) -> float:
    return float(cast("float", configuration[name]))


def _text(configuration: model.Configuration, name: str) -> str:
    return cast("str", configuration[name])

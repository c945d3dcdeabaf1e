"""Study files: a declaration in TOML or JSON; ``docs/study-file.md`` describes them.

Only the shape is checked here. Whether the declaration makes sense is for the
server to say.
"""

from __future__ import annotations

import enum
import json
import tomllib
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from groat import declare, model
from groat.cli import algorithm_file, section, space_file
from groat.cli.section import Section
from groat.errors import InvalidArgument

E = TypeVar("E", bound=enum.Enum)


def read(path: str) -> tuple[str, model.StudySpec]:
    """Read a study's id and declaration.

    Raises:
        OSError: The file cannot be read.
        InvalidArgument: Something in it is not as it must be; says where.
    """
    text = Path(path).read_text(encoding="utf-8")
    loads = json.loads if path.endswith(".json") else tomllib.loads
    try:
        content: object = loads(text, parse_float=Decimal)
    except ValueError as error:
        raise InvalidArgument.at(path, str(error)) from error
    return parse(content)


def parse(content: object) -> tuple[str, model.StudySpec]:
    """Turn a file's content into a study's id and declaration.

    Raises:
        InvalidArgument: Something in it is not as it must be; says where.
    """
    file = Section(content, "")
    study_id = file.need("id", section.text)
    options: declare.StudyOptions = {
        "display_name": file.take("display_name", section.text) or "",
        "labels": file.take("labels", _labels) or {},
        "algorithm": file.take("algorithm", algorithm_file.algorithm) or model.Algorithm(),
        "early_stopping": file.take("early_stopping", algorithm_file.early_stopping)
        or model.EarlyStopping(),
        "constraints": [space_file.constraint(one) for one in file.sections("constraints")],
        "budget": file.take("budget", _budget) or model.Budget(),
        "rates": [_rate(one) for one in file.sections("rates")],
        "max_concurrent_trials": file.take("max_concurrent_trials", section.whole) or 0,
        "max_attempts": file.take("max_attempts", section.whole) or 3,
    }
    lease = file.take("lease_seconds", section.real)
    if lease is not None:
        options["lease_duration"] = timedelta(seconds=lease)
    quantile = file.take("hold_quantile", section.real)
    if quantile is not None:
        options["guard_policy"] = model.GuardPolicy(hold_quantile=quantile)
    space = [space_file.parameter(one) for one in file.sections("parameters")]
    metrics = [_metric(one) for one in file.sections("metrics")]
    file.end()
    return study_id, declare.study_spec(space, metrics, **options)


def _metric(one: Section) -> model.Metric:
    word = one.which(*_METRICS)
    role, goal = _METRICS[word]
    metric = model.Metric(
        id=one.need(word, section.text),
        role=role,
        goal=goal,
        unit=one.take("unit", section.text) or "",
        bound=one.take("bound", section.real),
        derivation=one.take("derive", _derivation),
    )
    one.end()
    return metric


_METRICS = {
    "maximize": (model.Role.OBJECTIVE, model.Goal.MAXIMIZE),
    "minimize": (model.Role.OBJECTIVE, model.Goal.MINIMIZE),
    "at_most": (model.Role.CONSTRAINT, model.Goal.MINIMIZE),
    "at_least": (model.Role.CONSTRAINT, model.Goal.MAXIMIZE),
    "tracked": (model.Role.TRACKED, model.Goal.MINIMIZE),
}


def _derivation(content: object, path: str) -> model.Derivation:
    one = Section({"from": content} if isinstance(content, str) else content, path)
    derivation = model.Derivation(
        source=one.need("from", _one_of(model.Source)),
        aggregation=one.take("aggregation", _one_of(model.Aggregation)) or model.Aggregation.MEAN,
        score_id=one.take("score", section.text) or "",
    )
    one.end()
    return derivation


def _one_of(members: type[E]) -> Callable[[object, str], E]:
    known = {str(member.value): member for member in members}

    def read_member(content: object, path: str) -> E:
        if content not in known:
            raise InvalidArgument.at(path, f"{content!r:.60} is none of {', '.join(known)}")
        return known[str(content)]

    return read_member


def _budget(content: object, path: str) -> model.Budget:
    one = Section(content, path)
    budget = model.Budget(
        max_spend=one.take("max_spend", section.money),
        max_trial_spend=one.take("max_trial_spend", section.money),
        max_trials=one.take("max_trials", section.whole),
        deadline=one.take("deadline", section.moment),
    )
    one.end()
    return budget


def _rate(one: Section) -> model.Rate:
    rate = model.Rate(
        model=one.need("model", section.text),
        unit=one.need("unit", _one_of(model.Unit)),
        amount=one.need("amount", section.money),
        per=one.take("per", section.whole) or 1,
        provider=one.take("provider", section.text) or "",
    )
    one.end()
    return rate


def _labels(content: object, path: str) -> dict[str, str]:
    labels = section.table(content, path)
    return {name: section.text(label, f"{path}.{name}") for name, label in labels.items()}

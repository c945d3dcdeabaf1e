"""Study files: a declaration in TOML, JSON or YAML; ``docs/study-file.md`` describes them.

Only the shape is checked here. Whether the declaration makes sense is for the
server to say.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from pathlib import Path

from groat import declare, model
from groat.cli import algorithm_file, section, space_file, workload_file
from groat.cli.section import Section
from groat.errors import InvalidArgument, Violation


def declared(path: str, undone: str) -> tuple[str, model.StudySpec]:
    """Read a study file for a command; whatever is wrong with it is told with its name.

    Args:
        path: Of the file.
        undone: What then did not happen, such as ``"nothing was created"``.
    """
    try:
        return read(path)
    except UnicodeDecodeError as error:
        raise InvalidArgument.at(path, f"is not UTF-8 at byte {error.start + 1}") from error
    except InvalidArgument as error:
        if [one.path for one in error.violations] == [path]:
            raise
        count = len(error.violations)
        problem = f"{count} fault{'s' * (count > 1)}, so {undone}"
        raise InvalidArgument(Violation(path, problem), *error.violations) from error


def read(path: str) -> tuple[str, model.StudySpec]:
    """Read a study's id and declaration; the name's end says which language it is in.

    Raises:
        OSError: The file cannot be read.
        InvalidArgument: Something in it is not as it must be; says where.
    """
    text = Path(path).read_text(encoding="utf-8")
    try:
        content = _LANGUAGES.get(Path(path).suffix.lower(), _toml)(text)
    except ModuleNotFoundError as error:
        problem = "is YAML, which needs an extra: pip install 'groat[cli]'"
        raise InvalidArgument.at(path, problem) from error
    except ValueError as error:
        raise InvalidArgument.at(path, str(error)) from error
    return parse(content, Path(path).parent)


def _toml(text: str) -> object:
    return tomllib.loads(text, parse_float=Decimal)


def _json(text: str) -> object:
    return json.loads(text, parse_float=Decimal)


def _yaml(text: str) -> object:
    return import_module("groat.cli.yaml_file").loads(text)


_LANGUAGES: dict[str, Callable[[str], object]] = {".json": _json, ".yaml": _yaml, ".yml": _yaml}


def parse(content: object, folder: Path = Path()) -> tuple[str, model.StudySpec]:
    """Turn a file's content into a study's id and declaration.

    Args:
        content: As TOML, JSON or YAML have it, numbers with a point as decimals.
        folder: Where the files are that it names.

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
        "guard_policy": _policy(file),
        "rates": [_rate(one) for one in file.sections("rates")],
        "max_concurrent_trials": file.take("max_concurrent_trials", section.whole) or 0,
        "max_attempts": file.take("max_attempts", section.whole) or 3,
    }
    lease = file.take("lease_seconds", section.real)
    if lease is not None:
        options["lease_duration"] = timedelta(seconds=lease)
    workload = file.take("workload", workload_file.workload(folder))
    if workload is not None:
        options["workload"] = workload
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
        source=one.need("from", section.one_of(model.Source)),
        aggregation=one.take("aggregation", section.one_of(model.Aggregation))
        or model.Aggregation.MEAN,
        score_id=one.take("score", section.text) or "",
    )
    one.end()
    return derivation


def _budget(content: object, path: str) -> model.Budget:
    one = Section(content, path)
    budget = model.Budget(
        max_spend=one.take("max_spend", section.money),
        max_trial_spend=one.take("max_trial_spend", section.money),
        max_tokens=one.take("max_tokens", section.whole),
        max_trials=one.take("max_trials", section.whole),
        deadline=one.take("deadline", section.moment),
    )
    one.end()
    return budget


def _policy(file: Section) -> model.GuardPolicy:
    policy = file.take("guard", _guard)
    # Its place before there was a table of its own.
    quantile = file.take("hold_quantile", section.real)
    if quantile is None:
        return policy or model.GuardPolicy()
    if policy is not None:
        raise InvalidArgument.at("hold_quantile", "stands beside [guard]; write it in there")
    return model.GuardPolicy(hold_quantile=quantile)


def _guard(content: object, path: str) -> model.GuardPolicy:
    one, usual = Section(content, path), model.GuardPolicy()
    quantile = one.take("hold_quantile", section.real)
    failures = one.take("max_consecutive_failures", section.whole)
    policy = model.GuardPolicy(
        mode=one.take("mode", section.one_of(model.GuardMode)) or usual.mode,
        hold_quantile=usual.hold_quantile if quantile is None else quantile,
        manual_trial_spend=one.take("manual_trial_spend", section.money),
        value=one.take("value", _value),
        max_consecutive_failures=usual.max_consecutive_failures if failures is None else failures,
    )
    one.end()
    return policy


def _value(content: object, path: str) -> model.ImprovementValue:
    one = Section(content, path)
    value = model.ImprovementValue(
        requests_per_month=one.need("requests_per_month", section.real),
        months=one.need("months", section.real),
        per_point=one.need("per_point", section.money),
        metric_id=one.need("metric", section.text),
    )
    one.end()
    return value


def _rate(one: Section) -> model.Rate:
    rate = model.Rate(
        model=one.need("model", section.text),
        unit=one.need("unit", section.one_of(model.Unit)),
        amount=one.need("amount", section.money),
        per=one.take("per", section.whole) or 1,
        provider=one.take("provider", section.text) or "",
    )
    one.end()
    return rate


def _labels(content: object, path: str) -> dict[str, str]:
    labels = section.table(content, path)
    return {name: section.text(label, f"{path}.{name}") for name, label in labels.items()}

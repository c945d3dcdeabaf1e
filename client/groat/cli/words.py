"""Words of a command as values: a configuration in JSON, and what was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import cast

from groat import model
from groat._fitting import misplaced, number, value
from groat.errors import InvalidArgument, Violation


def configuration(spec: model.StudySpec, text: str) -> dict[str, model.Value]:
    """Read a configuration from an object in JSON.

    Raises:
        InvalidArgument: With every parameter that is unknown, wrong or missing.
    """
    try:
        content: object = json.loads(text)
    except ValueError as error:
        raise InvalidArgument.at("--parameters", f"is no JSON: {error}") from error
    if not isinstance(content, dict):
        raise InvalidArgument.at("--parameters", 'is no object, such as {"k": 3}')
    given = cast("dict[str, object]", content)
    domains = {one.id: one.domain for one in spec.search_space.parameters}
    read: dict[str, model.Value] = {}
    problems = [
        Violation(name, f"is none of {', '.join(domains)}") for name in given if name not in domains
    ]
    for name in (one for one in given if one in domains):
        try:
            read[name] = value(domains[name], given[name])
        except ValueError as error:
            problems.append(Violation(name, str(error)))
    problems = problems or [Violation(*one) for one in misplaced(spec.search_space, read)]
    if problems:
        raise InvalidArgument(*problems)
    return read


def values(spec: model.StudySpec, words: Sequence[str]) -> list[model.MetricValue]:
    """Read what was measured from words such as ``q=0.84`` and ``q=0.84±0.02``.

    Raises:
        InvalidArgument: With every word that is wrong.
    """
    found: dict[str, model.MetricValue] = {}
    problems: list[Violation] = []
    metrics = {metric.id: metric for metric in spec.metrics}
    for word in words:
        name, _, text = word.partition("=")
        try:
            _check_metric(metrics, name, text, found)
            found[name] = _measured(name, text)
        except ValueError as error:
            problems.append(Violation(f"{word:.60}", str(error)))
    if problems:
        raise InvalidArgument(*problems)
    return [found[name] for name in metrics if name in found]


def _check_metric(
    metrics: Mapping[str, model.Metric],
    name: str,
    text: str,
    found: Mapping[str, model.MetricValue],
) -> None:
    if name not in metrics or not text:
        known = ", ".join(one.id for one in metrics.values() if one.derivation is None)
        raise ValueError(f"is not written as METRIC=VALUE, with a metric among {known}")
    if metrics[name].derivation is not None:
        raise ValueError("is derived by the server; leave it out")
    if name in found:
        raise ValueError(f"{name} stands there twice")


def _measured(name: str, text: str) -> model.MetricValue:
    told, is_given, error = text.replace("+-", "±").partition("±")
    value, deviation = float(number(told)), float(number(error)) if is_given else None
    if not isfinite(value) or (deviation is not None and not 0 <= deviation < float("inf")):
        raise ValueError("is too large, or has a standard error below 0")
    return model.MetricValue(metric_id=name, value=value, standard_error=deviation)

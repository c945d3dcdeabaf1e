"""The rules of a study's declaration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from groat import model
from groat.errors import InvalidArgument, Violation
from groat_server.validation import words
from groat_server.validation.algorithms import check_algorithm, check_early_stopping
from groat_server.validation.budgets import check_money
from groat_server.validation.growth import check_growth
from groat_server.validation.spaces import check_defaults, check_space

MAX_METRICS = 64
MAX_OBJECTIVES = 8
MAX_LABELS = 64
_SPACE = "study.search_space"
LEASE_LIMITS = (timedelta(seconds=1), timedelta(hours=24))


def check_spec(spec: model.StudySpec) -> None:
    """Check a whole declaration.

    Raises:
        InvalidArgument: With every violation, paths beginning ``study.``.
    """
    _raise_if_any(
        [
            *check_space(spec.search_space, _SPACE),
            *check_defaults(spec.search_space, _SPACE),
            *_check_metrics(spec.metrics, "study.metrics"),
            *check_algorithm(spec, "study.algorithm"),
            *_check_limits(spec),
            *check_money(spec),
        ]
    )


def check_patch(before: model.StudySpec, after: model.StudySpec) -> None:
    """Check what a changed declaration may differ in.

    Raises:
        InvalidArgument: A changed part breaks a rule, or would mix currencies.
    """
    faults = [*_check_limits(after), *check_money(after)]
    if after.search_space != before.search_space:
        faults += check_space(after.search_space, _SPACE)
        faults += check_growth(before.search_space, after.search_space, _SPACE)
        if isinstance(before.algorithm.kind, model.GridSearch):
            problem = "the cells of a grid are numbered for good; start a study with the new space"
            faults.append(Violation(_SPACE, problem))
    if after.currency != before.currency:
        problem = f"the study counts in {before.currency}, not {after.currency}"
        faults.append(Violation("study.budget.max_spend.currency", problem))
    _raise_if_any(faults)


def _raise_if_any(faults: list[Violation]) -> None:
    if faults:
        raise InvalidArgument(*faults)


def _check_metrics(metrics: tuple[model.Metric, ...], path: str) -> Iterator[Violation]:
    if len(metrics) > MAX_METRICS:
        yield Violation(path, f"{len(metrics)} metrics; at most {MAX_METRICS} are allowed")
    objectives = sum(metric.role is model.Role.OBJECTIVE for metric in metrics)
    if not 1 <= objectives <= MAX_OBJECTIVES:
        yield Violation(path, f"{objectives} objectives; 1 to {MAX_OBJECTIVES} are allowed")
    yield from words.unique((metric.id for metric in metrics), path, "metric")
    for i, metric in enumerate(metrics):
        yield from _check_metric(metric, f"{path}[{i}]")


def _check_metric(metric: model.Metric, path: str) -> Iterator[Violation]:
    yield from words.identifier(metric.id, f"{path}.id")
    yield from words.text(metric.unit, f"{path}.unit", 64)
    if metric.bound is not None:
        yield from words.finite(metric.bound, f"{path}.bound")
    elif metric.role is model.Role.CONSTRAINT:
        yield Violation(f"{path}.bound", "a constraint needs the bound that it must keep to")
    if metric.derivation is not None:
        yield from _check_derivation(metric.derivation, f"{path}.derivation")


def _check_derivation(derivation: model.Derivation, path: str) -> Iterator[Violation]:
    if derivation.source is model.Source.SCORE_PER_EXAMPLE:
        yield from words.identifier(derivation.score_id, f"{path}.score_id")
    elif derivation.score_id:
        problem = f"{derivation.source.value} reads no score; leave score_id empty"
        yield Violation(f"{path}.score_id", problem)


def _check_limits(spec: model.StudySpec) -> Iterator[Violation]:
    yield from words.text(spec.display_name, "study.display_name")
    yield from _check_labels(spec.labels, "study.labels")
    path = "study.max_concurrent_trials"
    yield from words.between(spec.max_concurrent_trials, 0, 100_000, path)
    yield from words.between(spec.max_attempts, 1, 100, "study.max_attempts")
    yield from check_lease(spec.lease_duration, "study.lease_duration")
    yield from check_early_stopping(spec, "study.early_stopping")


def check_lease(duration: timedelta, path: str) -> Iterator[Violation]:
    """How long a worker may be silent."""
    low, high = LEASE_LIMITS
    if not low <= duration <= high:
        yield Violation(path, f"{duration.total_seconds():g} s is outside 1 s to 86400 s")


def _check_labels(labels: Mapping[str, str], path: str) -> Iterator[Violation]:
    if len(labels) > MAX_LABELS:
        yield Violation(path, f"{len(labels)} labels; at most {MAX_LABELS} are allowed")
    for key, value in labels.items():
        yield from words.identifier(key, path)
        yield from words.text(value, f"{path}[{key[:40]}]")

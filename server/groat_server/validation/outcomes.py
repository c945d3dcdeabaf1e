"""The rules of what a worker may report and tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from groat import model
from groat.errors import InvalidArgument, Violation
from groat_server import pricing
from groat_server.validation import words

MAX_EXAMPLES = 10_000
MAX_USAGES = 20_000
MAX_CHECKPOINT = 1_024


def check_outcome(
    spec: model.StudySpec, outcome: model.Outcome, usage: Sequence[model.Usage]
) -> None:
    """Check a tell.

    Raises:
        InvalidArgument: With every violation, paths as in ``TellRequest``.
    """
    match outcome:
        case model.Succeeded(measurement=measurement):
            faults = list(_check_final(spec, measurement, "succeeded"))
        case model.EarlyStopped(measurement=measurement):
            faults = list(_check_final(spec, measurement, "early_stopped"))
        case model.Infeasible(reason=reason, measurement=measurement):
            faults = list(words.text(reason, "infeasible.reason", 4_096))
            if measurement is not None:
                faults += _check_measurement(spec, measurement, "infeasible.measurement")
        case model.Failed(kind=kind, message=message):
            faults = list(words.text(message, "failed.message", 4_096))
            if kind is model.FailureKind.LEASE_EXPIRED:
                problem = "only the server knows that a lease expired; say what went wrong"
                faults.append(Violation("failed.kind", problem))
    faults += check_usage(usage, "usage", spec.currency)
    if faults:
        raise InvalidArgument(*faults)


def check_draft(spec: model.StudySpec, draft: model.TrialDraft) -> None:
    """Check a trial that a person adds, except for its configuration.

    Raises:
        InvalidArgument: With every violation, paths as in ``CreateTrialRequest``.
    """
    faults = list(words.between(draft.example_count, 0, 2**62, "trial.example_count"))
    faults += check_usage(draft.usage, "usage", spec.currency)
    match draft.outcome:
        case model.Succeeded(measurement=measurement):
            faults += _check_final(spec, measurement, "final_measurement")
        case model.Infeasible(reason=reason, measurement=measurement):
            faults += words.text(reason, "trial.infeasible_reason", 4_096)
            if measurement is not None:
                faults += _check_measurement(spec, measurement, "final_measurement")
        case None if draft.usage:
            faults.append(Violation("usage", "a queued trial has consumed nothing yet"))
        case None:
            pass
    if faults:
        raise InvalidArgument(*faults)


def check_report(
    spec: model.StudySpec, measurement: model.Measurement, usage: Sequence[model.Usage]
) -> None:
    """Check a partial measurement: anything known may be there, nothing must.

    Raises:
        InvalidArgument: With every violation, paths as in ``ReportRequest``.
    """
    faults = [
        *_check_measurement(spec, measurement, "measurement"),
        *check_usage(usage, "usage", spec.currency),
        *_ids_are_there(usage),
    ]
    if faults:
        raise InvalidArgument(*faults)


def check_pilot(pilot: model.Pilot, currency: str) -> None:
    """Check what a few examples used.

    Raises:
        InvalidArgument: With every violation, paths as in ``ForecastRequest``.
    """
    faults = [*check_usage(pilot.usage, "pilot_usage", currency)]
    if not pilot.usage:
        problem = "says nothing; tell an amount of 0 if nothing was consumed"
        faults.append(Violation("pilot_usage", problem))
    if pilot.example_count < 1:
        problem = f"{pilot.example_count}; say on how many examples the usage was"
        faults.append(Violation("pilot_examples", problem))
    if faults:
        raise InvalidArgument(*faults)


def check_recorded(usage: Sequence[model.Usage], currency: str) -> None:
    """Check usage of the study as a whole.

    Raises:
        InvalidArgument: With every violation, paths as in ``RecordUsageRequest``.
    """
    faults = [*check_usage(usage, "usage", currency), *_ids_are_there(usage)]
    if faults:
        raise InvalidArgument(*faults)


def _ids_are_there(usage: Sequence[model.Usage]) -> Iterator[Violation]:
    """Where the same amounts may come again and again, only an id tells a repetition."""
    for i, one in enumerate(usage):
        if not one.usage_id:
            yield Violation(f"usage[{i}].usage_id", "empty; here each usage needs an id of its own")


def check_usage(usage: Sequence[model.Usage], path: str, currency: str) -> Iterator[Violation]:
    """Check usage one by one, and that it is not beyond all bounds."""
    if len(usage) > MAX_USAGES:
        yield Violation(path, f"{len(usage)} entries; at most {MAX_USAGES} are allowed")
    for i, one in enumerate(usage[:MAX_USAGES]):
        yield from pricing.validate_usage(one, f"{path}[{i}]", currency)


def _check_final(
    spec: model.StudySpec, measurement: model.Measurement, path: str
) -> Iterator[Violation]:
    yield from _check_measurement(spec, measurement, path)
    for metric in (*spec.objectives, *spec.constraints):
        if metric.derivation is None and measurement.value(metric.id) is None:
            problem = f"{metric.role.value} {metric.id!r} is missing; every one must be told"
            yield Violation(f"{path}.metrics", problem)


def _check_measurement(
    spec: model.StudySpec, measurement: model.Measurement, path: str
) -> Iterator[Violation]:
    told = [value.metric_id for value in measurement.metrics]
    yield from words.unique(told, f"{path}.metrics", "metric")
    for i, value in enumerate(measurement.metrics):
        yield from _check_value(spec, value, f"{path}.metrics[{i}]")
    yield from words.between(measurement.example_count, 0, 2**62, f"{path}.example_count")
    yield from words.text(measurement.checkpoint, f"{path}.checkpoint", MAX_CHECKPOINT)
    yield from _check_examples(spec, measurement.examples, path)


def _check_value(spec: model.StudySpec, value: model.MetricValue, path: str) -> Iterator[Violation]:
    metric = next((metric for metric in spec.metrics if metric.id == value.metric_id), None)
    if metric is None:
        known = ", ".join(metric.id for metric in spec.metrics)[:200]
        problem = f"no metric {value.metric_id[:40]!r}; this study has {known}"
        yield Violation(f"{path}.metric_id", problem)
    elif metric.derivation is not None:
        problem = f"{metric.id!r} is derived here from usage and examples; leave it out"
        yield Violation(f"{path}.metric_id", problem)
    yield from words.finite(value.value, f"{path}.value")
    error = value.standard_error
    if error is not None and not 0 <= error < float("inf"):
        yield Violation(f"{path}.standard_error", f"{error} is not a finite number from 0 up")


def _check_examples(
    spec: model.StudySpec, examples: Sequence[model.ExampleRecord], path: str
) -> Iterator[Violation]:
    if len(examples) > MAX_EXAMPLES:
        problem = f"{len(examples)} records; at most {MAX_EXAMPLES} are allowed"
        yield Violation(f"{path}.examples", problem)
    ids = (example.example_id for example in examples)
    yield from words.unique(ids, f"{path}.examples", "example")
    entries = sum(len(example.usage) for example in examples)
    if entries > MAX_USAGES:
        way = "add up the calls of one model in one entry (request_count), or report as you go"
        problem = f"{entries} entries of usage; at most {MAX_USAGES} are booked at once: {way}"
        yield Violation(f"{path}.examples", problem)
        return
    for i, example in enumerate(examples):
        yield from _check_example(spec, example, f"{path}.examples[{i}]")


def _check_example(
    spec: model.StudySpec, example: model.ExampleRecord, path: str
) -> Iterator[Violation]:
    if not example.example_id:
        yield Violation(f"{path}.example_id", "empty; each record names its example")
    yield from words.text(example.example_id, f"{path}.example_id")
    for score, value in example.scores.items():
        yield from words.identifier(score, f"{path}.scores")
        yield from words.finite(value, f"{path}.scores[{score[:40]}]")
    if example.latency is not None and example.latency < timedelta(0):
        yield Violation(f"{path}.latency", f"{example.latency.total_seconds()} s is negative")
    yield from check_usage(example.usage, f"{path}.usage", spec.currency)

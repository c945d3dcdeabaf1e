"""Trials, what they measured and how they ended, on the wire."""

from __future__ import annotations

from collections.abc import Iterable

from groat import model
from groat.v1 import trial_pb2
from groat.wire import names
from groat.wire.enums import Coding
from groat.wire.fields import at, optional, repeated, required
from groat.wire.money import spend_from_proto, spend_to_proto, usage_from_proto, usage_to_proto
from groat.wire.times import (
    duration_from_proto,
    duration_to_proto,
    timestamp_from_proto,
    timestamp_to_proto,
)
from groat.wire.values import configuration_from_proto, configuration_to_proto

STATE = Coding(model.TrialState, trial_pb2.Trial.State, "STATE_")
ORIGIN = Coding(model.Origin, trial_pb2.Trial.Origin, "ORIGIN_")
FAILURE_KIND = Coding(model.FailureKind, trial_pb2.Failure.Kind, "KIND_")


def trial_to_proto(trial: model.Trial) -> trial_pb2.Trial:
    """Write a trial; the algorithm's notes and slot stay on the server."""
    study_id, parent = trial.study_id, trial.parent
    message = trial_pb2.Trial(
        name=names.trial_name(study_id, trial.number),
        number=trial.number,
        parameters=configuration_to_proto(trial.configuration),
        configuration_id=trial.configuration_id,
        example_count=trial.example_count,
        parent_trial="" if parent is None else names.trial_name(study_id, parent),
        parent_checkpoint=trial.parent_checkpoint,
        origin=ORIGIN.to_proto(trial.origin),
        state=STATE.to_proto(trial.state),
        lease=None if trial.lease is None else lease_to_proto(trial.lease),
        attempt=trial.attempt,
        measurements=map(measurement_to_proto, trial.reports),
        spend=spend_to_proto(trial.spend),
        create_time=timestamp_to_proto(trial.create_time),
        end_time=None if trial.end_time is None else timestamp_to_proto(trial.end_time),
        generator=trial.generator,
        why=trial.why,
    )
    _write_outcome(trial.outcome, message)
    return message


def trial_from_proto(message: trial_pb2.Trial, path: str = "") -> model.Trial:
    """Read a trial as the server sends it."""
    study_id, number = names.parse_trial(message.name, at(path, "name"))
    state = STATE.from_proto(message.state, at(path, "state"))
    return model.Trial(
        study_id=study_id,
        number=number,
        configuration=configuration_from_proto(message.parameters, at(path, "parameters")),
        configuration_id=message.configuration_id,
        example_count=message.example_count,
        parent=_read_parent(message, study_id, path),
        parent_checkpoint=message.parent_checkpoint,
        origin=ORIGIN.from_proto(message.origin, at(path, "origin")),
        state=state,
        lease=optional(message, "lease", lease_from_proto, path),
        attempt=message.attempt,
        outcome=_read_outcome(message, state, path),
        reports=repeated(message, "measurements", measurement_from_proto, path),
        spend=required(message, "spend", spend_from_proto, path),
        create_time=required(message, "create_time", timestamp_from_proto, path),
        end_time=optional(message, "end_time", timestamp_from_proto, path),
        generator=message.generator,
        why=message.why,
    )


def _read_parent(message: trial_pb2.Trial, study_id: str, path: str) -> int | None:
    if not message.parent_trial:
        return None
    return names.parse_trial_of(study_id, message.parent_trial, at(path, "parent_trial"))


def trial_states_to_proto(
    states: Iterable[model.TrialState],
) -> list[trial_pb2.Trial.State.ValueType]:
    """Write which states a list is about."""
    return [STATE.to_proto(state) for state in states]


def trial_states_from_proto(
    numbers: Iterable[trial_pb2.Trial.State.ValueType], path: str = ""
) -> tuple[model.TrialState, ...]:
    """Read which states a list is about."""
    return tuple(STATE.from_proto(number, f"{path}[{i}]") for i, number in enumerate(numbers))


def lease_to_proto(lease: model.Lease) -> trial_pb2.Lease:
    """Write a lease."""
    return trial_pb2.Lease(
        lease_id=lease.lease_id,
        worker_id=lease.worker_id,
        expire_time=timestamp_to_proto(lease.expire_time),
    )


def lease_from_proto(message: trial_pb2.Lease, path: str = "") -> model.Lease:
    """Read a lease."""
    return model.Lease(
        lease_id=message.lease_id,
        worker_id=message.worker_id,
        expire_time=required(message, "expire_time", timestamp_from_proto, path),
    )


def measurement_to_proto(measurement: model.Measurement) -> trial_pb2.Measurement:
    """Write a measurement."""
    elapsed = measurement.elapsed
    return trial_pb2.Measurement(
        metrics=map(metric_value_to_proto, measurement.metrics),
        example_count=measurement.example_count,
        examples=map(example_to_proto, measurement.examples),
        elapsed=None if elapsed is None else duration_to_proto(elapsed),
        checkpoint=measurement.checkpoint,
    )


def measurement_from_proto(message: trial_pb2.Measurement, path: str = "") -> model.Measurement:
    """Read a measurement."""
    return model.Measurement(
        metrics=repeated(message, "metrics", metric_value_from_proto, path),
        example_count=message.example_count,
        examples=repeated(message, "examples", example_from_proto, path),
        elapsed=optional(message, "elapsed", duration_from_proto, path),
        checkpoint=message.checkpoint,
    )


def metric_value_to_proto(value: model.MetricValue) -> trial_pb2.MetricValue:
    """Write a metric's value."""
    return trial_pb2.MetricValue(
        metric_id=value.metric_id, value=value.value, standard_error=value.standard_error
    )


def metric_value_from_proto(message: trial_pb2.MetricValue, path: str = "") -> model.MetricValue:
    """Read a metric's value."""
    error = message.standard_error if message.HasField("standard_error") else None
    return model.MetricValue(metric_id=message.metric_id, value=message.value, standard_error=error)


def example_to_proto(example: model.ExampleRecord) -> trial_pb2.ExampleRecord:
    """Write an example record."""
    return trial_pb2.ExampleRecord(
        example_id=example.example_id,
        scores=example.scores,
        latency=None if example.latency is None else duration_to_proto(example.latency),
        usage=map(usage_to_proto, example.usage),
    )


def example_from_proto(message: trial_pb2.ExampleRecord, path: str = "") -> model.ExampleRecord:
    """Read an example record."""
    return model.ExampleRecord(
        example_id=message.example_id,
        scores=dict(message.scores),
        latency=optional(message, "latency", duration_from_proto, path),
        usage=repeated(message, "usage", usage_from_proto, path),
    )


def failure_to_proto(failed: model.Failed) -> trial_pb2.Failure:
    """Write a failure."""
    return trial_pb2.Failure(kind=FAILURE_KIND.to_proto(failed.kind), message=failed.message)


def failure_from_proto(message: trial_pb2.Failure, path: str = "") -> model.Failed:
    """Read a failure; no kind is the worker's error."""
    kind = FAILURE_KIND.optional_from_proto(
        message.kind, at(path, "kind"), model.FailureKind.WORKER_ERROR
    )
    return model.Failed(kind=kind, message=message.message)


def infeasibility_to_proto(infeasible: model.Infeasible) -> trial_pb2.Infeasibility:
    """Write why a configuration cannot work."""
    seen = infeasible.measurement
    return trial_pb2.Infeasibility(
        reason=infeasible.reason,
        measurement=None if seen is None else measurement_to_proto(seen),
    )


def infeasibility_from_proto(message: trial_pb2.Infeasibility, path: str = "") -> model.Infeasible:
    """Read why a configuration cannot work."""
    return model.Infeasible(
        reason=message.reason,
        measurement=optional(message, "measurement", measurement_from_proto, path),
    )


def _write_outcome(outcome: model.Outcome | None, message: trial_pb2.Trial) -> None:
    if isinstance(outcome, model.Failed):
        message.failure.CopyFrom(failure_to_proto(outcome))
    elif outcome is not None and outcome.measurement is not None:
        message.final_measurement.CopyFrom(measurement_to_proto(outcome.measurement))
    if isinstance(outcome, model.Infeasible):
        message.infeasible_reason = outcome.reason


def _read_outcome(
    message: trial_pb2.Trial, state: model.TrialState, path: str
) -> model.Outcome | None:
    match state:
        case model.TrialState.REQUESTED | model.TrialState.RUNNING:
            return None
        case model.TrialState.FAILED:
            return required(message, "failure", failure_from_proto, path)
        case model.TrialState.INFEASIBLE:
            return model.Infeasible(
                reason=message.infeasible_reason,
                measurement=optional(message, "final_measurement", measurement_from_proto, path),
            )
        case model.TrialState.SUCCEEDED:
            return model.Succeeded(
                measurement=required(message, "final_measurement", measurement_from_proto, path)
            )
        case model.TrialState.EARLY_STOPPED:
            return model.EarlyStopped(
                measurement=required(message, "final_measurement", measurement_from_proto, path)
            )

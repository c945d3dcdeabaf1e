"""What the worker's calls carry besides the nouns: outcomes, renewals and every answer."""

from __future__ import annotations

from collections.abc import Iterable

from groat import model
from groat.v1 import service_pb2
from groat.wire import names
from groat.wire.enums import Coding
from groat.wire.fields import at, chosen, optional, present, repeated, required
from groat.wire.guard import decision_from_proto, decision_to_proto
from groat.wire.money import budget_status_from_proto, budget_status_to_proto
from groat.wire.times import duration_from_proto, duration_to_proto
from groat.wire.trial import (
    failure_from_proto,
    failure_to_proto,
    infeasibility_from_proto,
    infeasibility_to_proto,
    lease_from_proto,
    lease_to_proto,
    measurement_from_proto,
    measurement_to_proto,
    trial_from_proto,
    trial_to_proto,
)

DIRECTIVE = Coding(model.Directive, service_pb2.Directive, "DIRECTIVE_")
DISPOSITION = Coding(model.Disposition, service_pb2.TellResponse.Disposition, "DISPOSITION_")


def outcome_to_proto(outcome: model.Outcome) -> service_pb2.TellRequest:
    """Write an outcome: a tell that names no trial yet."""
    match outcome:
        case model.Succeeded(measurement=measurement):
            return service_pb2.TellRequest(succeeded=measurement_to_proto(measurement))
        case model.EarlyStopped(measurement=measurement):
            return service_pb2.TellRequest(early_stopped=measurement_to_proto(measurement))
        case model.Infeasible():
            return service_pb2.TellRequest(infeasible=infeasibility_to_proto(outcome))
        case model.Failed():
            return service_pb2.TellRequest(failed=failure_to_proto(outcome))


def outcome_from_proto(message: service_pb2.TellRequest, path: str = "") -> model.Outcome:
    """Read the outcome of a tell."""
    kind = chosen(message, "outcome", path)
    place = at(path, kind)
    match kind:
        case "succeeded":
            measurement = measurement_from_proto(message.succeeded, place)
            return model.Succeeded(measurement=measurement)
        case "early_stopped":
            measurement = measurement_from_proto(message.early_stopped, place)
            return model.EarlyStopped(measurement=measurement)
        case "infeasible":
            return infeasibility_from_proto(message.infeasible, place)
        case _:
            return failure_from_proto(message.failed, place)


def renewals_to_proto(
    study_id: str, renewals: Iterable[tuple[int, str]]
) -> service_pb2.HeartbeatRequest:
    """Write a heartbeat of one study: trial numbers with their lease ids."""
    leases = (
        service_pb2.LeaseRenewal(name=names.trial_name(study_id, number), lease_id=lease_id)
        for number, lease_id in renewals
    )
    return service_pb2.HeartbeatRequest(parent=names.study_name(study_id), renewals=leases)


def renewals_from_proto(
    message: service_pb2.HeartbeatRequest,
) -> tuple[str, list[tuple[int, str]]]:
    """Read a heartbeat: the study's id, and trial numbers with their lease ids.

    Raises:
        InvalidArgument: A name is none, or a trial belongs to another study.
    """
    study_id = names.parse_study(message.parent, "parent")
    renewals = [
        (names.parse_trial_of(study_id, renewal.name, f"renewals[{i}].name"), renewal.lease_id)
        for i, renewal in enumerate(message.renewals)
    ]
    return study_id, renewals


def ask_result_to_proto(result: model.AskResult) -> service_pb2.AskResponse:
    """Write the answer to an ask."""
    retry = result.retry_after
    return service_pb2.AskResponse(
        trials=map(trial_to_proto, result.trials),
        decision=decision_to_proto(result.decision),
        retry_after=None if retry is None else duration_to_proto(retry),
    )


def ask_result_from_proto(message: service_pb2.AskResponse, path: str = "") -> model.AskResult:
    """Read the answer to an ask."""
    return model.AskResult(
        trials=repeated(message, "trials", trial_from_proto, path),
        decision=required(message, "decision", decision_from_proto, path),
        retry_after=optional(message, "retry_after", duration_from_proto, path),
    )


def report_result_to_proto(result: model.ReportResult) -> service_pb2.ReportResponse:
    """Write the answer to a report."""
    return service_pb2.ReportResponse(
        directive=DIRECTIVE.to_proto(result.directive),
        reason=result.reason,
        lease=None if result.lease is None else lease_to_proto(result.lease),
        budget_status=budget_status_to_proto(result.budget_status),
    )


def report_result_from_proto(
    message: service_pb2.ReportResponse, path: str = ""
) -> model.ReportResult:
    """Read the answer to a report."""
    return model.ReportResult(
        directive=DIRECTIVE.from_proto(message.directive, at(path, "directive")),
        reason=message.reason,
        lease=optional(message, "lease", lease_from_proto, path),
        budget_status=required(message, "budget_status", budget_status_from_proto, path),
    )


def tell_result_to_proto(result: model.TellResult) -> service_pb2.TellResponse:
    """Write the answer to a tell."""
    return service_pb2.TellResponse(
        trial=trial_to_proto(result.trial),
        disposition=DISPOSITION.to_proto(result.disposition),
        on_front=result.on_front,
        decision=present(result.decision, decision_to_proto),
        budget_status=budget_status_to_proto(result.budget_status),
    )


def tell_result_from_proto(message: service_pb2.TellResponse, path: str = "") -> model.TellResult:
    """Read the answer to a tell."""
    return model.TellResult(
        trial=required(message, "trial", trial_from_proto, path),
        disposition=DISPOSITION.from_proto(message.disposition, at(path, "disposition")),
        on_front=message.on_front,
        decision=optional(message, "decision", decision_from_proto, path),
        budget_status=required(message, "budget_status", budget_status_from_proto, path),
    )


def lease_state_to_proto(study_id: str, state: model.LeaseState) -> service_pb2.LeaseState:
    """Write one lease after a heartbeat."""
    return service_pb2.LeaseState(
        name=names.trial_name(study_id, state.number),
        lease=None if state.lease is None else lease_to_proto(state.lease),
        directive=DIRECTIVE.to_proto(state.directive),
        reason=state.reason,
    )


def lease_state_from_proto(message: service_pb2.LeaseState, path: str = "") -> model.LeaseState:
    """Read one lease after a heartbeat."""
    return model.LeaseState(
        number=names.parse_trial(message.name, at(path, "name"))[1],
        lease=optional(message, "lease", lease_from_proto, path),
        directive=DIRECTIVE.from_proto(message.directive, at(path, "directive")),
        reason=message.reason,
    )


def record_result_to_proto(result: model.RecordResult) -> service_pb2.RecordUsageResponse:
    """Write the answer to recorded usage."""
    return service_pb2.RecordUsageResponse(
        booked=result.booked,
        duplicates=result.duplicates,
        budget_status=budget_status_to_proto(result.budget_status),
    )


def record_result_from_proto(
    message: service_pb2.RecordUsageResponse, path: str = ""
) -> model.RecordResult:
    """Read the answer to recorded usage."""
    return model.RecordResult(
        booked=message.booked,
        duplicates=message.duplicates,
        budget_status=required(message, "budget_status", budget_status_from_proto, path),
    )

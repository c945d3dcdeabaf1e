"""A trial that a person adds, on the wire: to be evaluated, or finished already."""

from __future__ import annotations

from groat import model
from groat.errors import InvalidArgument
from groat.v1 import service_pb2, trial_pb2
from groat.wire import names
from groat.wire.fields import at, optional, repeated, required
from groat.wire.money import usage_from_proto, usage_to_proto
from groat.wire.trial import ORIGIN, STATE, measurement_from_proto, measurement_to_proto
from groat.wire.values import configuration_from_proto, configuration_to_proto

_WAYS = (
    "leave it unset: without a final_measurement the trial is enqueued, with one it is imported"
    " as succeeded; or set STATE_INFEASIBLE to import one that did not work"
)


def draft_to_proto(
    study_id: str, draft: model.TrialDraft, request_id: str
) -> service_pb2.CreateTrialRequest:
    """Write a draft for one study."""
    outcome = draft.outcome
    trial = trial_pb2.Trial(
        parameters=configuration_to_proto(draft.configuration), example_count=draft.example_count
    )
    if draft.is_planned:
        trial.origin = ORIGIN.to_proto(model.Origin.MANUAL_PLAN)
    if isinstance(outcome, model.Infeasible):
        trial.state = STATE.to_proto(model.TrialState.INFEASIBLE)
        trial.infeasible_reason = outcome.reason
    measured = None if outcome is None else outcome.measurement
    return service_pb2.CreateTrialRequest(
        parent=names.study_name(study_id),
        trial=trial,
        final_measurement=None if measured is None else measurement_to_proto(measured),
        usage=map(usage_to_proto, draft.usage),
        request_id=request_id,
    )


def draft_from_proto(
    message: service_pb2.CreateTrialRequest,
) -> tuple[str, model.TrialDraft, str]:
    """Read the study's id, the draft and the request's id.

    What only the server says of a trial, such as its number, is passed over; so
    is its origin, unless it is a step of the plan.

    Raises:
        InvalidArgument: State, measurement and usage do not go together.
    """
    outcome = _read_outcome(message)
    if outcome is None and message.usage:
        problem = "a queued trial has consumed nothing yet, and its worker will tell what it does"
        raise InvalidArgument.at("usage", f"{problem}; leave it out, or import a finished trial")
    draft = model.TrialDraft(
        configuration=required(message, "trial", _read_configuration, ""),
        outcome=outcome,
        usage=repeated(message, "usage", usage_from_proto, ""),
        example_count=message.trial.example_count,
        is_planned=message.trial.origin == trial_pb2.Trial.ORIGIN_MANUAL_PLAN,
    )
    return names.parse_study(message.parent, "parent"), draft, message.request_id


def _read_configuration(message: trial_pb2.Trial, path: str) -> model.Configuration:
    return configuration_from_proto(message.parameters, at(path, "parameters"))


def _read_outcome(
    message: service_pb2.CreateTrialRequest,
) -> model.Succeeded | model.Infeasible | None:
    trial = message.trial
    _check_places(trial)
    measured = optional(message, "final_measurement", measurement_from_proto, "")
    match trial.state, measured:
        case trial_pb2.Trial.STATE_INFEASIBLE, _:
            return model.Infeasible(reason=trial.infeasible_reason, measurement=measured)
        case trial_pb2.Trial.STATE_UNSPECIFIED | trial_pb2.Trial.STATE_REQUESTED, None:
            return None
        case (
            trial_pb2.Trial.STATE_UNSPECIFIED | trial_pb2.Trial.STATE_SUCCEEDED,
            model.Measurement(),
        ):
            return model.Succeeded(measurement=measured)
        case _:
            problem = f"{trial.state} {'with' if measured else 'without'} a final_measurement"
            raise InvalidArgument.at("trial.state", f"{problem} cannot be created; {_WAYS}")


def _check_places(trial: trial_pb2.Trial) -> None:
    # What stands in the wrong place would else enqueue a trial that was meant to be imported.
    if trial.HasField("final_measurement"):
        problem = "set final_measurement beside the trial, not in it"
        raise InvalidArgument.at("trial.final_measurement", problem)
    if trial.infeasible_reason and trial.state != trial_pb2.Trial.STATE_INFEASIBLE:
        problem = "only a trial that did not work has one; set trial.state to STATE_INFEASIBLE"
        raise InvalidArgument.at("trial.infeasible_reason", problem)

"""Choosing one of the front, on the wire: the preference, and the choice with its certainty."""

from __future__ import annotations

from groat import model
from groat.v1 import service_pb2
from groat.wire import names
from groat.wire.enums import Coding
from groat.wire.fields import at, chosen, number, optional, present, repeated, required
from groat.wire.money import money_from_proto, money_to_proto
from groat.wire.trial import (
    metric_value_from_proto,
    metric_value_to_proto,
    trial_from_proto,
    trial_to_proto,
)

CERTAINTY = Coding(model.Certainty, service_pb2.SelectTradeoffResponse.Certainty, "CERTAINTY_")

# What the protocol promises for a field that is not set.
_DEFAULT_COUNT = 3
_DEFAULT_CONFIDENCE = 0.9


def select_tradeoff_to_proto(
    study_id: str, preference: model.Preference, *, count: int, confidence: float
) -> service_pb2.SelectTradeoffRequest:
    """Write what one study's front shall be judged by."""
    request = preference_to_proto(preference)
    request.parent = names.study_name(study_id)
    request.count = count
    request.confidence = confidence
    return request


def select_tradeoff_from_proto(
    message: service_pb2.SelectTradeoffRequest,
) -> tuple[str, model.Preference, int, float]:
    """Read the study's id, the preference, how many points to rank, and how sure to be."""
    return (
        names.parse_study(message.parent, "parent"),
        preference_from_proto(message),
        message.count or _DEFAULT_COUNT,
        message.confidence or _DEFAULT_CONFIDENCE,
    )


def preference_to_proto(preference: model.Preference) -> service_pb2.SelectTradeoffRequest:
    """Write a preference: a request that names no study yet."""
    match preference:
        case model.Weights(weights=weights):
            return service_pb2.SelectTradeoffRequest(weights=service_pb2.Weights(weights=weights))
        case model.Knee():
            return service_pb2.SelectTradeoffRequest(knee=service_pb2.Knee())
        case model.Limits(optimize=optimize, bounds=bounds):
            limits = service_pb2.Limits(optimize=optimize, bounds=bounds)
            return service_pb2.SelectTradeoffRequest(limits=limits)
        case model.MoneyValue(per_unit=per_unit):
            money = service_pb2.MoneyValue(money_per_unit=per_unit)
            return service_pb2.SelectTradeoffRequest(money=money)


def preference_from_proto(
    message: service_pb2.SelectTradeoffRequest, path: str = ""
) -> model.Preference:
    """Read the preference of a request."""
    match chosen(message, "preference", path):
        case "weights":
            return model.Weights(weights=dict(message.weights.weights))
        case "knee":
            return model.Knee()
        case "limits":
            return model.Limits(
                optimize=message.limits.optimize, bounds=dict(message.limits.bounds)
            )
        case _:
            return model.MoneyValue(per_unit=dict(message.money.money_per_unit))


def tradeoff_to_proto(
    study_id: str, tradeoff: model.Tradeoff
) -> service_pb2.SelectTradeoffResponse:
    """Write a choice from one study's front."""
    settle = tradeoff.confirmation
    return service_pb2.SelectTradeoffResponse(
        points=map(ranked_point_to_proto, tradeoff.points),
        certainty=CERTAINTY.to_proto(tradeoff.certainty),
        explanation=tradeoff.explanation,
        confirmation=None if settle is None else _confirmation_to_proto(study_id, settle),
    )


def tradeoff_from_proto(
    message: service_pb2.SelectTradeoffResponse, path: str = ""
) -> model.Tradeoff:
    """Read a choice from a front."""
    return model.Tradeoff(
        points=repeated(message, "points", ranked_point_from_proto, path),
        certainty=CERTAINTY.from_proto(message.certainty, at(path, "certainty")),
        explanation=message.explanation,
        confirmation=optional(message, "confirmation", _confirmation_from_proto, path),
    )


def ranked_point_to_proto(point: model.RankedPoint) -> service_pb2.RankedPoint:
    """Write one trial as a preference sees it."""
    return service_pb2.RankedPoint(
        point=service_pb2.FrontPoint(
            trial=trial_to_proto(point.trial), probability_on_front=point.probability_on_front
        ),
        score=point.score,
        rationale=point.rationale,
        probability_chosen=point.probability_chosen,
        probability_feasible=point.probability_feasible,
        changes=map(_change_to_proto, point.changes),
        estimates=map(metric_value_to_proto, point.estimates),
    )


def ranked_point_from_proto(message: service_pb2.RankedPoint, path: str = "") -> model.RankedPoint:
    """Read one trial as a preference sees it."""
    return model.RankedPoint(
        trial=required(message.point, "trial", trial_from_proto, at(path, "point")),
        score=message.score,
        rationale=message.rationale,
        probability_on_front=message.point.probability_on_front,
        probability_chosen=message.probability_chosen,
        probability_feasible=number(message, "probability_feasible"),
        estimates=repeated(message, "estimates", metric_value_from_proto, path),
        changes=repeated(message, "changes", _change_from_proto, path),
    )


def _change_to_proto(change: model.MetricChange) -> service_pb2.MetricChange:
    return service_pb2.MetricChange(
        metric_id=change.metric_id,
        baseline=change.baseline,
        value=change.value,
        relative=change.relative,
    )


def _change_from_proto(message: service_pb2.MetricChange, _: str) -> model.MetricChange:
    return model.MetricChange(
        metric_id=message.metric_id,
        baseline=message.baseline,
        value=message.value,
        relative=message.relative,
    )


def _confirmation_to_proto(
    study_id: str, confirmation: model.Confirmation
) -> service_pb2.Confirmation:
    return service_pb2.Confirmation(
        trials=names.trial_names(study_id, confirmation.trials),
        example_count=confirmation.example_count,
        expected_spend=present(confirmation.expected_spend, money_to_proto),
    )


def _confirmation_from_proto(message: service_pb2.Confirmation, path: str) -> model.Confirmation:
    return model.Confirmation(
        trials=names.parse_trials(message.trials, at(path, "trials")),
        example_count=message.example_count,
        expected_spend=optional(message, "expected_spend", money_from_proto, path),
    )

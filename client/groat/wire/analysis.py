"""What is read out of the trials, on the wire: the front, importances, predictions."""

from __future__ import annotations

from collections.abc import Iterable

from groat import model
from groat.v1 import service_pb2
from groat.wire import names
from groat.wire.fields import optional, repeated, required
from groat.wire.money import money_from_proto, money_to_proto
from groat.wire.times import timestamp_from_proto, timestamp_to_proto
from groat.wire.trial import (
    metric_value_from_proto,
    metric_value_to_proto,
    trial_from_proto,
    trial_to_proto,
)
from groat.wire.values import assignment_from_proto, assignment_to_proto


def front_to_proto(front: model.Front) -> service_pb2.GetFrontResponse:
    """Write a page of a front."""
    points = (service_pb2.FrontPoint(trial=trial_to_proto(trial)) for trial in front.trials)
    return service_pb2.GetFrontResponse(
        points=points,
        reference_point=front.reference_point,
        hypervolume=front.hypervolume,
        feasible=front.feasible,
        finished_trials=front.finished_trials,
        front_size=front.size,
        next_page_token=front.next_page_token,
    )


def front_from_proto(message: service_pb2.GetFrontResponse, path: str = "") -> model.Front:
    """Read a page of a front."""
    return model.Front(
        trials=repeated(message, "points", _point_from_proto, path),
        reference_point=dict(message.reference_point),
        hypervolume=message.hypervolume,
        feasible=message.feasible,
        finished_trials=message.finished_trials,
        size=message.front_size,
        next_page_token=message.next_page_token,
    )


def _point_from_proto(message: service_pb2.FrontPoint, path: str) -> model.Trial:
    return required(message, "trial", trial_from_proto, path)


def hypervolume_point_to_proto(point: model.HypervolumePoint) -> service_pb2.HypervolumePoint:
    """Write one moment of the hypervolume."""
    return service_pb2.HypervolumePoint(
        finished_trials=point.finished_trials,
        hypervolume=point.hypervolume,
        spend=money_to_proto(point.spend),
        time=timestamp_to_proto(point.time),
    )


def hypervolume_point_from_proto(
    message: service_pb2.HypervolumePoint, path: str = ""
) -> model.HypervolumePoint:
    """Read one moment of the hypervolume."""
    return model.HypervolumePoint(
        finished_trials=message.finished_trials,
        hypervolume=message.hypervolume,
        spend=required(message, "spend", money_from_proto, path),
        time=required(message, "time", timestamp_from_proto, path),
    )


def importance_to_proto(importance: model.ParameterImportance) -> service_pb2.ParameterImportance:
    """Write how much a parameter has to do with a metric."""
    return service_pb2.ParameterImportance(
        parameter_id=importance.parameter_id,
        metric_id=importance.metric_id,
        importance=importance.importance,
    )


def importance_from_proto(message: service_pb2.ParameterImportance) -> model.ParameterImportance:
    """Read how much a parameter has to do with a metric."""
    return model.ParameterImportance(
        parameter_id=message.parameter_id,
        metric_id=message.metric_id,
        importance=message.importance,
    )


def predict_to_proto(
    study_id: str, configurations: Iterable[model.Configuration]
) -> service_pb2.PredictRequest:
    """Write what one study shall predict."""
    return service_pb2.PredictRequest(
        parent=names.study_name(study_id), configurations=map(assignment_to_proto, configurations)
    )


def predict_from_proto(
    message: service_pb2.PredictRequest,
) -> tuple[str, tuple[model.Configuration, ...]]:
    """Read the study's id and the configurations to predict."""
    study_id = names.parse_study(message.parent, "parent")
    return study_id, repeated(message, "configurations", assignment_from_proto, "")


def prediction_to_proto(prediction: model.Prediction) -> service_pb2.Prediction:
    """Write what a configuration would measure and spend."""
    half, most = prediction.trial_spend_p50, prediction.trial_spend_p90
    return service_pb2.Prediction(
        metrics=map(metric_value_to_proto, prediction.metrics),
        trial_spend_p50=None if half is None else money_to_proto(half),
        trial_spend_p90=None if most is None else money_to_proto(most),
    )


def prediction_from_proto(message: service_pb2.Prediction, path: str = "") -> model.Prediction:
    """Read what a configuration would measure and spend."""
    return model.Prediction(
        metrics=repeated(message, "metrics", metric_value_from_proto, path),
        trial_spend_p50=optional(message, "trial_spend_p50", money_from_proto, path),
        trial_spend_p90=optional(message, "trial_spend_p90", money_from_proto, path),
    )

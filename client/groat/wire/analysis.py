"""The front and its history on the wire."""

from __future__ import annotations

from groat import model
from groat.v1 import service_pb2
from groat.wire.fields import repeated, required
from groat.wire.money import money_from_proto, money_to_proto
from groat.wire.times import timestamp_from_proto, timestamp_to_proto
from groat.wire.trial import trial_from_proto, trial_to_proto


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

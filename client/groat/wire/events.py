"""What happens in a study, on the wire."""

from __future__ import annotations

from groat import model
from groat.v1 import service_pb2
from groat.wire import names
from groat.wire.fields import at, chosen, required
from groat.wire.guard import decision_from_proto, decision_to_proto
from groat.wire.study import study_from_proto, study_to_proto
from groat.wire.times import timestamp_from_proto, timestamp_to_proto
from groat.wire.trial import trial_from_proto, trial_to_proto


def event_to_proto(study_id: str, event: model.StudyEvent) -> service_pb2.WatchStudyResponse:
    """Write an event of one study."""
    message = service_pb2.WatchStudyResponse(
        resume_token=event.resume_token, time=timestamp_to_proto(event.time)
    )
    match event.event:
        case model.Study():
            message.study.CopyFrom(study_to_proto(event.event))
        case model.Trial():
            message.trial.CopyFrom(trial_to_proto(event.event))
        case model.Decision():
            message.decision.CopyFrom(decision_to_proto(event.event))
        case model.FrontChange():
            message.front.CopyFrom(front_change_to_proto(study_id, event.event))
        case None:
            message.bookmark.SetInParent()
    return message


def event_from_proto(message: service_pb2.WatchStudyResponse, path: str = "") -> model.StudyEvent:
    """Read an event."""
    return model.StudyEvent(
        resume_token=message.resume_token,
        time=required(message, "time", timestamp_from_proto, path),
        event=_read_event(message, path),
    )


def front_change_to_proto(study_id: str, change: model.FrontChange) -> service_pb2.FrontChange:
    """Write how one study's front changed."""
    return service_pb2.FrontChange(
        added=names.trial_names(study_id, change.added),
        removed=names.trial_names(study_id, change.removed),
        hypervolume=change.hypervolume,
    )


def front_change_from_proto(message: service_pb2.FrontChange, path: str = "") -> model.FrontChange:
    """Read how a front changed."""
    return model.FrontChange(
        added=names.parse_trials(message.added, at(path, "added")),
        removed=names.parse_trials(message.removed, at(path, "removed")),
        hypervolume=message.hypervolume,
    )


def _read_event(
    message: service_pb2.WatchStudyResponse, path: str
) -> model.Study | model.Trial | model.Decision | model.FrontChange | None:
    kind = chosen(message, "event", path)
    place = at(path, kind)
    match kind:
        case "study":
            return study_from_proto(message.study, place)
        case "trial":
            return trial_from_proto(message.trial, place)
        case "decision":
            return decision_from_proto(message.decision, place)
        case "front":
            return front_change_from_proto(message.front, place)
        case _:
            return None

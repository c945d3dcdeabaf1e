"""Messages with every field set, made by reflection: a new field joins by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from groat.v1 import study_pb2

_TEXTS = {
    "groat.v1.Study.name": "studies/s",
    "groat.v1.Trial.name": "studies/s/trials/7",
    "groat.v1.Trial.parent_trial": "studies/s/trials/7",
    "groat.v1.LeaseState.name": "studies/s/trials/7",
    "groat.v1.LeaseRenewal.name": "studies/s/trials/7",
    "groat.v1.HeartbeatRequest.parent": "studies/s",
    "groat.v1.PredictRequest.parent": "studies/s",
    "groat.v1.SelectTradeoffRequest.parent": "studies/s",
    "groat.v1.Confirmation.trials": "studies/s/trials/7",
    "groat.v1.FrontChange.added": "studies/s/trials/7",
    "groat.v1.FrontChange.removed": "studies/s/trials/7",
}
_NUMBERS = {"google.protobuf.Timestamp.nanos": 5_000, "google.protobuf.Duration.nanos": 5_000}
# An algorithm inside an algorithm: it would go on for ever, and only its kind counts.
_SAMPLER = study_pb2.Algorithm(bayesian=study_pb2.Bayesian(initial_trial_count=7))
# Only the server may say these, so usage inside anything else comes without them.
_OUTPUT_ONLY = ("provenance", "spend", "list_value")
# Parts that hold more than their kind does elsewhere, or less.
_PRICED = "groat.v1.PriceUsageResponse.usage"
_BARE_POINT = "groat.v1.GetFrontResponse.points"
# A trial has the parts of its own outcome, by state.
_FOREIGN = {
    1: ("failure", "infeasible_reason", "final_measurement"),
    2: ("failure", "infeasible_reason", "final_measurement"),
    4: ("failure", "infeasible_reason"),
    5: ("failure", "infeasible_reason"),
    6: ("failure",),
    7: ("infeasible_reason", "final_measurement"),
}


def variants(kind: type[Message]) -> Iterator[Message]:
    """Yield filled messages that use every oneof member and enum value of the message itself."""
    for field in kind.DESCRIPTOR.fields:
        if field.containing_oneof is not None:
            yield filled(kind, member=field.name)
        for value in field.enum_type.values[1:] if field.enum_type else ():
            message = filled(kind)
            setattr(message, field.name, value.number)
            yield _tidy(message)
    yield _tidy(filled(kind))


def filled(kind: type[Message], *, member: str = "") -> Message:
    """Set every field of a message; of a oneof, ``member`` or else the last."""
    message = kind()
    fields: list[Any] = sorted(kind.DESCRIPTOR.fields, key=lambda field: field.name == member)
    for field in fields:
        value = [_value(field)] if field.is_repeated else _value(field)
        if _is_map(field):
            value = {"key": _value(field.message_type.fields_by_name["value"])}
        message.MergeFrom(kind(**{field.name: value}))
    return message


def reached(kind: Any) -> set[str]:
    """Return the full names of a message and of everything inside it."""
    inside = [field.message_type for field in kind.fields if not _is_plain(field)]
    return {kind.full_name}.union(*map(reached, inside))


def _is_map(field: Any) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _is_plain(field: Any) -> bool:
    return field.message_type is None or field.name == "sampler"


def _value(field: Any) -> Any:
    if field.name == "sampler":
        return _SAMPLER
    if field.message_type is not None:
        part = _tidy(filled(field.message_type._concrete_class))
        for name in _absent(field):
            part.ClearField(name)
        return part
    if field.enum_type is not None:
        return field.enum_type.values[-1].number
    kinds = {
        FieldDescriptor.CPPTYPE_STRING: _TEXTS.get(field.full_name, "USD"),
        FieldDescriptor.CPPTYPE_BOOL: True,
        FieldDescriptor.CPPTYPE_DOUBLE: 0.5,
    }
    return kinds.get(field.cpp_type, _NUMBERS.get(field.full_name, 7))


def _absent(field: Any) -> tuple[str, ...]:
    if field.full_name == _BARE_POINT:
        return ("probability_on_front",)
    is_told = field.message_type.name == "Usage" and field.full_name != _PRICED
    return _OUTPUT_ONLY if is_told else ()


def _tidy(message: Any) -> Any:
    for name in _FOREIGN[message.state] if message.DESCRIPTOR.name == "Trial" else ():
        message.ClearField(name)
    return message

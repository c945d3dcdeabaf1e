"""Values of parameters on the wire, and configurations made of them."""

from __future__ import annotations

from collections.abc import Mapping

from groat import model
from groat.v1 import space_pb2
from groat.wire.fields import at, chosen

_SHOWN = 40


def value_to_proto(value: model.Value) -> space_pb2.Value:
    """Write a value, keeping its kind: ``True``, ``1`` and ``1.0`` are three things."""
    match value:
        case bool():
            return space_pb2.Value(bool=value)
        case int():
            return space_pb2.Value(int=value)
        case float():
            return space_pb2.Value(float=value)
        case str():
            return space_pb2.Value(string=value)
        case tuple():
            return space_pb2.Value(list=space_pb2.StringList(items=value))


def value_from_proto(message: space_pb2.Value, path: str = "") -> model.Value:
    """Read a value, keeping its kind; a list keeps its order."""
    match chosen(message, "kind", path):
        case "bool":
            return message.bool
        case "int":
            return message.int
        case "float":
            return message.float
        case "string":
            return message.string
        case _:
            return tuple(message.list.items)


def configuration_to_proto(configuration: model.Configuration) -> dict[str, space_pb2.Value]:
    """Write one value per active parameter."""
    return {name: value_to_proto(value) for name, value in configuration.items()}


def configuration_from_proto(
    messages: Mapping[str, space_pb2.Value], path: str = ""
) -> dict[str, model.Value]:
    """Read one value per active parameter."""
    return {
        name: value_from_proto(message, f"{path}[{name[:_SHOWN]}]")
        for name, message in messages.items()
    }


def assignment_to_proto(configuration: model.Configuration) -> space_pb2.Assignment:
    """Write values of parameters as a message of their own."""
    return space_pb2.Assignment(values=configuration_to_proto(configuration))


def assignment_from_proto(message: space_pb2.Assignment, path: str = "") -> dict[str, model.Value]:
    """Read values of parameters from a message of their own."""
    return configuration_from_proto(message.values, at(path, "values"))

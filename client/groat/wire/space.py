"""The search space and its values on the wire."""

from __future__ import annotations

from collections.abc import Mapping

from groat import model
from groat.v1 import space_pb2
from groat.wire.fields import at, chosen, optional, repeated


def search_space_to_proto(space: model.SearchSpace) -> space_pb2.SearchSpace:
    """Write a search space."""
    return space_pb2.SearchSpace(parameters=map(parameter_to_proto, space.parameters))


def search_space_from_proto(message: space_pb2.SearchSpace, path: str = "") -> model.SearchSpace:
    """Read a search space."""
    return model.SearchSpace(parameters=repeated(message, "parameters", parameter_from_proto, path))


def parameter_to_proto(parameter: model.Parameter) -> space_pb2.Parameter:
    """Write a parameter."""
    message = space_pb2.Parameter(
        id=parameter.id, active_when=map(condition_to_proto, parameter.active_when)
    )
    if parameter.default_value is not None:
        message.default_value.CopyFrom(value_to_proto(parameter.default_value))
    _write_domain(parameter.domain, message)
    return message


def parameter_from_proto(message: space_pb2.Parameter, path: str = "") -> model.Parameter:
    """Read a parameter."""
    return model.Parameter(
        id=message.id,
        domain=_read_domain(message, path),
        active_when=repeated(message, "active_when", condition_from_proto, path),
        default_value=optional(message, "default_value", value_from_proto, path),
    )


def condition_to_proto(condition: model.Condition) -> space_pb2.Condition:
    """Write a condition."""
    return space_pb2.Condition(
        parameter_id=condition.parameter_id, any_of=map(value_to_proto, condition.any_of)
    )


def condition_from_proto(message: space_pb2.Condition, path: str = "") -> model.Condition:
    """Read a condition."""
    return model.Condition(
        parameter_id=message.parameter_id,
        any_of=repeated(message, "any_of", value_from_proto, path),
    )


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


def value_from_proto(message: space_pb2.Value, path: str = "") -> model.Value:
    """Read a value, keeping its kind."""
    match chosen(message, "kind", path):
        case "bool":
            return message.bool
        case "int":
            return message.int
        case "float":
            return message.float
        case _:
            return message.string


def configuration_to_proto(configuration: model.Configuration) -> dict[str, space_pb2.Value]:
    """Write one value per active parameter."""
    return {name: value_to_proto(value) for name, value in configuration.items()}


def configuration_from_proto(
    messages: Mapping[str, space_pb2.Value], path: str = ""
) -> dict[str, model.Value]:
    """Read one value per active parameter."""
    return {
        name: value_from_proto(message, f"{path}[{name[:40]}]")
        for name, message in messages.items()
    }


def _write_domain(domain: model.Domain, message: space_pb2.Parameter) -> None:
    match domain:
        case model.FloatDomain(min=low, max=high, step=step, log_scale=is_log):
            real = space_pb2.FloatDomain(min=low, max=high, step=step, log_scale=is_log)
            message.float.CopyFrom(real)
        case model.IntDomain(min=low, max=high, step=step, log_scale=is_log):
            whole = space_pb2.IntDomain(min=low, max=high, step=step, log_scale=is_log)
            message.int.CopyFrom(whole)
        case model.BoolDomain():
            message.bool.SetInParent()
        case model.CategoricalDomain(labels=labels):
            message.categorical.CopyFrom(space_pb2.CategoricalDomain(labels=labels))
        case model.OrdinalDomain(levels=levels):
            ordinal = space_pb2.OrdinalDomain(levels=map(value_to_proto, levels))
            message.ordinal.CopyFrom(ordinal)


def _read_domain(parameter: space_pb2.Parameter, path: str) -> model.Domain:
    match chosen(parameter, "domain", path):
        case "float":
            real = parameter.float
            step = real.step if real.HasField("step") else None
            return model.FloatDomain(
                min=real.min, max=real.max, step=step, log_scale=real.log_scale
            )
        case "int":
            whole = parameter.int
            stride = whole.step if whole.HasField("step") else None
            return model.IntDomain(
                min=whole.min, max=whole.max, step=stride, log_scale=whole.log_scale
            )
        case "bool":
            return model.BoolDomain()
        case "categorical":
            return model.CategoricalDomain(labels=tuple(parameter.categorical.labels))
        case _:
            place = at(path, "ordinal")
            levels = repeated(parameter.ordinal, "levels", value_from_proto, place)
            return model.OrdinalDomain(levels=levels)

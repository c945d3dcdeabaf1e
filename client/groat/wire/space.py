"""The search space on the wire: parameters, their conditions, and what is never asked."""

from __future__ import annotations

from groat import model
from groat.v1 import space_pb2
from groat.wire.domains import read_domain, write_domain
from groat.wire.fields import at, chosen, optional, repeated
from groat.wire.values import (
    assignment_from_proto,
    assignment_to_proto,
    value_from_proto,
    value_to_proto,
)


def search_space_to_proto(space: model.SearchSpace) -> space_pb2.SearchSpace:
    """Write a search space."""
    return space_pb2.SearchSpace(
        parameters=map(parameter_to_proto, space.parameters),
        constraints=map(constraint_to_proto, space.constraints),
    )


def search_space_from_proto(message: space_pb2.SearchSpace, path: str = "") -> model.SearchSpace:
    """Read a search space."""
    return model.SearchSpace(
        parameters=repeated(message, "parameters", parameter_from_proto, path),
        constraints=repeated(message, "constraints", constraint_from_proto, path),
    )


def parameter_to_proto(parameter: model.Parameter) -> space_pb2.Parameter:
    """Write a parameter."""
    message = space_pb2.Parameter(
        id=parameter.id, active_when=map(condition_to_proto, parameter.active_when)
    )
    if parameter.default_value is not None:
        message.default_value.CopyFrom(value_to_proto(parameter.default_value))
    write_domain(parameter.domain, message)
    return message


def parameter_from_proto(message: space_pb2.Parameter, path: str = "") -> model.Parameter:
    """Read a parameter."""
    return model.Parameter(
        id=message.id,
        domain=read_domain(message, path),
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


def constraint_to_proto(constraint: model.ParameterConstraint) -> space_pb2.ParameterConstraint:
    """Write what is never asked."""
    match constraint:
        case model.LinearConstraint(coefficients=coefficients, upper_bound=bound):
            linear = space_pb2.LinearConstraint(coefficients=coefficients, upper_bound=bound)
            return space_pb2.ParameterConstraint(linear=linear)
        case model.ForbiddenCombination(values=values):
            return space_pb2.ParameterConstraint(forbidden=assignment_to_proto(values))


def constraint_from_proto(
    message: space_pb2.ParameterConstraint, path: str = ""
) -> model.ParameterConstraint:
    """Read what is never asked."""
    if chosen(message, "kind", path) == "linear":
        return model.LinearConstraint(
            coefficients=dict(message.linear.coefficients),
            upper_bound=message.linear.upper_bound,
        )
    values = assignment_from_proto(message.forbidden, at(path, "forbidden"))
    return model.ForbiddenCombination(values=values)

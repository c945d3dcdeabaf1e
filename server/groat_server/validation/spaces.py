"""The rules of a search space: parameters, how they depend on each other, constraints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from groat import model
from groat.errors import Violation
from groat_server.validation import words
from groat_server.validation.domains import (
    MAX_LEVELS,
    MAX_TEXT_BYTES,
    check_domain,
    is_allowed,
    words_of,
)

MAX_PARAMETERS = 256
MAX_CONSTRAINTS = 256
MAX_CONDITIONS = 16
MAX_ITEMS = 1_024


def check_space(space: model.SearchSpace, path: str) -> Iterator[Violation]:
    """Check parameters one by one, then how they depend on each other."""
    if not 1 <= len(space.parameters) <= MAX_PARAMETERS:
        yield Violation(
            f"{path}.parameters",
            f"{len(space.parameters)} parameters; 1 to {MAX_PARAMETERS} are allowed",
        )
    yield from words.unique((p.id for p in space.parameters), f"{path}.parameters", "parameter")
    known = {parameter.id: parameter for parameter in space.parameters}
    faults: list[Violation] = []
    for i, parameter in enumerate(space.parameters):
        faults += _check_parameter(parameter, known, f"{path}.parameters[{i}]")
    faults += _check_texts(space, f"{path}.parameters")
    faults += _check_constraints(space, known, f"{path}.constraints")
    faults += _check_width(space, f"{path}.parameters")
    yield from faults
    if not faults:
        yield from _check_circles(space, path)


def _check_width(space: model.SearchSpace, path: str) -> Iterator[Violation]:
    lists = [
        parameter.domain.items
        for parameter in space.parameters
        if isinstance(parameter.domain, model.SubsetDomain | model.PermutationDomain)
    ]
    count = sum(map(len, lists))
    if count > MAX_ITEMS:
        yield Violation(path, f"{count} items in all; at most {MAX_ITEMS} are allowed")


def _check_parameter(
    parameter: model.Parameter, known: Mapping[str, model.Parameter], path: str
) -> Iterator[Violation]:
    yield from words.identifier(parameter.id, f"{path}.id")
    faults = list(check_domain(parameter.domain, f"{path}.{parameter.domain.kind}"))
    yield from faults
    default = parameter.default_value
    if not faults and default is not None and not is_allowed(parameter.domain, default):
        told = _quoted(parameter.domain, default)
        problem = f"{told} is no value of {parameter.id!r}, which has {words_of(parameter.domain)}"
        yield Violation(f"{path}.default_value", problem)
    if len(parameter.active_when) > MAX_CONDITIONS:
        problem = f"{len(parameter.active_when)} conditions; at most {MAX_CONDITIONS} are allowed"
        yield Violation(f"{path}.active_when", problem)
        return
    for i, condition in enumerate(parameter.active_when):
        yield from _check_condition(condition, known, f"{path}.active_when[{i}]")


def _check_condition(
    condition: model.Condition, known: Mapping[str, model.Parameter], path: str
) -> Iterator[Violation]:
    parent = known.get(condition.parameter_id)
    if parent is None:
        yield Violation(
            f"{path}.parameter_id", f"there is no parameter {condition.parameter_id[:40]!r}"
        )
        return
    if len(condition.any_of) > MAX_LEVELS:
        problem = f"{len(condition.any_of)} values; at most {MAX_LEVELS} are allowed"
        yield Violation(f"{path}.any_of", problem)
        return
    if not condition.any_of:
        yield Violation(f"{path}.any_of", "no value: the parameter could never be active")
    if isinstance(parent.domain, model.PermutationDomain):
        problem = f"{parent.id!r} is an order; nothing can depend on one. Use another parameter"
        yield Violation(f"{path}.parameter_id", problem)
        return
    for i, value in enumerate(condition.any_of):
        if isinstance(value, tuple):
            problem = "a list; name items one by one, any of which is enough"
            yield Violation(f"{path}.any_of[{i}]", problem)
        elif not _is_shown(parent.domain, value):
            told = _quoted(parent.domain, value)
            yield Violation(f"{path}.any_of[{i}]", f"{told} is not a value of {parent.id!r}")


def _is_shown(domain: model.Domain, value: model.Value) -> bool:
    """Whether some value is, or some subset has, what a condition or a constraint names."""
    if isinstance(domain, model.SubsetDomain):
        asked = value if isinstance(value, tuple) else (value,)
        return bool(asked) and all(item in domain.items for item in asked)
    return is_allowed(domain, value)


def _quoted(domain: model.Domain, value: model.Value) -> str:
    """Repeat a value, cut; where the id of a text is meant, a whole prompt may stand."""
    return "the value" if isinstance(domain, model.TextDomain) else f"{value!r:.60}"


def _check_texts(space: model.SearchSpace, path: str) -> Iterator[Violation]:
    domains = [p.domain for p in space.parameters if isinstance(p.domain, model.TextDomain)]
    size = sum(len(variant.text.encode()) for domain in domains for variant in domain.variants)
    if size > MAX_TEXT_BYTES:
        yield Violation(path, f"{size} bytes of text in all; at most {MAX_TEXT_BYTES} are allowed")


def _check_constraints(
    space: model.SearchSpace, known: Mapping[str, model.Parameter], path: str
) -> Iterator[Violation]:
    if len(space.constraints) > MAX_CONSTRAINTS:
        problem = f"{len(space.constraints)} constraints; at most {MAX_CONSTRAINTS} are allowed"
        yield Violation(path, problem)
    for i, constraint in enumerate(space.constraints):
        match constraint:
            case model.LinearConstraint():
                yield from _check_linear(constraint, known, f"{path}[{i}].linear")
            case model.ForbiddenCombination():
                yield from _check_forbidden(constraint, known, f"{path}[{i}].forbidden")


def _check_linear(
    constraint: model.LinearConstraint, known: Mapping[str, model.Parameter], path: str
) -> Iterator[Violation]:
    yield from words.finite(constraint.upper_bound, f"{path}.upper_bound")
    if not constraint.coefficients:
        yield Violation(f"{path}.coefficients", "empty; name the parameters to add up")
    for name, coefficient in constraint.coefficients.items():
        place = f"{path}.coefficients[{name[:40]}]"
        yield from words.finite(coefficient, place)
        if name not in known:
            yield Violation(place, f"there is no parameter {name[:40]!r}")
        elif not _has_numbers(known[name].domain):
            yield Violation(place, f"{name!r} is no float, int or ordinal parameter of numbers")


def _has_numbers(domain: model.Domain) -> bool:
    match domain:
        case model.FloatDomain() | model.IntDomain():
            return True
        case model.OrdinalDomain(levels=levels):
            return not any(isinstance(level, str) for level in levels)
        case _:
            return False


def _check_forbidden(
    constraint: model.ForbiddenCombination, known: Mapping[str, model.Parameter], path: str
) -> Iterator[Violation]:
    if not constraint.values:
        yield Violation(f"{path}.values", "empty: that would forbid everything")
    for name, value in constraint.values.items():
        place = f"{path}.values[{name[:40]}]"
        if name not in known:
            yield Violation(place, f"there is no parameter {name[:40]!r}")
        elif not _is_shown(known[name].domain, value):
            yield Violation(place, f"{_quoted(known[name].domain, value)} is no value of {name!r}")


def _check_circles(space: model.SearchSpace, path: str) -> Iterator[Violation]:
    try:
        _parents_first(space)
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        yield Violation(f"{path}.parameters", f"conditions form a circle: {circle}")


def _parents_first(space: model.SearchSpace) -> list[str]:
    parents = {p.id: [c.parameter_id for c in p.active_when] for p in space.parameters}
    return list(TopologicalSorter(parents).static_order())


def check_defaults(space: model.SearchSpace, path: str) -> Iterator[Violation]:
    """Check that there are all or none: half a default configuration is no configuration."""
    if all(parameter.default_value is None for parameter in space.parameters):
        return
    try:
        order = _parents_first(space)
    except CycleError:
        return  # told by `check_space`
    known = {parameter.id: parameter for parameter in space.parameters}
    chosen: dict[str, model.Value] = {}
    for name in order:
        parameter = known.get(name)
        if parameter is None or not is_active(parameter, chosen):
            continue
        if parameter.default_value is None:
            place = space.parameters.index(parameter)
            yield Violation(
                f"{path}.parameters[{place}].default_value",
                f"{name!r} has none while others do; give every active parameter one, or none",
            )
        else:
            chosen[name] = parameter.default_value


def is_active(parameter: model.Parameter, chosen: model.Configuration) -> bool:
    """Whether a parameter's conditions all hold among values chosen so far."""
    return all(_holds(condition, chosen) for condition in parameter.active_when)


def _holds(condition: model.Condition, chosen: model.Configuration) -> bool:
    value = chosen.get(condition.parameter_id)
    if isinstance(value, tuple):
        return any(item in value for item in condition.any_of)
    return value in condition.any_of

"""The rules of a search space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from math import isfinite

from groat import model
from groat.errors import Violation
from groat_server.validation import words

MAX_PARAMETERS = 256
MAX_LEVELS = 1_000
MAX_STEPS = 2**40 - 1
MAX_LOG_STEPS = 2**32 - 1


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
    yield from faults
    if not faults:
        yield from _check_dependencies(space, path)


def is_allowed(domain: model.Domain, value: model.Value) -> bool:
    """Whether a value is one of a domain's, of the right type."""
    match domain:
        case model.BoolDomain():
            return isinstance(value, bool)
        case model.CategoricalDomain(labels=labels):
            return isinstance(value, str) and value in labels
        case model.OrdinalDomain(levels=levels):
            return any(value == level and type(value) is type(level) for level in levels)
        case model.IntDomain() | model.FloatDomain():
            return _is_number_of(domain, value)


def _is_number_of(domain: model.IntDomain | model.FloatDomain, value: model.Value) -> bool:
    if isinstance(value, bool | str) or not domain.min <= value <= domain.max:
        return False
    if isinstance(domain, model.IntDomain):
        return isinstance(value, int) and (value - domain.min) % (domain.step or 1) == 0
    return _on_grid(value, domain.min, domain.step)


def _on_grid(value: float, low: float, step: float | None) -> bool:
    if step is None:
        return True
    steps = (value - low) / step
    return abs(steps - round(steps)) < 1e-9 * max(1.0, abs(steps))


def _check_parameter(
    parameter: model.Parameter, known: Mapping[str, model.Parameter], path: str
) -> Iterator[Violation]:
    yield from words.identifier(parameter.id, f"{path}.id")
    faults = list(_check_domain(parameter.domain, f"{path}.{parameter.domain.kind}"))
    yield from faults
    default = parameter.default_value
    if not faults and default is not None and not is_allowed(parameter.domain, default):
        yield Violation(f"{path}.default_value", f"{default!r:.60} is not in the domain")
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
    for i, value in enumerate(condition.any_of):
        if not is_allowed(parent.domain, value):
            yield Violation(f"{path}.any_of[{i}]", f"{value!r:.60} is not a value of {parent.id!r}")


def _check_domain(domain: model.Domain, path: str) -> Iterator[Violation]:
    match domain:
        case model.FloatDomain() | model.IntDomain():
            yield from _check_numbers(domain, path)
        case model.CategoricalDomain(labels=labels):
            yield from _check_count(len(labels), f"{path}.labels")
            yield from words.unique(labels, f"{path}.labels", "label")
            for i, label in enumerate(labels):
                yield from _check_label(label, f"{path}.labels[{i}]")
        case model.OrdinalDomain(levels=levels):
            yield from _check_levels(levels, f"{path}.levels")
        case model.BoolDomain():
            pass


def _check_numbers(domain: model.FloatDomain | model.IntDomain, path: str) -> Iterator[Violation]:
    faults = [*words.finite(domain.min, f"{path}.min"), *words.finite(domain.max, f"{path}.max")]
    if domain.step is not None:
        faults += words.finite(domain.step, f"{path}.step")
    yield from faults
    if faults:
        return
    if domain.min > domain.max:
        yield Violation(f"{path}.max", f"max {domain.max} is below min {domain.min}")
    if domain.log_scale and domain.min <= 0:
        yield Violation(f"{path}.min", f"a log scale needs min above 0, not {domain.min}")
    if domain.step is not None and domain.step <= 0:
        yield Violation(f"{path}.step", f"{domain.step} is not above 0")
    yield from _check_size(domain, path)
    if domain.step is not None and domain.log_scale:
        yield Violation(f"{path}.step", "a log scale takes no step; leave one of the two out")


def _check_size(domain: model.FloatDomain | model.IntDomain, path: str) -> Iterator[Violation]:
    width = float(domain.max) - float(domain.min)
    step = 1.0 if isinstance(domain, model.IntDomain) else domain.step
    if not isfinite(width):
        yield Violation(f"{path}.max", f"{domain.min} to {domain.max} is too wide to be searched")
    elif step is not None and step > 0:
        steps = width / float(domain.step or step)
        most = MAX_LOG_STEPS if domain.log_scale else MAX_STEPS
        if steps > most:
            yield Violation(f"{path}.max", f"{steps:.3g} steps; at most {most:.3g} can be searched")


def _check_levels(levels: tuple[model.Value, ...], path: str) -> Iterator[Violation]:
    yield from _check_count(len(levels), path)
    yield from words.unique(map(repr, levels), path, "level")
    kinds = {type(level) for level in levels}
    if bool in kinds or (str in kinds and len(kinds) > 1):
        yield Violation(path, "levels must be all numbers or all strings")
    for i, level in enumerate(levels):
        if isinstance(level, str):
            yield from _check_label(level, f"{path}[{i}]")
        else:
            yield from words.finite(level, f"{path}[{i}]")


def _check_label(label: str, path: str) -> Iterator[Violation]:
    if not label:
        yield Violation(path, "empty; a label has 1 to 256 characters")
    yield from words.text(label, path)


def _check_count(count: int, path: str) -> Iterator[Violation]:
    if not 1 <= count <= MAX_LEVELS:
        yield Violation(path, f"{count} values; 1 to {MAX_LEVELS} are allowed")


def _check_dependencies(space: model.SearchSpace, path: str) -> Iterator[Violation]:
    parents = {p.id: [c.parameter_id for c in p.active_when] for p in space.parameters}
    try:
        order = list(TopologicalSorter(parents).static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        yield Violation(f"{path}.parameters", f"conditions form a circle: {circle}")
        return
    yield from _check_defaults(space, order, path)


def _check_defaults(space: model.SearchSpace, order: list[str], path: str) -> Iterator[Violation]:
    """All or none: half a default configuration is no configuration."""
    if all(parameter.default_value is None for parameter in space.parameters):
        return
    known = {parameter.id: parameter for parameter in space.parameters}
    chosen: dict[str, model.Value] = {}
    for name in order:
        parameter = known[name]
        if not is_active(parameter, chosen):
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
    return all(chosen.get(c.parameter_id) in c.any_of for c in parameter.active_when)

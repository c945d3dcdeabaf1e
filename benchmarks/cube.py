"""Configurations from points of the unit cube, for peers that know nothing else.

Deliberately not groat's own encoding, so that a mistake there cannot help groat here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, cast

from scipy.stats import qmc

from groat import model

Plain: TypeAlias = (
    model.FloatDomain
    | model.IntDomain
    | model.BoolDomain
    | model.CategoricalDomain
    | model.OrdinalDomain
)
"""What every optimizer knows in some form."""

_KEY = model.FloatDomain(min=0.0, max=1.0)


def parts(parameter: model.Parameter) -> dict[str, Plain]:
    """Return a parameter as plain ones, by name.

    A set is a boolean per item, an order a random key per item (the smallest first), a text
    a label: what users of an optimizer without them do.
    """
    match parameter.domain:
        case model.SubsetDomain(items=items):
            return {f"{parameter.id}.{item}": model.BoolDomain() for item in items}
        case model.PermutationDomain(items=items):
            return {f"{parameter.id}.{item}": _KEY for item in items}
        case model.TextDomain(variants=variants):
            return {parameter.id: model.CategoricalDomain(labels=tuple(v.id for v in variants))}
        case _:
            return {parameter.id: parameter.domain}


def joined(parameter: model.Parameter, values: Mapping[str, model.Value]) -> model.Value:
    """Return a parameter's value from those of its `parts`."""
    match parameter.domain:
        case model.SubsetDomain(items=items):
            return tuple(item for item in items if values[f"{parameter.id}.{item}"])
        case model.PermutationDomain(items=items):
            keys = {item: cast("float", values[f"{parameter.id}.{item}"]) for item in items}
            return tuple(sorted(items, key=keys.__getitem__))
        case _:
            return values[parameter.id]


def apart(parameter: model.Parameter, value: model.Value) -> dict[str, model.Value]:
    """Return the values of a parameter's `parts`: what `joined` joins."""
    names = parts(parameter)
    match parameter.domain:
        case model.SubsetDomain(items=items):
            chosen = cast("tuple[str, ...]", value)
            return dict(zip(names, [item in chosen for item in items], strict=True))
        case model.PermutationDomain(items=items):
            order = cast("tuple[str, ...]", value)
            keys = [(order.index(item) + 0.5) / len(items) for item in items]
            return dict(zip(names, keys, strict=True))
        case _:
            return {parameter.id: value}


def width(space: model.SearchSpace) -> int:
    """Return how many coordinates a point of a space has."""
    return sum(len(parts(parameter)) for parameter in space.parameters)


def spread(
    space: model.SearchSpace, count: int, rng: int | Sequence[int]
) -> list[dict[str, model.Value]]:
    """Return ``count >= 1`` configurations: today's, where there is one, then Sobol points."""
    start = default(space)
    points = qmc.Sobol(width(space), rng=rng).random_base2((count - 1).bit_length())
    designed = [decode(space, point) for point in points[: count - bool(start)]]
    return ([start] if start else []) + designed


def value_at(domain: Plain, unit: float) -> model.Value:
    """Return the value of a domain at ``unit`` in ``[0, 1]``.

    Whole numbers, labels and levels own equally wide slices, on a log scale of the
    logarithm. Steps are ignored: no problem of this folder has any.
    """
    match domain:
        case model.FloatDomain():
            return _between(domain.min, domain.max, unit, log_scale=domain.log_scale)
        case model.IntDomain():
            low, high = domain.min - 0.5, domain.max + 0.5
            wide = _between(low, high, unit, log_scale=domain.log_scale)
            return min(max(round(wide), domain.min), domain.max)
        case model.BoolDomain():
            return unit >= 0.5
        case model.CategoricalDomain():
            return domain.labels[_slice(len(domain.labels), unit)]
        case model.OrdinalDomain():
            return domain.levels[_slice(len(domain.levels), unit)]


def unit_of(domain: model.FloatDomain | model.IntDomain, value: float) -> float:
    """Return where `value_at` finds a number: its own inverse, up to rounding."""
    margin = 0.5 if domain.kind == "int" else 0.0
    low, high = domain.min - margin, domain.max + margin
    if domain.log_scale:
        low, high, value = math.log(low), math.log(high), math.log(value)
    return (value - low) / (high - low)


def decode(space: model.SearchSpace, point: Iterable[float]) -> dict[str, model.Value]:
    """Return the configuration at ``point`` ``(width,)``, inactive parameters left out."""
    domains = {name: domain for p in space.parameters for name, domain in parts(p).items()}
    pairs = zip(domains.items(), point, strict=True)
    values = {name: value_at(domain, float(unit)) for (name, domain), unit in pairs}
    return active(space, {p.id: joined(p, values) for p in space.parameters})


def encode(space: model.SearchSpace, configuration: model.Configuration) -> list[float]:
    """Return a point ``(width,)`` that `decode` turns into the configuration."""
    point: list[float] = []
    for parameter in space.parameters:
        values = {}
        if parameter.id in configuration:
            values = apart(parameter, configuration[parameter.id])
        for name, domain in parts(parameter).items():
            point.append(_place(domain, values[name]) if name in values else 0.5)
    return point


def _place(domain: Plain, value: model.Value) -> float:
    match domain:
        case model.FloatDomain() | model.IntDomain():
            return unit_of(domain, float(cast("float", value)))
        case model.BoolDomain():
            return 0.75 if value else 0.25
        case model.CategoricalDomain():
            return (domain.labels.index(cast("str", value)) + 0.5) / len(domain.labels)
        case model.OrdinalDomain():
            return (domain.levels.index(value) + 0.5) / len(domain.levels)


def active(space: model.SearchSpace, values: model.Configuration) -> dict[str, model.Value]:
    """Keep the values of active parameters; parents are declared before their children."""
    kept: dict[str, model.Value] = {}
    for parameter in space.parameters:
        if is_active(parameter, kept):
            kept[parameter.id] = values[parameter.id]
    return kept


def is_active(parameter: model.Parameter, decided: model.Configuration) -> bool:
    """Whether every condition holds, given the values of the parameters before it."""
    return all(_holds(condition, decided) for condition in parameter.active_when)


def _holds(condition: model.Condition, decided: model.Configuration) -> bool:
    value = decided.get(condition.parameter_id)
    if isinstance(value, tuple):
        return any(item in value for item in condition.any_of)
    return value in condition.any_of


def default(space: model.SearchSpace) -> dict[str, model.Value]:
    """Return the configuration in use today; empty when the space declares none."""
    declared = {p.id: p.default_value for p in space.parameters if p.default_value is not None}
    return active(space, declared) if len(declared) == len(space.parameters) else {}


def _between(low: float, high: float, unit: float, *, log_scale: bool) -> float:
    if log_scale:
        return min(max(low * (high / low) ** unit, low), high)
    return low + unit * (high - low)


def _slice(count: int, unit: float) -> int:
    return min(int(unit * count), count - 1)

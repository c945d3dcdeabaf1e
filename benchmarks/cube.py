"""Configurations from points of the unit cube, for peers that know nothing else.

Deliberately not groat's own encoding, so that a mistake there cannot help groat here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from groat import model


def value_at(domain: model.Domain, unit: float) -> model.Value:
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
    """Return the configuration at ``point`` ``(d,)``, inactive parameters left out."""
    pairs = zip(space.parameters, point, strict=True)
    return active(space, {p.id: value_at(p.domain, float(unit)) for p, unit in pairs})


def active(space: model.SearchSpace, values: model.Configuration) -> dict[str, model.Value]:
    """Keep the values of active parameters; parents are declared before their children."""
    kept: dict[str, model.Value] = {}
    for parameter in space.parameters:
        if is_active(parameter, kept):
            kept[parameter.id] = values[parameter.id]
    return kept


def is_active(parameter: model.Parameter, decided: model.Configuration) -> bool:
    """Whether every condition holds, given the values of the parameters before it."""
    return all(decided.get(c.parameter_id) in c.any_of for c in parameter.active_when)


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

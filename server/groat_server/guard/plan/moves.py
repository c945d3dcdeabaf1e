"""What else a parameter could be: a person's next guess, in the units that people think in."""

from __future__ import annotations

import math
from collections.abc import Callable

from groat import model
from groat_server.guard.plan.case import PlanCase
from groat_server.guard.plan.roles import role_of

_WIDE = 8.0
"""From this ratio of the ends on, a positive number is doubled or halved; below it is moved by a
third of its range."""

_CHEAP = {
    model.Source.MONEY_PER_EXAMPLE,
    model.Source.TOKENS_PER_EXAMPLE,
    model.Source.LATENCY_PER_EXAMPLE,
}


def moves(case: PlanCase, parameter: model.Parameter, now: model.Value) -> list[model.Value]:
    """Return what to try instead of ``now``, the believed direction first.

    Numbers and ordered levels have at most one value on either side; choices
    have all others in declared order; sets have one item more or less.
    """
    domain = parameter.domain
    if options := _options(domain):
        return [one for one in options if one != now]
    first = direction(case, parameter)
    match domain:
        case model.OrdinalDomain(levels=levels):
            return _beside(levels, now, first)
        case model.SubsetDomain():
            return _toggled(domain, now, first)
        case model.PermutationDomain():
            return _swapped(now)
        case model.FloatDomain() | model.IntDomain():
            return _either_side(domain, now, first)
        case _:
            return []


def lead_levels(case: PlanCase, parameter: model.Parameter, now: model.Value) -> list[model.Value]:
    """Return every other value of the parameter that leads; of a number, one on either side."""
    if isinstance(parameter.domain, model.OrdinalDomain):
        return [level for level in parameter.domain.levels if level != now]
    return moves(case, parameter, now)


def direction(case: PlanCase, parameter: model.Parameter) -> int:
    """Return which way is believed to help: 1 is up, also when nothing is known, -1 is down."""
    role = role_of(parameter)
    if role.is_dear and wants_cheap(case.objectives[0]):
        return -1
    return role.direction or 1


def wants_cheap(metric: model.Metric) -> bool:
    """Whether a metric is better when less is consumed."""
    if metric.goal is model.Goal.MAXIMIZE:
        return False
    words = ("cost", "price", "money", "spend", "token", "latency")
    is_derived = metric.derivation is not None and metric.derivation.source in _CHEAP
    return is_derived or any(word in metric.id.lower() for word in words)


def value_at(domain: model.Domain, place: float, now: model.Value | None) -> model.Value | None:
    """Return the value at a place of the axis from 0 to 1; sets and orders stay as they are."""
    options = domain.levels if isinstance(domain, model.OrdinalDomain) else _options(domain)
    if options:
        return options[min(int(place * len(options)), len(options) - 1)]
    if not isinstance(domain, model.FloatDomain | model.IntDomain):
        return now
    low, high = float(domain.min), float(domain.max)
    if domain.log_scale:
        return _fitted(domain, low * (high / low) ** place)
    return _fitted(domain, low + place * (high - low))


def _options(domain: model.Domain) -> tuple[model.Value, ...]:
    """Return the values of a choice without an order; nothing for other domains."""
    match domain:
        case model.BoolDomain():
            return (False, True)
        case model.CategoricalDomain(labels=labels):
            return labels
        case model.TextDomain(variants=variants):
            return tuple(one.id for one in variants)
        case _:
            return ()


def _either_side(
    domain: model.FloatDomain | model.IntDomain, now: model.Value, first: int
) -> list[model.Value]:
    if not isinstance(now, int | float):
        return []
    step = _doubling(domain) or _third(domain)
    found = [_fitted(domain, step(float(now), sign)) for sign in (first, -first)]
    return [value for value in dict.fromkeys(found) if value != now]


def _doubling(
    domain: model.FloatDomain | model.IntDomain,
) -> Callable[[float, int], float] | None:
    if domain.min <= 0 or domain.max / domain.min < _WIDE:
        return None
    return lambda now, sign: now * 2.0**sign


def _third(domain: model.FloatDomain | model.IntDomain) -> Callable[[float, int], float]:
    width = max((domain.max - domain.min) / 3, 1.0 if domain.kind == "int" else 0.0)
    return lambda now, sign: now + sign * width


def _fitted(domain: model.FloatDomain | model.IntDomain, number: float) -> model.Value:
    """Return the nearest value of the domain; where all are allowed, a short one."""
    number = min(max(number, float(domain.min)), float(domain.max))
    if domain.step is not None:
        steps = round((number - domain.min) / domain.step)
        most = math.floor((domain.max - domain.min) / domain.step + 1e-9)
        number = domain.min + min(steps, most) * domain.step
    elif domain.kind == "float":
        number = min(max(_short(domain, number), float(domain.min)), float(domain.max))
    return round(number) if domain.kind == "int" else float(number)


def _short(domain: model.FloatDomain | model.IntDomain, number: float) -> float:
    if _doubling(domain) is not None:
        return float(f"{number:.2g}")
    span = float(domain.max - domain.min)
    return round(number, 2 - math.floor(math.log10(span))) if span > 0 else number


def _beside(levels: tuple[model.Value, ...], now: model.Value, first: int) -> list[model.Value]:
    place = levels.index(now)
    places = [place + first, place - first]
    return [levels[one] for one in places if 0 <= one < len(levels)]


def _toggled(domain: model.SubsetDomain, now: model.Value, first: int) -> list[model.Value]:
    chosen = set(now) if isinstance(now, tuple) else set[str]()
    free = [item for item in domain.items if item not in domain.required_items]
    more = [chosen | {item} for item in free if item not in chosen]
    fewer = [chosen - {item} for item in free if item in chosen]
    most = domain.max_items or len(domain.items)
    sets = more + fewer if first > 0 else fewer + more
    return [
        tuple(item for item in domain.items if item in one)
        for one in sets
        if domain.min_items <= len(one) <= most
    ]


def _swapped(now: model.Value) -> list[model.Value]:
    if not isinstance(now, tuple):
        return []
    return [(*now[:i], now[i + 1], now[i], *now[i + 2 :]) for i in range(len(now) - 1)]

"""Values as people and other tools write them, read by the domain that they are meant for.

The server checks every configuration anyway. It is done here, too, for those who bring
many at once and want to know of every fault before the first is sent.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import cast

from groat import model

_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_ROUNDING = 1e-9


def value(domain: model.Domain, given: object) -> model.Value:
    """Read a parameter's value, in its exact type.

    Args:
        domain: Says what is meant.
        given: A value, or how it is written: numbers as digits, truth as true, false, 1
            or 0, a subset or an order as items between ``|`` or as a list in JSON.

    Raises:
        ValueError: The domain has no such value; the message says what it has.
    """
    match domain:
        case model.BoolDomain():
            return _truth(given)
        case model.CategoricalDomain() | model.TextDomain():
            return _one_of(_names(domain), given)
        case model.OrdinalDomain(levels=levels):
            return _level(levels, given)
        case model.IntDomain():
            return _whole(domain, given)
        case model.FloatDomain():
            return _real(domain, given)
        case model.SubsetDomain() | model.PermutationDomain():
            return _list(domain, given)


def number(given: object) -> Decimal:
    """Read a finite number, exactly.

    Raises:
        ValueError: It is none.
    """
    if isinstance(given, str | int | float | Decimal) and not isinstance(given, bool):
        try:
            read = Decimal(given)
        except ArithmeticError:
            read = Decimal("nan")
        if read.is_finite():
            return read
    raise ValueError(f"{given!r:.60} is not a number")


def _truth(given: object) -> bool:
    found = _TRUTHS.get(str(given).strip().lower())
    if found is None:
        raise ValueError(f"{given!r:.60} is neither true nor false")
    return found


def _names(domain: model.CategoricalDomain | model.TextDomain) -> Sequence[str]:
    if isinstance(domain, model.CategoricalDomain):
        return domain.labels
    return [variant.id for variant in domain.variants]


def _one_of(known: Sequence[str], given: object) -> str:
    # Elsewhere a label may be a number; here it is that number's name.
    if (name := str(given)) in known:
        return name
    raise ValueError(f"{given!r:.60} is none of {_short(known)}")


def _level(levels: Sequence[model.Value], given: object) -> model.Value:
    names = [level for level in levels if isinstance(level, str)]
    if names:
        return _one_of(names, given)
    wanted = float(number(given))
    for level in levels:
        if level == wanted:
            return level
    raise ValueError(f"{given!r:.60} is none of {_short(levels)}")


def _whole(domain: model.IntDomain, given: object) -> int:
    read = number(given)
    # Bounds come first: what they let through is small enough to be written out.
    if not domain.min <= read <= domain.max or read != read.to_integral_value():
        limits = f"{domain.min} to {domain.max}"
        raise ValueError(f"{given!r:.60} is not a whole number from {limits}")
    if (int(read) - domain.min) % (domain.step or 1):
        raise ValueError(_off_grid(given, domain))
    return int(read)


def _real(domain: model.FloatDomain, given: object) -> float:
    read = float(number(given))
    if not domain.min <= read <= domain.max:
        raise ValueError(f"{given!r:.60} is not a number from {domain.min} to {domain.max}")
    if domain.step is not None:
        place = domain.min + round((read - domain.min) / domain.step) * domain.step
        if abs(read - place) > max(_ROUNDING * domain.step, 4 * math.ulp(read)):
            raise ValueError(_off_grid(given, domain))
    return read


def _off_grid(given: object, domain: model.IntDomain | model.FloatDomain) -> str:
    return f"{given!r:.60} is not {domain.min} plus a multiple of {domain.step}"


def _list(domain: model.SubsetDomain | model.PermutationDomain, given: object) -> tuple[str, ...]:
    items = tuple(_one_of(domain.items, item) for item in _listed(given))
    if len(set(items)) < len(items):
        raise ValueError(f"{given!r:.60} has an item twice")
    if isinstance(domain, model.SubsetDomain):
        return _subset(domain, items, given)
    missing = [item for item in domain.items if item not in items]
    if missing:
        raise ValueError(f"{given!r:.60} lacks {_short(missing)}; an order has all its items")
    return items


def _subset(domain: model.SubsetDomain, chosen: Sequence[str], given: object) -> tuple[str, ...]:
    for item in domain.required_items:
        if item not in chosen:
            raise ValueError(f"{given!r:.60} lacks {item!r:.60}, which is required")
    most = domain.max_items or len(domain.items)
    if not domain.min_items <= len(chosen) <= most:
        count = f"{domain.min_items} to {most} items"
        raise ValueError(f"{given!r:.60} has {len(chosen)} items, and must have {count}")
    return tuple(item for item in domain.items if item in chosen)


def _listed(given: object) -> Sequence[object]:
    if isinstance(given, str) and given.lstrip().startswith("["):
        try:
            given = json.loads(given)
        except ValueError as error:
            raise ValueError(f"{given!r:.60} is not a list in JSON: {error}") from error
    if isinstance(given, str):
        return [item.strip() for item in given.split("|")]
    if isinstance(given, list | tuple):
        return cast("Sequence[object]", given)
    raise ValueError(f"{given!r:.60} is not a list of items")


def _short(values: Sequence[model.Value]) -> str:
    shown = ", ".join(repr(one) for one in values[:8])
    return shown if len(values) <= 8 else f"{shown}, ... ({len(values)} in all)"


def misplaced(
    space: model.SearchSpace, configuration: model.Configuration
) -> Iterator[tuple[str, str]]:
    """Yield each parameter that is active without a value or has one while it is not, and why."""
    known = {parameter.id: parameter for parameter in space.parameters}

    @functools.cache
    def is_active(name: str) -> bool:
        return all(
            is_active(condition.parameter_id) and _holds(condition, configuration)
            for condition in known[name].active_when
        )

    for name, parameter in known.items():
        if is_active(name) and name not in configuration:
            is_list = isinstance(parameter.domain, model.SubsetDomain)
            yield name, f"has no value{'; write [] for no items' if is_list else ''}"
        if name in configuration and not is_active(name):
            parents = ", ".join(condition.parameter_id for condition in parameter.active_when)
            yield name, f"has a value, but is not active here: it depends on {parents}"


def _holds(condition: model.Condition, configuration: model.Configuration) -> bool:
    chosen = configuration.get(condition.parameter_id)
    if isinstance(chosen, tuple):
        return any(item in chosen for item in condition.any_of)
    return chosen in condition.any_of


def broken(space: model.SearchSpace, configuration: model.Configuration) -> Iterator[str]:
    """Yield what a valid configuration does that the space's constraints rule out."""
    domains = {parameter.id: parameter.domain for parameter in space.parameters}
    for one in space.constraints:
        # On the wire they have lost their order.
        if isinstance(one, model.LinearConstraint):
            factors = {name: one.coefficients[name] for name in domains if name in one.coefficients}
            yield from _over(factors, one.upper_bound, configuration)
        elif all(
            name in configuration and _shows(domains[name], configuration[name], wanted)
            for name, wanted in one.values.items()
        ):
            pairs = (f"{name}={one.values[name]}" for name in domains if name in one.values)
            yield f"{', '.join(pairs)} is a forbidden combination"


def _over(
    factors: Mapping[str, float], upper_bound: float, configuration: model.Configuration
) -> Iterator[str]:
    numbers = {
        name: chosen
        for name in factors
        if isinstance(chosen := configuration.get(name, 0), int | float)
    }
    total = sum(factors[name] * chosen for name, chosen in numbers.items())
    # What rounding may add, as the server has it.
    slack = _ROUNDING * max(abs(upper_bound), *map(abs, factors.values()))
    if total > upper_bound + slack:
        terms = " + ".join(f"{factor:g} {name}" for name, factor in factors.items())
        yield f"{terms} is {total:g}, above {upper_bound:g}"


def _shows(domain: model.Domain, chosen: model.Value, wanted: model.Value) -> bool:
    if isinstance(domain, model.SubsetDomain) and isinstance(chosen, tuple):
        return set(wanted if isinstance(wanted, tuple) else (wanted,)) <= set(chosen)
    return chosen == wanted

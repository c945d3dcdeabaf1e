"""What a command prints: tables for people, JSON for programs."""

from __future__ import annotations

import enum
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from typing import TypeAlias, cast

from rich.console import Console, RenderableType

from groat import model

_WIDE = 10_000
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def show(value: object, render: Callable[[], RenderableType], *, as_json: bool) -> None:
    """Print a value as one line of JSON, or what ``render`` makes of it."""
    if as_json:
        print(json.dumps(plain(value)), flush=True)
    else:
        console().print(render())


def console() -> Console:
    """Return a console that prints names as they are, whatever is in them."""
    # Where nobody looks nothing is cut: a pipe gets tables as wide as they are.
    width = None if sys.stdout.isatty() else _WIDE
    return Console(width=width, markup=False, emoji=False, highlight=False)


def plain(value: object) -> Json:
    """Turn a model value into what JSON knows; amounts stay exact as decimal strings."""
    match value:
        case model.Money():
            return {"amount": f"{value.amount:f}", "currency": value.currency}
        case enum.Enum():
            return str(value.value)
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bool() | int() | float() | str() | None:
            return value
        case _:
            return _compound(value)


def _compound(value: object) -> Json:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, object]", value)
        return {name: plain(entry) for name, entry in entries.items()}
    items = cast("Iterable[object]", value)
    return [plain(item) for item in items]


def amount(money: model.Money | None) -> str:
    """Write money for people; a hyphen stands for none."""
    return "-" if money is None else str(money)


def number(value: float | None) -> str:
    """Write a number for people, with four digits that count."""
    return "-" if value is None else f"{value:.4g}"


def roughly(money: model.Money | None) -> str:
    """Write money that is only expected: three digits that count, whole units from 100 on."""
    if money is None:
        return "-"
    units = money.amount
    digits = 2 - units.adjusted() if units else 0
    text = f"{round(units, min(max(digits, 0), 9)):,f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {money.currency}"


def lasting(time: timedelta | None) -> str:
    """Write how long something takes, in its two largest units; a hyphen stands for unknown."""
    if time is None:
        return "-"
    left = round(time.total_seconds())
    if left < 1:
        return "less than a second"
    parts: list[str] = []
    for name, seconds in _UNITS:
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count:,} {name}")
    return " ".join(parts[:2])


def written(value: model.Value) -> str:
    """Write a parameter's value as the commands and files read it."""
    match value:
        case bool():
            return "true" if value else "false"
        case tuple():
            is_plain = all(map(_is_plain, value))
            return "|".join(value) if value and is_plain else json.dumps(value)
        case _:
            return str(value)


def _is_plain(item: str) -> bool:
    return bool(item) and item == item.strip() and "|" not in item and not item.startswith("[")


def settings(spec: model.StudySpec, configuration: model.Configuration) -> list[str]:
    """Write a configuration as words such as ``k=3``."""
    return [f"{name}={written(value)}" for name, value in ordered(spec, configuration).items()]


def ordered(spec: model.StudySpec, configuration: model.Configuration) -> model.Configuration:
    """Put parameters in declared order, which they have lost on the wire."""
    known = [one.id for one in spec.search_space.parameters if one.id in configuration]
    return {name: configuration[name] for name in dict.fromkeys((*known, *configuration))}

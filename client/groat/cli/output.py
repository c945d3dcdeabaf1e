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

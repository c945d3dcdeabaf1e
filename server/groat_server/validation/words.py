"""Checks on names, numbers and amounts that every other check is made of."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from groat import model
from groat.errors import Violation

IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.-]{0,127}")
MAX_TEXT = 256


def identifier(text: str, path: str) -> Iterator[Violation]:
    """An id of a parameter, metric or score."""
    if not IDENTIFIER.fullmatch(text):
        yield Violation(path, f"{text[:40]!r} is not an id: a letter, then up to 127 of a-z0-9_.-")


def unique(names: Iterable[str], path: str, what: str) -> Iterator[Violation]:
    """No name twice in one list."""
    for name, times in Counter(names).items():
        if times > 1:
            yield Violation(path, f"{what} {name[:40]!r} stands {times} times; it must be unique")


def text(value: str, path: str, limit: int = MAX_TEXT) -> Iterator[Violation]:
    """Free text: bounded, and nothing that would break a terminal or a log."""
    if len(value) > limit:
        yield Violation(path, f"{len(value)} characters; at most {limit} are allowed")
    elif any(ord(letter) < 32 for letter in value):
        yield Violation(path, "control characters are not allowed")


def finite(value: float, path: str) -> Iterator[Violation]:
    """A number that is one."""
    if not math.isfinite(value):
        yield Violation(path, f"{value} is not a finite number")


def between(value: float, low: float, high: float, path: str) -> Iterator[Violation]:
    """A number inside its limits, both included."""
    if not low <= value <= high:
        yield Violation(path, f"{value} is outside {low} to {high}")


def positive(amount: model.Money | None, path: str) -> Iterator[Violation]:
    """An amount of money above zero, if it is given."""
    if amount is not None and amount.nanos <= 0:
        yield Violation(path, f"{amount} is not above zero")

"""A table of a study file, read key by key so that no typo is passed over."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from difflib import get_close_matches
from typing import NoReturn, TypeGuard, TypeVar, cast

from groat import model
from groat.errors import InvalidArgument, Violation

T = TypeVar("T")
E = TypeVar("E", bound=enum.Enum)

_AKIN = 0.6
_ALIKE = 0.835
"""A bit more alike than min_examples and max_examples, of which either may be missing."""


class Section:
    """One table; every key is taken once, and none may be left over.

    Args:
        content: What stands there.
        path: Where it stands; empty is the file itself.
    """

    def __init__(self, content: object, path: str) -> None:
        if not isinstance(content, dict):
            raise InvalidArgument.at(path or "the file", "must be a table")
        self._left = dict(cast("dict[str, object]", content))
        self._path = path
        self._known: dict[str, None] = {}  # in the order in which they were asked for

    def at(self, key: str) -> str:
        """Return the path of a key."""
        return f"{self._path}.{key}" if self._path else key

    def take(self, key: str, read: Callable[[object, str], T]) -> T | None:
        """Read and remove a key; ``None`` when it is not there."""
        self._known[key] = None
        return read(self._left.pop(key), self.at(key)) if key in self._left else None

    def need(self, key: str, read: Callable[[object, str], T]) -> T:
        """Read and remove a key that must be there."""
        self._known[key] = None
        if key not in self._left:
            raise InvalidArgument.at(self.at(key), f"missing{self._misspelt([key], _ALIKE)}")
        return read(self._left.pop(key), self.at(key))

    def which(self, *keys: str) -> str:
        """Return the one of several keys that is there."""
        found = [key for key in keys if key in self._left]
        self._known |= dict.fromkeys(found)
        if len(found) != 1:
            has = ", ".join(found) or f"none of them{self._misspelt(keys, _AKIN)}"
            problem = f"needs exactly one of {', '.join(keys)}, and has {has}"
            raise InvalidArgument.at(self._path, problem)
        return found[0]

    def _misspelt(self, wanted: Iterable[str], cutoff: float) -> str:
        """Say which key that stands here may have been meant as one that is missing."""
        close = [key for key in self._left if get_close_matches(key, wanted, cutoff=cutoff)]
        return f"; is it what {close[0]!r:.60} was meant to be?" if close else ""

    def sections(self, key: str) -> list[Section]:
        """Read and remove a list of tables."""
        entries = self.take(key, many) or []
        return [Section(entry, f"{self.at(key)}[{i}]") for i, entry in enumerate(entries)]

    def end(self) -> None:
        """Refuse what nobody took, all of it."""
        if self._left:
            raise InvalidArgument(*(Violation(self.at(k), self._odd(k)) for k in self._left))

    def _odd(self, key: str) -> str:
        close = get_close_matches(key, self._known, n=1)
        meant = f"is {close[0]} meant? " if close else ""
        known = ", ".join(self._known)
        return f"unknown; {meant}What may stand here: {known}; see docs/study-file.md"


def text(content: object, path: str) -> str:
    """Read a string."""
    return content if isinstance(content, str) else _odd(content, path, "a string")


def whole(content: object, path: str) -> int:
    """Read a whole number."""
    if isinstance(content, int) and not isinstance(content, bool):
        return content
    return _odd(content, path, "a whole number")


def real(content: object, path: str) -> float:
    """Read any number."""
    if isinstance(content, int | Decimal) and not isinstance(content, bool):
        return float(content)
    return _odd(content, path, "a number")


def truth(content: object, path: str) -> bool:
    """Read true or false."""
    return content if isinstance(content, bool) else _odd(content, path, "true or false")


def is_list(content: object) -> TypeGuard[list[object]]:
    """Whether there is a list."""
    return isinstance(content, list)


def many(content: object, path: str) -> list[object]:
    """Read a list."""
    return content if is_list(content) else _odd(content, path, "a list")


def value(content: object, path: str) -> model.Value:
    """Read a parameter's value; a list is one of a subset or an order."""
    return tuple(texts(content, path)) if is_list(content) else _plain(content, path)


def values(content: object, path: str) -> list[model.Value]:
    """Read a list of values, none of them a list itself."""
    return [_plain(entry, f"{path}[{i}]") for i, entry in enumerate(many(content, path))]


def texts(content: object, path: str) -> list[str]:
    """Read a list of strings."""
    return [text(entry, f"{path}[{i}]") for i, entry in enumerate(many(content, path))]


def table(content: object, path: str) -> dict[str, object]:
    """Read a table whose keys are free."""
    return (
        cast("dict[str, object]", content)
        if isinstance(content, dict)
        else _odd(content, path, "a table")
    )


def moment(content: object, path: str) -> datetime:
    """Read a moment with its time zone: TOML's own, or a string in JSON."""
    try:
        read = datetime.fromisoformat(content) if isinstance(content, str) else content
    except ValueError:
        read = None
    if isinstance(read, datetime) and read.tzinfo is not None:
        return read.astimezone(UTC)
    return _odd(content, path, "a moment with its time zone, such as 2026-12-24T18:00:00Z")


def money(content: object, path: str) -> model.Money:
    """Read an amount: a number of US dollars, or a string with any currency."""
    if isinstance(content, int | Decimal) and not isinstance(content, bool):
        content = str(content)
    amount, _, currency = content.partition(" ") if isinstance(content, str) else ("", "", "")
    try:
        return model.Money.of(amount, currency or "USD")
    except ValueError:
        return _odd(content, path, 'an amount, such as 5, "0.15" or "5 EUR"')


def one_of(members: type[E]) -> Callable[[object, str], E]:
    """Return what reads one of an enum's values."""
    known = {str(member.value): member for member in members}

    def read_member(content: object, path: str) -> E:
        if not isinstance(content, str) or content not in known:
            raise InvalidArgument.at(path, f"{content!r:.60} is none of {', '.join(known)}")
        return known[content]

    return read_member


def _plain(content: object, path: str) -> model.Value:
    if isinstance(content, Decimal):
        return float(content)
    if isinstance(content, bool | int | str):
        return content
    return _odd(content, path, "a number, a string, true or false")


def _odd(content: object, path: str, wanted: str) -> NoReturn:
    raise InvalidArgument.at(path, f"{content!r:.60} is not {wanted}")

"""Reading the parts of a message, with the path of each for whoever must mend it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import Message

from groat.errors import InvalidArgument

M = TypeVar("M", bound=Message)
T = TypeVar("T")
V = TypeVar("V")

Read = Callable[[M, str], V]
"""Reads one message that stands at a path."""


def at(path: str, field: str) -> str:
    """Return the path of a field of the message at ``path``; empty is the request itself."""
    return f"{path}.{field}" if path else field


def required(message: Message, field: str, read: Read[M, V], path: str) -> V:
    """Read a part that must be there.

    Raises:
        InvalidArgument: It is not.
    """
    if not message.HasField(field):
        raise InvalidArgument.at(at(path, field), "missing; it must be set")
    return read(getattr(message, field), at(path, field))


def optional(message: Message, field: str, read: Read[M, V], path: str) -> V | None:
    """Read a part, or return ``None`` when it is not set."""
    if not message.HasField(field):
        return None
    return read(getattr(message, field), at(path, field))


def present(value: T | None, write: Callable[[T], M]) -> M | None:
    """Write a part that is there, or leave it unset."""
    return None if value is None else write(value)


def whole(message: Message, field: str) -> int | None:
    """Read a whole number, or return ``None`` when it is not set."""
    return getattr(message, field) if message.HasField(field) else None


def number(message: Message, field: str) -> float | None:
    """Read a number, or return ``None`` when it is not set."""
    return getattr(message, field) if message.HasField(field) else None


def repeated(message: Message, field: str, read: Read[M, V], path: str) -> tuple[V, ...]:
    """Read every element of a list."""
    place = at(path, field)
    return tuple(read(item, f"{place}[{i}]") for i, item in enumerate(getattr(message, field)))


def chosen(message: Message, oneof: str, path: str) -> str:
    """Return which member of a oneof is set.

    Raises:
        InvalidArgument: None is.
    """
    member = message.WhichOneof(oneof)
    if member is None:
        members = ", ".join(f.name for f in message.DESCRIPTOR.oneofs_by_name[oneof].fields)
        raise InvalidArgument.at(at(path, oneof), f"missing; set one of {members}")
    return member

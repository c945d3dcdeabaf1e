"""Enums: a model member and its number in the protocol share their name."""

from __future__ import annotations

import enum
from typing import Generic, Protocol, TypeVar

from groat.errors import InvalidArgument

E = TypeVar("E", bound=enum.Enum)
V = TypeVar("V", bound=int)
V_co = TypeVar("V_co", bound=int, covariant=True)


class Numbers(Protocol[V_co]):
    """A generated enum."""

    def Value(self, name: str) -> V_co:  # noqa: N802 - protobuf's own spelling
        """Return the number of a name, prefix included."""
        ...


class Coding(Generic[E, V]):
    """Both ways between a model enum and a generated one.

    Args:
        members: The model's enum.
        numbers: The generated enum; 0 is UNSPECIFIED and means nothing.
        prefix: What the protocol puts before each name, such as ``"STATE_"``.
    """

    def __init__(self, members: type[E], numbers: Numbers[V], prefix: str) -> None:
        self._numbers = {member: numbers.Value(prefix + member.name) for member in members}
        self._members = {number: member for member, number in self._numbers.items()}

    def to_proto(self, member: E) -> V:
        """Return the number of a member."""
        return self._numbers[member]

    def from_proto(self, number: V, path: str) -> E:
        """Return the member of a number.

        Raises:
            InvalidArgument: The number is UNSPECIFIED or unknown here.
        """
        member = self._members.get(number)
        if member is None:
            known = ", ".join(f"{n} ({m.name})" for n, m in sorted(self._members.items()))
            raise InvalidArgument.at(path, f"{number} is none of {known}")
        return member

    def optional_from_proto(self, number: V, path: str, default: E) -> E:
        """Return the member of a number, or ``default`` for UNSPECIFIED."""
        return self.from_proto(number, path) if number else default

"""Values as people write them: a subset or an order may be a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar, cast

from groat import model
from groat.errors import InvalidArgument

T = TypeVar("T")

Given: TypeAlias = model.Value | Sequence[str]
"""A parameter's value; of a subset and of an order any sequence of items."""


def value(given: Given, path: str) -> model.Value:
    """Make a value of what was given.

    Raises:
        InvalidArgument: It is of a type that no value has, such as a set, which
            has no order that could be kept.
    """
    if isinstance(given, bool | int | float | str):
        return given
    if _is_list_of_texts(given):
        return tuple(given)
    kinds = "a value is True or False, a number, a string, or a list of strings"
    raise InvalidArgument.at(path, f"{given!r:.60} is of type {type(given).__name__}; {kinds}")


def _is_list_of_texts(given: object) -> bool:
    if not isinstance(given, Sequence):
        return False
    return all(isinstance(item, str) for item in cast("Sequence[object]", given))


def values(given: Iterable[T], path: str) -> tuple[T, ...]:
    """Make a tuple of several things.

    Raises:
        InvalidArgument: It is a single string, which would fall into letters, or
            nothing that could be several.
    """
    if isinstance(given, str) or not _is_iterable(given):
        raise InvalidArgument.at(
            path, f"{given!r:.60} is one, not a list of them; write [{given!r:.60}]"
        )
    return tuple(given)


def _is_iterable(given: object) -> bool:
    return isinstance(given, Iterable)


def configuration(
    given: Mapping[str, Given], path: str = "configuration"
) -> dict[str, model.Value]:
    """Make a configuration of what was given.

    Raises:
        InvalidArgument: It is no mapping, or a value in it is none.
    """
    table = mapping(given, path, "{'id': value}")
    return {name: value(one, f"{path}[{name!s:.40}]") for name, one in table.items()}


def mapping(given: Mapping[str, T], path: str, way: str) -> Mapping[str, T]:
    """Return a mapping by ids of parameters as it is.

    Raises:
        InvalidArgument: It is none; says how one is written.
    """
    if not _is_mapping(given):
        raise InvalidArgument.at(path, f"{given!r:.60} is no mapping; write {way}")
    return given


def _is_mapping(given: object) -> bool:
    return isinstance(given, Mapping)

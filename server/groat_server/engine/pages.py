"""Pages of lists: bounded sizes and tokens that say where to go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import TypeVar

from groat import model
from groat.errors import InvalidArgument

T = TypeVar("T")

DEFAULT_SIZE = 100
MAX_SIZE = 1_000
MAX_BYTES = 8 * 2**20


def size_of(asked: int, path: str = "page_size", largest: int = MAX_SIZE) -> int:
    """Read a page size; 0 is the default, a larger one than allowed becomes the largest.

    Raises:
        InvalidArgument: It is negative.
    """
    if asked < 0:
        raise InvalidArgument.at(path, f"{asked} is negative; 0 means {DEFAULT_SIZE}")
    return min(asked or DEFAULT_SIZE, largest)


def number_in(token: str, first: int) -> int:
    """Read a token that is a number; an empty one is ``first``.

    Raises:
        InvalidArgument: It is not one that a list gave out.
    """
    if not token:
        return first
    if not token.isascii() or not token.isdigit() or len(token) > 18:
        raise InvalidArgument.at("page_token", "not a token of this list; start with an empty one")
    return int(token)


def page_of(
    found: Sequence[T],
    size: int,
    token: Callable[[T], str],
    weight: Callable[[T], int] | None = None,
) -> model.Page[T]:
    """Cut off the one item too many that shows that there is more.

    With a ``weight`` in bytes a page also ends before 8 MiB; its first item always fits.
    """
    fits = size
    if weight is not None:
        sums = list(accumulate(map(weight, found)))
        fits = min(size, max(1, sum(total <= MAX_BYTES for total in sums)))
    items = tuple(found[:fits])
    more = len(found) > fits
    return model.Page(items=items, next_page_token=token(items[-1]) if more else "")

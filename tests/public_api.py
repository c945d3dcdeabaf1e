"""Writes down the public Python API, one line a name.

``python -m tests.public_api > tests/assets/public_api.txt`` agrees on it anew.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from types import ModuleType

import groat
import groat.aio

_CLIENTS = ("Client", "Study", "Trial")


def describe() -> Iterator[str]:
    """Yield every public name with its signature, sorted."""
    yield from sorted({*_names("groat", groat), *_names("groat.aio", groat.aio)})


def _names(prefix: str, module: ModuleType) -> Iterator[str]:
    for name in module.__all__:
        value = getattr(module, name)
        place = f"{prefix}.{name}"
        if inspect.isclass(value) and name in _CLIENTS:
            yield from _methods(place, value)
        yield f"{place}{_signature(value)}"


def _methods(place: str, kind: type) -> Iterator[str]:
    for name, value in inspect.getmembers(kind):
        if not name.startswith("_"):
            yield f"{place}.{name}{_signature(value)}"


def _signature(value: object) -> str:
    if not callable(value):
        return ""
    try:
        return str(inspect.signature(value))
    except (TypeError, ValueError):
        return ""


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in describe())

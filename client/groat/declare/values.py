"""Values as people write them: a subset or an order may be a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from groat import model

Given: TypeAlias = model.Value | Sequence[str]
"""A parameter's value; of a subset and of an order any sequence of items."""


def value(given: Given) -> model.Value:
    """Make a value of what was given."""
    if isinstance(given, Sequence) and not isinstance(given, str):
        return tuple(given)
    return given


def configuration(given: Mapping[str, Given]) -> dict[str, model.Value]:
    """Make a configuration of what was given."""
    return {name: value(one) for name, one in given.items()}

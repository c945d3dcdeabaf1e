"""Which combinations of values are never asked."""

from __future__ import annotations

from collections.abc import Mapping

from groat import model
from groat.declare.values import Given, configuration


def forbid(
    values: Mapping[str, Given] | None = None, /, **named: Given
) -> model.ForbiddenCombination:
    """Declare that no trial is asked which has all of these values.

    Args:
        values: By parameter id, for ids that Python cannot spell as names. Of
            a subset a list of items, and forbidden is any set that has them all.
        named: The same, by name: ``forbid(retriever="none", rerank=True)``.
    """
    return model.ForbiddenCombination(values=configuration({**(values or {}), **named}))


def linear(coefficients: Mapping[str, float], *, at_most: float) -> model.LinearConstraint:
    """Declare that asked trials keep ``sum(coefficient * value) <= at_most``.

    Args:
        coefficients: By id of a parameter of numbers. One that is inactive
            adds nothing.
        at_most: Change all signs to say at least.
    """
    return model.LinearConstraint(coefficients=dict(coefficients), upper_bound=at_most)

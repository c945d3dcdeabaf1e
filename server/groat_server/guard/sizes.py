"""How many trials a search space deserves, and below how many a person does as well."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from groat import model

_MOST_LEAD_LEVELS = 6
_NUMERIC_LEVELS = 3
_BEYOND_THE_START = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Numbers of trials in all.

    Attributes:
        dimension: Bits of labels plus one per number; a parameter that is not
            always active counts half.
        least: With fewer, an automatic search and a person's first moves are the
            same trials: the configuration in use, and each level of the one
            parameter that matters most.
        recommended: Enough for this space.
    """

    dimension: float
    least: int
    recommended: int


def sizes_of(spec: model.StudySpec) -> Sizes:
    """Size a study by its parameters and objectives.

    A person's own ``max_trials`` bounds both numbers: who wants five trials
    gets them, if they can be paid. So does a finite space.

    Source:
        Simulated studies, in which a search that starts from a person's first
        moves passes the person two trials later, in 4 to 12 dimensions alike.
    """
    space, objectives = spec.search_space, len(spec.objectives)
    dimension = sum(map(_bits, space.parameters))
    start = 1 + min(lead_levels(space.parameters) - 1, _MOST_LEAD_LEVELS - 1)
    least = start + _BEYOND_THE_START + (objectives >= 3)
    recommended = max(least, math.ceil(4 * dimension + 5 * (objectives - 1)))
    most = min(_bound(spec.budget.max_trials), _configurations(space))
    return Sizes(
        dimension=dimension,
        least=int(min(least, most)),
        recommended=int(min(recommended, most)),
    )


def lead_levels(parameters: Sequence[model.Parameter]) -> int:
    """Return how many levels of the leading parameter a person would try.

    That is the always active choice with most labels, such as the model; three
    of a number where there is no choice.
    """
    choices = [_levels(one.domain) for one in parameters if _is_choice(one)]
    return max(choices, default=_NUMERIC_LEVELS)


def _is_choice(parameter: model.Parameter) -> bool:
    return not parameter.active_when and parameter.domain.kind in {"categorical", "text", "ordinal"}


def _levels(domain: model.Domain) -> int:
    match domain:
        case model.CategoricalDomain(labels=values):
            return len(values)
        case model.TextDomain(variants=variants):
            return len(variants)
        case model.OrdinalDomain(levels=levels):
            return len(levels)
        case _:
            return 2


def _bits(parameter: model.Parameter) -> float:
    share = 0.5 if parameter.active_when else 1.0
    return share * _domain_bits(parameter.domain)


def _domain_bits(domain: model.Domain) -> float:
    match domain:
        case model.FloatDomain():
            return 1.0
        case model.IntDomain(min=low, max=high, step=step):
            return 0.5 if (high - low) // (step or 1) < 3 else 1.0
        case model.OrdinalDomain(levels=levels):
            return 0.5 if len(levels) <= 3 else 1.0
        case model.SubsetDomain(items=items, required_items=required):
            return float(max(len(items) - len(required), 1))
        case model.PermutationDomain(items=items):
            return max(math.lgamma(len(items) + 1) / math.log(2), 1.0)
        case _:
            return math.log2(max(_levels(domain), 2))


def _configurations(space: model.SearchSpace) -> float:
    """An upper bound of how many there are, without conditions and constraints."""
    # As floats, which become infinite where whole numbers would grow too large for one.
    return math.prod(float(_count(one.domain)) for one in space.parameters)


def _count(domain: model.Domain) -> float:
    match domain:
        case model.FloatDomain(min=low, max=high, step=step):
            # The share of a step as in the space itself, for binary fractions.
            return math.inf if step is None else math.floor((high - low) / step + 1e-9) + 1
        case model.IntDomain(min=low, max=high, step=step):
            return (high - low) // (step or 1) + 1
        case model.SubsetDomain(items=items):
            return 2.0 ** min(len(items), 1_000)
        case model.PermutationDomain(items=items):
            return float(math.factorial(min(len(items), 170)))
        case _:
            return _levels(domain)


def _bound(limit: int | None) -> float:
    return math.inf if limit is None else limit

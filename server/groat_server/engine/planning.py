"""A study's past as the case that a manual plan is made for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from groat import model
from groat_server import effects, guard, validation
from groat_server.engine.assessing import View
from groat_server.engine.spends import run_itself
from groat_server.guard import HandTold, PlanCase
from groat_server.history import Told
from groat_server.space import Space

LEAST_EXAMPLES = 33
"""So many questions show a difference of 15 points between two configurations, eight times in ten.

Source: two paired proportions around 0.8 with a correlation of 0.5, one-sided 10 %.
"""

_MOST_ROUNDS = 50
_MOST_TOLD = 1_000
_EXPECTED = 0.5


def plan_of(seen: View) -> model.ManualPlan:
    """Plan how to go on by hand from here."""
    return guard.manual_plan(case_of(seen))


def case_of(seen: View) -> PlanCase:
    """Gather what a plan is made from."""
    past, spec = seen.past, seen.study.spec
    told = past.told()
    measured = [one for one in told if one.is_measured]
    shares = effects.main_effects(
        past.space,
        np.array([one.point for one in measured]).reshape(len(measured), past.space.d),
        np.array([one.losses for one in measured]).reshape(len(measured), len(spec.objectives)),
    )
    names = [parameter.id for parameter in past.space.parameters]
    return PlanCase(
        space=spec.search_space,
        objectives=spec.objectives,
        baseline=baseline_of(past.space, spec.search_space),
        example_count=seen.expectation.whole,
        available=_available(seen.study.budget_status),
        spend_of=lambda one, count: seen.spend_of(one, count, _EXPECTED),
        is_allowed=lambda one: is_allowed(past.space, one),
        complete=lambda values: completed(past.space, spec.search_space, values),
        told=[_by_hand(seen, one) for one in told[-_MOST_TOLD:]],
        least_examples=LEAST_EXAMPLES,
        screened=dict(zip(names, shares.tolist(), strict=True)) if shares.any() else {},
        screened_trials=len(measured),
        dimension=seen.sizes.dimension,
    )


def _available(status: model.BudgetStatus) -> model.Money | None:
    left = status.remaining
    return None if left is None else max(left, model.Money(0, left.currency))


def _by_hand(seen: View, told: Told) -> HandTold:
    trial, past = told.trial, seen.past
    return HandTold(
        number=trial.number,
        configuration=trial.configuration,
        example_count=run_itself(past, trial, seen.expectation.whole),
        losses=tuple(told.losses.tolist()),
        is_feasible=told.is_feasible,
        is_on_front=past.is_on_front(trial.number),
        is_measured=told.is_measured,
    )


def is_allowed(space: Space, configuration: model.Configuration) -> bool:
    """Whether it is a configuration of the space that keeps its constraints."""
    if not space.contains(configuration):
        return False
    return bool(space.allowed(space.encode(configuration)[None])[0])


def baseline_of(space: Space, search_space: model.SearchSpace) -> model.Configuration:
    """Return the configuration in use today, with middles for what has no default."""
    found = completed(space, search_space, {})
    if found is not None:
        return found
    return space.decode(next(space.points(np.random.default_rng(0))))


def completed(
    space: Space, search_space: model.SearchSpace, values: Mapping[str, model.Value]
) -> dict[str, model.Value] | None:
    """Drop what is inactive beside these values, and fill what is missing.

    Returns:
        ``None`` when that is no configuration, or breaks a constraint.
    """
    whole = dict(values)
    for _ in range(_MOST_ROUNDS):
        now = {
            one.id: values[one.id] if one.id in values else _usual(one)
            for one in search_space.parameters
            if validation.is_active(one, whole)
        }
        if now == whole:
            return now if is_allowed(space, now) else None
        whole = now
    return None


def _usual(parameter: model.Parameter) -> model.Value:
    default = parameter.default_value
    return _middle(parameter.domain) if default is None else default


def _middle(domain: model.Domain) -> model.Value:
    match domain:
        case model.FloatDomain() | model.IntDomain():
            return _middle_number(domain)
        case (
            model.CategoricalDomain(labels=(first, *_))
            | model.TextDomain(variants=(model.TextVariant(id=first), *_))
        ):
            return first
        case model.OrdinalDomain(levels=levels):
            return levels[(len(levels) - 1) // 2]
        case model.SubsetDomain():
            return _fewest(domain)
        case model.PermutationDomain(items=items):
            return items
        case _:
            return False


def _fewest(domain: model.SubsetDomain) -> tuple[str, ...]:
    required = domain.required_items
    more = [item for item in domain.items if item not in required]
    chosen = {*required, *more[: max(domain.min_items - len(required), 0)]}
    return tuple(item for item in domain.items if item in chosen)


def _middle_number(domain: model.FloatDomain | model.IntDomain) -> model.Value:
    low, high = float(domain.min), float(domain.max)
    middle = float(np.sqrt(low * high)) if domain.log_scale else (low + high) / 2
    if domain.step is not None:
        step = float(domain.step)
        middle = low + step * float(np.floor((middle - low) / step + 1e-9))
    return int(middle) if isinstance(domain, model.IntDomain) else middle

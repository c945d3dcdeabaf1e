"""The rules of budgets, of the guard's policy and of declared workloads."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from groat import model
from groat.errors import InvalidArgument, Violation
from groat_server import pricing
from groat_server.validation import words

_CURRENCY = re.compile(r"[A-Z]{3}")
_MOST = 2**62
_MOST_NANOS = 10**18
"""A billion units: sums of such amounts still fit in 64 bits."""


def check_money(spec: model.StudySpec) -> Iterator[Violation]:
    """Everything of a declaration that has to do with money."""
    yield from _check_budget(spec.budget, "study.budget")
    if not _CURRENCY.fullmatch(spec.currency):
        problem = f"{spec.currency[:10]!r} is not three capital letters, like USD"
        yield Violation("study.budget.max_spend.currency", problem)
    for path, amount in _amounts(spec):
        yield from words.positive(amount, path)
        if amount is not None and amount.nanos > _MOST_NANOS:
            most = model.Money(_MOST_NANOS, amount.currency)
            yield Violation(path, f"{amount} is beyond {most}, the most that is kept account of")
        if amount is not None and amount.currency != spec.currency:
            problem = f"{amount.currency} beside {spec.currency}; a study has one currency"
            yield Violation(f"{path}.currency", problem)
    yield from _check_policy(spec, "study.guard_policy")
    if spec.workload is not None:
        yield from pricing.validate_workload(
            spec.workload, spec.search_space, "study.workload", spec.currency
        )
    yield from pricing.validate_book(spec.price_book, "study.price_book", spec.currency)


def check_next_spend(spec: model.StudySpec, amount: model.Money | None) -> None:
    """Check what a worker says that its next step spends at most.

    Raises:
        InvalidArgument: It is negative or of another currency.
    """
    if amount is None:
        return
    if amount.currency != spec.currency:
        problem = f"{amount.currency} in a study in {spec.currency}; convert it first"
        raise InvalidArgument.at("next_spend.currency", problem)
    if not 0 <= amount.nanos <= _MOST:
        raise InvalidArgument.at("next_spend.nanos", f"{amount} cannot be set aside")


def _amounts(spec: model.StudySpec) -> Iterator[tuple[str, model.Money | None]]:
    yield "study.budget.max_spend", spec.budget.max_spend
    yield "study.budget.max_trial_spend", spec.budget.max_trial_spend
    policy = spec.guard_policy
    yield "study.guard_policy.manual_trial_spend", policy.manual_trial_spend
    if policy.value is not None:
        yield "study.guard_policy.value.per_point", policy.value.per_point


def _check_budget(budget: model.Budget, path: str) -> Iterator[Violation]:
    if budget.max_trials is not None:
        yield from words.between(budget.max_trials, 1, 2**31 - 1, f"{path}.max_trials")
    if budget.max_tokens is not None:
        yield from words.between(budget.max_tokens, 1, _MOST, f"{path}.max_tokens")


def _check_policy(spec: model.StudySpec, path: str) -> Iterator[Violation]:
    policy = spec.guard_policy
    yield from words.between(policy.hold_quantile, 0.5, 0.99, f"{path}.hold_quantile")
    failures = policy.max_consecutive_failures
    yield from words.between(failures, 1, 2**31 - 1, f"{path}.max_consecutive_failures")
    value = policy.value
    if value is None:
        return
    for name in ("requests_per_month", "months"):
        number: float = getattr(value, name)
        if not (math.isfinite(number) and number > 0):
            yield Violation(f"{path}.value.{name}", f"{number:g} is not above 0")
    objectives = [metric.id for metric in spec.objectives]
    if value.metric_id not in objectives:
        problem = f"{value.metric_id[:64]!r} is no objective; one of {', '.join(objectives)}"
        yield Violation(f"{path}.value.metric_id", problem)

"""Amounts of a declaration that are no money, told before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from groat import model
from groat.errors import InvalidArgument, Violation


def check(
    budget: model.Budget | None,
    guard_policy: model.GuardPolicy | None,
    rates: Iterable[model.Rate] | None,
) -> None:
    """Check that what shall be money is; ``None`` is a part that is not declared.

    Raises:
        InvalidArgument: With every amount that is a bare number or string.
    """
    found = _amounts(budget, guard_policy, rates or ())
    problems = [Violation(path, _problem(one)) for path, one in found if not _is_money(one)]
    if problems:
        raise InvalidArgument(*problems)


def _amounts(
    budget: model.Budget | None,
    guard_policy: model.GuardPolicy | None,
    rates: Iterable[model.Rate],
) -> Iterator[tuple[str, object]]:
    if budget is not None:
        _refuse_other(budget)
        yield "study.budget.max_spend", budget.max_spend
        yield "study.budget.max_trial_spend", budget.max_trial_spend
    if guard_policy is not None:
        path = "study.guard_policy.manual_trial_spend"
        yield path, guard_policy.manual_trial_spend
    for i, rate in enumerate(rates):
        yield f"study.price_book.rates[{i}].amount", rate.amount


def _refuse_other(budget: object) -> None:
    if not isinstance(budget, model.Budget):
        way = "write groat.Budget(max_spend=groat.Money.of(...))"
        raise InvalidArgument.at("study.budget", f"{budget!r:.60} is no budget; {way}")


def _is_money(given: object) -> bool:
    return given is None or isinstance(given, model.Money)


def _problem(given: object) -> str:
    return f'{given!r:.60} is no money; write groat.Money.of("{given!s:.60}")'

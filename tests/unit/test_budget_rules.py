"""What a declaration may say about money, the guard and its workload: each rule at its path."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from groat import errors, model
from groat.model import Money
from groat_server import validation
from groat_server.validation.budgets import check_money, check_next_spend
from tests import examples

MOST = 2**62
VALUE = model.ImprovementValue(
    requests_per_month=1_000, months=12, per_point=Money.of("0.01"), metric_id="quality"
)
CALL = model.WorkloadItem(usage=examples.usage())


def faults(**changes: Any) -> dict[str, str]:
    """What is wrong with such a study, by path."""
    return {one.path: one.problem for one in check_money(examples.study_spec(**changes))}


def budget(**limits: Any) -> dict[str, model.Budget]:
    """A change of the budget."""
    return {"budget": model.Budget(**limits)}


def policy(**changes: Any) -> dict[str, model.GuardPolicy]:
    """A change of the guard's policy."""
    return {"guard_policy": model.GuardPolicy(**changes)}


def value(**changes: Any) -> dict[str, model.GuardPolicy]:
    """A change of what a better system is worth."""
    return policy(value=replace(VALUE, **changes))


def workload(*items: model.WorkloadItem, **changes: Any) -> dict[str, model.Workload]:
    """A change of the workload."""
    return {"workload": model.Workload(**{"example_count": 10, "items": items, **changes})}


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        (budget(max_spend=Money(0)), "budget.max_spend", "0 USD is not above zero"),
        (budget(max_spend=Money(-1)), "budget.max_spend", "not above zero"),
        (budget(max_trial_spend=Money(0)), "budget.max_trial_spend", "not above zero"),
        (budget(max_trials=0), "budget.max_trials", "0 is outside 1 to"),
        (budget(max_trials=2**31), "budget.max_trials", "outside 1 to"),
        (budget(max_tokens=0), "budget.max_tokens", "0 is outside 1 to"),
        (budget(max_tokens=MOST + 1), "budget.max_tokens", "outside 1 to"),
        (policy(hold_quantile=0.49), "guard_policy.hold_quantile", "outside 0.5 to 0.99"),
        (policy(hold_quantile=1.0), "guard_policy.hold_quantile", "outside 0.5 to 0.99"),
        (policy(hold_quantile=float("nan")), "guard_policy.hold_quantile", "nan is outside"),
        (
            policy(max_consecutive_failures=0),
            "guard_policy.max_consecutive_failures",
            "0 is outside 1 to",
        ),
        (policy(manual_trial_spend=Money(0)), "guard_policy.manual_trial_spend", "above zero"),
        (value(per_point=Money(0)), "guard_policy.value.per_point", "above zero"),
        (value(months=0), "guard_policy.value.months", "0 is not above 0"),
        (value(months=float("inf")), "guard_policy.value.months", "inf is not above 0"),
        (
            value(requests_per_month=float("nan")),
            "guard_policy.value.requests_per_month",
            "nan is not above 0",
        ),
        (value(metric_id="latency"), "guard_policy.value.metric_id", "one of quality, price"),
        (value(metric_id="x" * 99), "guard_policy.value.metric_id", f"{'x' * 64!r} is no"),
        (workload(CALL, example_count=0), "workload.example_count", "at least one example"),
        (
            workload(replace(CALL, model_parameter="temperature")),
            "workload.items[0].model_parameter",
            "is of kind float",
        ),
        (
            {
                "price_book": model.PriceBook(
                    rates=(model.Rate(model="", unit=model.Unit.REQUEST, amount=Money(1)),)
                )
            },
            "price_book.rates[0].model",
            "a rate names its model",
        ),
    ],
)
def test_each_rule_is_told_at_its_path(changes: dict[str, Any], path: str, words: str) -> None:
    """Nothing else is wrong, and the problem has what was declared."""
    found = faults(**changes)

    assert list(found) == [f"study.{path}"]
    assert words in found[f"study.{path}"]


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        (budget(max_spend=Money(9, "EUR"), max_trial_spend=Money(1)), ["budget.max_trial_spend"]),
        (
            {**budget(max_spend=Money(9, "EUR")), **policy(manual_trial_spend=Money(1))},
            ["guard_policy.manual_trial_spend"],
        ),
        (value(per_point=Money(1, "EUR")), ["guard_policy.value.per_point"]),
        (
            workload(replace(CALL, usage=examples.usage(quantity=Money(1, "EUR")))),
            ["workload.items[0].usage.amount"],
        ),
    ],
)
def test_a_study_has_one_currency(changes: dict[str, Any], paths: list[str]) -> None:
    """The first amount names it; whatever is in another one is told."""
    assert list(faults(**changes)) == [f"study.{path}.currency" for path in paths]


@pytest.mark.parametrize("currency", ["usd", "", "DOLLAR", "US1"])
def test_a_currency_is_three_capital_letters(currency: str) -> None:
    """As ISO 4217 has them."""
    found = faults(**budget(max_spend=Money(1, currency)))

    assert "three capital letters" in found["study.budget.max_spend.currency"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="nothing"),
        pytest.param(
            budget(max_spend=Money(1), max_trial_spend=Money(1), max_trials=1, max_tokens=1),
            id="the least",
        ),
        pytest.param(budget(max_trials=2**31 - 1, max_tokens=MOST), id="the most"),
        pytest.param(policy(hold_quantile=0.5, max_consecutive_failures=1), id="a bold guard"),
        pytest.param(policy(hold_quantile=0.99, manual_trial_spend=Money(1)), id="a careful one"),
        pytest.param(value(), id="a value"),
        pytest.param(workload(CALL), id="a workload"),
        pytest.param(workload(), id="a workload of nothing"),
        pytest.param(budget(max_spend=Money(1, "EUR")), id="another currency"),
    ],
)
def test_what_may_be_declared(changes: dict[str, Any]) -> None:
    """At the ends of what is allowed."""
    assert faults(**changes) == {}


def test_every_fault_of_a_declaration_is_told_at_once() -> None:
    """Money beside all the rest, also where the space that a workload names is at fault."""
    empty = model.Parameter(id="o", domain=model.OrdinalDomain(levels=()))
    spec = examples.study_spec(
        search_space=model.SearchSpace(parameters=(empty,)),
        **budget(max_trials=0),
        **workload(replace(CALL, times_parameter="o", times=0.0)),
    )

    with pytest.raises(errors.InvalidArgument) as caught:
        validation.check_spec(spec)

    assert {one.path for one in caught.value.violations} >= {
        "study.search_space.parameters[0].ordinal.levels",
        "study.budget.max_trials",
        "study.workload.items[0].times",
    }


@pytest.mark.parametrize("amount", [None, Money(0), Money(1), Money(MOST)])
def test_a_next_step_may_spend(amount: Money | None) -> None:
    """Nothing, or anything that can be stored; or a worker does not say."""
    check_next_spend(examples.study_spec(), amount)


@pytest.mark.parametrize(
    ("amount", "path"),
    [
        (Money(-1), "next_spend.nanos"),
        (Money(MOST + 1), "next_spend.nanos"),
        (Money(1, "EUR"), "next_spend.currency"),
    ],
)
def test_a_next_step_that_cannot_be_set_aside(amount: Money, path: str) -> None:
    """In a study in dollars."""
    with pytest.raises(errors.InvalidArgument) as caught:
        check_next_spend(examples.study_spec(), amount)

    assert [one.path for one in caught.value.violations] == [path]

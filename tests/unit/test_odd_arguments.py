"""Arguments of the wrong kind are refused by the client, which says how they are written."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

import pytest

import groat
from groat import _requests, declare, errors, model

ODD = cast("Any", groat)
"""The same words, for calls that a type checker would refuse."""


def created(**options: Any) -> None:
    """Declare a study as far as the wire."""
    _requests.create_study("s", declare.study_spec([], [], **options))


def halving(sampler: Any) -> groat.SuccessiveHalving:
    return groat.SuccessiveHalving(min_examples=1, max_examples=9, sampler=sampler)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("nsga2", "'nsga2' is no algorithm that can stand here; write groat.Nsga2()"),
        ("random", "write groat.RandomSearch()"),
        (groat.Nsga2, "the class Nsga2 is no algorithm that can stand here; write groat.Nsga2()"),
        ("magic", "write one of groat.Auto(), groat.RandomSearch(), "),
        (groat.Algorithm(kind=cast("Any", "nsga2")), "algorithm: 'nsga2' is no algorithm"),
        (halving("bayesian"), "algorithm.sampler: 'bayesian' is no .* write groat.Bayesian()"),
        (halving(groat.Sobol), "algorithm.sampler: the class Sobol is no"),
        (halving(groat.Manual()), "algorithm.sampler: Manual.* write one of groat.Auto(), "),
    ],
)
def test_what_is_no_algorithm_does_not_become_auto(given: Any, problem: str) -> None:
    """A search in another way than was meant would look like any other."""
    with pytest.raises(errors.InvalidArgument, match=re.sub(r"([()])", r"\\\1", problem)):
        created(algorithm=given)


def test_a_kind_in_the_place_of_an_algorithm_is_named() -> None:
    """A whole declaration takes no shorter form."""
    spec = model.StudySpec(
        search_space=model.SearchSpace(parameters=()),
        metrics=(),
        algorithm=cast("Any", groat.Nsga2()),
    )

    with pytest.raises(errors.InvalidArgument, match=r"write groat\.Algorithm\(kind=\.\.\.\)"):
        _requests.create_study("s", spec)


@pytest.mark.parametrize(
    "misspelt",
    [
        lambda: ODD.integer("k", 1, 9, defualt=3),
        lambda: ODD.subset("tools", ["a"], whne={}),
        lambda: cast("Any", _requests).measurement({}, exampel_count=3),
        lambda: created(budgt=groat.Budget()),
        lambda: ODD.fee("1", categroy=groat.SpendCategory.SAMPLING),
    ],
)
def test_a_misspelt_word_is_a_type_error(misspelt: Callable[[], object]) -> None:
    """As Python has it everywhere else."""
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        misspelt()


@pytest.mark.parametrize(
    ("declared", "problem"),
    [
        (lambda: ODD.subset("p", ["a"], default={"a"}), r"p\.default: .* is of type set; a value"),
        (lambda: ODD.flag("p", default=b"a"), r"p\.default: .* is of type bytes; a value"),
        (lambda: ODD.subset("p", ["1"], default=[1]), r"p\.default: \[1\] is of type list"),
        (lambda: ODD.flag("p", when={"r": "dense"}), r"p\.when\[r\]: .* write \['dense'\]"),
        (lambda: ODD.flag("p", when={"r": True}), r"p\.when\[r\]: .* write \[True\]"),
        (lambda: ODD.flag("p", when="r"), r"p\.when: 'r' is no mapping; write \{'id': \["),
        (lambda: ODD.choice("p", "abc"), r"p\.labels: .* write \['abc'\]"),
        (lambda: ODD.levels("p", "abc"), r"p\.levels: .* write \['abc'\]"),
        (lambda: ODD.order("p", "abc"), r"p\.items: .* write \['abc'\]"),
        (lambda: ODD.subset("p", ["a"], required="a"), r"p\.required: .* write \['a'\]"),
        (lambda: ODD.text("p", "Be brief."), r"variants: .* write \['Be brief\.'\]"),
        (lambda: ODD.forbid({"p": {"a"}}), r"configuration\[p\]: .* is of type set"),
    ],
)
def test_a_value_of_no_kind_is_named_with_its_parameter(
    declared: Callable[[], object], problem: str
) -> None:
    """A string would fall into its letters, and a set has no order to keep."""
    with pytest.raises(errors.InvalidArgument, match=f"^{problem}"):
        declared()


@pytest.mark.parametrize(
    ("configurations", "problem"),
    [
        ({"k": 3}, "configurations: one configuration; write a list"),
        (["k"], r"configurations\[0\]: 'k' is no mapping"),
        ([{"k": 3}, {"k": None}], r"configurations\[1\]\[k\]: None is of type NoneType"),
    ],
)
def test_a_prediction_takes_a_list_of_configurations(configurations: Any, problem: str) -> None:
    """One mapping alone would be read as a list of its names."""
    with pytest.raises(errors.InvalidArgument, match=f"^{problem}"):
        _requests.predict("s", configurations)


def test_every_bare_number_where_money_belongs_is_named() -> None:
    """With the currency in doubt, nothing is guessed."""
    budget = groat.Budget(max_spend=cast("Any", 5), max_trial_spend=cast("Any", 0.25))
    rate = groat.Rate(model="m", unit=groat.Unit.REQUEST, amount=cast("Any", "1"))

    with pytest.raises(errors.InvalidArgument) as caught:
        created(budget=budget, rates=[rate])

    assert [str(one) for one in caught.value.violations] == [
        'study.budget.max_spend: 5 is no money; write groat.Money.of("5")',
        'study.budget.max_trial_spend: 0.25 is no money; write groat.Money.of("0.25")',
        "study.price_book.rates[0].amount: '1' is no money; write groat.Money.of(\"1\")",
    ]


def test_a_bare_number_is_no_budget_in_a_change_either() -> None:
    """What may be declared may be changed, by the same rules."""
    with pytest.raises(errors.InvalidArgument, match=r"^study\.budget: 5 is no budget; write "):
        _requests.update_study("s", budget=cast("Any", 5))


@pytest.mark.parametrize(
    "said", [lambda: ODD.fee(0.4), lambda: ODD.human(3, 0.4)], ids=["fee", "rate"]
)
def test_a_float_is_no_amount(said: Callable[[], object]) -> None:
    """Some floats happen to be exact; the program that has one does not know which."""
    with pytest.raises(TypeError, match=r'0\.4 is a float, and floats .* write "0\.4"'):
        said()


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "1e30", "9300000000"])
def test_what_no_ledger_holds_is_no_amount(amount: str) -> None:
    """Money is a whole number of nanos in 64 bits."""
    with pytest.raises(ValueError, match="64 bits"):
        groat.Money.of(amount)

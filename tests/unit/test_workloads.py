"""Declared workloads: spends worked by hand, and what may be declared."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groat import model
from groat.model import Money, TokenCounts, Unit
from groat_server import pricing
from groat_server.pricing import DeclaredSpend
from tests import examples

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def choice(*labels: str) -> model.Domain:
    """A choice between labels."""
    return model.CategoricalDomain(labels=labels)


def when(parameter_id: str, *any_of: model.Value) -> tuple[model.Condition, ...]:
    """A condition on another parameter."""
    return (model.Condition(parameter_id=parameter_id, any_of=any_of),)


SPACE = model.SearchSpace(
    parameters=(
        model.Parameter(id="llm", domain=choice("small", "large", "unheard-of")),
        model.Parameter(id="rerank", domain=model.BoolDomain()),
        model.Parameter(
            id="reranker", domain=choice("small", "large"), active_when=when("rerank", True)
        ),
        model.Parameter(id="k", domain=model.IntDomain(min=0, max=20)),
        model.Parameter(id="share", domain=model.FloatDomain(min=-1.0, max=1.0)),
        model.Parameter(id="votes", domain=model.OrdinalDomain(levels=(1, 3, 5))),
        model.Parameter(id="size", domain=model.OrdinalDomain(levels=("small", "large"))),
        model.Parameter(id="tools", domain=model.SubsetDomain(items=("web", "sql", "code"))),
        model.Parameter(id="order", domain=model.PermutationDomain(items=("a", "b"))),
        model.Parameter(
            id="prompt",
            domain=model.TextDomain(variants=(model.TextVariant(id="small", text="Be brief."),)),
        ),
    )
)


def rates(name: str, dollars: int) -> list[model.Rate]:
    """So many dollars per million tokens in, and four times that per million out."""
    return [
        model.Rate(model=name, unit=unit, amount=Money.of(amount), per=1_000_000)
        for unit, amount in ((Unit.INPUT_TOKEN, dollars), (Unit.OUTPUT_TOKEN, 4 * dollars))
    ]


CALL = model.Usage(
    category=model.SpendCategory.EXPERIMENT,
    quantity=TokenCounts(input=1_000, output=250),
    provider="acme",
    model="small",
)
"""With the small model 0.002 dollars, with the large one 0.02."""

SMALL, LARGE = 2_000_000, 20_000_000
"""What a call spends, in nanos."""


def item(usage: model.Usage = CALL, **changes: Any) -> model.WorkloadItem:
    """A call once per example, unless told otherwise."""
    return model.WorkloadItem(usage=usage, **changes)


def workload(*items: model.WorkloadItem, **changes: Any) -> model.Workload:
    """Ten examples that need these items."""
    return replace(model.Workload(example_count=10, items=items), **changes)


def declared(*items: model.WorkloadItem) -> DeclaredSpend:
    """A study with its own rates that declares these items for ten examples."""
    own = (*rates("small", 1), *rates("large", 10))
    book = pricing.pin(model.PriceBook(rates=own), NOW, "USD")
    spec = examples.study_spec(search_space=SPACE, price_book=book)
    return DeclaredSpend(spec, workload(*items), NOW)


def fee(amount: str) -> model.Usage:
    """So much money."""
    return replace(CALL, quantity=Money.of(amount), model="", provider="")


# Spends by hand.


def test_a_call_per_example_spends_its_price_on_each() -> None:
    """Ten of them in a whole trial, or as many as are asked for."""
    spend = declared(item())

    assert (spend.nanos({}), spend.nanos({}, 3)) == (10 * SMALL, 3 * SMALL)
    assert (spend.tokens({}), spend.tokens({}, 3)) == (12_500, 3_750)


def test_times_may_be_a_part() -> None:
    """One example in ten is looked at by a person."""
    assert declared(item(times=0.1)).nanos({}) == pytest.approx(SMALL)


def test_what_a_trial_needs_once_is_spent_on_any_number_of_examples() -> None:
    """An index is built whole, however few questions are asked."""
    spend = declared(item(fee("2"), per_trial=True), item())

    assert spend.nanos({}, 1) == 2 * model.NANO + SMALL
    assert spend.nanos({}) == 2 * model.NANO + 10 * SMALL


def test_a_persons_time_is_spent_at_its_rate() -> None:
    """Two minutes at 30 dollars an hour are a dollar for each example, and no tokens."""
    work = model.HumanTime(duration=timedelta(minutes=2), hourly_rate=Money.of(30))
    spend = declared(item(replace(CALL, quantity=work)))

    assert (spend.nanos({}), spend.tokens({})) == (10 * model.NANO, 0)


@pytest.mark.parametrize(("llm", "nanos"), [("small", SMALL), ("large", LARGE)])
def test_the_model_may_be_a_parameter(llm: str, nanos: int) -> None:
    """The configuration's value is priced in place of the item's own model."""
    usage = replace(CALL, model="nonsense")
    spend = declared(item(usage, model_parameter="llm"))

    assert spend.nanos({"llm": llm}) == 10 * nanos
    assert spend.unpriced == ("acme/unheard-of",)


@pytest.mark.parametrize("name", ["prompt", "size"])
def test_texts_and_ordered_names_may_name_the_model(name: str) -> None:
    """Whatever chooses between names."""
    spend = declared(item(replace(CALL, model=""), model_parameter=name))

    assert (spend.nanos({name: "small"}), spend.unpriced) == (10 * SMALL, ())


def test_a_model_that_is_not_used_spends_nothing() -> None:
    """Where its parameter is inactive, the item is left out."""
    spend = declared(item(model_parameter="reranker"))

    assert spend.nanos({"rerank": True, "reranker": "large"}) == 10 * LARGE
    assert (spend.nanos({"rerank": False}), spend.tokens({"rerank": False})) == (0, 0)


@pytest.mark.parametrize(
    ("name", "value", "times"),
    [
        ("k", 7, 7),
        ("k", 0, 0),
        ("share", 0.5, 0.5),
        ("share", -0.5, 0),
        ("votes", 3, 3),
        ("tools", ("web", "code"), 2),
        ("tools", (), 0),
    ],
)
def test_a_parameter_multiplies(name: str, value: model.Value, times: float) -> None:
    """A number by itself, though never below zero; a subset by its size."""
    spend = declared(item(times=2, times_parameter=name))

    assert spend.nanos({name: value}) == pytest.approx(10 * 2 * times * SMALL)


def test_what_an_inactive_parameter_multiplies_is_left_out() -> None:
    """It has no value that could be taken."""
    spend = declared(item(times_parameter="k"), item())

    assert spend.nanos({}) == 10 * SMALL


def test_items_add_up() -> None:
    """Of several models and several kinds."""
    spend = declared(
        item(model_parameter="llm"), item(model_parameter="reranker", times_parameter="k")
    )

    assert spend.nanos({"llm": "large", "reranker": "small", "k": 5}, 2) == 2 * (LARGE + 5 * SMALL)


def test_models_without_a_price_are_named_once_and_count_nothing() -> None:
    """In order, with their provider where one is declared; their tokens are known all the same."""
    usage = replace(CALL, model="zebra", provider="")
    spend = declared(item(usage), item(model_parameter="llm"), item(usage))

    assert spend.unpriced == ("acme/unheard-of", "zebra")
    assert spend.nanos({"llm": "unheard-of"}) == 0
    assert spend.tokens({"llm": "unheard-of"}) == 3 * 12_500


def test_a_call_of_no_model_says_so() -> None:
    """Neither a provider nor a model was declared."""
    assert declared(item(replace(CALL, model="", provider=""))).unpriced == ("no model",)


def test_list_prices_serve_where_no_rate_is_declared() -> None:
    """A thousand in at 0.25 and 250 out at 2 dollars per million."""
    spend = declared(item(replace(CALL, model="gpt-5-mini", provider="openai")))

    assert (spend.nanos({}), spend.unpriced) == (10 * 750_000, ())


@given(st.integers(0, 20), st.integers(1, 50), st.sampled_from(["small", "large"]))
def test_part_of_a_trial_is_that_part_of_its_spend(k: int, count: int, llm: str) -> None:
    """Where nothing is spent once, spend goes with the number of examples."""
    spend = declared(item(model_parameter="llm"), item(times_parameter="k"))
    configuration = {"llm": llm, "k": k}

    assert spend.nanos(configuration, count) == count * spend.nanos(configuration, 1)


# Texts.


def test_texts_are_counted_and_dropped() -> None:
    """What is stored has the numbers of tokens only."""
    raw = model.RawText(input="Hello world", output="Hi", tokenizer="o200k_base")
    texts = workload(item(replace(CALL, quantity=raw), times=3.0), item())

    found = pricing.counted(texts)

    assert found.items[0] == item(replace(CALL, quantity=TokenCounts(input=2, output=1)), times=3.0)
    assert found.items[1] == texts.items[1]
    assert "Hello" not in repr(found)


# What may be declared.


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"example_count": 0}, "example_count", "at least one example"),
        ({"parallel_examples": 0}, "parallel_examples", "below 1"),
        ({"example_time": timedelta(seconds=-1)}, "example_time", "-1 s is negative"),
        ({"spread": 1.0}, "spread", "above 1"),
        ({"spread": 1_001.0}, "spread", "at most 1000"),
        ({"spread": float("nan")}, "spread", "above 1"),
        ({"items": (item(),) * 101}, "items", "101 items; at most 100"),
    ],
)
def test_a_workloads_own_rules(changes: dict[str, Any], path: str, words: str) -> None:
    """Each at its path, with what was declared."""
    (fault,) = faults(workload(item(), **changes))

    assert (fault.path, words in fault.problem) == (f"study.workload.{path}", True)


@pytest.mark.parametrize(
    ("declares", "path", "words"),
    [
        (item(times=0), "times", "outside 0 to"),
        (item(times=float("nan")), "times", "outside 0 to"),
        (item(times=2e6), "times", "outside 0 to"),
        (item(model_parameter="nope"), "model_parameter", "no parameter 'nope'"),
        (item(model_parameter="k"), "model_parameter", "'k' is of kind int"),
        (item(model_parameter="tools"), "model_parameter", "'tools' is of kind subset"),
        (item(times_parameter="nope"), "times_parameter", "no parameter 'nope'"),
        (item(times_parameter="llm"), "times_parameter", "'llm' is of kind categorical"),
        (item(times_parameter="size"), "times_parameter", "ordinal of names"),
        (item(times_parameter="rerank"), "times_parameter", "'rerank' is of kind bool"),
        (item(times_parameter="order"), "times_parameter", "'order' is of kind permutation"),
        (item(fee("-1")), "usage.amount.nanos", "negative"),
        (item(replace(CALL, quantity=Money(1, "EUR"))), "usage.amount.currency", "EUR"),
        (item(replace(CALL, request_count=-1)), "usage.request_count", "-1"),
    ],
)
def test_an_items_rules(declares: model.WorkloadItem, path: str, words: str) -> None:
    """The second item is at fault, and its place says so."""
    (fault,) = faults(workload(item(), declares))

    assert (fault.path, words in fault.problem) == (f"study.workload.items[1].{path}", True)


def test_more_prices_than_can_be_looked_up_in_time_are_refused() -> None:
    """A hundred items that may each have any of a hundred models."""
    many = model.CategoricalDomain(labels=tuple(f"m{i}" for i in range(100)))
    wide = model.SearchSpace(parameters=(model.Parameter(id="llm", domain=many),))
    asked = workload(*[item(model_parameter="llm")] * 100)

    (fault,) = pricing.validate_workload(asked, wide, "study.workload", "USD")

    assert (fault.path, "10,000 prices" in fault.problem) == ("study.workload.items", True)


def test_every_fault_is_found_at_once() -> None:
    """A declaration is mended in one go."""
    found = faults(workload(item(times=0, model_parameter="nope"), spread=0.5))

    assert [fault.path.rsplit(".", 1)[-1] for fault in found] == [
        "spread", "times", "model_parameter",
    ]  # fmt: skip


def test_what_may_be_declared() -> None:
    """At the ends of what is allowed."""
    fine = workload(
        item(times=1e6, model_parameter="llm", times_parameter="tools"),
        item(model_parameter="size", times_parameter="votes", per_trial=True),
        item(model_parameter="prompt", times_parameter="share"),
        example_time=timedelta(0),
        spread=1_000.0,
    )

    assert faults(fine) == []


def test_a_space_that_is_at_fault_itself_is_no_reason_to_break() -> None:
    """Both are checked in one go, and the space is named elsewhere."""
    empty = model.Parameter(id="o", domain=model.OrdinalDomain(levels=()))
    space = model.SearchSpace(parameters=(empty,))

    found = pricing.validate_workload(workload(item()), space, "study.workload", "USD")

    assert found == []


def faults(declares: model.Workload) -> list[Any]:
    """Everything that is wrong with a workload."""
    return pricing.validate_workload(declares, SPACE, "study.workload", "USD")

"""What a trial is expected to consume, in short words."""

from __future__ import annotations

from datetime import timedelta

import pytest

import groat
from groat import declare, model

EXPERIMENT, EVALUATION = model.SpendCategory.EXPERIMENT, model.SpendCategory.EVALUATION
FEE = model.Usage(category=EXPERIMENT, quantity=model.Money.of("0.4"))


def test_a_call_says_its_tokens_and_its_model() -> None:
    """Once per example, and it runs the system itself."""
    item = groat.calls("m", input=900, output=150, provider="p", cached=400)

    tokens = model.TokenCounts(input=900, output=150, cache_read_input=400)
    usage = model.Usage(category=EXPERIMENT, quantity=tokens, provider="p", model="m")
    assert item == model.WorkloadItem(usage=usage)


def test_the_model_may_be_a_parameters_value() -> None:
    """The name is then left out, and the forecast follows the configuration."""
    item = groat.calls(input=9, output=5, model_parameter="model", times_parameter="k", times=0.5)

    assert item.usage.model == ""
    assert (item.model_parameter, item.times_parameter, item.times) == ("model", "k", 0.5)


@pytest.mark.parametrize(
    ("item", "category"),
    [
        (groat.judge("m", input=9, output=5), EVALUATION),
        (groat.people(2, "40"), EVALUATION),
        (groat.fee_per("0.4"), EXPERIMENT),
        (groat.calls("m", input=9, output=5, category=EVALUATION), EVALUATION),
        (groat.fee_per("0.4", category=EVALUATION), EVALUATION),
    ],
)
def test_each_word_has_its_category(
    item: model.WorkloadItem, category: model.SpendCategory
) -> None:
    """Judges and people grade; a fee runs the system, unless it says otherwise."""
    assert item.usage.category is category


def test_people_are_paid_by_the_hour() -> None:
    """Minutes of each time, at an exact rate."""
    item = groat.people(90, groat.Money.of(40, "EUR"), rater="ann", times=0.1)

    assert item.times == 0.1
    assert item.usage.quantity == model.HumanTime(
        duration=timedelta(minutes=90), hourly_rate=groat.Money.of(40, "EUR"), rater="ann"
    )


def test_a_fee_may_be_paid_once_a_trial() -> None:
    """Such as for an index that each trial builds."""
    item = groat.fee_per("0.4", per_trial=True)

    assert item == model.WorkloadItem(usage=FEE, per_trial=True)


def test_a_workload_has_the_models_defaults() -> None:
    """What is not said is left to the model."""
    items = (model.WorkloadItem(usage=FEE),)

    assert groat.workload(50, list(items)) == model.Workload(example_count=50, items=items)


def test_a_workload_is_part_of_a_declaration() -> None:
    """With every option in its place."""
    declared = groat.workload(
        50, [], example_time=timedelta(seconds=2), parallel_examples=4, spread=1.5
    )

    spec = declare.study_spec([], [], workload=declared)

    assert spec.workload == model.Workload(
        example_count=50, example_time=timedelta(seconds=2), parallel_examples=4, spread=1.5
    )

"""What a plan says: rules, other methods, and amounts that fit the study."""

from __future__ import annotations

from dataclasses import replace

import pytest

from groat import model
from groat_server.guard import manual_plan
from groat_server.guard.plan.words import keep_rule, shown, title_of
from tests import examples, plan_cases


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "on"),
        (0.30, "0.3"),
        (5, "5"),
        ("nano", "nano"),
        (("a", "b"), "a + b"),
        ((), "nothing"),
    ],
)
def test_values_are_written_as_people_set_them(value: model.Value, text: str) -> None:
    """Nobody reads tuples or booleans of a programming language."""
    assert shown(value) == text


@pytest.mark.parametrize(("count", "amount"), [(0, "0.03"), (100, "0.05"), (33, "0.09")])
def test_fewer_examples_ask_for_a_larger_change(count: int, amount: str) -> None:
    """What may be luck on 33 examples is a finding on 300."""
    assert f"quality rises by {amount} or more" in keep_rule(plan_cases.case(), count)


def test_a_metric_in_points_is_judged_in_points() -> None:
    """The rule speaks the metric's own unit."""
    case = plan_cases.case(objectives=(replace(examples.QUALITY, unit="%"),))

    assert keep_rule(case, 0).startswith("Keep it if quality rises by 3 points or more. ")


def test_a_metric_of_unknown_scale_is_judged_in_parts() -> None:
    """A reward of 250 does not rise by 0.03."""
    told = plan_cases.told(1, 250.0, 0.01)

    rule = keep_rule(plan_cases.case(told=(told,)), 0)

    assert "quality rises by 10 % or more" in rule


def test_titles_name_what_differs_from_today() -> None:
    """A default that comes with a switch is no change of its own."""
    case = plan_cases.case()
    one = case.complete({**case.baseline, "rerank": True, "top_k": 10})

    assert one is not None
    assert title_of(case, one) == "top_k = 10, rerank = on"


def test_rules_name_only_parameters_of_this_space() -> None:
    """Advice on what does not exist is noise; advice on what does names it."""
    rules = manual_plan(plan_cases.case()).rules

    assert rules[0].endswith("try top_k, chunk_size, rerank or rerank_depth.")
    assert not any("tool" in rule or "votes" in rule for rule in rules)


def test_a_space_without_known_names_keeps_the_rule_of_patience() -> None:
    """Where no parameter is understood, one rule still holds."""
    space = model.SearchSpace(
        parameters=(model.Parameter(id="x", domain=model.BoolDomain(), default_value=False),)
    )

    plan = manual_plan(plan_cases.case(space=space))

    assert len(plan.rules) == 1
    assert "what went wrong." in plan.steps[0].instruction


def test_alternatives_are_sized_with_this_study() -> None:
    """Each classic method is there, with the trials and the money that it takes here."""
    texts = {one.method: one.text for one in manual_plan(plan_cases.case(8)).alternatives}

    assert list(texts) == [
        "grid", "random", "bayesian", "evolutionary", "successive_halving", "population_based",
    ]  # fmt: skip
    assert "9 trials (about 26.1 USD, more than is left)" in texts["grid"]
    assert "Draw 7 configurations at random (about 20.3 USD)" in texts["random"]
    assert "9 configurations on 33 examples, the best three on 99" in texts["successive_halving"]


def test_what_the_money_leaves_out_is_named_with_its_price() -> None:
    """A person may know that the dearest model is worth it, and raise the cap."""
    assert "model = large (12 USD)" in manual_plan(plan_cases.case(8)).procedure


def test_the_first_step_says_how_to_read_failures() -> None:
    """The labels are those that the rules speak of."""
    plan = manual_plan(plan_cases.case())

    assert '"not found", "found, but wrong" or "wrong form"' in plan.steps[0].instruction
    assert any('("not found")' in rule for rule in plan.rules)

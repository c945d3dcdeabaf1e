"""Which design the money reaches for, and that it never reaches further."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groat import model
from groat_server.guard import HandTold, PlanCase, manual_plan
from tests import examples, plan_cases
from tests.plan_cases import told

CONFIRM = "Confirm the winner"


@pytest.mark.parametrize(
    ("trials", "method"),
    [
        (3, "two_bets"),
        (4, "lead_only"),
        (6, "lead_only"),
        (8, "one_factor_at_a_time"),
        (11, "one_factor_at_a_time"),
        (15, "successive_halving_by_hand"),
        (20, "successive_halving_by_hand"),
        (30, "sobol_then_local"),
    ],
)
def test_more_money_reaches_for_more(trials: float, method: str) -> None:
    """Seven parameters and four models: the table of designs, one trial kept to confirm."""
    assert manual_plan(plan_cases.case(trials)).method == method


@pytest.mark.parametrize("example_count", [0, 60])
def test_examples_that_do_not_divide_are_screened_whole(example_count: int) -> None:
    """A third of sixty examples compares nothing, so all parameters change at once instead."""
    plan = manual_plan(plan_cases.case(15, example_count=example_count, spend_of=flat))

    assert plan.method == "plackett_burman"
    assert len(plan.steps) == 8 + 2


def flat(_: model.Configuration, count: int) -> model.Money:
    """Every configuration spends what a typical one does."""
    return model.Money(plan_cases.USUAL.nanos * (count or 300) // 300)


def test_two_trials_are_spread_over_parts_of_the_examples() -> None:
    """Where a baseline and a bet cannot both be run and confirmed, each runs on fewer examples."""
    plan = manual_plan(plan_cases.case(2))

    counts = {step.example_count for step in plan.steps}
    assert counts == {120}
    assert len(plan.steps) == 4


def test_examples_that_cannot_be_divided_are_run_whole() -> None:
    """With fifty examples there is no part to compare on; one step is what fits."""
    plan = manual_plan(plan_cases.case(1.5, example_count=50, spend_of=flat))

    assert [step.example_count for step in plan.steps] == [0]
    assert "No money is left to confirm" in plan.procedure


def test_without_a_cap_the_plan_is_short() -> None:
    """No money limits it, yet a person's patience does."""
    plan = manual_plan(plan_cases.case(None))

    assert plan.method == "one_factor_at_a_time"
    assert plan.steps[-1].title == CONFIRM
    assert len(plan.steps) <= 24


def test_unknown_spends_begin_with_two_bets() -> None:
    """With a cap and no idea of what a trial spends, few steps are right, and no amounts."""
    plan = manual_plan(plan_cases.case(5, spend_of=lambda _, __: None))

    assert plan.method == "two_bets"
    assert len(plan.steps) == 4
    assert plan.expected_spend is None
    assert {step.expected_spend for step in plan.steps} == {None}


def test_nothing_left_is_said_plainly() -> None:
    """A plan without a step says why, and what to do instead."""
    plan = manual_plan(plan_cases.case(0))

    assert plan.steps == ()
    assert plan.expected_spend == model.Money(0)
    assert "raise the cap" in plan.procedure


def test_trials_without_a_price_do_not_count_as_free() -> None:
    """A model whose price is missing is left out of a capped plan."""
    case = plan_cases.case(
        8, spend_of=lambda one, count: None if one["model"] == "nano" else flat(one, count)
    )

    planned = [step.configuration for step in manual_plan(case).steps if step.configuration]

    assert "nano" not in {one["model"] for one in planned}


def test_constraints_are_kept() -> None:
    """No step asks for what the study forbids."""
    forbidden = model.ForbiddenCombination(values={"model": "nano", "prompt": "plain"})
    space = replace(plan_cases.SPACE, constraints=(forbidden,))

    plan = manual_plan(plan_cases.case(8, space=space))

    assert all(
        (step.configuration or {}).get("model") != "nano" or step.configuration["prompt"] != "plain"  # pyright: ignore[reportOptionalSubscript]
        for step in plan.steps
    )


CONFIGURATIONS = st.fixed_dictionaries(
    {
        "model": st.sampled_from(["mini", "nano", "medium", "large"]),
        "prompt": st.sampled_from(["plain", "steps", "quotes"]),
        "top_k": st.sampled_from([2, 5, 10, 20]),
        "rerank": st.booleans(),
    }
)


@st.composite
def cases(draw: st.DrawFn) -> PlanCase:
    """Any money, any number of examples, anything told, any prices."""
    whole = draw(st.sampled_from([0, 20, 60, 100, 300, 2000]))
    fee, rate = draw(st.sampled_from([0, 1, 3])), draw(st.sampled_from(["0", "0.2", "1", "7"]))

    def spend_of(one: model.Configuration, count: int) -> model.Money:
        share = Decimal(count or whole or 1) / (whole or 1)
        per = plan_cases.spend_of(one, 0).nanos * Decimal(rate)
        return model.Money(int(per * share) + fee * model.NANO)

    trials = [
        told(
            number,
            draw(st.floats(0, 1)),
            draw(st.floats(0, 1)),
            count=draw(st.sampled_from([0, 33, 100, whole])),
            **draw(CONFIGURATIONS),
        )
        for number in range(1, draw(st.integers(0, 12)) + 1)
    ]
    measured = [
        one if draw(st.integers(0, 5)) else replace(one, is_measured=False, losses=())
        for one in trials
    ]
    return plan_cases.case(
        draw(st.floats(0, 60)), tuple(measured), example_count=whole, spend_of=spend_of
    )


@settings(max_examples=60, deadline=None)
@given(cases())
def test_open_steps_together_never_exceed_the_money(case: PlanCase) -> None:
    """Whatever is told and whatever things cost, the sheet can be paid to its last row."""
    plan = manual_plan(case)

    steps = [step for step in plan.steps if not step.is_done]
    spends = [step.expected_spend.nanos for step in steps if step.expected_spend]
    assert case.available is not None
    assert plan.expected_spend is not None
    assert len(spends) == len(steps)
    assert sum(spends) == plan.expected_spend.nanos <= case.available.nanos
    sums = [step.cumulative_spend.nanos for step in steps if step.cumulative_spend]
    assert sums == [sum(spends[: i + 1]) for i in range(len(spends))]


@settings(max_examples=60, deadline=None)
@given(cases())
def test_steps_are_in_order_and_can_be_run(case: PlanCase) -> None:
    """Numbers count up, what is done comes first, and the next step is never left open."""
    steps = manual_plan(case).steps

    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert [step.is_done for step in steps] == sorted(
        (step.is_done for step in steps), reverse=True
    )
    assert all(case.is_allowed(step.configuration) for step in steps if step.configuration)
    ahead = [step for step in steps if not step.is_done]
    assert not ahead or ahead[0].configuration is not None
    assert all(0 <= step.example_count <= max(case.example_count, 100) for step in steps)


@settings(max_examples=20, deadline=None)
@given(cases())
def test_the_same_case_has_the_same_plan(case: PlanCase) -> None:
    """A plan is a function of its case."""
    assert manual_plan(case) == manual_plan(case)


@settings(max_examples=40, deadline=None)
@given(cases())
def test_nothing_is_run_twice_but_the_winner(case: PlanCase) -> None:
    """A step that was told on as many examples is done; only a confirmation repeats it."""
    plan = manual_plan(case)

    ahead = [step for step in plan.steps if not step.is_done and step.title != CONFIRM]
    again = [step for step in ahead if any(is_same(case, one, step) for one in case.told)]
    assert again == []


def is_same(case: PlanCase, one: HandTold, step: model.ManualStep) -> bool:
    """Whether a told trial is this step."""
    is_equal = dict(one.configuration) == dict(step.configuration or {})
    return is_equal and case.covers(one, step.example_count)


def follow(trials: float, **changes: Any) -> tuple[list[HandTold], model.ManualPlan]:
    """Do as the plan says until it has no more steps; every step spends what was expected."""
    left, done = int(trials * plan_cases.USUAL.nanos), list[HandTold]()
    while True:
        case = replace(plan_cases.case(None, **changes), told=done, available=model.Money(left))
        plan = manual_plan(case)
        step = next((one for one in plan.steps if not one.is_done), None)
        if step is None:
            return done, plan
        assert step.configuration is not None
        assert step.expected_spend is not None
        left -= step.expected_spend.nanos
        done.append(run(len(done) + 1, step.configuration, step.example_count))


def run(number: int, one: model.Configuration, count: int) -> HandTold:
    """Medium is better at the same price, and so are ten passages."""
    quality = 0.6 + 0.1 * (one["model"] == "medium") + 0.05 * (one["top_k"] == 10)
    return HandTold(number=number, configuration=one, example_count=count, losses=(-quality, 0.01))


@pytest.mark.parametrize("trials", [2, 4, 8, 15, 30])
def test_following_the_plan_ends_with_a_confirmed_winner(trials: float) -> None:
    """Asked again after every tell, the plan goes on, ends, and has spent what there was."""
    done, plan = follow(trials, spend_of=flat)

    best = max(done, key=lambda one: -one.losses[0])
    runs = [one for one in done if dict(one.configuration) == dict(best.configuration)]
    assert best.configuration["model"] == "medium"
    assert len(runs) >= 2
    assert plan.procedure.startswith("Nothing is left to run")
    assert len(done) < 60


def test_a_told_screening_puts_the_strongest_changes_together() -> None:
    """After the eight rows, today's configuration is run with the two changes that helped most."""
    done, _ = follow(15, example_count=0, spend_of=flat)
    helped = {"prompt": "steps", "rerank": True}
    screen = [
        replace(one, losses=(-sum(one.configuration[key] == helped[key] for key in helped), 0.01))
        for one in done[:8]
    ]

    case = plan_cases.case(7, tuple(screen), example_count=0, spend_of=flat)

    [step] = [one for one in manual_plan(case).steps if one.title.startswith("The strongest")]
    assert {key: (step.configuration or {})[key] for key in helped} == helped
    assert (step.configuration or {})["model"] == "mini"


def test_what_was_tested_is_not_tested_again_from_a_new_base() -> None:
    """A model that did not help stays out when a better prompt becomes the base."""
    trials = (
        told(1, 0.7, 0.02),
        told(2, 0.6, 0.03, model="nano"),
        told(3, 0.8, 0.01, prompt="steps"),
    )

    steps = manual_plan(plan_cases.case(8, trials, spend_of=flat)).steps

    ahead = {step.title for step in steps if not step.is_done}
    assert "model = medium" in ahead
    assert "model = nano" not in ahead


def test_a_long_history_is_not_forgotten() -> None:
    """A configuration that was run a hundred trials ago is not run again."""
    others = [told(i, 0.5, 0.03, temperature=i / 1000) for i in range(3, 103)]
    trials = (told(1, 0.7, 0.02), told(2, 0.6, 0.03, model="nano"), *others)

    steps = manual_plan(plan_cases.case(8, trials, spend_of=flat)).steps

    assert "model = nano" not in {step.title for step in steps if not step.is_done}


def test_a_search_of_many_trials_is_gone_on_from() -> None:
    """After thirty automatic trials a broad look would only repeat them."""
    others = [told(i, 0.5, 0.03, temperature=i / 100) for i in range(2, 32)]
    best = told(32, 0.8, 0.01, prompt="quotes", top_k=8)

    steps = manual_plan(plan_cases.case(30, (told(1, 0.7, 0.02), *others, best))).steps

    ahead = [step for step in steps if step.configuration and not step.is_done]
    assert {(step.configuration or {})["top_k"] for step in ahead[:3]} == {8}


def test_steps_that_are_told_are_shown_done_with_their_result() -> None:
    """The sheet shows what was measured, in the metrics' own directions, and what to make of it."""
    trials = (told(4, 0.7, 0.02), told(6, 0.8, 0.01, model="nano"))

    steps = manual_plan(plan_cases.case(8, trials)).steps

    assert [step.trial_number for step in steps[:3]] == [4, 6, None]
    assert steps[1].instruction == "Trial 6 measured quality 0.8, price 0.01 USD."
    assert steps[1].decision_rule.startswith("The best so far")
    assert steps[0].decision_rule == "Beaten: leave it."


def test_next_steps_start_from_the_best_so_far() -> None:
    """What helped is kept in everything that follows."""
    trials = (told(1, 0.7, 0.02), told(2, 0.8, 0.01, model="nano"))

    ahead = [one for one in manual_plan(plan_cases.case(8, trials)).steps if not one.is_done]

    changed = [step for step in ahead if step.title.startswith(("prompt", "top_k"))]
    assert changed
    assert {(step.configuration or {})["model"] for step in changed} == {"nano"}


def test_who_wants_it_cheap_bets_on_a_cheaper_model() -> None:
    """With money as the first objective the first bet is the cheaper neighbour."""
    goals = (examples.PRICE, examples.QUALITY)

    dear = manual_plan(plan_cases.case(5, spend_of=plan_cases.spend_of)).steps[1]
    bets = manual_plan(plan_cases.case(3, objectives=goals)).steps

    assert dear.configuration is not None
    assert (bets[1].configuration or {})["model"] == "nano"

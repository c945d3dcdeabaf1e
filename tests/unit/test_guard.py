"""The guard's arithmetic, at and around its limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groat import model
from groat.model import Coverage, Money, Reason, StudyState, Verdict
from groat_server import guard
from tests import examples


def capped(**limits: Any) -> model.StudySpec:
    """A declaration with a cap of ten."""
    return examples.study_spec(budget=examples.budget("10", **limits))


def careful(quantile: float) -> model.StudySpec:
    """A declaration whose guard holds this quantile."""
    return replace(capped(), guard_policy=model.GuardPolicy(hold_quantile=quantile))


def study(
    settled: str = "0",
    held: str = "0",
    *,
    cap: str | None = "10",
    running: int = 0,
    finished: int = 0,
    coverage: Coverage = Coverage.COMPLETE,
    **changes: Any,
) -> model.Study:
    """A study whose ledger stands so."""
    budget = model.Budget(max_spend=None if cap is None else Money.of(cap))
    limits = {k: changes.pop(k) for k in ("max_trials", "deadline") if k in changes}
    budget = replace(budget, **limits)
    spec = replace(examples.study_spec(budget=budget), **changes)
    spend = model.Spend(total=Money.of(settled), coverage=coverage, unpriced_models=("x/y",))
    remaining = None if cap is None else Money.of(cap) - Money.of(settled) - Money.of(held)
    status = model.BudgetStatus(
        settled=spend,
        held=Money.of(held),
        remaining=remaining,
        running_trials=running,
        finished_trials=finished,
    )
    return model.Study(
        study_id="s",
        spec=spec,
        state=StudyState.ACTIVE,
        budget_status=status,
        last_decision=None,
        create_time=examples.NOW,
        update_time=examples.NOW,
        etag="1",
    )


def ruling(of: model.Study, hold: str | None = "1", **options: bool) -> guard.Ruling:
    """Admit one trial with such a hold."""
    amount = None if hold is None else Money.of(hold)
    return guard.admit(study=of, hold=amount, now=examples.NOW, **options)


@pytest.mark.parametrize(
    ("hold", "verdict"),
    [
        pytest.param("1", Verdict.PROCEED, id="fits exactly"),
        pytest.param("1.000000001", Verdict.WAIT, id="one nano over"),
    ],
)
def test_the_cap_is_inclusive(hold: str, verdict: Verdict) -> None:
    """Reaching it is allowed; passing it by one nano is not."""
    assert ruling(study("6", "3", running=1), hold).verdict is verdict


def test_without_running_trials_a_full_cap_ends_the_study() -> None:
    """Nothing can come back, so waiting would be for ever."""
    found = ruling(study("9.5"))

    assert (found.verdict, found.reason, found.ends_study) == (
        Verdict.STOP,
        Reason.BUDGET_EXHAUSTED,
        True,
    )


def test_the_explanation_has_the_numbers_and_the_way_out() -> None:
    """A person can check it, and knows what to do."""
    text = ruling(study("9.5")).explanation

    assert all(word in text for word in ("9.5 USD", "10 USD", "1 USD", "Raise max_spend"))


def test_money_held_for_silent_workers_is_waited_for() -> None:
    """They may still tell; ending the study would throw away what is not even spent."""
    found = ruling(study("0", "10"))

    assert (found.verdict, found.ends_study) == (Verdict.WAIT, False)
    assert "fell silent" in found.explanation


def test_an_unknown_spend_takes_all_that_is_left_alone() -> None:
    """The first trial may start; while it holds everything a second may not."""
    assert ruling(study(), None).verdict is Verdict.PROCEED
    assert ruling(study("0", "10", running=1), None).reason is Reason.BUDGET_HELD


def test_spend_without_a_price_stops_a_capped_study_only() -> None:
    """Without a cap there is nothing that could not be kept."""
    capped = ruling(study(coverage=Coverage.PARTIAL))
    free = ruling(study(coverage=Coverage.PARTIAL, cap=None))

    assert (capped.reason, capped.ends_study) == (Reason.SPEND_UNKNOWN, False)
    assert free.verdict is Verdict.PROCEED


def test_the_deadline_itself_is_in_time() -> None:
    """One microsecond later is not."""
    at = ruling(study(deadline=examples.NOW))
    after = ruling(study(deadline=examples.NOW - timedelta(microseconds=1)))

    assert (at.verdict, after.reason) == (Verdict.PROCEED, Reason.DEADLINE)


def test_a_waiting_trial_does_not_count_against_the_limit_twice() -> None:
    """It has its number already."""
    full = study(max_trials=3, finished=3)

    assert ruling(full, is_new=True).reason is Reason.TRIAL_LIMIT
    assert ruling(full, is_new=False).verdict is Verdict.PROCEED


def spent(amount: str, *, times: int, examples: int = 0) -> list[guard.Spent]:
    return [guard.Spent(amount=Money.of(amount), example_count=examples)] * times


def test_a_whole_trial_is_held_by_what_parts_of_trials_spent() -> None:
    """Twenty trials on a tenth of the examples: a whole one is held at ten times as much."""
    kind = model.SuccessiveHalving(min_examples=10, max_examples=100)
    rungs = replace(capped(), algorithm=model.Algorithm(kind=kind))
    told = spent("1", times=20, examples=10)

    part, whole = (guard.hold_for(rungs, told, count) for count in (10, 100))

    assert part is not None
    assert whole is not None
    assert Money.of(1) < part < Money.of("1.4")
    assert whole.nanos == pytest.approx(10 * part.nanos, rel=1e-6)


def test_a_declared_most_is_held_in_full() -> None:
    """Whatever trials have told: nothing stops one half-way."""
    spec = capped(max_trial_spend=Money.of(1))

    assert guard.hold_for(spec, spent("0.1", times=9)) == Money.of(1)


def test_a_declared_most_is_held_without_a_cap_too() -> None:
    """A cap that is set later then finds what runs."""
    spec = examples.study_spec(budget=model.Budget(max_trial_spend=Money.of(1)))

    assert guard.hold_for(spec, []) == Money.of(1)
    assert guard.hold_for(examples.study_spec(), []) == Money(0)


def test_nothing_told_and_nothing_declared_is_unknown() -> None:
    """Trials that spent nothing teach nothing."""
    assert guard.hold_for(capped(), spent("0", times=2)) is None


@given(
    st.lists(st.integers(1, 10**12), min_size=1, max_size=30),
    st.sampled_from([0.5, 0.75, 0.9, 0.99]),
)
def test_a_more_careful_guard_holds_more(nanos: list[int], quantile: float) -> None:
    """The hold rises with its quantile, and covers the median trial from 0.5 on."""
    told = [guard.Spent(amount=Money(amount)) for amount in nanos]
    low, high = (guard.hold_for(careful(q), told) for q in (0.5, quantile))

    assert low is not None
    assert high is not None
    assert Money(0) < low <= high


def test_equal_trials_teach_a_close_hold() -> None:
    """Twenty trials at one dollar: the next is held at little more than that."""
    hold = guard.hold_for(capped(), spent("1", times=20))

    assert hold is not None
    assert Money.of(1) < hold < Money.of("1.4")


def test_affordable_trials_are_those_begun_and_those_the_rest_pays() -> None:
    """Four told at one dollar with six left: ten in all."""
    told = spent("1", times=4)

    assert guard.affordable_trials(study("4", finished=4), told) == 10
    assert guard.affordable_trials(study("4", finished=4, max_trials=7), told) == 7
    assert guard.affordable_trials(study(cap=None), []) is None

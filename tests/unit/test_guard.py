"""Whether one more trial may start: every limit, at it and just past it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groat import model
from groat.model import Basis, Coverage, GuardMode, Money, Reason, StudyState, Verdict
from groat_server import guard
from groat_server.guard import Assessment, Candidate, Ruling, ruling
from tests import examples

LIMITS = {"max_trials", "max_tokens", "deadline"}
POLICIES = {"mode", "max_consecutive_failures"}
STATUSES = {"settled_tokens", "running_trials", "finished_trials", "waiting_trials"}

GO = ruling.proceed(Reason.FEW_TRIALS, "About 9 more trials fit.")
PILOT = ruling.proceed(Reason.PILOT, "One runs first.")
BY_HAND = ruling.by_hand(Reason.TOO_FEW_AFFORDABLE_TRIALS, "Only 3 trials fit.")
CONVERGED = ruling.stop(Reason.CONVERGED, "Nothing is left to gain.")


def study(
    settled: str = "0",
    held: str = "0",
    *,
    cap: str | None = "10",
    coverage: Coverage = Coverage.COMPLETE,
    **facts: Any,
) -> model.Study:
    """A study whose ledger stands so; facts are limits, policies, counts or parts of the study."""
    picked = {
        group: {key: facts.pop(key) for key in names & facts.keys()}
        for group, names in {"limits": LIMITS, "policies": POLICIES, "counts": STATUSES}.items()
    }
    most = None if cap is None else Money.of(cap)
    spec = examples.study_spec(
        budget=model.Budget(max_spend=most, **picked["limits"]),
        guard_policy=model.GuardPolicy(**picked["policies"]),
        max_concurrent_trials=facts.pop("max_concurrent_trials", 0),
    )
    status = model.BudgetStatus(
        settled=model.Spend(total=Money.of(settled), coverage=coverage, unpriced_models=("x/y",)),
        held=Money.of(held),
        remaining=None if most is None else most - Money.of(settled) - Money.of(held),
        **picked["counts"],
    )
    plain = model.Study(
        study_id="s",
        spec=spec,
        state=StudyState.ACTIVE,
        budget_status=status,
        last_decision=None,
        create_time=examples.NOW,
        update_time=examples.NOW,
        etag="1",
    )
    return replace(plain, **facts)


def assessed(advice: Ruling = GO, **facts: int) -> Assessment:
    """An assessment with this advice."""
    forecast = model.Forecast(basis=Basis.HISTORY)
    return Assessment(forecast=forecast, advice=advice, **facts)


def ask(of: model.Study, hold: str | None = "1", advice: Ruling = GO, **facts: Any) -> guard.Ruling:
    """Ask for one trial with such a hold; facts are parts of the candidate or the assessment."""
    likely = facts.pop("likely", None)
    parts = {key: facts.pop(key) for key in ("is_new", "is_decided", "room") if key in facts}
    candidate = Candidate(
        hold=None if hold is None else Money.of(hold),
        likely=None if likely is None else Money.of(likely),
        **parts,
    )
    assessment = assessed(advice, **facts)
    return guard.admit(study=of, candidate=candidate, assessment=assessment, now=examples.NOW)


def answer(found: Ruling) -> tuple[Verdict, Reason]:
    """What clients branch on."""
    return found.verdict, found.reason


@pytest.mark.parametrize(
    ("hold", "verdict"),
    [
        pytest.param("1", Verdict.PROCEED, id="fits exactly"),
        pytest.param("1.000000001", Verdict.WAIT, id="one nano over"),
    ],
)
def test_the_cap_is_inclusive(hold: str, verdict: Verdict) -> None:
    """Reaching it is allowed; passing it by one nano is not."""
    assert ask(study("6", "3", running_trials=1), hold).verdict is verdict


def test_without_running_trials_a_full_cap_ends_the_study() -> None:
    """Nothing can come back, so waiting would be for ever."""
    found = ask(study("9.5"))

    assert answer(found) == (Verdict.STOP, Reason.BUDGET_EXHAUSTED)
    assert (found.allows, found.ends_study) == (False, True)


def test_a_refusal_has_the_numbers_and_the_way_out() -> None:
    """A person can check it, and knows what to do."""
    text = ask(study("9.5")).explanation

    assert all(word in text for word in ("9.5 USD", "10 USD", "1 USD", "Raise max_spend"))


def test_a_spent_cap_refuses_what_holds_nothing_too() -> None:
    """Nobody knows beforehand that a trial is free."""
    assert ask(study("10"), "0").reason is Reason.BUDGET_EXHAUSTED
    assert ask(study("11"), "0").reason is Reason.BUDGET_EXHAUSTED


def test_money_held_for_silent_workers_is_waited_for() -> None:
    """They may still tell; ending the study would throw away what is not even spent."""
    found = ask(study("0", "10"))

    assert (found.verdict, found.ends_study) == (Verdict.WAIT, False)
    assert "fell silent" in found.explanation


def test_an_unknown_spend_takes_all_that_is_left_alone() -> None:
    """The first trial may start; while it holds everything a second may not."""
    first, second = ask(study(), None), ask(study("0", "10", running_trials=1), None)

    assert first.verdict is Verdict.PROCEED
    assert "all that is left" in first.explanation
    assert second.reason is Reason.BUDGET_HELD


@pytest.mark.parametrize(
    ("facts", "likely", "allows"),
    [
        pytest.param({}, "3", True, id="three times the likely spend is left"),
        pytest.param({}, "3.000000001", False, id="a nano less than three times"),
        pytest.param({}, None, False, id="nobody knows"),
        pytest.param({"running_trials": 1}, "3", False, id="beside another one"),
        pytest.param({"held": "1", "cap": "11"}, "3", False, id="beside a silent one"),
    ],
)
def test_a_careful_hold_does_not_end_a_study_with_the_money_in_hand(
    facts: dict[str, Any], likely: str | None, allows: bool
) -> None:
    """What holds nine and likely spends a third of what is left may run alone on all of it."""
    found = ask(study("1", **facts), "9.5", likely=likely)

    assert found.allows is allows


@pytest.mark.parametrize(("likely", "allows"), [("18", True), ("18.000000002", False)])
def test_a_trial_that_is_stopped_in_time_needs_less_room(likely: str, allows: bool) -> None:
    """Half of what it likely spends will do, and tell something."""
    assert ask(study("1"), "20", likely=likely, room=0.5).allows is allows


def test_spend_without_a_price_stops_a_capped_study_only() -> None:
    """Without a cap there is nothing that could not be kept."""
    capped = ask(study(coverage=Coverage.PARTIAL))
    free = ask(study(coverage=Coverage.PARTIAL, cap=None))

    assert answer(capped) == (Verdict.STOP, Reason.SPEND_UNKNOWN)
    assert not capped.ends_study
    assert "x/y" in capped.explanation
    assert free.verdict is Verdict.PROCEED


def test_the_deadline_itself_is_in_time() -> None:
    """One microsecond later is not."""
    at = ask(study(deadline=examples.NOW))
    after = ask(study(deadline=examples.NOW - timedelta(microseconds=1)))

    assert at.verdict is Verdict.PROCEED
    assert (after.reason, after.ends_study) == (Reason.DEADLINE, True)


def test_a_waiting_trial_does_not_count_against_the_limit_twice() -> None:
    """It has its number already."""
    full = study(max_trials=3, finished_trials=2, waiting_trials=1)

    assert ask(full, is_new=True).reason is Reason.TRIAL_LIMIT
    assert ask(full, is_new=False).verdict is Verdict.PROCEED


def test_a_trial_that_waits_does_not_pass_the_limit_either() -> None:
    """People may queue as many as they like; so many are run."""
    full = study(max_trials=3, finished_trials=3, waiting_trials=2)

    assert ask(full, is_new=False).reason is Reason.TRIAL_LIMIT


def test_trials_that_run_may_still_free_their_number() -> None:
    """All numbers are given out, and yet the study is not over."""
    found = ask(study(max_trials=3, finished_trials=2, running_trials=1))

    assert answer(found) == (Verdict.WAIT, Reason.AWAITING_RESULTS)


def test_no_more_workers_than_allowed() -> None:
    """The last place may be taken, and no place past it."""
    last, past = (ask(study(running_trials=n, max_concurrent_trials=2)) for n in (1, 2))

    assert last.verdict is Verdict.PROCEED
    assert answer(past) == (Verdict.WAIT, Reason.CONCURRENCY_LIMIT)


@pytest.mark.parametrize(
    ("each", "used", "running", "reason"),
    [
        pytest.param(100, 900, 0, Reason.FEW_TRIALS, id="fits exactly"),
        pytest.param(100, 901, 0, Reason.BUDGET_EXHAUSTED, id="one token over"),
        pytest.param(100, 800, 1, Reason.FEW_TRIALS, id="beside one that runs"),
        pytest.param(100, 850, 1, Reason.BUDGET_HELD, id="what runs is counted"),
        pytest.param(0, 0, 0, Reason.FEW_TRIALS, id="unknown: alone"),
        pytest.param(0, 0, 1, Reason.BUDGET_HELD, id="unknown: not beside another"),
        pytest.param(0, 1000, 0, Reason.BUDGET_EXHAUSTED, id="unknown: all used"),
    ],
)
def test_the_token_limit_is_inclusive(each: int, used: int, running: int, reason: Reason) -> None:
    """Of 1,000 tokens, with trials that take so many each."""
    of = study(max_tokens=1_000, settled_tokens=used, running_trials=running)

    assert ask(of, trial_tokens=each).reason is reason


def test_failures_in_a_row_stop_a_study_at_the_policys_number() -> None:
    """The third one does where three are too many."""
    of = study(max_consecutive_failures=3)
    third = ask(of, failures=3)

    assert ask(of, failures=2).verdict is Verdict.PROCEED
    assert answer(third) == (Verdict.STOP, Reason.TOO_MANY_FAILURES)
    assert third.ends_study


@pytest.mark.parametrize("advice", [BY_HAND, CONVERGED], ids=["by hand", "converged"])
def test_enforced_advice_withholds_trials(advice: Ruling) -> None:
    """Though the money for one more is there."""
    assert ask(study(), advice=advice) == advice


def test_advice_that_is_only_said_comes_with_the_trial() -> None:
    """The verdict is heard, the trial starts, and no study ends by advice."""
    by_hand = ask(study(mode=GuardMode.ADVISE), advice=BY_HAND)
    converged = ask(study(mode=GuardMode.ADVISE), advice=CONVERGED)

    assert answer(by_hand) == (Verdict.TUNE_MANUALLY, Reason.TOO_FEW_AFFORDABLE_TRIALS)
    assert answer(converged) == (Verdict.PROCEED, Reason.CONVERGED)
    for found, advice in ((by_hand, BY_HAND), (converged, CONVERGED)):
        assert (found.allows, found.ends_study) == (True, False)
        assert found.explanation.startswith(advice.explanation)


def test_caps_hold_where_advice_is_only_said() -> None:
    """A policy that wants to hear advice does not want to overspend."""
    found = ask(study("9.5", mode=GuardMode.ADVISE), advice=BY_HAND)

    assert answer(found) == (Verdict.STOP, Reason.BUDGET_EXHAUSTED)


def test_a_trial_that_a_person_chose_is_given_in_spite_of_advice() -> None:
    """And is told that it fits the budget; but not past the cap."""
    given = ask(study(), advice=BY_HAND, is_decided=True)
    refused = ask(study("9.5"), advice=BY_HAND, is_decided=True)

    assert answer(given) == (Verdict.PROCEED, Reason.WITHIN_BUDGET)
    assert refused.reason is Reason.BUDGET_EXHAUSTED


def test_limits_are_named_before_advice() -> None:
    """Nobody is told to acknowledge a decision that would not help."""
    found = ask(study(max_trials=3, finished_trials=3), advice=BY_HAND)

    assert found.reason is Reason.TRIAL_LIMIT


def test_advice_is_named_before_an_empty_purse() -> None:
    """It says what to do with what is left, which a bare refusal does not."""
    assert ask(study("9.5"), advice=BY_HAND) == BY_HAND


def test_once_something_is_told_an_empty_purse_is_named_before_advice() -> None:
    """What is left pays for no trial, whoever chooses it."""
    assert ask(study("9.5", finished_trials=3), advice=BY_HAND).reason is Reason.BUDGET_EXHAUSTED
    assert ask(study("9", finished_trials=3), advice=BY_HAND) == BY_HAND


def test_a_pilot_runs_alone() -> None:
    """What it shows decides about the next one; what people chose need not wait for it."""
    first = ask(study(), advice=PILOT)
    second = ask(study("0", "1", running_trials=1), advice=PILOT)
    chosen = ask(study("0", "1", running_trials=1), advice=PILOT, is_decided=True)

    assert answer(first) == (Verdict.PROCEED, Reason.PILOT)
    assert answer(second) == (Verdict.WAIT, Reason.AWAITING_RESULTS)
    assert chosen.verdict is Verdict.PROCEED


def test_going_ahead_says_what_it_rests_on() -> None:
    """The advice first, then what is spent and what this trial holds."""
    text = ask(study("2", "3"), "1.5").explanation

    assert text.startswith(GO.explanation)
    assert all(word in text for word in ("2 USD", "3 USD", "10 USD", "1.5 USD"))


def test_without_a_cap_every_trial_is_within_budget() -> None:
    """Whatever it holds."""
    found = ask(study(cap=None), None)

    assert answer(found) == (Verdict.PROCEED, Reason.WITHIN_BUDGET)
    assert found.explanation == "No spending cap is set."


def test_a_study_that_is_over_repeats_why() -> None:
    """A worker that asks again learns what the first one learnt."""
    last = examples.decision(verdict=Verdict.STOP, reason=Reason.CONVERGED, explanation="Enough.")
    stopped = ask(study(state=StudyState.COMPLETED, last_decision=last))
    ended = ask(study(state=StudyState.COMPLETED))

    assert (*answer(stopped), stopped.explanation) == (Verdict.STOP, Reason.CONVERGED, "Enough.")
    assert answer(ended) == (Verdict.STOP, Reason.STUDY_NOT_ACTIVE)


def test_a_paused_study_is_waited_for() -> None:
    """Somebody means to go on with it."""
    found = ask(study(state=StudyState.PAUSED))

    assert answer(found) == (Verdict.WAIT, Reason.STUDY_NOT_ACTIVE)
    assert not found.ends_study


NANOS = st.integers(0, 10**12)


def ledger(cap: int, settled: int, held: int, running: int) -> model.Study:
    """A study with such a ledger, in nanos."""
    amounts = [str(Money(nanos).amount) for nanos in (settled, held, cap)]
    return study(amounts[0], amounts[1], cap=amounts[2], running_trials=running)


@given(NANOS, NANOS, NANOS, NANOS, st.integers(0, 2))
def test_no_hold_passes_the_cap(cap: int, settled: int, held: int, hold: int, running: int) -> None:
    """Whoever is let in with an honest hold keeps settled and held together within the cap."""
    found = ask(ledger(cap, settled, held, running), str(Money(hold).amount))

    assert found.allows == (settled + held + hold <= cap and settled + held < cap)


@given(NANOS, NANOS, NANOS, NANOS, NANOS, st.integers(0, 2), st.integers(0, 10**11))
def test_a_higher_cap_never_refuses_what_a_lower_one_allows(  # noqa: PLR0917
    cap: int, more: int, settled: int, held: int, hold: int, running: int, likely: int
) -> None:
    """The ledger alone is monotone in money."""
    poor, rich = (
        ask(
            ledger(most, settled, held, running),
            str(Money(hold).amount),
            likely=str(Money(likely).amount),
        )
        for most in (cap, cap + more)
    )

    assert rich.allows or not poor.allows

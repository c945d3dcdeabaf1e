"""Whether automatic search pays: every rule, how many moments it asks for, and money."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from groat import model
from groat.model import Basis, Money, Reason, Verdict
from groat_server import guard
from groat_server.gains import WINDOW, Gain
from groat_server.guard import Moment, Ruling, Sizes
from groat_server.guard.advice import DOUBTFUL, LITTLE, SURE, value_of
from tests import examples

SIZES = Sizes(dimension=6.0, least=8, recommended=30)
LATE = SIZES.least + WINDOW
"""From so many trials on a study may be stopped for what it gains."""

UNIT = model.NANO
WORTH = model.ImprovementValue(
    requests_per_month=10_000, months=12, per_point=Money.of("0.001"), metric_id="quality"
)
"""A point of quality is worth 120 USD."""


def gain(each: float, spans: tuple[float, ...] = (0.5, 0.0)) -> Gain:
    """What one more trial adds, as the newest trials say."""
    return Gain(trials=20, recent=each, jackknife=0.0, modelled=None, spans=spans)


def moment(done: int = LATE, **changes: Any) -> Moment:
    """A study that has money for twenty more trials of one dollar, and gains well by each."""
    plain = Moment(
        done=done,
        chance=1.0,
        affordable=20,
        trial_mean=float(UNIT),
        gain=gain(0.05),
        settled=80.0 * UNIT,
    )
    return replace(plain, **changes)


def late(*parts: dict[str, Any]) -> list[Moment]:
    """Moments one trial apart, with these parts; the first after `LATE` trials."""
    return [moment(LATE + i, **changes) for i, changes in enumerate(parts)]


def advise(
    moments: Sequence[Moment],
    *,
    cap: str | None = "100",
    half: str | None = "1",
    basis: Basis = Basis.HISTORY,
    accepted: Sequence[Reason] = (),
    **policy: Any,
) -> Ruling:
    """Advise on a study with such a cap, whose typical trial spends ``half``."""
    spec = examples.study_spec(
        budget=model.Budget(max_spend=None if cap is None else Money.of(cap)),
        guard_policy=model.GuardPolicy(**policy),
    )
    forecast = model.Forecast(basis=basis, trial_spend_p50=None if half is None else Money.of(half))
    return guard.advise(spec, SIZES, moments, forecast, accepted)


def answer(found: Ruling) -> tuple[Verdict, Reason]:
    """What clients branch on."""
    return found.verdict, found.reason


def test_a_trial_at_the_persons_limit_is_not_too_dear() -> None:
    """One nano above it is."""
    limit = Money.of("2")
    at = advise([moment(0)], half="2", manual_trial_spend=limit)
    above = advise([moment(0)], half="2.000000001", manual_trial_spend=limit)

    assert at.verdict is Verdict.PROCEED
    assert answer(above) == (Verdict.TUNE_MANUALLY, Reason.TRIAL_TOO_EXPENSIVE)
    assert not above.allows
    assert "2 USD" in above.explanation


def test_of_an_unknown_price_nobody_says_that_it_is_too_high() -> None:
    """Before anything is known, a trial shows it."""
    assert advise([moment(0)], half=None, manual_trial_spend=Money(1)).allows


# Nothing left to gain.

SPENT = {"gain": gain(1e-5)}
"""Twenty trials more would add a hundredth of a percent."""


def test_a_study_with_nothing_left_to_gain_stops() -> None:
    """The explanation has the share that is left and the money that is saved."""
    found = advise(late(SPENT, SPENT, SPENT))

    assert answer(found) == (Verdict.STOP, Reason.CONVERGED)
    assert found.ends_study
    assert all(word in found.explanation for word in ("20 trials", "20 USD of 100 USD"))


@pytest.mark.parametrize("lively", range(3))
def test_converging_takes_three_moments_that_agree(lively: int) -> None:
    """Whichever of them still gains, the study goes on."""
    parts = [SPENT, SPENT, SPENT]
    parts[lively] = {"gain": gain(0.05)}

    assert advise(late(*parts)).verdict is Verdict.PROCEED


def test_exactly_little_is_still_something() -> None:
    """The rule asks for less than two percent of all further trials together."""
    each = LITTLE / gain(1.0).of(20)
    at, below = ({"gain": gain(each * scale)} for scale in (1.0000001, 0.9999999))

    assert advise(late(at, at, at)).verdict is Verdict.PROCEED
    assert advise(late(below, below, below)).reason is Reason.CONVERGED


@pytest.mark.parametrize(
    "moments",
    [
        pytest.param([moment(n, **SPENT) for n in range(LATE - 1, LATE + 2)], id="a trial early"),
        pytest.param(late(SPENT, SPENT), id="two moments"),
        pytest.param(late({"gain": None}, SPENT, SPENT), id="one without a gain"),
        pytest.param(late(*[{**SPENT, "affordable": None}] * 3), id="nothing bounds it"),
    ],
)
def test_a_study_that_has_not_seen_enough_does_not_converge(moments: list[Moment]) -> None:
    """A window of trials past the least number, three times in a row."""
    assert advise(moments).verdict is Verdict.PROCEED


def test_a_study_without_a_cap_does_not_converge() -> None:
    """No money is at stake, so people decide when it is over."""
    assert advise(late(SPENT, SPENT, SPENT), cap=None).verdict is Verdict.PROCEED


# What further trials are worth.


def test_a_whole_hypervolume_is_worth_its_spans() -> None:
    """50 points at 120 dollars, and 0.002 dollars less per request, 120,000 times."""
    spec = examples.study_spec(guard_policy=model.GuardPolicy(value=WORTH))

    assert value_of(spec, (0.5, 0.002)) == pytest.approx((50 * 120 + 240) * UNIT)
    assert value_of(examples.study_spec(), (0.5, 0.002)) == 0


def test_an_objective_that_nobody_values_is_worth_nothing() -> None:
    """Seconds are not money, unless a person says so."""
    metrics = (examples.QUALITY, replace(examples.PRICE, derivation=None))
    spec = examples.study_spec(metrics=metrics, guard_policy=model.GuardPolicy(value=WORTH))

    assert value_of(spec, (0.0, 5.0)) == 0


def poor(price: float) -> dict[str, Any]:
    """A moment at which a trial is worth 0.06 dollars, and spends so many."""
    return {"gain": gain(1e-5), "trial_mean": price * UNIT}


def test_trials_dearer_than_what_they_bring_stop_a_study() -> None:
    """6,000 dollars for all of it, a hundred-thousandth of that by one more trial."""
    found = advise(late(*[poor(0.061)] * 3), value=WORTH)

    assert answer(found) == (Verdict.STOP, Reason.NOT_WORTH_ITS_SPEND)
    assert found.ends_study
    assert all(word in found.explanation for word in ("0.06 USD", "0.061 USD"))


def test_trials_that_bring_what_they_spend_go_on() -> None:
    """With a value, what is left to gain in shares is no reason to stop."""
    assert advise(late(*[poor(0.059)] * 3), value=WORTH).verdict is Verdict.PROCEED


@pytest.mark.parametrize("worth_it", range(3))
def test_not_being_worth_it_takes_three_moments_that_agree(worth_it: int) -> None:
    """One cheap, or one lucky trial among them is enough to go on."""
    parts = [poor(0.061)] * 3
    parts[worth_it] = poor(0.059)

    assert advise(late(*parts), value=WORTH).verdict is Verdict.PROCEED


def test_a_search_dearer_than_any_hoped_gain_is_not_begun() -> None:
    """Ten points would be worth 1,200 dollars; eight trials at 150 spend just that."""
    just, past = (
        advise([moment(0, trial_mean=mean * UNIT)], cap="10000", value=WORTH)
        for mean in (150.0, 150.01)
    )

    assert just.verdict is Verdict.PROCEED
    assert answer(past) == (Verdict.TUNE_MANUALLY, Reason.NOT_WORTH_ITS_SPEND)
    assert "1,200 USD" in past.explanation


def test_a_search_that_has_begun_is_not_judged_by_hope() -> None:
    """From the first trial on there is something to see."""
    assert advise([moment(1, trial_mean=999.0 * UNIT)], cap="10000", value=WORTH).allows


# Too few trials fit.


def test_too_few_trials_are_a_persons_work() -> None:
    """A cap of 12 with 3 trials at 4: five are missing at 4 and a quarter on top, 40 in all."""
    facts = {"chance": 0.1, "affordable": 3, "trial_mean": 4.0 * UNIT, "settled": 0.0}
    found = advise([moment(0, **facts)], cap="12", half="4")

    assert answer(found) == (Verdict.TUNE_MANUALLY, Reason.TOO_FEW_AFFORDABLE_TRIALS)
    assert (found.allows, found.ends_study) == (False, False)
    words = ("3 trials of 4 USD", "12 USD", "fewer than 8", "max_spend to about 40 USD")
    assert all(word in found.explanation for word in words)


def test_money_that_is_spent_is_not_needed_again() -> None:
    """Two trials spent 8 of 12; six more at 4 and a quarter on top make 38 in all."""
    facts = {"chance": 0.1, "affordable": 1, "trial_mean": 4.0 * UNIT, "settled": 8.0 * UNIT}
    found = advise([moment(done, **facts) for done in (1, 2)], cap="12")

    assert "max_spend to about 38 USD" in found.explanation


def test_too_few_takes_two_moments_that_agree() -> None:
    """One told price may be an accident, whichever of the two it is."""
    for chances in [(0.1, DOUBTFUL), (DOUBTFUL, 0.1)]:
        moments = [moment(n, chance=chance) for n, chance in enumerate(chances, start=1)]
        assert advise(moments).allows

    assert not advise([moment(n, chance=0.1) for n in (1, 2)]).allows


@pytest.mark.parametrize(
    ("before", "verdict"),
    [
        pytest.param(None, Verdict.TUNE_MANUALLY, id="nothing was known"),
        pytest.param(SURE - 0.01, Verdict.TUNE_MANUALLY, id="it was a pilot"),
        pytest.param(SURE, Verdict.PROCEED, id="it was a sure start"),
    ],
)
def test_the_first_price_may_be_enough(before: float | None, verdict: Verdict) -> None:
    """Unless something that was known before contradicts it."""
    assert advise([moment(0, chance=before), moment(1, chance=0.1)]).verdict is verdict


def test_of_an_unknown_spend_a_pilot_comes_first() -> None:
    """Where a cap is to be kept; without one nothing need be known."""
    unknown = {"chance": None, "affordable": None, "trial_mean": None}
    facts: dict[str, Any] = {"half": None, "basis": Basis.NOTHING}
    capped = advise([moment(0, **unknown)], **facts)
    free = advise([moment(0, **unknown)], cap=None, **facts)

    assert answer(capped) == (Verdict.PROCEED, Reason.PILOT)
    assert answer(free) == (Verdict.PROCEED, Reason.WITHIN_BUDGET)


@pytest.mark.parametrize(
    ("chance", "done", "reason"),
    [
        pytest.param(DOUBTFUL, 0, Reason.PILOT, id="just not hopeless"),
        pytest.param(SURE - 1e-9, 0, Reason.PILOT, id="just not sure"),
        pytest.param(SURE, 0, Reason.FEW_TRIALS, id="sure"),
        pytest.param(SURE - 1e-9, 1, Reason.FEW_TRIALS, id="the pilot has told"),
    ],
)
def test_in_doubt_a_pilot_comes_first(chance: float, done: int, reason: Reason) -> None:
    """Between hopeless and sure one trial runs alone, and only one."""
    found = advise([moment(done, chance=chance, affordable=9)])

    assert (found.reason, found.allows) == (reason, True)


@pytest.mark.parametrize(
    ("done", "affordable", "reason", "words"),
    [
        (10, 20, Reason.WITHIN_BUDGET, ("20 more trials", "30 in all")),
        (10, 19, Reason.FEW_TRIALS, ("19 more trials", "29 in all", "enough to begin with (8)")),
        (3, 4, Reason.FEW_TRIALS, ("7 in all", "fewer than it takes to begin with (8)")),
    ],
)
def test_going_on_says_whether_the_space_gets_what_it_deserves(
    done: int, affordable: int, reason: Reason, words: tuple[str, ...]
) -> None:
    """Trials told and trials to come are counted together."""
    found = advise([moment(done, affordable=affordable)])

    assert answer(found) == (Verdict.PROCEED, reason)
    assert all(word in found.explanation for word in words)


@pytest.mark.parametrize(("ago", "reason"), [(2, Reason.WITHIN_BUDGET), (3, Reason.FEW_TRIALS)])
def test_a_forecast_at_the_edge_does_not_flap(ago: int, reason: Reason) -> None:
    """Enough at any of the last three moments is enough."""
    counts = [20 if n == 3 - ago else 5 for n in range(4)]
    assert (
        advise([moment(10 + n, affordable=more) for n, more in enumerate(counts)]).reason is reason
    )


@pytest.mark.parametrize(
    ("reason", "moments", "policy"),
    [
        (Reason.TRIAL_TOO_EXPENSIVE, [moment(0)], {"manual_trial_spend": Money.of("0.5")}),
        (Reason.TOO_FEW_AFFORDABLE_TRIALS, [moment(0, chance=0.1)], {}),
        (Reason.NOT_WORTH_ITS_SPEND, late(*[poor(0.061)] * 3), {"value": WORTH}),
        (Reason.CONVERGED, late(SPENT, SPENT, SPENT), {}),
    ],
)
def test_what_a_person_accepted_is_not_said_again(
    reason: Reason, moments: list[Moment], policy: dict[str, Any]
) -> None:
    """The study goes on; accepting something else changes nothing."""
    others = [one for one in Reason if one is not reason]

    assert advise(moments, **policy).reason is reason
    assert advise(moments, accepted=[reason], **policy).verdict is Verdict.PROCEED
    assert advise(moments, accepted=others, **policy).reason is reason


def test_accepting_one_reason_lets_another_be_heard() -> None:
    """Who pays dear trials may still have too few of them."""
    dear, limit = [Reason.TRIAL_TOO_EXPENSIVE], Money.of("0.5")
    found = advise([moment(0, chance=0.1)], accepted=dear, manual_trial_spend=limit)

    assert found.reason is Reason.TOO_FEW_AFFORDABLE_TRIALS


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 50), st.floats(0, 0.1)), max_size=5))
def test_moments_of_long_ago_change_nothing(before: list[tuple[float, int, float]]) -> None:
    """The same last three give the same advice, whatever a server remembers besides."""
    last = late(SPENT, SPENT, SPENT)
    older = [moment(n, chance=c, affordable=a, gain=gain(g)) for n, (c, a, g) in enumerate(before)]

    assert advise([*older, *last]) == advise(last)


# Money.


def seen(paths: np.ndarray, cap: float, done: int, chance: float | None) -> list[Moment]:
    """Two moments of a study at which these spends are simulated, the first with this chance."""
    view = guard.outlook(
        paths, available=cap, settled=0.0, done=done, trials_left=None, least=8, recommended=30
    )
    now = moment(
        done, chance=view.enough_chance, affordable=view.affordable_p50, trial_mean=view.trial_mean
    )
    return [replace(now, done=max(done - 1, 0), chance=chance), now]


@given(
    arrays(float, (6, 12), elements=st.floats(0.01, 5.0)),
    st.floats(0.0, 60.0),
    st.floats(0.0, 60.0),
    st.integers(0, 9),
    st.none() | st.floats(0, 1),
)
def test_more_money_never_calls_for_a_person(
    paths: np.ndarray, cap: float, more: float, done: int, chance: float | None
) -> None:
    """What goes on with some money goes on with more."""
    less, rich = (seen(paths, money, done, chance) for money in (cap, cap + more))
    poorer, richer = advise(less), advise(rich)

    assert richer.verdict is not Verdict.TUNE_MANUALLY or poorer.verdict is Verdict.TUNE_MANUALLY


@given(st.integers(1, 7), st.floats(0.01, 1e4), st.floats(1.0, 1.99), st.integers(0, 3))
def test_the_money_that_is_called_for_is_more_than_there_is(
    affordable: int, mean: float, rest: float, done: int
) -> None:
    """Following the advice moves the cap up, and by so much that enough trials fit."""
    cap = str(round(mean * (affordable + rest - 1), 9))
    assume(done + affordable < SIZES.least)
    facts = {"chance": 0.0, "affordable": affordable, "trial_mean": mean * UNIT}
    text = advise([moment(done, **facts)] * 2, cap=cap).explanation

    called = float(re.findall(r"max_spend to about ([\d.,]+) USD", text)[0].replace(",", ""))
    assert called > float(cap)
    assert called >= 0.99 * mean * (SIZES.least - done)

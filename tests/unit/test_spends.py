"""What trials are declared to spend, what they have spent, and what is set aside for one more."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from groat import model
from groat.model import Basis, Money, TrialState
from groat_server import guard
from groat_server.engine.assessing import Assessing, View
from groat_server.engine.drafts import unborn
from groat_server.engine.spends import (
    Expectation,
    Pilot,
    features_of,
    money_of,
    observed,
    with_pilot,
)
from groat_server.history import Memory
from groat_server.storage.base import FinishedTrial, Store
from groat_server.storage.sql import SqlStore
from tests import examples
from tests.unit.test_history import SPEC, measured, past_of

HALVING = model.Algorithm(
    kind=model.SuccessiveHalving(min_examples=10, max_examples=90, sampler=model.Sobol()), seed=1
)
FEE = model.Usage(category=model.SpendCategory.EXPERIMENT, quantity=Money.of("0.02"))
DECLARED = model.Workload(
    example_count=100, items=(model.WorkloadItem(usage=FEE, times_parameter="k"),), spread=3.0
)
"""Two cents per example and passage, so 2 dollars times ``k``."""


def spec(**changes: Any) -> model.StudySpec:
    """A study with pinned prices."""
    return replace(SPEC, price_book=model.PriceBook(as_of=examples.NOW), **changes)


def expectation(**changes: Any) -> Expectation:
    """What such a study expects."""
    return Expectation(spec(**changes), examples.NOW)


def trial(number: int, spend: str = "1", **changes: Any) -> FinishedTrial:
    """A trial that spent so much, with ``k`` one above its number."""
    paid = model.Spend(total=Money.of(spend))
    one = measured(number, 0.5, 0.5)
    return replace(one, trial=replace(one.trial, spend=paid, **changes))


def observe(told: list[FinishedTrial], **changes: Any) -> guard.Observed:
    """What these trials of such a study teach."""
    past = past_of(told)
    return observed(past, expectation(**changes), past.in_order())


def shares(rows: guard.Observed) -> list[float]:
    """Which part of a whole trial each was run, where nothing is declared."""
    return np.exp(rows.offsets).round(12).tolist()


# What is declared.


def test_a_declared_trial_is_expected_at_its_price() -> None:
    """Two cents for each of three passages of 100 examples, or of 10."""
    found = expectation(workload=DECLARED)

    assert found.spread == 3.0
    assert found.whole == 100
    assert found.log_nanos({"k": 3}) == pytest.approx(math.log(6 * model.NANO))
    assert found.log_nanos({"k": 3}, 10) == pytest.approx(math.log(0.6 * model.NANO))


def test_a_trial_declared_free_is_expected_at_a_nano() -> None:
    """Logarithms know no zero."""
    free = replace(FEE, quantity=Money(0))
    workload = replace(DECLARED, items=(model.WorkloadItem(usage=free),))

    assert expectation(workload=workload).log_nanos({"k": 3}) == 0


def test_the_most_of_a_trial_is_what_nine_in_ten_stay_below() -> None:
    """So its median lies below, by as much as its spread says."""
    found = expectation(budget=model.Budget(max_trial_spend=Money.of(10)))

    assert found.spread is not None
    sd = math.log(found.spread) / 1.645
    assert found.log_nanos({"k": 1}) + 1.2816 * sd == pytest.approx(math.log(10 * model.NANO))


def test_a_workload_says_more_than_the_most_of_a_trial() -> None:
    """Where both are declared, the workload has the shape."""
    budget = model.Budget(max_trial_spend=Money.of(10))

    found = expectation(workload=DECLARED, budget=budget)

    assert found.log_nanos({"k": 3}) == pytest.approx(math.log(6 * model.NANO))


def test_without_a_declaration_nothing_is_expected_but_shares() -> None:
    """A third of the examples is a third of a whole trial, whatever that spends."""
    found = expectation(algorithm=HALVING)

    assert (found.spread, found.declared, found.unpriced) == (None, None, ())
    assert found.log_nanos({"k": 3}, 30) == pytest.approx(math.log(1 / 3))
    assert found.log_nanos({"k": 3}) == 0
    assert expectation().log_nanos({"k": 3}, 30) == 0


def test_a_workload_without_items_declares_nothing() -> None:
    """It may say how many examples there are, and how long one takes."""
    assert expectation(workload=model.Workload(example_count=9)).spread is None


# What was spent.


def test_a_continued_trial_paid_for_the_new_examples_only() -> None:
    """Ninety examples, thirty of which its parent ran, which ran ten for another one."""
    first = trial(0, example_count=30, configuration_id="one")
    more = trial(1, example_count=90, configuration_id="one", parent=0)
    other = trial(2, example_count=90, configuration_id="another", parent=0)

    rows = observe([first, more, other], algorithm=HALVING)

    assert shares(rows) == pytest.approx([1 / 3, 2 / 3, 1])
    assert rows.logs.tolist() == pytest.approx([math.log(model.NANO)] * 3)


def test_offsets_are_what_the_declaration_says_of_each() -> None:
    """Trials with one and two passages, the second on a tenth of the examples."""
    rows = observe([trial(0), trial(1, example_count=10)], workload=DECLARED)

    assert np.exp(rows.offsets).tolist() == pytest.approx([2 * model.NANO, 0.4 * model.NANO])


def test_a_stopped_trial_paid_for_what_it_measured() -> None:
    """Where a whole evaluation is known, the part that it ran is."""
    partial = model.EarlyStopped(measurement=examples.measurement(example_count=45))
    stopped = trial(0, state=TrialState.EARLY_STOPPED, outcome=partial)

    rows = observe([stopped], algorithm=HALVING)

    assert shares(rows) == [0.5]
    assert rows.is_lower_bound.tolist() == [False]


def test_a_failed_trial_says_what_a_whole_one_spends_at_least() -> None:
    """Nobody knows how far it came; one that is infeasible came to its end."""
    failed = trial(0, state=TrialState.FAILED, outcome=model.Failed())
    impossible = trial(1, state=TrialState.INFEASIBLE, outcome=model.Infeasible())

    rows = observe([failed, impossible, trial(2)])

    assert rows.is_lower_bound.tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        pytest.param({}, 45, id="nobody knows how many a whole one has"),
        pytest.param({"algorithm": HALVING}, 0, id="it does not say how many it ran"),
    ],
)
def test_a_trial_stopped_at_an_unknown_place_is_a_lower_bound(
    changes: dict[str, Any], count: int
) -> None:
    """Else stopped trials would make whole ones look cheap."""
    partial = model.EarlyStopped(measurement=examples.measurement(example_count=count))
    stopped = trial(0, state=TrialState.EARLY_STOPPED, outcome=partial)

    rows = observe([stopped], **changes)

    assert (shares(rows), rows.is_lower_bound.tolist()) == ([1.0], [True])


def test_trials_that_spent_nothing_teach_nothing() -> None:
    """Their usage may not have been told."""
    assert len(observe([trial(0, "0"), trial(1)]).logs) == 1


def test_the_newest_five_hundred_count_in_order_of_finishing() -> None:
    """Trial 0 changed last, so it is the newest."""
    told = [trial(number, str(number + 1)) for number in range(502)]
    told[0] = replace(told[0], order=600)

    rows = observe([*told[1:], told[0]])

    assert np.exp(rows.logs[[0, -2, -1]]).tolist() == pytest.approx(
        [dollars * model.NANO for dollars in (4, 502, 1)]
    )
    assert len(rows.features) == len(rows.offsets) == len(rows.is_lower_bound) == 500


def test_a_pilot_is_one_more_row() -> None:
    """Ten examples of a declared hundred, at five times their price."""
    expected, past = expectation(workload=DECLARED), past_of([trial(0)])
    configuration = {"k": 3, "retriever": "bm25"}
    pilot = Pilot(configuration, nanos=3 * model.NANO, example_count=10)

    rows = with_pilot(past.space, observed(past, expected, past.told()), expected, pilot)

    point = past.space.place(configuration)
    np.testing.assert_array_equal(rows.features[1], features_of(past.space, [point])[0])
    assert math.exp(rows.logs[1] - rows.offsets[1]) == pytest.approx(5)
    assert rows.is_lower_bound.tolist() == [False, False]


def test_an_expected_spend_is_rounded_up() -> None:
    """A hold is never a fraction short, and never more than can be stored."""
    assert money_of(1.0000001, "EUR") == Money(2, "EUR")
    assert money_of(2.0, "EUR") == Money(2, "EUR")
    assert money_of(math.inf, "USD").nanos < 2**62


# What is set aside.


@pytest.fixture
def store() -> Iterator[Store]:
    store = SqlStore.open("sqlite://")
    yield store
    store.close()


def view(store: Store, **changes: Any) -> View:
    """Assess a study of which nothing is told."""
    return Assessing(Memory(store)).of_new(unborn("s", spec(**changes), examples.NOW))


def held(seen: View, *, in_tranches: bool = False, count: int = 0, k: int = 3) -> Money | None:
    """What is set aside for a trial with so many passages."""
    configuration = {"k": k, "retriever": "bm25"}
    return seen.hold_for(configuration, count, in_tranches=in_tranches)


def test_a_declared_most_is_held_in_full(store: Store) -> None:
    """Nothing stops a trial half-way; without a cap too, as one that is set later finds it."""
    most = Money.of(7)
    for cap in (None, Money.of(100)):
        seen = view(store, budget=model.Budget(max_spend=cap, max_trial_spend=most))
        assert held(seen) == most


def test_a_worker_that_reports_holds_less_to_begin_with(store: Store) -> None:
    """An upper quartile instead of nine in ten, and never more than the most."""
    seen = view(store, workload=DECLARED, budget=examples.budget("100"))
    tight = view(
        store, workload=DECLARED, budget=examples.budget("100", max_trial_spend=Money.of(5))
    )
    quarter, nine = held(seen, in_tranches=True), held(seen)

    assert quarter is not None
    assert nine is not None
    assert Money.of(6) < quarter < nine
    assert held(tight, in_tranches=True) == held(tight) == Money.of(5)


@pytest.mark.parametrize(
    ("finished", "asked", "is_overruled", "room"),
    [
        pytest.param(1, {}, False, 3.0, id="a search that has begun"),
        pytest.param(0, {}, False, 2.0, id="nothing has run yet"),
        pytest.param(1, {}, True, 2.0, id="a person went on in spite of advice"),
        pytest.param(1, {"is_decided": True}, False, 2.0, id="a person chose the trial"),
        pytest.param(0, {"in_tranches": True}, True, 0.5, id="a worker that is stopped in time"),
    ],
)
def test_what_must_fit_on_all_that_is_left(
    store: Store, finished: int, asked: dict[str, bool], is_overruled: bool, room: float
) -> None:
    """More is risked where a person wants it, than where a search only goes on."""
    seen = view(store, workload=DECLARED, budget=examples.budget("100"))
    status = replace(seen.study.budget_status, finished_trials=finished)
    study = replace(seen.study, budget_status=status)

    seen = replace(seen, study=study, is_overruled=is_overruled)

    assert seen.room(**{"in_tranches": False, **asked}) == room


def test_a_more_careful_policy_holds_more(store: Store) -> None:
    """The hold rises with its quantile."""
    half, most = (
        held(
            view(
                store,
                workload=DECLARED,
                budget=examples.budget("100"),
                guard_policy=model.GuardPolicy(hold_quantile=quantile),
            )
        )
        for quantile in (0.5, 0.99)
    )

    assert half is not None
    assert most is not None
    assert half < most


def test_a_hold_follows_the_declaration(store: Store) -> None:
    """Ten times the examples are ten times the hold."""
    seen = view(store, workload=DECLARED, budget=examples.budget("100"))
    part, whole = held(seen, count=10), held(seen, count=100)

    assert part is not None
    assert whole is not None
    assert whole.nanos == pytest.approx(10 * part.nanos, rel=1e-6)


def test_without_a_cap_nothing_is_held_and_without_knowledge_nothing_is_known(
    store: Store,
) -> None:
    """Zero is not the same as unknown."""
    assert held(view(store, workload=DECLARED)) == Money(0)
    assert held(view(store, budget=examples.budget("100"))) is None


@pytest.mark.parametrize(
    ("changes", "basis"),
    [
        ({}, Basis.NOTHING),
        ({"workload": DECLARED}, Basis.DECLARED),
        ({"budget": model.Budget(max_trial_spend=Money.of(5))}, Basis.DECLARED),
    ],
)
def test_a_forecast_says_what_it_rests_on(
    store: Store, changes: dict[str, Any], basis: Basis
) -> None:
    """Before any trial that is a declaration, or nothing."""
    assert view(store, **changes).assessment.forecast.basis is basis


def test_a_restart_changes_no_word_of_the_guard(store: Store) -> None:
    """Everything is read off what was told, so another server says the same."""
    declared = spec(workload=DECLARED, budget=examples.budget("100"))
    store.create("s", declared, digest="d", now=examples.NOW)
    kept = Assessing(Memory(store))
    for number in range(4):
        tell(store, number)
        kept.of(store.look("s"))

    again = Assessing(Memory(store)).of(store.look("s"))

    assert kept.of(store.look("s")).assessment == again.assessment
    assert again.assessment.forecast.basis is Basis.HISTORY


def tell(store: Store, number: int, spend: str = "2") -> None:
    """End a trial that spent so many dollars."""
    one = measured(number, 0.5, 1.0).trial
    assert one.outcome is not None
    with store.locked("s") as locked:
        locked.add(examples.new_trial(number, configuration=one.configuration), now=examples.NOW)
        locked.lease(number, examples.lease(f"lease-{number}"), Money.of(spend))
        usage = examples.booked_usage(f"usage-{number}", spend)
        locked.book([usage], lease_id=f"lease-{number}", now=examples.NOW)
        locked.finish(number, one.state, one.outcome, now=examples.NOW)

"""What finished trials teach the guard about the next one, whole or in part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from groat import model
from groat.model import Money
from groat_server import guard
from groat_server.engine.spends import spent
from groat_server.history import Past
from tests.unit.test_history import SPEC, measured, past_of

HALVING = model.Algorithm(
    kind=model.SuccessiveHalving(min_examples=10, max_examples=90, sampler=model.Sobol()), seed=1
)


def past(algorithm: model.Algorithm, *trials: model.Trial) -> Past:
    """A past of trials that each spent a dollar."""
    told = past_of([replace(measured(one.number, 0.5, 0.5), trial=one) for one in trials])
    told.spec = replace(SPEC, algorithm=algorithm)
    return told


def trial(number: int, **changes: Any) -> model.Trial:
    spend = model.Spend(total=Money.of(1))
    plain = measured(number, 0.5, 0.5).trial
    return replace(plain, spend=spend, **changes)


def test_a_continued_trial_paid_for_the_new_examples_only() -> None:
    """Thirty examples, ten of which its parent ran."""
    first = trial(0, example_count=10, configuration_id="one")
    more = trial(1, example_count=30, configuration_id="one", parent=0)
    other = trial(2, example_count=30, configuration_id="another", parent=0)

    told = spent(past(HALVING, first, more, other))

    assert [one.example_count for one in told] == [10, 20, 30]


def test_a_stopped_trial_paid_for_what_it_measured() -> None:
    """Of a whole evaluation it ran as many examples as it told."""
    stopped = trial(0, state=model.TrialState.EARLY_STOPPED)
    told = past(HALVING, stopped)

    (only,) = spent(told)

    assert stopped.measurement is not None
    assert only.example_count == stopped.measurement.example_count
    assert not only.is_cut_short


def test_stopped_trials_do_not_make_whole_ones_look_cheap() -> None:
    """Where nobody knows what part they ran, whole trials alone are forecast from."""
    whole = [guard.Spent(amount=Money.of(1))] * 3
    stopped = [guard.Spent(amount=Money.of("0.1"), is_cut_short=True)] * 30
    capped = replace(SPEC, budget=model.Budget(max_spend=Money.of(100)))

    assert guard.hold_for(capped, whole + stopped) == guard.hold_for(capped, whole)
    assert guard.hold_for(capped, stopped) is not None


def test_more_examples_than_a_whole_evaluation_are_held_for() -> None:
    """A person may queue a trial on ten times as many; its hold is ten times as high."""
    spec = replace(SPEC, algorithm=HALVING, budget=model.Budget(max_spend=Money.of(1000)))
    told = [guard.Spent(amount=Money.of(1), example_count=90)] * 20

    whole, more = (guard.hold_for(spec, told, count) for count in (90, 900))

    assert whole is not None
    assert more is not None
    assert abs(more.nanos - 10 * whole.nanos) <= 10

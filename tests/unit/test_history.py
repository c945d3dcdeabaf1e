"""What was told, as arrays: signs, gaps, and a front that is kept up to date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groat import model
from groat.model import Money
from groat_server import front
from groat_server.engine.analysis import Analysis
from groat_server.evidence import history_of
from groat_server.history import Memory, Past
from groat_server.space import Space
from groat_server.storage.base import FinishedTrial, Store
from groat_server.storage.sql import SqlStore
from tests import examples
from tests.contracts import service

LIMIT = model.Metric(id="tokens", role=model.Role.CONSTRAINT, goal=model.Goal.MINIMIZE, bound=100)
SPEC = service.spec(metrics=(service.QUALITY, service.SPEED, LIMIT))


def finished(
    number: int,
    outcome: model.Outcome,
    state: model.TrialState,
    order: int | None = None,
    **changes: Any,
) -> FinishedTrial:
    """A trial that ended with this outcome."""
    place = number if order is None else order
    one = replace(trial(number), state=state, outcome=outcome, **changes)
    return FinishedTrial(order=place, trial=one, settled=Money(0))


def failed(number: int, **changes: Any) -> FinishedTrial:
    """A trial that says nothing about its configuration."""
    return finished(number, model.Failed(), model.TrialState.FAILED, **changes)


def trial(number: int, **changes: Any) -> model.Trial:
    """A trial that runs; each number has a configuration of its own."""
    running = model.Trial(
        study_id="s",
        number=number,
        configuration={"k": number + 1, "retriever": "bm25"},
        configuration_id=str(number),
        origin=model.Origin.ALGORITHM,
        state=model.TrialState.RUNNING,
        spend=model.Spend(total=Money(0)),
        create_time=examples.NOW,
    )
    return replace(running, **changes)


def measured(
    number: int, quality: float, seconds: float, tokens: float = 50, **changes: Any
) -> FinishedTrial:
    """A trial with all three metrics."""
    values = {"quality": quality, "seconds": seconds, "tokens": tokens}
    metrics = tuple(model.MetricValue(metric_id=key, value=v) for key, v in values.items())
    outcome = model.Succeeded(measurement=model.Measurement(metrics=metrics))
    return finished(number, outcome, model.TrialState.SUCCEEDED, **changes)


def past_of(news: Sequence[FinishedTrial], spec: model.StudySpec = SPEC) -> Past:
    """The past of a study in which these finished."""
    past = Past(spec=spec, space=Space(spec.search_space))
    past.add(news)
    return past


def test_losses_are_minimised_and_violations_count_from_the_bound() -> None:
    """A maximised metric changes its sign; a kept limit is at most 0."""
    history, _ = history_of(past_of([measured(0, 0.8, 2.0, tokens=130)]), [])

    np.testing.assert_array_equal(history.losses, [[-0.8, 2.0]])
    np.testing.assert_array_equal(history.violations, [[30.0]])
    assert np.isnan(history.errors).all()


def test_infeasible_trials_are_evidence_and_failed_ones_are_not() -> None:
    """The first say where not to go; the second only that the point is known."""
    news = [
        finished(0, model.Infeasible(), model.TrialState.INFEASIBLE),
        finished(1, model.Failed(), model.TrialState.FAILED),
    ]

    history, pending = history_of(past_of(news), [])

    assert history.numbers.tolist() == [0]
    assert np.isnan(history.losses).all()
    assert len(pending.excluded) == 1


def test_plans_reach_algorithms_as_arrays() -> None:
    """Told or pending, a trial says its examples, its parent and its slot."""
    told = [measured(0, 0.5, 1.0, example_count=3, slot="a"), measured(1, 0.5, 1.0)]
    running = [trial(2), trial(3, example_count=9, parent=0, slot="b")]

    history, pending = history_of(past_of(told), running)

    for part, counts, parents, slots in (
        (history, [3, 0], [-1, -1], ("a", "")),
        (pending, [0, 9], [-1, 0], ("", "b")),
    ):
        assert (part.example_counts.tolist(), part.parents.tolist()) == (counts, parents)
        assert part.example_counts.dtype == part.parents.dtype == np.int64
        assert part.slots == slots


def test_lost_slots_come_by_number_and_not_from_what_is_known() -> None:
    """A slot is lost when its trial failed, or told too little to learn from."""
    untold = model.Succeeded(measurement=model.Measurement())
    news = [
        failed(2, slot="c"),
        measured(3, 0.5, 1.0, slot="d"),
        failed(1),
        finished(4, untold, model.TrialState.SUCCEEDED, slot="e"),
        failed(0, slot="a"),
        finished(5, model.Infeasible(), model.TrialState.INFEASIBLE, slot="f"),
    ]

    history, pending = history_of(past_of(news), [])

    assert pending.lost == ("a", "c", "e")
    assert history.slots == ("d", "f")


def test_a_failed_promotion_excludes_nothing() -> None:
    """Its configuration is known from its parent, and may be promoted once more."""
    first = measured(0, 0.5, 1.0, example_count=1, slot="a")
    promotion = failed(1, parent=0, slot="b", configuration=first.trial.configuration)

    history, pending = history_of(past_of([first, promotion]), [])

    assert len(pending.excluded) == 0
    assert len(history.points) == 1
    assert pending.lost == ("b",)


def test_a_failed_trial_with_a_configuration_of_its_own_excludes_it() -> None:
    """On the first rung, or as a changed copy of its parent: nobody else has measured it."""
    news = [measured(0, 0.5, 1.0), failed(1, slot="a"), failed(2, parent=0, slot="b")]

    _, pending = history_of(past_of(news), [])

    places = [past_of([]).space.place(trial(number).configuration) for number in (1, 2)]
    np.testing.assert_array_equal(pending.excluded, places)


def test_what_finished_since_is_not_pending_too() -> None:
    """Pending trials are read first, and some end before the past is read."""
    history, pending = history_of(past_of([measured(0, 0.5, 1.0)]), [trial(0), trial(1)])

    assert (history.numbers.tolist(), pending.numbers.tolist()) == ([0], [1])


def test_in_order_is_the_order_of_finishing() -> None:
    """Slow trials come after those that were asked later; numbers stay the order of asking."""
    past = past_of([measured(2, 0.5, 1.0, order=0), measured(0, 0.6, 2.0, order=1)])
    past.add([measured(1, 0.7, 3.0, order=2)])

    assert [one.trial.number for one in past.in_order()] == [2, 0, 1]
    assert [one.trial.number for one in past.told()] == [0, 1, 2]


def test_a_trial_that_changes_comes_last_in_order_and_once() -> None:
    """What the guard saw before the change is no longer what it sees."""
    past = past_of([measured(0, 0.5, 1.0), measured(1, 0.6, 2.0)])

    past.add([measured(0, 0.9, 1.0, order=2)])

    changed = past.in_order()
    assert [(one.trial.number, one.order) for one in changed] == [(1, 1), (0, 2)]
    assert changed[-1].losses[0] == -0.9


HALVING = replace(
    SPEC,
    algorithm=model.Algorithm(kind=model.SuccessiveHalving(min_examples=1, max_examples=9), seed=1),
)


@pytest.mark.parametrize(
    ("spec", "example_count", "whole"),
    [
        pytest.param(SPEC, 3, True, id="any count where trials are evaluated on all"),
        pytest.param(HALVING, 0, True, id="all of them"),
        pytest.param(HALVING, 8, False, id="one short"),
        pytest.param(HALVING, 9, True, id="just as many"),
        pytest.param(HALVING, 27, True, id="more"),
    ],
)
def test_whole_evaluations_have_as_many_examples_as_the_last_rung(
    spec: model.StudySpec, example_count: int, whole: bool
) -> None:
    """Only they may be on the front."""
    past = past_of([measured(0, 0.5, 1.0, example_count=example_count)], spec)

    assert past.told()[0].is_whole is whole
    assert past.is_on_front(0) is whole


def test_a_partial_evaluation_is_evidence_and_beats_nobody() -> None:
    """Few examples may flatter, so what looks best on them does not push others off."""
    news = [measured(0, 0.5, 2.0, example_count=9), measured(1, 0.9, 1.0, example_count=3)]
    past = past_of(news, HALVING)

    history, _ = history_of(past, [])

    assert past.front == {0}
    assert history.numbers.tolist() == [0, 1]
    assert history.is_measured.all()


@given(st.lists(st.tuples(*[st.integers(0, 6)] * 3), max_size=30))
def test_the_front_is_what_no_feasible_trial_dominates(rows: list[tuple[int, int, int]]) -> None:
    """Kept up to date one by one, it is the front of all of them at once."""
    past = past_of([])
    for number, (quality, seconds, tokens) in enumerate(rows):
        past.add([measured(number, quality, seconds, tokens=95 + tokens)])

    feasible = [n for n, row in enumerate(rows) if 95 + row[2] <= 100]
    losses = np.array([[-rows[n][0], rows[n][1]] for n in feasible], dtype=float).reshape(-1, 2)
    best = front.non_dominated(losses)
    assert past.front == {n for n, is_best in zip(feasible, best, strict=True) if is_best}


def test_a_trial_that_changes_takes_its_old_place_off_the_front() -> None:
    """A late result may be worse than what was presumed, and lets others back."""
    past = past_of([measured(0, 0.9, 1.0), measured(1, 0.8, 2.0)])
    assert past.front == {0}

    past.add([finished(0, model.Failed(), model.TrialState.FAILED, order=2)])

    assert past.front == {1}


@pytest.fixture
def store() -> Iterator[Store]:
    store = SqlStore.open("sqlite://")
    yield store
    store.close()


def tell(store: Store, one: FinishedTrial) -> None:
    """Add a trial to the study ``s`` and end it."""
    told = one.trial
    assert told.outcome is not None
    new = examples.new_trial(
        configuration=told.configuration, example_count=told.example_count, slot=told.slot
    )
    with store.locked("s") as locked:
        number = locked.add(new, now=examples.NOW).number
        locked.finish(number, told.state, told.outcome, now=examples.NOW)


def grow(store: Store) -> None:
    """Let the first parameter of the study reach twice as far."""
    grown = replace(SPEC.search_space.parameters[0], domain=model.IntDomain(min=1, max=2000))
    space = replace(SPEC.search_space, parameters=(grown, *SPEC.search_space.parameters[1:]))
    with store.locked("s") as locked:
        locked.change(now=examples.NOW, spec=replace(SPEC, search_space=space))


def test_a_grown_space_gives_every_trial_its_new_place(store: Store) -> None:
    """Points of two spaces must not stand side by side in one history."""
    memory, study = Memory(store), store.create("s", SPEC, digest="d", now=examples.NOW)
    tell(store, measured(499, 0.5, 1.0))
    before = memory.past(study).told()[0].point
    grow(store)

    past = memory.past(store.look("s").study)

    assert before[0] == 499.5 / 1000
    assert [one.point[0] for one in past.told()] == [499.5 / 2000]


def test_a_change_of_anything_else_keeps_the_past(store: Store) -> None:
    """Reading a long past anew takes a while, and a raised budget moves no point."""
    memory, study = Memory(store), store.create("s", SPEC, digest="d", now=examples.NOW)
    before = memory.past(study)
    with store.locked("s") as locked:
        locked.change(now=examples.NOW, spec=replace(SPEC, budget=examples.budget("20")))

    assert memory.past(store.look("s").study) is before


def test_a_trial_from_after_the_growth_is_not_read_with_the_space_of_before(store: Store) -> None:
    """Whoever looked at the study before it grew is given the past in the larger space."""
    memory, study = Memory(store), store.create("s", SPEC, digest="d", now=examples.NOW)
    grow(store)
    tell(store, measured(1499, 0.5, 1.0))

    past = memory.past(study)

    assert [one.point[0] for one in past.told()] == [1499.5 / 2000]


def test_hypervolume_counts_whole_evaluations_only(store: Store) -> None:
    """The front, its volume and the way to it leave the same trials out."""
    store.create("s", HALVING, digest="d", now=examples.NOW)
    for number, (quality, seconds, count) in enumerate([(0.9, 1.0, 3), (0.5, 2.0, 9)]):
        tell(store, measured(number, quality, seconds, example_count=count))
    analysis = Analysis(store, Memory(store))

    front_now = analysis.front("s")
    points, reference = analysis.hypervolume_history("s")

    assert [trial.number for trial in front_now.trials] == [1]
    assert reference == front_now.reference_point
    assert [point.hypervolume for point in points] == [0.0, front_now.hypervolume]
    assert front_now.hypervolume > 0


def test_what_is_nearly_feasible_is_whole(store: Store) -> None:
    """Where nothing keeps the constraints, a partial evaluation is no better an answer."""
    store.create("s", HALVING, digest="d", now=examples.NOW)
    for number, (tokens, count) in enumerate([(101, 3), (130, 9)]):
        tell(store, measured(number, 0.5, 1.0, tokens=tokens, example_count=count))

    front_now = Analysis(store, Memory(store)).front("s", include_infeasible_when_empty=True)

    assert [trial.number for trial in front_now.trials] == [1]
    assert not front_now.feasible

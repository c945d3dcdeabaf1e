"""A store's promises about trials: numbers, reports, ends and pages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from groat import errors, model
from groat.model import Money, TrialState
from groat_server.storage.base import LockedStudy, Store
from tests import examples
from tests.contracts.store_studies import new_study
from tests.examples import NOW

LATER = NOW + timedelta(minutes=5)
HOLD = Money.of("0.5")


def add(locked: LockedStudy, count: int = 1) -> None:
    """Add trials of the next configurations."""
    first = locked.view().next_number
    for number in range(first, first + count):
        locked.add(examples.new_trial(number), now=NOW)


def lease(locked: LockedStudy, number: int = 0, lease_id: str = "lease-0") -> model.Trial:
    """Lease a trial for a minute from `NOW`, with `HOLD` set aside."""
    return locked.lease(number, examples.lease(lease_id), HOLD)


def finish(locked: LockedStudy, number: int = 0, quality: float = 0.5) -> model.Trial:
    """End a trial well, at `NOW`."""
    return locked.finish(number, TrialState.SUCCEEDED, examples.succeeded(quality), now=NOW)


class TrialPromises:
    def test_add_gives_the_next_number(self, store: Store, study: str) -> None:
        """Numbers count up from 0 without a gap."""
        with store.locked(study) as locked:
            trials = [locked.add(examples.new_trial(index), now=NOW) for index in range(3)]
            assert trials == locked.waiting(10)

        assert [trial.number for trial in trials] == [0, 1, 2]
        assert trials == store.trials(study, after=-1, limit=10)
        assert store.look(study).next_number == 3

    def test_add_keeps_every_part_of_a_trial(self, store: Store, study: str) -> None:
        """Whole floats stay floats, integers stay integers, and notes come back."""
        configuration = {"temperature": 1.0, "chunk_size": 64, "is_on": True, "retriever": "none"}
        new = examples.new_trial(configuration=configuration, notes={"é": "\x00 ok"})
        with store.locked(study) as locked:
            trial = locked.add(new, now=NOW)

        read = store.trial(study, 0)

        assert read == trial
        assert (read.configuration, read.notes) == (configuration, new.notes)
        assert [type(value) for value in read.configuration.values()] == [float, int, bool, str]

    def test_knows_every_configuration_of_the_study(self, store: Store, study: str) -> None:
        """Also those of finished trials, and no other study's."""
        other = new_study(store)
        with store.locked(study) as locked:
            add(locked, 2)
            lease(locked)
            finish(locked)
            assert [locked.knows(f"configuration-{i}") for i in range(3)] == [True, True, False]

        with store.locked(other) as locked:
            assert not locked.knows("configuration-0")

    def test_waiting_are_the_lowest_requested(self, store: Store, study: str) -> None:
        """Those that wait longest go first, and no more than asked."""
        with store.locked(study) as locked:
            add(locked, 4)
            lease(locked, 1)

            assert [trial.number for trial in locked.waiting(2)] == [0, 2]

    def test_report_replaces_one_on_as_many_examples(self, store: Store, study: str) -> None:
        """Reports come by example count; the last word on a count stands."""
        ten, ten_again = examples.measurement(0.1), examples.measurement(0.2)
        five = examples.measurement(0.3, example_count=5)
        with store.locked(study) as locked:
            add(locked)
            lease(locked)
            for measurement in (ten, five, ten_again):
                locked.report(0, measurement, now=NOW)
            assert locked.trial(0).reports == ()

        assert store.trial(study, 0).reports == (five, ten_again)
        assert store.trials(study, after=-1, limit=9, full=True)[0].reports == (five, ten_again)
        assert store.trials(study, after=-1, limit=9)[0].reports == ()

    def test_report_counts_its_examples_when_it_names_no_number(
        self, store: Store, study: str
    ) -> None:
        """Two reports of two examples are on as many examples, however they say it."""
        records = tuple(model.ExampleRecord(example_id=name) for name in "ab")
        by_records = examples.measurement(0.1, example_count=0, examples=records)
        by_number = examples.measurement(0.2, example_count=2)
        with store.locked(study) as locked:
            add(locked)
            locked.report(0, by_records, now=NOW)
            locked.report(0, by_number, now=NOW)

        assert store.trial(study, 0).reports == (by_number,)

    def test_finish_ends_a_trial(self, store: Store, study: str) -> None:
        """The outcome is kept whole, with its examples, and the lease is gone."""
        record = model.ExampleRecord(example_id="a", scores={"f1": 0.25}, latency=LATER - NOW)
        outcome = examples.succeeded(0.5, examples=(record,))
        with store.locked(study) as locked:
            add(locked)
            lease(locked)
            trial = locked.finish(0, TrialState.SUCCEEDED, outcome, now=LATER)

        assert trial == store.trial(study, 0)
        assert (trial.state, trial.outcome, trial.lease) == (TrialState.SUCCEEDED, outcome, None)
        assert trial.end_time == LATER
        assert store.look(study).study.budget_status.running_trials == 0

    @pytest.mark.parametrize(
        ("state", "outcome"),
        [
            (TrialState.EARLY_STOPPED, model.EarlyStopped(measurement=examples.measurement())),
            (TrialState.INFEASIBLE, model.Infeasible(reason="out of memory")),
            (TrialState.INFEASIBLE, model.Infeasible(measurement=examples.measurement())),
            (TrialState.FAILED, model.Failed(kind=model.FailureKind.TIMEOUT, message="slow")),
        ],
    )
    def test_finish_keeps_any_outcome(
        self, store: Store, study: str, state: TrialState, outcome: model.Outcome
    ) -> None:
        """What kind of end it was is not lost."""
        with store.locked(study) as locked:
            add(locked)
            locked.finish(0, state, outcome, now=NOW)

        trial = store.trial(study, 0)

        assert (trial.state, trial.outcome) == (state, outcome)

    def test_finish_again_replaces_the_outcome_and_keeps_the_end(
        self, store: Store, study: str
    ) -> None:
        """A late result after a presumed failure counts once, and later in the order."""
        with store.locked(study) as locked:
            add(locked, 2)
            locked.finish(0, TrialState.FAILED, model.Failed(), now=NOW)
            finish(locked, 1)
            locked.finish(0, TrialState.SUCCEEDED, examples.succeeded(), now=LATER)

        first, second = store.finished(study, after=-1, limit=9)
        assert (first.trial.number, second.trial.number) == (1, 0)
        assert second.order > first.order
        assert (second.trial.state, second.trial.end_time) == (TrialState.SUCCEEDED, NOW)
        assert store.look(study).study.budget_status.finished_trials == 2

    def test_finished_come_by_order_in_pages(self, store: Store, study: str) -> None:
        """Whoever has read up to an order reads on from there and misses nothing."""
        with store.locked(study) as locked:
            add(locked, 4)
            for number in (2, 0, 3):
                finish(locked, number)

        first = store.finished(study, after=-1, limit=2)
        rest = store.finished(study, after=first[-1].order, limit=2)

        assert [one.trial.number for one in first + rest] == [2, 0, 3]
        assert store.finished(study, after=rest[-1].order, limit=2) == []

    def test_finished_leave_the_example_records_out(self, store: Store, study: str) -> None:
        """The past of a study is read often, and its records are long."""
        record = model.ExampleRecord(example_id="a")
        with store.locked(study) as locked:
            add(locked)
            locked.finish(
                0, TrialState.SUCCEEDED, examples.succeeded(0.5, examples=(record,)), now=NOW
            )

        [finished] = store.finished(study, after=-1, limit=1)

        assert finished.trial.outcome == examples.succeeded(0.5)

    def test_trials_come_by_number_in_pages_of_some_states(self, store: Store, study: str) -> None:
        """A page follows the last number, whatever lies between."""
        with store.locked(study) as locked:
            add(locked, 6)
            lease(locked, 1)
            for number in (0, 3, 5):
                finish(locked, number)

        ends = store.trials(study, after=0, limit=1, states=[TrialState.SUCCEEDED])
        rest = store.trials(study, after=3, limit=9)
        pending = store.pending(study)

        assert [trial.number for trial in ends] == [3]
        assert [trial.number for trial in rest] == [4, 5]
        assert [trial.number for trial in pending] == [1, 2, 4]

    def test_what_is_not_there_is_not_found(self, store: Store, study: str) -> None:
        """A missing study or trial is never an empty answer."""
        for read in (
            lambda: store.trial(study, 0),
            lambda: store.trial("nowhere", 0),
            lambda: store.trials("nowhere", after=-1, limit=1),
            lambda: store.pending("nowhere"),
            lambda: store.finished("nowhere", after=-1, limit=1),
        ):
            with pytest.raises(errors.NotFound):
                read()
        with store.locked(study) as locked, pytest.raises(errors.NotFound):
            locked.trial(0)

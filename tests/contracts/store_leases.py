"""A store's promises about leases: given, renewed, taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from groat import errors, model
from groat.model import TrialState
from groat_server.storage.base import Store
from tests import examples
from tests.contracts.store_studies import new_study
from tests.contracts.store_trials import HOLD, LATER, add, finish, lease
from tests.examples import NOW


class LeasePromises:
    def test_lease_turns_a_requested_trial_running(self, store: Store, study: str) -> None:
        """The trial has its lease and its first attempt; the hold is set aside."""
        with store.locked(study) as locked:
            add(locked)
            trial = lease(locked)
            status = locked.view().study.budget_status

        assert (trial.state, trial.attempt) == (TrialState.RUNNING, 1)
        assert trial.lease == examples.lease()
        assert trial == store.trial(study, 0) == store.pending(study)[0]
        assert (status.running_trials, status.waiting_trials, status.held) == (1, 0, HOLD)

    def test_lease_of_a_running_trial_is_refused(self, store: Store, study: str) -> None:
        """One trial has one holder."""
        with store.locked(study) as locked:
            add(locked)
            lease(locked)

            with pytest.raises(errors.NotPossibleNow, match="RUNNING"):
                lease(locked, lease_id="second")

        assert store.look(study).study.budget_status.held == HOLD

    def test_attempt_is_found_by_its_lease(self, store: Store, study: str) -> None:
        """A lease id leads to its trial and hold; an unknown one to nothing."""
        with store.locked(study) as locked:
            add(locked, 2)
            lease(locked, 1)

        with store.locked(study) as locked:
            attempt = locked.attempt("lease-0")
            assert locked.attempt("other") is None
        assert attempt is not None
        assert (attempt.number, attempt.attempt, attempt.hold) == (1, 1, HOLD)
        assert (attempt.lease, attempt.told, attempt.is_lapsed) == (examples.lease(), "", False)

    def test_parents_are_known_of_the_trials_that_have_one(self, store: Store, study: str) -> None:
        """Whoever reads a trial anew finds those that went on from it."""
        with store.locked(study) as locked:
            add(locked, 2)
            locked.add(examples.new_trial(2, parent=1), now=NOW)
            locked.add(examples.new_trial(3, parent=0), now=NOW)

            assert locked.parents() == {2: 1, 3: 0}

    def test_attempts_of_a_trial_come_oldest_first(self, store: Store, study: str) -> None:
        """Who had it before is known, with what each of them told; other trials' are not there."""
        with store.locked(study) as locked:
            add(locked, 2)
            lease(locked)
            locked.lapse(now=LATER)
            lease(locked, lease_id="second")
            lease(locked, 1, lease_id="other")
            locked.close_attempt("second", told="digest")

            first, second = locked.attempts(0)

        assert (first.lease.lease_id, first.is_lapsed, first.told) == ("lease-0", True, "")
        assert (second.lease.lease_id, second.attempt, second.told) == ("second", 2, "digest")

    def test_lapse_puts_a_trial_back(self, store: Store, study: str) -> None:
        """Another worker may have it; what the first one spent is not known, so its hold stays."""
        with store.locked(study) as locked:
            add(locked)
            lease(locked)
            locked.lapse(now=LATER)
            trial, attempt = locked.trial(0), locked.attempt("lease-0")
            status = locked.view().study.budget_status

        assert (trial.state, trial.lease, trial.attempt) == (TrialState.REQUESTED, None, 1)
        assert attempt is not None
        assert (attempt.is_lapsed, attempt.hold, status.held) == (True, HOLD, HOLD)
        assert (status.running_trials, status.waiting_trials) == (0, 1)

    def test_lapse_leaves_live_leases(self, store: Store, study: str) -> None:
        """A lease is over at its end, and not a microsecond earlier."""
        end = examples.lease().expire_time
        with store.locked(study) as locked:
            add(locked)
            lease(locked)

            locked.lapse(now=end - timedelta(microseconds=1))
            assert locked.trial(0).state is TrialState.RUNNING
            locked.lapse(now=end)
            assert locked.trial(0).state is TrialState.REQUESTED

    def test_lapse_of_the_last_attempt_fails_the_trial(self, store: Store) -> None:
        """A configuration that kills its workers is not handed out for ever."""
        study = new_study(store, examples.study_spec(max_attempts=2))
        with store.locked(study) as locked:
            add(locked)
            for number in range(2):
                lease(locked, lease_id=f"lease-{number}")
                locked.lapse(now=LATER)
            trial, status = locked.trial(0), locked.view().study.budget_status

        assert (trial.state, trial.attempt, trial.end_time) == (TrialState.FAILED, 2, LATER)
        assert isinstance(trial.outcome, model.Failed)
        assert trial.outcome.kind is model.FailureKind.LEASE_EXPIRED
        assert (status.finished_trials, status.held) == (1, HOLD + HOLD)

    def test_lapse_of_an_attempt_whose_trial_is_over_changes_no_trial(
        self, store: Store, study: str
    ) -> None:
        """The first holder told late; the second one's end must not reopen the trial."""
        with store.locked(study) as locked:
            add(locked)
            lease(locked, lease_id="first")
            locked.lapse(now=LATER)
            locked.lease(0, examples.lease("second", seconds=600), HOLD)
            finished = finish(locked)
            locked.lapse(now=NOW + timedelta(hours=1))

        assert store.trial(study, 0) == finished
        assert store.look(study).study.budget_status.finished_trials == 1

    def test_renew_moves_the_end_of_a_lease(self, store: Store, study: str) -> None:
        """A renewed lease outlives its first end."""
        with store.locked(study) as locked:
            add(locked)
            lease(locked)
            renewed = locked.renew("lease-0", LATER)
            locked.lapse(now=LATER - timedelta(seconds=1))

        assert renewed == examples.lease(seconds=300)
        assert store.trial(study, 0).lease == renewed

    def test_renew_of_a_lapsed_lease_is_refused(self, store: Store, study: str) -> None:
        """Another worker may have the trial already."""
        with store.locked(study) as locked:
            add(locked)
            lease(locked)
            locked.lapse(now=LATER)

            with pytest.raises(errors.NotPossibleNow):
                locked.renew("lease-0", LATER)

    def test_renew_many_renews_what_can_be(self, store: Store, study: str) -> None:
        """Not what is told, lapsed, or whose trial is over; also what ran out a moment ago."""
        with store.locked(study) as locked:
            add(locked, 4)
            lease(locked, 0, "lapsed")
            locked.lapse(now=LATER)
            lease(locked, 1, "ran out")
            lease(locked, 2, "told")
            locked.close_attempt("told", told="digest")
            lease(locked, 3, "over")
            finish(locked, 3)

        renewed = store.renew(study, ["lapsed", "ran out", "told", "over", "?"], now=LATER)

        assert list(renewed) == ["ran out"]
        assert renewed["ran out"].number == 1
        assert renewed["ran out"].lease == store.trial(study, 1).lease
        assert renewed["ran out"].lease.expire_time == LATER + timedelta(seconds=60)

    def test_renew_many_never_shortens_a_lease(self, store: Store, study: str) -> None:
        """A worker that asked for an hour keeps it, whatever the study's own duration."""
        with store.locked(study) as locked:
            add(locked)
            locked.lease(0, examples.lease(seconds=3600), HOLD)

        renewed = store.renew(study, ["lease-0"], now=NOW)

        assert renewed["lease-0"].lease == examples.lease(seconds=3600)

    def test_renew_many_without_a_study_is_not_found(self, store: Store) -> None:
        """A heartbeat for a deleted study says so."""
        with pytest.raises(errors.NotFound):
            store.renew("nowhere", ["lease-0"], now=NOW)

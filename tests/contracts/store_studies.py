"""A store's promises about studies: making, reading, changing and removing them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone
from uuid import uuid4

import pytest

from groat import errors, model
from groat_server.storage.base import Answer, Store
from tests import examples
from tests.examples import NOW


def new_study(store: Store, spec: model.StudySpec | None = None) -> str:
    """Make a study without trials under an id that no other test has."""
    study_id = f"study-{uuid4().hex}"
    store.create(study_id, spec or examples.study_spec(), digest="d", now=NOW)
    return study_id


class StudyPromises:
    def test_create_makes_an_active_study(self, store: Store) -> None:
        """A new study is what was declared, with nothing spent and nothing decided."""
        spec = examples.study_spec(budget=examples.budget("10"))

        study = store.create(f"new-{uuid4().hex}", spec, digest="d", now=NOW)

        assert (study.spec, study.state) == (spec, model.StudyState.ACTIVE)
        assert (study.create_time, study.update_time, study.last_decision) == (NOW, NOW, None)
        assert study.budget_status == model.BudgetStatus(
            settled=model.Spend(total=model.Money(0)),
            held=model.Money(0),
            remaining=model.Money.of("10"),
        )

    def test_create_adds_the_first_trials_as_requested(self, store: Store) -> None:
        """The baseline waits for a worker under the first numbers."""
        study_id = f"first-{uuid4().hex}"
        first = [examples.new_trial(index, origin=model.Origin.BASELINE) for index in range(2)]

        store.create(study_id, examples.study_spec(), digest="d", now=NOW, first=first)

        trials = store.pending(study_id)
        assert [trial.number for trial in trials] == [0, 1]
        assert {trial.state for trial in trials} == {model.TrialState.REQUESTED}
        assert [trial.configuration for trial in trials] == [one.configuration for one in first]
        assert store.look(study_id).next_number == 2

    def test_create_again_with_the_same_digest_returns_the_study_as_it_is(
        self, store: Store, study: str
    ) -> None:
        """A repeated request makes nothing new and undoes nothing."""
        with store.locked(study) as locked:
            locked.change(now=NOW, state=model.StudyState.PAUSED)

        again = store.create(study, examples.study_spec(), digest="d", now=NOW)

        assert again == store.look(study).study
        assert again.state is model.StudyState.PAUSED

    def test_create_with_another_digest_is_refused(self, store: Store, study: str) -> None:
        """An id that is taken says so, and the study under it stays."""
        before = store.look(study)

        with pytest.raises(errors.AlreadyExists):
            store.create(study, examples.study_spec(max_attempts=9), digest="other", now=NOW)

        assert store.look(study) == before

    def test_look_without_a_study_is_not_found(self, store: Store) -> None:
        """No id is made up."""
        with pytest.raises(errors.NotFound):
            store.look("nowhere")

    def test_studies_come_in_pages_by_code_point(self, store: Store) -> None:
        """A language's order would put the hyphen elsewhere and lose a study between pages."""
        ids = ["order-a", "order-a-b", "order-a0", "order-aa"]
        for study_id in reversed(ids):
            store.create(study_id, examples.study_spec(), digest="d", now=NOW)

        first = store.studies(after="order-", limit=2)
        second = store.studies(after=first[-1].study_id, limit=2)

        assert [study.study_id for study in first + second] == ids
        assert first[0] == store.look("order-a").study

    def test_delete_removes_all_that_belongs_to_a_study(self, store: Store, study: str) -> None:
        """The same id afterwards is a new study that remembers nothing."""
        with store.locked(study) as locked:
            locked.add(examples.new_trial(), now=NOW)
            locked.lease(0, examples.lease(), model.Money.of("1"))
            locked.book([examples.booked_usage()], lease_id="lease-0", now=NOW)
            locked.report(0, examples.measurement(), now=NOW)
            locked.remember("r", Answer(digest="a", numbers=(0,)), now=NOW)
            locked.decide(examples.decision())

        store.delete(study, etag=store.look(study).study.etag)

        with pytest.raises(errors.NotFound):
            store.look(study)
        store.create(study, examples.study_spec(), digest="d", now=NOW)
        with store.locked(study) as locked:
            assert (locked.answer("r"), locked.attempt("lease-0")) == (None, None)
            assert locked.book([examples.booked_usage()], lease_id=None, now=NOW) == (1, 0)

    def test_delete_with_an_old_etag_is_refused(self, store: Store, study: str) -> None:
        """Nobody deletes a study that changed since they looked."""
        old = store.look(study).study.etag
        with store.locked(study) as locked:
            locked.change(now=NOW, state=model.StudyState.PAUSED)

        with pytest.raises(errors.EtagMismatch):
            store.delete(study, etag=old)

        assert store.look(study).study.state is model.StudyState.PAUSED

    def test_delete_without_a_study_is_not_found(self, store: Store) -> None:
        """Deleting twice says that there is nothing any more."""
        with pytest.raises(errors.NotFound):
            store.delete("nowhere", etag="")

    def test_delete_without_an_etag_asks_nothing(self, store: Store, study: str) -> None:
        """An empty etag means that the caller does not care."""
        store.delete(study, etag="")

        with pytest.raises(errors.NotFound):
            store.look(study)

    def test_change_replaces_the_declaration(self, store: Store, study: str) -> None:
        """The new declaration counts at once, in the same transaction too."""
        spec = examples.study_spec(budget=examples.budget("3"), display_name="Renamed")
        later = NOW + timedelta(hours=1)

        with store.locked(study) as locked:
            locked.change(now=later, spec=spec)
            seen = locked.view().study

        assert seen == store.look(study).study
        assert (seen.spec, seen.update_time, seen.create_time) == (spec, later, NOW)
        assert seen.budget_status.remaining == model.Money.of("3")

    def test_change_alone_moves_the_etag(self, store: Store, study: str) -> None:
        """Work on trials is no reason for a person's update to fail."""
        first = store.look(study).study.etag
        with store.locked(study) as locked:
            locked.add(examples.new_trial(), now=NOW)
            locked.decide(examples.decision())
        after_work = store.look(study).study.etag
        with store.locked(study) as locked:
            locked.change(now=NOW, state=model.StudyState.ACTIVE)

        assert after_work == first
        assert store.look(study).study.etag != first

    def test_decide_makes_it_the_last_decision(self, store: Store, study: str) -> None:
        """The newest decision shows even when its verdict and reason are old."""
        decisions = [examples.decision(explanation=text) for text in ("one", "two")]

        for decision in decisions:
            with store.locked(study) as locked:
                locked.decide(decision)

        assert store.look(study).study.last_decision == decisions[-1]

    def test_answer_is_what_was_remembered(self, store: Store, study: str) -> None:
        """A request id has its answer, later too, and others have none."""
        answer = Answer(digest="what was asked", numbers=(3, 4))

        with store.locked(study) as locked:
            locked.remember("request", answer, now=NOW)
            assert locked.answer("request") == answer

        with store.locked(study) as locked:
            assert (locked.answer("request"), locked.answer("other")) == (answer, None)

    def test_times_come_back_aware_and_in_utc(self, store: Store) -> None:
        """A time given in any zone is the same moment, to the microsecond, in UTC."""
        zone = timezone(timedelta(hours=5, minutes=30))
        moment = NOW.replace(microsecond=123_457).astimezone(zone)
        study_id = f"times-{uuid4().hex}"
        store.create(study_id, examples.study_spec(), digest="d", now=moment)

        time = store.look(study_id).study.create_time

        assert time == moment
        assert time.utcoffset() == timedelta(0)

    def test_a_value_once_returned_never_changes(self, store: Store, study: str) -> None:
        """What a reader holds is not touched by later writes."""
        with store.locked(study) as locked:
            trial = locked.add(examples.new_trial(), now=NOW)
            view = locked.view()
            kept = replace(trial), replace(view)
            locked.lease(0, examples.lease(), model.Money.of("1"))
            locked.change(now=NOW, state=model.StudyState.PAUSED)

        assert (trial, view) == kept
        assert store.look(study) != view

"""A store's promises about plans: slots that one trial may have, and trials that go on."""

from __future__ import annotations

import pytest

from groat import errors, model
from groat_server.storage.base import SlotTaken, Store
from tests import examples
from tests.contracts.store_studies import new_study
from tests.contracts.store_trials import add, finish
from tests.examples import NOW


def take(store: Store, study_id: str, slot: str = "rung-0/1") -> bool:
    """Add a trial with a slot; false when another one has it."""
    try:
        with store.locked(study_id) as locked:
            locked.add(examples.new_trial(locked.view().next_number, slot=slot), now=NOW)
    except SlotTaken:
        return False
    return True


class SlotPromises:
    def test_add_keeps_what_a_plan_says(self, store: Store, study: str) -> None:
        """Examples, parent, checkpoint, slot and reason come back from every verb that reads."""
        plan = {
            "example_count": 27,
            "parent": 0,
            "parent_checkpoint": "s3://bucket/é",
            "slot": "rung-1/0",
            "why": "It was among the best third.",
        }
        with store.locked(study) as locked:
            add(locked)
            trial = locked.add(examples.new_trial(1, **plan), now=NOW)
            finished = finish(locked, 1)

        assert {name: getattr(trial, name) for name in plan} == plan
        assert store.trial(study, 1) == finished
        assert {name: getattr(finished, name) for name in plan} == plan
        assert [one.trial for one in store.finished(study, after=-1, limit=9)] == [finished]

    def test_a_trial_needs_no_plan(self, store: Store, study: str) -> None:
        """Without one it is evaluated on all examples, continues nothing and has no slot."""
        with store.locked(study) as locked:
            add(locked)

        trial = store.trial(study, 0)

        assert (trial.example_count, trial.parent, trial.parent_checkpoint) == (0, None, "")
        assert (trial.slot, trial.why) == ("", "")

    def test_trials_of_every_origin_are_kept(self, store: Store, study: str) -> None:
        """People enqueue and import beside the algorithm."""
        with store.locked(study) as locked:
            for index, origin in enumerate(model.Origin):
                locked.add(examples.new_trial(index, origin=origin), now=NOW)

        trials = store.trials(study, after=-1, limit=9)
        assert [trial.origin for trial in trials] == list(model.Origin)

    def test_a_slot_is_taken_once(self, store: Store, study: str) -> None:
        """The second trial is refused, nothing of it is there, and the transaction goes on."""
        with store.locked(study) as locked:
            locked.add(examples.new_trial(0, slot="a"), now=NOW)
            before = locked.view()
            with pytest.raises(SlotTaken):
                locked.add(examples.new_trial(1, slot="a"), now=NOW)
            assert locked.view() == before
            locked.add(examples.new_trial(1, slot="b"), now=NOW)

        assert [trial.slot for trial in store.pending(study)] == ["a", "b"]

    def test_is_taken_by_any_trial_of_the_study(self, store: Store, study: str) -> None:
        """Also by a FAILED one, and by no other study's."""
        other = new_study(store)
        with store.locked(study) as locked:
            locked.add(examples.new_trial(0, slot="a"), now=NOW)
            assert [locked.is_taken("a"), locked.is_taken("b")] == [True, False]
            locked.finish(0, model.TrialState.FAILED, model.Failed(), now=NOW)
            assert locked.is_taken("a")

        assert take(store, other, "a")
        assert not take(store, study, "a")

    def test_trials_without_a_slot_never_clash(self, store: Store, study: str) -> None:
        """No slot is nobody's slot, so it is not taken either."""
        with store.locked(study) as locked:
            add(locked, 3)
            assert not locked.is_taken("")

        assert store.look(study).next_number == 3

    def test_a_study_goes_with_a_long_chain_of_trials(self, store: Store) -> None:
        """However often a trial was continued, its study can be deleted."""
        chain = [examples.new_trial(0)]
        chain += [examples.new_trial(number, parent=number - 1) for number in range(1, 1_500)]
        store.create("chain", examples.study_spec(), digest="d", now=NOW, first=chain)

        store.delete("chain", etag="")

        with pytest.raises(errors.NotFound):
            store.trial("chain", 1_499)

"""A store's promises to many users at once: threads, servers, and whoever fails in the middle."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from groat import errors, model
from groat.model import Money
from groat_server.storage.base import Answer, Store
from tests import examples
from tests.contracts.store_slots import take
from tests.contracts.store_studies import new_study
from tests.contracts.store_trials import HOLD, LATER, add, finish, lease
from tests.examples import NOW, booked_usage

THREADS = 16
T = TypeVar("T")


def everything(store: Store, study_id: str) -> list[Any]:
    """All that a store says about a study."""
    with store.locked(study_id) as locked:
        inside = [
            [locked.attempt(f"lease-{number}") for number in range(4)],
            [locked.usage(f"lease-{number}") for number in range(4)],
            [locked.answer(f"request-{number}") for number in range(4)],
            locked.unpriced(),
        ]
    return [
        *inside,
        store.look(study_id),
        store.trials(study_id, after=-1, limit=99, full=True),
        store.finished(study_id, after=-1, limit=99),
        store.pending(study_id),
    ]


def write_everywhere(store: Store, study_id: str, *, number: int) -> None:
    """Use every verb that writes, on a trial that is yet to be added."""
    with store.locked(study_id) as locked:
        add(locked)
        lease(locked, number, f"lease-{number}")
        locked.renew(f"lease-{number}", LATER)
        locked.report(number, examples.measurement(), now=NOW)
        usages = [booked_usage(f"a{number}"), booked_usage(f"b{number}", None)]
        locked.book(usages, lease_id=f"lease-{number}", now=NOW)
        locked.close_attempt(f"lease-{number}", told="digest")
        finish(locked, number)
        locked.reprice([booked_usage(f"b{number}", "0.25")])
        locked.remember(f"request-{number}", Answer(digest="d", numbers=(number,)), now=NOW)
        locked.decide(examples.decision(decision_id=f"decision-{number}"))
        locked.change(now=LATER, state=model.StudyState.PAUSED)


def fail_in_the_middle(store: Store, study_id: str) -> None:
    """Raise ``KeyError`` after writes of every kind; trial 0 is there already."""
    with store.locked(study_id) as locked:
        locked.add(examples.new_trial(1), now=NOW)
        locked.lease(1, examples.lease("lease-1"), HOLD)
        locked.book([booked_usage("c", None)], lease_id="lease-1", now=NOW)
        locked.book([booked_usage("d")], lease_id=None, now=NOW)
        locked.finish(0, model.TrialState.FAILED, model.Failed(), now=NOW)
        locked.remember("request-1", Answer(digest="d", numbers=(1,)), now=NOW)
        locked.change(now=NOW, state=model.StudyState.COMPLETED)
        raise KeyError


def in_threads(work: Callable[[int], T]) -> list[T]:
    """Run ``work`` in all threads at once; returns or raises what they do."""
    start = threading.Barrier(THREADS)

    def run(index: int) -> T:
        start.wait()
        return work(index)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def ask(store: Store, study_id: str, cap: Money, lease_id: str) -> bool:
    """Add and lease one trial for 1 USD if the cap allows it."""
    price = Money.of("1")
    with store.locked(study_id) as locked:
        view = locked.view()
        status = view.study.budget_status
        if (status.settled.total + status.held + price).nanos > cap.nanos:
            return False
        locked.add(examples.new_trial(view.next_number), now=NOW)
        locked.lease(view.next_number, examples.lease(lease_id), price)
        return True


class SharingPromises:
    def test_leaving_by_an_exception_changes_nothing(self, store: Store, study: str) -> None:
        """Whatever was written before the error was never there."""
        write_everywhere(store, study, number=0)
        before = everything(store, study)

        with pytest.raises(KeyError):
            fail_in_the_middle(store, study)

        assert everything(store, study) == before

    def test_what_it_reads_includes_what_it_has_written(self, store: Store, study: str) -> None:
        """Inside the lock and after it one sees the same."""
        write_everywhere(store, study, number=0)
        with store.locked(study) as locked:
            add(locked, 2)
            lease(locked, 1, "lease-1")
            locked.lapse(now=LATER)
            inside = (locked.view(), locked.trial(1), locked.waiting(9), locked.unpriced())

        trials = store.trials(study, after=0, limit=9)
        assert inside == (store.look(study), trials[0], trials, [])

    def test_locked_without_a_study_is_not_found(self, store: Store) -> None:
        """There is nothing to hold."""
        with pytest.raises(errors.NotFound), store.locked("nowhere"):
            pass

    def test_a_study_is_held_by_one_thread_at_a_time(self, store: Store, study: str) -> None:
        """Sixteen threads that read, add one and write lose none of their additions."""

        def add_some(_: int) -> None:
            for _ in range(5):
                with store.locked(study) as locked:
                    add(locked)

        in_threads(add_some)

        assert store.look(study).next_number == THREADS * 5
        numbers = [trial.number for trial in store.trials(study, after=-1, limit=999)]
        assert numbers == list(range(THREADS * 5))

    def test_asks_at_once_never_pass_a_cap(self, store: Store) -> None:
        """Exactly as many get a trial as the cap pays for."""
        study = new_study(store)

        leased = in_threads(lambda i: ask(store, study, Money.of("7"), f"lease-{i}"))

        assert leased.count(True) == 7
        assert store.look(study).study.budget_status.held == Money.of("7")

    def test_a_slot_wanted_at_once_is_given_once(self, store: Store, study: str) -> None:
        """Sixteen asks that come to the same next step make one trial of it."""
        taken = in_threads(lambda _: take(store, study))

        assert taken.count(True) == 1
        assert store.look(study).next_number == 1

    def test_one_threads_error_leaves_the_others_changes(self, store: Store, study: str) -> None:
        """Every other thread fails inside the lock; the rest are kept, all of them."""

        def add_or_fail(index: int) -> None:
            with store.locked(study) as locked:
                add(locked)
                if index % 2:
                    raise KeyError

        def attempt(index: int) -> None:
            for _ in range(5):
                try:
                    add_or_fail(index)
                except KeyError:
                    continue

        in_threads(attempt)

        assert store.look(study).next_number == THREADS // 2 * 5
        assert len(store.pending(study)) == THREADS // 2 * 5

    def test_studies_created_at_once_are_one(self, store: Store) -> None:
        """The same request from everywhere makes one study; every caller gets it."""
        spec = examples.study_spec()

        studies = in_threads(lambda _: store.create("at-once", spec, digest="d", now=NOW))

        assert all(study == store.look("at-once").study for study in studies)

    def test_readers_see_whole_transactions(self, store: Store, study: str) -> None:
        """While trials end, the counters and the trials of one look always fit."""
        with store.locked(study) as locked:
            add(locked, 8)

        def work(index: int) -> bool:
            if index < 8:
                with store.locked(study) as locked:
                    finish(locked, index)
                return True
            status = store.look(study).study.budget_status
            return status.finished_trials + status.waiting_trials == 8

        assert all(in_threads(work))


class ReopeningPromises:
    """For databases that outlive a store: files and servers."""

    @pytest.fixture
    def other(self, open_store: Callable[[], Store]) -> Iterator[Store]:
        """A second server's store on the same database."""
        store = open_store()
        yield store
        store.close()

    def test_reopening_after_close_keeps_everything(
        self, open_store: Callable[[], Store], store: Store, study: str
    ) -> None:
        """What was committed is there for the next server."""
        first = open_store()
        write_everywhere(first, study, number=0)
        before = everything(first, study)
        first.close()

        second = open_store()

        assert everything(second, study) == before
        second.close()

    def test_look_waits_for_nobody(self, store: Store, other: Store, study: str) -> None:
        """While one holds the study, others see it as it was."""
        before = store.look(study)

        with store.locked(study) as locked:
            add(locked)
            assert other.look(study) == before
            assert store.look(study) == before
            assert store.pending(study) == []

    def test_two_servers_hold_a_study_one_at_a_time(
        self, store: Store, other: Store, study: str
    ) -> None:
        """Sixteen threads on two servers lose none of their additions."""
        servers = [store, other]

        def add_some(index: int) -> None:
            for _ in range(5):
                with servers[index % 2].locked(study) as locked:
                    add(locked)

        in_threads(add_some)

        assert store.look(study) == other.look(study)
        assert store.look(study).next_number == THREADS * 5

    def test_two_servers_never_pass_a_cap(self, store: Store, other: Store, study: str) -> None:
        """The cap is the study's, not a server's."""
        servers = [store, other]

        leased = in_threads(lambda i: ask(servers[i % 2], study, Money.of("7"), f"lease-{i}"))

        assert leased.count(True) == 7

    def test_two_servers_never_give_one_slot_twice(
        self, store: Store, other: Store, study: str
    ) -> None:
        """Exactly one of sixteen wins each of three slots, whichever server it asks."""
        servers = [store, other]

        taken = in_threads(
            lambda i: [take(servers[i % 2], study, f"slot-{slot}") for slot in range(3)]
        )

        assert [list(each).count(True) for each in zip(*taken, strict=True)] == [1, 1, 1]
        assert sorted(trial.slot for trial in other.pending(study)) == [
            "slot-0",
            "slot-1",
            "slot-2",
        ]

    def test_one_server_renews_the_others_lease(
        self, store: Store, other: Store, study: str
    ) -> None:
        """A worker may heartbeat to any server."""
        with store.locked(study) as locked:
            add(locked)
            lease(locked)

        renewed = other.renew(study, ["lease-0"], now=LATER)

        assert renewed["lease-0"].lease == store.trial(study, 0).lease
        assert renewed["lease-0"].lease.expire_time == LATER + timedelta(seconds=60)

    def test_servers_that_open_a_new_database_at_once_all_serve(
        self, open_new_stores: Callable[[int], list[Store]]
    ) -> None:
        """The tables are made once, and nobody finds them half made."""
        stores = open_new_stores(4)

        for index, store in enumerate(stores):
            store.create(f"study-{index}", examples.study_spec(), digest="d", now=NOW)

        assert [len(store.studies(after="", limit=9)) for store in stores] == [4, 4, 4, 4]
        for store in stores:
            store.close()

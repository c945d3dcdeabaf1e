"""The cap under random schedules: what holds, whatever happens, on every database."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from groat_server.storage.base import Store
from groat_server.storage.sql import SqlStore
from tests.contracts.doors import EngineDoor
from tests.schedules import Schedule

MANY = int(os.environ.get("GROAT_SCHEDULES", "1"))
"""How many times as many schedules as in every run of the tests."""

ACTIONS = 40


class Schedules:
    """What every database must show."""

    COUNT = 0

    @pytest.fixture
    def store(self) -> Iterator[Store]:
        """One of the databases."""
        raise NotImplementedError

    @pytest.fixture
    def door(self, store: Store) -> Iterator[EngineDoor]:
        """The engine over it."""
        door = EngineDoor(store)
        yield door
        door.close()

    def test_the_cap_is_passed_by_running_trials_only(self, door: EngineDoor, store: Store) -> None:
        """At every ask settled + held is within it; later only trials that ran then pass it.

        Each by no more than it passes what was held for it. Meanwhile every tell moves the
        books by its spend, once, and what is held is what the open trials hold.
        """
        for seed in range(self.COUNT * MANY):
            schedule = Schedule.begin(door, store, f"wild-{seed}", seed)
            schedule.run(ACTIONS)

            assert schedule.overshoot <= schedule.excuse, f"seed {seed}"

    def test_in_tranches_with_honest_steps_the_cap_is_never_passed(
        self, door: EngineDoor, store: Store
    ) -> None:
        """Workers say what their next step takes, and stop when they are told."""
        stopped = 0
        for seed in range(self.COUNT * MANY):
            schedule = Schedule.begin(door, store, f"honest-{seed}", seed, honest=True)
            schedule.run(ACTIONS)

            assert schedule.overshoot == 0, f"seed {seed}"
            stopped += sum(one.spent > 0 and len(one.steps) > 0 for one in schedule.workers)
        assert stopped > 0


class TestSchedulesOnSqlite(Schedules):
    COUNT = 60

    @pytest.fixture
    def store(self) -> Iterator[Store]:
        store = SqlStore.open("sqlite://")
        yield store
        store.close()


class TestSchedulesOnPostgres(Schedules):
    COUNT = 15

    @pytest.fixture
    def store(self, fresh_postgres: Callable[[], str]) -> Iterator[Store]:
        store = SqlStore.open(fresh_postgres())
        yield store
        store.close()

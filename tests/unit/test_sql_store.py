"""What only a SQL store can get wrong: statements, shared commits, connections."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest
import sqlalchemy as sa
from sqlalchemy import event, exc

from groat import errors, model
from groat_server.storage.sql import SqlStore
from tests import examples
from tests.contracts.store_studies import new_study
from tests.contracts.store_trials import add, finish, lease
from tests.examples import NOW, booked_usage
from tests.stores import add_one, engine_of, rows

Fresh = Callable[[], str]


@pytest.fixture
def store(fresh_sqlite: Fresh) -> Iterator[SqlStore]:
    store = SqlStore.open(fresh_sqlite())
    yield store
    store.close()


@contextmanager
def counted(store: SqlStore, name: str) -> Iterator[list[object]]:
    """Collect one item per event of the store's connections."""
    seen: list[object] = []

    def listen(*arguments: object) -> None:
        seen.append(arguments)

    event.listen(engine_of(store), name, listen)
    yield seen
    event.remove(engine_of(store), name, listen)


def test_a_look_is_one_statement_however_many_trials(store: SqlStore) -> None:
    """The guard looks before every ask, so a look must not grow with the study."""
    study = new_study(store)
    with store.locked(study) as locked:
        add(locked, 50)
        locked.book([booked_usage("a", None), booked_usage("b")], lease_id=None, now=NOW)

    with counted(store, "before_cursor_execute") as statements:
        store.look(study)

    assert len(statements) == 2, "BEGIN and one SELECT"


def test_a_tell_takes_few_statements(store: SqlStore) -> None:
    """Every statement is a round trip under the study's lock."""
    study = new_study(store)
    with store.locked(study) as locked:
        add(locked)
        lease(locked)

    with counted(store, "before_cursor_execute") as statements, store.locked(study) as locked:
        locked.attempt("lease-0")
        locked.trial(0)
        locked.book([booked_usage("a"), booked_usage("b")], lease_id="lease-0", now=NOW)
        locked.close_attempt("lease-0", told="digest")
        finish(locked)
        locked.trial(0)
        locked.view()

    assert len(statements) <= 10


def test_a_block_that_only_reads_writes_nothing(store: SqlStore) -> None:
    """A replayed ask costs no write to the study's row."""
    study = new_study(store)

    with counted(store, "before_cursor_execute") as statements, store.locked(study) as locked:
        locked.view()

    assert not any("UPDATE" in str(statement) for statement in statements)


def test_a_trial_without_a_slot_asks_for_none(store: SqlStore) -> None:
    """Most trials have no slot, and are added in one statement."""
    study = new_study(store)
    with store.locked(study) as locked, counted(store, "before_cursor_execute") as statements:
        locked.add(examples.new_trial(0), now=NOW)
        locked.add(examples.new_trial(1, slot="a"), now=NOW)

    assert ["EXISTS" in str(statement) for statement in statements] == [False, True, False]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE trials SET slot = 'a' WHERE number = 1",
        "UPDATE trials SET parent = 1 WHERE number = 1",
        "UPDATE trials SET parent = -1 WHERE number = 1",
        "UPDATE trials SET example_count = -1 WHERE number = 1",
        "UPDATE trials SET origin = 'nobody' WHERE number = 1",
    ],
)
def test_the_database_refuses_what_no_plan_can_say(store: SqlStore, change: str) -> None:
    """A slot of another's, a parent that does not come before: whoever writes them."""
    study = new_study(store)
    with store.locked(study) as locked:
        locked.add(examples.new_trial(0, slot="a"), now=NOW)
        add(locked)

    with pytest.raises(exc.IntegrityError), engine_of(store).begin() as connection:
        connection.execute(sa.text(change))


def test_a_migration_that_loses_rows_is_undone(store: SqlStore) -> None:
    """Foreign keys are not enforced while tables are made anew, so they are checked after."""
    study = new_study(store)
    with store.locked(study) as locked:
        add(locked)
        lease(locked)

    with (
        pytest.raises(RuntimeError, match="'attempts'"),
        store._database.migrating() as connection,
    ):
        connection.execute(sa.text("DELETE FROM trials"))

    assert [trial.number for trial in store.pending(study)] == [0]
    assert rows(store, "PRAGMA foreign_keys") == [(1,)]


def test_decisions_are_stored_when_verdict_or_reason_changes(store: SqlStore) -> None:
    """A thousand asks that may proceed are one decision, not a thousand rows."""
    study = new_study(store)
    wait = {"verdict": model.Verdict.WAIT, "reason": model.Reason.BUDGET_HELD}
    given = [
        examples.decision(decision_id="a"),
        examples.decision(decision_id="b"),
        examples.decision(decision_id="c", **wait),
        examples.decision(decision_id="d", verdict=model.Verdict.WAIT),
        examples.decision(decision_id="e"),
    ]

    for decision in given:
        with store.locked(study) as locked:
            locked.decide(decision)

    stored = rows(store, "SELECT decision_id FROM decisions ORDER BY decision_id")
    assert [row[0] for row in stored] == ["a", "c", "d", "e"]


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for other threads to get somewhere."""
    while not is_so():
        time.sleep(0.001)


def queued(store: SqlStore) -> int:
    """How many writers wait for their turn."""
    return len(store._database._turn._waiting)  # pyright: ignore[reportAttributeAccessIssue]


def test_writers_that_queue_share_a_commit(store: SqlStore) -> None:
    """Sixteen tells wait for the disk once, not sixteen times."""
    study = new_study(store)
    with ThreadPoolExecutor(15) as pool, counted(store, "commit") as commits:
        with store.locked(study) as locked:
            add(locked)
            adding = [pool.submit(add_one, store, study) for _ in range(15)]
            wait_until(lambda: queued(store) == 15)
        for done in adding:
            done.result()

    assert len(commits) == 1
    assert store.look(study).next_number == 16


def test_a_shared_commit_that_fails_fails_for_all(store: SqlStore) -> None:
    """Nobody is told that something is kept when the database has undone it."""
    study = new_study(store)
    with ThreadPoolExecutor(3) as pool, suppress(errors.StoreUnavailable), store.locked(study):
        kept = pool.submit(add_one, store, study)
        wait_until(lambda: queued(store) == 1)
        broken = pool.submit(break_down, store, study)
        wait_until(lambda: queued(store) == 2)
        after = pool.submit(add_one, store, study)
        wait_until(lambda: queued(store) == 3)

    outcomes = [type(future.exception()) for future in (kept, broken, after)]
    assert outcomes == [errors.StoreUnavailable, KeyError, type(None)]
    assert store.look(study).next_number == len(store.pending(study)) == 1


def break_down(store: SqlStore, study: str) -> None:
    """Undo the whole transaction and fail, as SQLite does when its disk does."""
    with store.locked(study) as locked:
        add(locked)
        locked._session._connection.exec_driver_sql("ROLLBACK")
        raise KeyError


def test_reading_inside_a_lock_in_memory_is_a_mistake() -> None:
    """The one connection is taken; waiting for it would never end."""
    store = SqlStore.open("sqlite://")
    study = new_study(store)

    with store.locked(study), pytest.raises(RuntimeError):
        store.look(study)
    store.close()


def test_a_power_cut_loses_nothing_that_was_acknowledged(store: SqlStore) -> None:
    """In WAL mode only FULL waits for the disk at every commit."""
    pragmas = [rows(store, f"PRAGMA {name}")[0][0] for name in ("journal_mode", "synchronous")]

    assert pragmas == ["wal", 2]


def test_postgres_writers_of_one_study_take_one_connection(fresh_postgres: Fresh) -> None:
    """A busy study must not keep the others waiting for a connection."""
    store = SqlStore.open(fresh_postgres())
    busy, calm = new_study(store), new_study(store)
    with ThreadPoolExecutor(20) as pool:
        with store.locked(busy):
            adding = [pool.submit(add_one, store, busy) for _ in range(20)]
            turn = store._database._turn(busy)  # pyright: ignore[reportAttributeAccessIssue]
            wait_until(lambda: len(turn._waiting) == 20)
            add_one(store, calm)
        for done in adding:
            done.result()

    assert [store.look(study).next_number for study in (busy, calm)] == [20, 1]
    store.close()


def test_threads_that_look_do_not_wait_for_a_writer(store: SqlStore) -> None:
    """Readers go on while a writer holds the database."""
    study = new_study(store)
    seen: list[int] = []
    with store.locked(study) as locked:
        add(locked)
        reader = threading.Thread(target=lambda: seen.append(store.look(study).next_number))
        reader.start()
        reader.join(timeout=60)

    assert seen == [0]

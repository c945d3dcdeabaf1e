"""A database that fails: one sentence, nothing half written, and back as soon as it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event, exc

from groat import errors
from groat_server.storage.base import NewTrial
from groat_server.storage.sql import SqlStore
from tests import examples
from tests.contracts.store_studies import new_study
from tests.contracts.store_trials import add
from tests.examples import NOW
from tests.stores import add_one, engine_of, rows

Fresh = Callable[[], str]


@pytest.fixture
def store(fresh_sqlite: Fresh) -> Iterator[SqlStore]:
    store = SqlStore.open(fresh_sqlite())
    yield store
    store.close()


def test_a_full_disk_is_unavailable_and_recovers(store: SqlStore) -> None:
    """The error names the disk, nothing is half written, and space is all it takes."""
    study = new_study(store)
    big = examples.new_trial(notes={"a": "x" * 500_000})

    with limited(store, pages=60), pytest.raises(errors.StoreUnavailable, match="disk is full"):
        add_trial(store, study, big)

    assert store.look(study).next_number == 0
    add_trial(store, study, big)
    assert store.trial(study, 0).notes == big.notes


@contextmanager
def limited(store: SqlStore, *, pages: int) -> Iterator[None]:
    """Give the database no more room than this; its connections are made anew."""

    def limit(connection: sqlite3.Connection, _: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    engine = engine_of(store)
    engine.dispose()
    event.listen(engine, "connect", limit)
    yield
    event.remove(engine, "connect", limit)
    engine.dispose()


def add_trial(store: SqlStore, study: str, trial: NewTrial) -> None:
    """Add a trial in a transaction of its own."""
    with store.locked(study) as locked:
        locked.add(trial, now=NOW)


def test_a_read_only_database_opens_and_reads(fresh_sqlite: Fresh) -> None:
    """A mount that went read-only still shows its studies; writes say why they fail."""
    url = fresh_sqlite()
    writer = SqlStore.open(url)
    study = new_study(writer)
    path = sa.make_url(url).database

    reader = SqlStore.open(f"sqlite:///file:{path}?mode=ro&uri=true")

    assert reader.look(study) == writer.look(study)
    with pytest.raises(errors.StoreUnavailable, match="read-only"):
        new_study(reader)
    reader.close()
    writer.close()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////no/such/folder/groat.db",
        "postgresql://nobody@/none?host=/no/such/folder&connect_timeout=2",
    ],
)
def test_a_database_that_cannot_be_reached_is_unavailable(url: str) -> None:
    """In one sentence, without a statement in it."""
    with pytest.raises(errors.StoreUnavailable) as caught:
        SqlStore.open(url)

    assert "SELECT" not in str(caught.value)
    assert caught.value.__cause__ is not None


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    """A wrong path must not look like an empty store, nor be overwritten."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, " * 1000)

    with pytest.raises(errors.StoreUnavailable, match="not a database"):
        SqlStore.open(f"sqlite:///{path}")

    assert path.read_text().startswith("Dear reader")


def test_other_databases_are_refused() -> None:
    """A typing error in a URL ends the start, not the first ask."""
    with pytest.raises(ValueError, match="not in mysql"):
        SqlStore.open("mysql://localhost/groat")


def add_while_postgres_restarts(store: SqlStore, study: str, other: SqlStore) -> None:
    """Lose every connection in the middle of a transaction."""
    with store.locked(study) as locked:
        add(locked)
        rows(
            other,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        add(locked)


def test_a_lost_connection_is_unavailable_and_comes_back(fresh_postgres: Fresh) -> None:
    """When PostgreSQL restarts, the running call fails whole and the next one works."""
    url = fresh_postgres()
    store, other = SqlStore.open(url), SqlStore.open(url)
    study = new_study(store)

    with pytest.raises(errors.StoreUnavailable) as caught:
        add_while_postgres_restarts(store, study, other)

    assert "INSERT" not in str(caught.value)
    assert store.look(study).next_number == 0
    add_one(store, study)
    store.close()
    other.close()


def test_a_mistake_of_ours_shows_no_values(store: SqlStore) -> None:
    """An unexpected error goes to the log; what workers sent must not go with it."""
    study = new_study(store)

    with pytest.raises(exc.IntegrityError) as caught, store.locked(study) as locked:
        locked.report(7, examples.measurement(0.12345), now=NOW)

    assert "0.12345" not in str(caught.value)

"""PostgreSQL: any number of servers on one database."""

from __future__ import annotations

import functools
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from weakref import WeakValueDictionary

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.dml import ReturningInsert

from groat_server.storage.faults import translated
from groat_server.storage.turns import Turn

_MIGRATION_LOCK = 0x67726F6174  # "groat"

# A server that hangs must not hold a study for ever, nor must the others wait for ever.
_OPTIONS = "-c lock_timeout=10s -c idle_in_transaction_session_timeout=30s"


class PostgresDatabase:
    """A PostgreSQL database, through psycopg.

    One server's writers of a study queue outside the pool, so that a busy study
    takes one connection and not all of them.
    """

    def __init__(self, url: sa.URL) -> None:
        defaults = {"options": _OPTIONS, "connect_timeout": 10, "application_name": "groat"}
        self._engine = sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            isolation_level="READ COMMITTED",
            pool_size=10,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args={key: value for key, value in defaults.items() if key not in url.query},
            hide_parameters=True,
        )
        # Several statements of one reader must see one moment.
        self._reader = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        self._lock = threading.Lock()
        self._turns = WeakValueDictionary[str, Turn]()

    @contextmanager
    def reading(self) -> Generator[sa.Connection]:
        """See `Database.reading`."""
        with translated(), self._reader.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, study_id: str) -> Generator[sa.Connection]:
        """See `Database.writing`."""
        with translated(), self._turn(study_id), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def migrating(self) -> Generator[sa.Connection]:
        """See `Database.migrating`."""
        with translated(), self._engine.begin() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            yield connection

    def insert_new(self, table: sa.Table, *unique: str) -> ReturningInsert[Any]:
        """See `Database.insert_new`."""
        return _insert_new(table, *unique)

    def close(self) -> None:
        """See `Database.close`."""
        self._engine.dispose()

    def _turn(self, study_id: str) -> Turn:
        with self._lock:
            turn = self._turns.get(study_id)
            if turn is None:
                turn = self._turns[study_id] = Turn()
            return turn


@functools.cache
def _insert_new(table: sa.Table, *unique: str) -> ReturningInsert[Any]:
    insert = postgresql.insert(table).on_conflict_do_nothing(index_elements=unique)
    return insert.returning(*table.primary_key)

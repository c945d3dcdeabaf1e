"""SQLite: one writer at a time, many writers per commit."""

from __future__ import annotations

import functools
import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool, StaticPool
from sqlalchemy.sql.dml import ReturningInsert

from groat import errors
from groat_server.storage.faults import translated
from groat_server.storage.turns import Turn

_BATCH_LIMIT = 64
_RESCUE_S = 1.0


class SqliteDatabase:
    """A SQLite file, or a database in memory that lives as long as this object.

    Writers of one process queue for a `Turn` instead of polling the file's lock.
    Those that queue while another one commits share the next commit, since
    waiting for the disk is what takes the time.

    In memory there is one connection, so that readers queue with the writers:
    reading while the same thread is writing raises ``RuntimeError``.
    """

    def __init__(self, url: sa.URL) -> None:
        in_memory = url.database in {None, "", ":memory:"}
        self._engine = _engine(url, in_memory=in_memory)
        self._writer = self._engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        self._readers_queue = in_memory
        self._batch_limit = 1 if in_memory else _BATCH_LIMIT
        self._turn = Turn()
        self._batch: _Batch | None = None

    @contextmanager
    def reading(self) -> Generator[sa.Connection]:
        """See `Database.reading`."""
        with translated(), self._reader_turn(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, study_id: str) -> Generator[sa.Connection]:
        """See `Database.writing`; here the writers of all studies queue together."""
        with translated():
            with self._turn:
                batch = self._batch = self._batch or _Batch(self._writer)
                try:
                    with batch.member() as connection:
                        yield connection
                finally:
                    if not (self._turn.is_wanted and self._has_room(batch)):
                        self._finish(batch)
            self._wait(batch)

    @contextmanager
    def migrating(self) -> Generator[sa.Connection]:
        """See `Database.migrating`; SQLite has one writer at a time anyway.

        A migration makes many a table anew and drops the old one, with which
        enforced foreign keys would take all that refers to it. So they are
        checked at the end instead.
        """
        with (
            translated(),
            self._turn,
            self._writer.connect() as connection,
            _unenforced(connection),
            connection.begin(),
        ):
            yield connection
            _expect_whole(connection)

    def insert_new(self, table: sa.Table, *unique: str) -> ReturningInsert[Any]:
        """See `Database.insert_new`."""
        return _insert_new(table, *unique)

    def close(self) -> None:
        """See `Database.close`."""
        self._engine.dispose()

    @contextmanager
    def _reader_turn(self) -> Generator[None]:
        if not self._readers_queue:
            yield
            return
        with self._turn:
            yield

    def _has_room(self, batch: _Batch) -> bool:
        return 0 < batch.size < self._batch_limit and batch.is_alive

    def _finish(self, batch: _Batch) -> None:
        self._batch = None
        batch.finish()

    def _wait(self, batch: _Batch) -> None:
        """Wait for the batch's commit, and make it when the one who should was interrupted."""
        while not batch.wait(_RESCUE_S):
            with self._turn:
                if self._batch is batch:
                    self._finish(batch)


class _Batch:
    """The transactions of several threads, one after the other, under one commit."""

    def __init__(self, engine: sa.Engine) -> None:
        self._connection = engine.connect()
        try:
            self._transaction = self._connection.begin()
        except BaseException:
            self._connection.close()
            raise
        self._done = threading.Event()
        self._error: Exception | None = None
        self.size = 0

    @property
    def is_alive(self) -> bool:
        """Whether its transaction is: a full or failing disk makes SQLite undo all by itself."""
        driver = self._connection.connection.driver_connection
        return isinstance(driver, sqlite3.Connection) and driver.in_transaction

    @contextmanager
    def member(self) -> Generator[sa.Connection]:
        """Let one thread in; its own failure undoes its own changes only.

        The first one has no others to spare; when it fails, the batch is over.
        """
        if self.size:
            self._connection.exec_driver_sql("SAVEPOINT member")
        try:
            yield self._connection
        except BaseException:
            if self.size and self.is_alive:
                self._connection.exec_driver_sql("ROLLBACK TO member")
            raise
        self.size += 1

    def finish(self) -> None:
        """Commit, and let every member know how it went."""
        try:
            self._commit()
        except Exception as error:  # every member raises it again in `wait`
            self._error = error
        finally:
            self._connection.close()
            self._done.set()

    def _commit(self) -> None:
        if not self.size:
            self._transaction.rollback()
        elif self.is_alive:
            self._transaction.commit()
        else:  # a commit of the nothing that is left would succeed
            raise errors.StoreUnavailable("the database undid the transaction; try again")

    def wait(self, timeout_s: float) -> bool:
        """Return whether it is finished; raise if it is and the commit failed."""
        is_done = self._done.wait(timeout_s)
        if self._error is not None:
            raise self._error
        return is_done


_BEGIN = "groat_begin"


def _engine(url: sa.URL, *, in_memory: bool) -> sa.Engine:
    engine = sa.create_engine(
        url.set(drivername="sqlite+pysqlite"),
        poolclass=StaticPool if in_memory else QueuePool,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    """Set what SQLite forgets between connections.

    In WAL mode ``synchronous=FULL`` is what keeps an acknowledged commit through
    a power cut.
    """
    connection.isolation_level = None  # Python's own BEGINs come too late and are never IMMEDIATE
    for pragma in ("busy_timeout=5000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def _unenforced(connection: sa.Connection) -> Generator[None]:
    """Leave foreign keys alone; must be entered and left outside a transaction."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - the driver is ours to choose
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _expect_whole(connection: sa.Connection) -> None:
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if lost is not None:
        raise RuntimeError(f"the migration lost what a row of {lost[0]!r} refers to")


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


@functools.cache
def _insert_new(table: sa.Table, *unique: str) -> ReturningInsert[Any]:
    insert = sqlite.insert(table).on_conflict_do_nothing(index_elements=unique)
    return insert.returning(*table.primary_key)

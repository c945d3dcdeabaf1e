"""Where SQLite and PostgreSQL differ: how one connects, queues, begins and ignores conflicts."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.sql.dml import ReturningInsert

from groat_server.storage.postgres import PostgresDatabase
from groat_server.storage.sqlite import SqliteDatabase


class Database(Protocol):
    """One database.

    Raises (any verb):
        StoreUnavailable: It does not answer, is read-only or full.
    """

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Begin a transaction that sees one moment and waits for no writer."""
        ...

    def writing(self, study_id: str) -> AbstractContextManager[sa.Connection]:
        """Begin a transaction that is durable once it is left.

        This server's writers of one study come in one by one, in the order in
        which they asked. Other servers' are kept out by the study's row lock.
        """
        ...

    def migrating(self) -> AbstractContextManager[sa.Connection]:
        """Begin a transaction that no other server's migration enters."""
        ...

    def insert_new(self, table: sa.Table, *unique: str) -> ReturningInsert[Any]:
        """Build an INSERT that leaves out rows whose ``unique`` columns are there already.

        It returns the primary keys of the others.
        """
        ...

    def close(self) -> None:
        """Give back every connection."""
        ...


def connect(url: str) -> Database:
    """Prepare a database; no connection is made yet.

    Args:
        url: Such as ``sqlite:///groat.db``, ``sqlite://`` (in memory) or
            ``postgresql://user@host/groat``.

    Raises:
        ValueError: It is neither SQLite nor PostgreSQL.
    """
    try:
        parsed = sa.make_url(url)
    except exc.ArgumentError as error:
        raise ValueError("the store is no database URL, such as sqlite:///groat.db") from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return SqliteDatabase(parsed)
    if backend == "postgresql":
        return PostgresDatabase(parsed)
    raise ValueError(f"groat remembers in SQLite or PostgreSQL, not in {backend}")

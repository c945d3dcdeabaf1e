"""Ways into a SQL store past its verbs, for tests of what only SQL can get wrong."""

from __future__ import annotations

import sqlalchemy as sa

from groat_server.storage.sql import SqlStore
from tests.contracts.store_trials import add


def engine_of(store: SqlStore) -> sa.Engine:
    """The connections of a store."""
    return store._database._engine  # pyright: ignore[reportAttributeAccessIssue]


def rows(store: SqlStore, query: str) -> list[sa.Row[tuple[object, ...]]]:
    """Ask the database past the store."""
    with engine_of(store).connect() as connection:
        return list(connection.execute(sa.text(query)).all())


def add_one(store: SqlStore, study: str) -> None:
    """Add one trial in a transaction of its own."""
    with store.locked(study) as locked:
        add(locked)

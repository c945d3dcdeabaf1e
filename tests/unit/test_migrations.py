"""The migrations make what the schema says, and refuse what they do not know."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext

from groat import errors, model
from groat_server.storage.base import Answer
from groat_server.storage.schema import metadata
from groat_server.storage.sql import SqlStore
from tests import examples
from tests.examples import NOW

Fresh = Callable[[], str]
SECONDS = timedelta(seconds=2)
ASSETS = Path(__file__).parents[1] / "assets"


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


def old_database(url: str, revision: str) -> None:
    """Make the tables of an older groat, with the rows that it wrote (see ``assets``)."""
    config = Config()
    config.set_main_option("script_location", "groat_server.storage:migrations")
    inserts = (ASSETS / f"database-{revision}.sql").read_text().split(";\n")
    with connect(url).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for insert in filter(None, inserts):
            connection.exec_driver_sql(insert)


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
                (column["name"], repr(column["type"]), column["nullable"], column["default"])
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


@pytest.mark.parametrize("revision", ["0001", "0002"])
def test_an_upgraded_database_has_every_rule_of_the_schema(fresh: Fresh, revision: str) -> None:
    """Whether a database grew or was made today makes no difference."""
    old, new = fresh(), fresh()
    old_database(old, revision)

    assert description(migrated(old)) == description(migrated(new))


def test_trials_of_before_plans_still_read(fresh: Fresh) -> None:
    """They have no plan; all that they had, they have."""
    url = fresh()
    old_database(url, "0001")

    store = SqlStore.open(url)

    trials = store.trials("bot", after=-1, limit=9, full=True)
    assert [trial.state.value for trial in trials] == [
        "succeeded", "failed", "infeasible", "early_stopped", "running", "requested",
    ]  # fmt: skip
    assert {(t.example_count, t.parent, t.parent_checkpoint, t.slot, t.why) for t in trials} == {
        (0, None, "", "", "")
    }
    assert trials[0].configuration["temperature"] == 1.0
    assert trials[0].measurement == examples.measurement(
        examples=(model.ExampleRecord(example_id="a", scores={"f1": 0.25}, latency=SECONDS),)
    )
    assert trials[3].notes == {"arm": "3"}
    store.close()


def test_what_belongs_to_trials_outlives_their_upgrade(fresh: Fresh) -> None:
    """Making a table anew must not take with it what refers to its rows."""
    url = fresh()
    old_database(url, "0001")

    store = SqlStore.open(url)

    assert [report.example_count for report in store.trial("bot", 0).reports] == [5]
    with store.locked("bot") as locked:
        attempts = [locked.attempt(f"lease-{number}") for number in range(5)]
        assert [attempt and attempt.number for attempt in attempts] == [0, 1, 2, 3, 4]
        assert [usage.usage_id for usage in locked.usage("lease-0")] == ["u0", "u1"]
        assert locked.answer("request-0") == Answer(digest="d", numbers=(0, 1))
    store.close()


def test_a_study_of_before_goes_on(fresh: Fresh) -> None:
    """Its declaration has the defaults of what is new, and it takes trials with a plan."""
    url = fresh()
    old_database(url, "0001")

    store = SqlStore.open(url)

    spec = store.look("bot").study.spec
    assert (spec.algorithm.kind, spec.early_stopping) == (model.Auto(), model.EarlyStopping())
    assert spec.search_space.constraints == ()
    with store.locked("bot") as locked:
        locked.add(examples.new_trial(6, parent=3, slot="a", example_count=9), now=NOW)
    assert store.trial("bot", 6).parent == 3
    store.close()


def test_a_server_of_before_may_still_add_trials(fresh: Fresh) -> None:
    """While servers are replaced one by one, old ones insert what they know of."""
    url = fresh()
    engine = migrated(url)

    with engine.begin() as connection:
        for insert in (ASSETS / "database-0001.sql").read_text().split(";\n")[:7]:
            connection.exec_driver_sql(insert)

    store = SqlStore.open(url)
    assert len(store.trials("bot", after=-1, limit=9)) == 6
    store.close()


def test_decisions_of_before_are_numbered_by_their_time(fresh: Fresh) -> None:
    """Each study's own from 0 on, those of one moment by their id; new ones come after them."""
    url = fresh()
    old_database(url, "0002")

    store = SqlStore.open(url)

    found = store.decisions("bot", limit=9)
    assert [one.decision.decision_id[-1] for one in found] == ["e", "c", "b", "a", "d"]
    assert [one.entry for one in found] == [4, 3, 2, 1, 0]
    assert [one.entry for one in store.decisions("other", limit=9)] == [0]
    with store.locked("bot") as locked:
        locked.decide(examples.decision(decision_id="new"))
    assert store.decisions("bot", limit=1)[0].decision.decision_id == "new"
    store.close()


def test_decisions_of_before_still_read(fresh: Fresh) -> None:
    """They have neither forecast nor plan; all that they had, they have."""
    url = fresh()
    old_database(url, "0002")

    store = SqlStore.open(url)

    with store.locked("bot") as locked:
        decision = locked.decision("decision-e")
    assert store.look("bot").study.last_decision == decision
    assert (decision.reason, decision.time) == (
        model.Reason.BUDGET_EXHAUSTED,
        NOW + timedelta(minutes=12),
    )
    assert decision.budget_status.held == model.Money.of(1)
    assert (decision.forecast, decision.plan) == (None, None)
    store.close()


def test_in_a_study_of_before_nothing_is_accepted(fresh: Fresh) -> None:
    """Nobody was asked; its policy has the defaults of what is new."""
    url = fresh()
    old_database(url, "0002")

    store = SqlStore.open(url)

    view = store.look("bot")
    assert (view.accepted, view.next_order) == ({}, 2)
    assert view.study.spec.guard_policy == model.GuardPolicy(hold_quantile=0.75)
    assert (view.study.spec.workload, view.study.spec.budget.max_tokens) == (None, None)
    with store.locked("bot") as locked:
        locked.accept(model.Reason.CONVERGED)
    assert store.look("bot").accepted == {model.Reason.CONVERGED: 2}
    store.close()


def test_attempts_of_before_hold_what_they_held(fresh: Fresh) -> None:
    """Nobody knows their steps, so none is starved; they can be fed from now on."""
    url = fresh()
    old_database(url, "0002")

    store = SqlStore.open(url)

    with store.locked("bot") as locked:
        attempts = [locked.attempts(number)[0] for number in range(4)]
        assert [one.hold.nanos for one in attempts] == [0, 0, 500_000_000, 500_000_000]
        assert {(one.batch, one.is_starved) for one in attempts} == {(None, False)}
        locked.set_aside("lease-3", model.Money.of(2), model.Money.of(3))
    assert store.renew("bot", ["lease-3"], now=NOW)["lease-3"].is_starved
    store.close()


def test_trials_with_a_plan_outlive_their_upgrade(fresh: Fresh) -> None:
    """And take those of a worksheet beside them."""
    url = fresh()
    old_database(url, "0002")

    store = SqlStore.open(url)

    trials = store.trials("bot", after=-1, limit=9)
    assert [(one.example_count, one.parent, one.slot) for one in trials] == [
        (90, None, ""), (10, None, "rung-0/0"), (10, None, "rung-0/1"),
        (30, 1, "rung-1/0"), (0, None, ""), (10, None, "rung-0/2"),
    ]  # fmt: skip
    assert trials[3].parent_checkpoint == "s3://bucket/1"
    with store.locked("bot") as locked:
        step = locked.add(examples.new_trial(6, origin=model.Origin.MANUAL_PLAN), now=NOW)
    assert store.trial("bot", step.number).origin is model.Origin.MANUAL_PLAN
    store.close()


def test_a_server_of_before_may_still_decide(fresh: Fresh) -> None:
    """What it stores without a number is read by its id, and does not disturb the list."""
    url = fresh()
    engine = migrated(url)
    with engine.begin() as connection:
        for insert in filter(None, (ASSETS / "database-0002.sql").read_text().split(";\n")):
            connection.exec_driver_sql(insert)

    store = SqlStore.open(url)

    with store.locked("bot") as locked:
        assert locked.decision("decision-a").explanation == "It fits."
        locked.decide(examples.decision(decision_id="new"))
    assert [one.decision.decision_id for one in store.decisions("bot", limit=9)] == ["new"]
    store.close()


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

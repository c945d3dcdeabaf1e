"""The first tables.

A migration never changes once it is released, so it repeats what `schema` says
today instead of asking it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_UNFINISHED = "(state IN ('requested', 'running'))"


def upgrade() -> None:
    _create_studies()
    _create_trials()
    _create_attempts()
    _create_reports()
    _create_usage()
    _create_answers()
    _create_decisions()


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _key(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _KEY, nullable=nullable)


def _whole(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=nullable)


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=op.f(f"ck_{table}_{name}"))


def _not_negative(table: str, *columns: str) -> list[sa.CheckConstraint]:
    return [_check(table, f"{column}_is_not_negative", f"{column} >= 0") for column in columns]


def _primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _belongs(table: str, parent: str, *columns: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        columns,
        [f"{parent}.{column}" for column in columns],
        name=op.f(f"fk_{table}_{'_'.join(columns)}"),
        ondelete="CASCADE",
    )


def _create_studies() -> None:
    op.create_table(
        "studies",
        _key("study_id"),
        _text("digest"),
        _text("spec"),
        _text("state"),
        _whole("revision"),
        _whole("create_time"),
        _whole("update_time"),
        _whole("next_number"),
        _whole("next_order"),
        _whole("next_entry"),
        _whole("waiting"),
        _whole("running"),
        _whole("finished"),
        _whole("held"),
        _whole("settled"),
        _text("spend", nullable=True),
        _text("last_decision", nullable=True),
        _check("studies", "state_is_known", "state IN ('active', 'paused', 'completed')"),
        *_not_negative("studies", "waiting", "running", "finished", "held", "settled"),
        _check("studies", "trials_add_up", "waiting + running + finished = next_number"),
        _primary("studies", "study_id"),
    )


def _create_trials() -> None:
    op.create_table(
        "trials",
        _key("study_id"),
        _whole("number"),
        _text("configuration"),
        _key("configuration_id"),
        _text("origin"),
        _text("generator"),
        _text("notes"),
        _text("state"),
        _whole("attempt"),
        _text("spend", nullable=True),
        _text("outcome", nullable=True),
        _text("examples", nullable=True),
        _whole("create_time"),
        _whole("end_time", nullable=True),
        _whole("finish_order", nullable=True),
        _whole("settled_then", nullable=True),
        _check(
            "trials",
            "state_is_known",
            "state IN ('requested', 'running', "
            "'succeeded', 'early_stopped', 'infeasible', 'failed')",
        ),
        *_not_negative("trials", "number", "attempt"),
        *(
            _check("trials", f"{column}_when_finished", f"({column} IS NULL) = {_UNFINISHED}")
            for column in ("outcome", "end_time", "finish_order", "settled_then")
        ),
        _primary("trials", "study_id", "number"),
        _unique("trials", "study_id", "finish_order"),
        _belongs("trials", "studies", "study_id"),
    )
    _create_index("trials", "study_id", "state", "number")
    _create_index("trials", "study_id", "configuration_id")


def _create_attempts() -> None:
    op.create_table(
        "attempts",
        _key("study_id"),
        _whole("number"),
        _whole("attempt"),
        _key("lease_id"),
        _text("worker_id"),
        _whole("expire_time"),
        _whole("hold"),
        _text("told", nullable=True),
        _whole("lapse_time", nullable=True),
        *_not_negative("attempts", "hold"),
        _check("attempts", "attempt_counts_from_one", "attempt >= 1"),
        _check("attempts", "told_holds_nothing", "told IS NULL OR hold = 0"),
        _primary("attempts", "study_id", "number", "attempt"),
        _unique("attempts", "study_id", "lease_id"),
        _belongs("attempts", "trials", "study_id", "number"),
    )
    _create_partial_index(
        "ix_attempts_open",
        "attempts",
        ["study_id", "expire_time"],
        "told IS NULL AND lapse_time IS NULL",
    )


def _create_reports() -> None:
    op.create_table(
        "reports",
        _key("study_id"),
        _whole("number"),
        _whole("example_count"),
        _text("measurement"),
        _whole("time"),
        *_not_negative("reports", "example_count"),
        _primary("reports", "study_id", "number", "example_count"),
        _belongs("reports", "trials", "study_id", "number"),
    )


def _create_usage() -> None:
    op.create_table(
        "usage",
        _key("study_id"),
        _whole("entry"),
        _key("usage_id"),
        _key("lease_id", nullable=True),
        _text("example_id"),
        _text("priced"),
        _whole("spend", nullable=True),
        _whole("time"),
        *_not_negative("usage", "spend"),
        _primary("usage", "study_id", "entry"),
        _unique("usage", "study_id", "usage_id"),
        _belongs("usage", "studies", "study_id"),
        _belongs("usage", "attempts", "study_id", "lease_id"),
    )
    _create_index("usage", "study_id", "lease_id")
    _create_partial_index("ix_usage_unpriced", "usage", ["study_id", "entry"], "spend IS NULL")


def _create_answers() -> None:
    op.create_table(
        "answers",
        _key("study_id"),
        _key("request_id"),
        _text("digest"),
        _text("numbers"),
        _whole("time"),
        _primary("answers", "study_id", "request_id"),
        _belongs("answers", "studies", "study_id"),
    )


def _create_decisions() -> None:
    op.create_table(
        "decisions",
        _key("study_id"),
        _key("decision_id"),
        _text("verdict"),
        _text("reason"),
        _text("decision"),
        _whole("time"),
        _primary("decisions", "study_id", "decision_id"),
        _belongs("decisions", "studies", "study_id"),
    )


def _create_index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _create_partial_index(name: str, table: str, columns: list[str], rule: str) -> None:
    where = sa.text(rule)
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)

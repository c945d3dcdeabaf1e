"""The tables. Every rule that can be a constraint is one.

Amounts are whole nanos in ``BIGINT`` columns, and never a database's float.
Values that are only read whole are JSON text: a JSON column type would return
``1.0`` as ``1`` on one of the databases.

`migrations` makes these tables; a test compares the two.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from groat import model

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text that sorts by code point in every database, whatever its language."""


class Instant(sa.TypeDecorator[datetime]):
    """An aware time as whole microseconds since 1970, which every database keeps and sorts."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Turn a time into microseconds; a naive time raises ``TypeError``."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Turn microseconds into a UTC time."""
        return None if value is None else _EPOCH + value * _MICROSECOND


def _one_of(column: str, allowed: Iterable[enum.Enum]) -> sa.CheckConstraint:
    words = ", ".join(f"'{member.value}'" for member in allowed)
    return sa.CheckConstraint(f"{column} IN ({words})", name=f"{column}_is_known")


def _not_negative(*columns: str) -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(f"{column} >= 0", name=f"{column}_is_not_negative") for column in columns
    ]


def _study() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["study_id"], ["studies.study_id"], ondelete="CASCADE")


def _trial() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["study_id", "number"], ["trials.study_id", "trials.number"], ondelete="CASCADE"
    )


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

studies = sa.Table(
    "studies",
    metadata,
    sa.Column("study_id", Key, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("spec", sa.Text, nullable=False, doc="model.StudySpec"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False, doc="moves with spec and state"),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("update_time", Instant, nullable=False),
    sa.Column("next_number", sa.BigInteger, nullable=False),
    sa.Column("next_order", sa.BigInteger, nullable=False, doc="of finishing"),
    sa.Column("next_entry", sa.BigInteger, nullable=False, doc="of usage"),
    sa.Column("waiting", sa.BigInteger, nullable=False, doc="REQUESTED trials"),
    sa.Column("running", sa.BigInteger, nullable=False, doc="RUNNING trials"),
    sa.Column("finished", sa.BigInteger, nullable=False, doc="trials with an outcome"),
    sa.Column("held", sa.BigInteger, nullable=False, doc="nanos"),
    sa.Column("settled", sa.BigInteger, nullable=False, doc="nanos; the total of spend"),
    sa.Column("spend", sa.Text, doc="model.Spend of all usage; NULL before any"),
    sa.Column("last_decision", sa.Text, doc="model.Decision without its plan; NULL before any"),
    # What 0003 added has defaults: a server of before may go on for a while.
    sa.Column(
        "accepted",
        sa.Text,
        nullable=False,
        server_default="{}",
        doc="JSON: reasons that a person went on in spite of, each with next_order then",
    ),
    _one_of("state", model.StudyState),
    *_not_negative("waiting", "running", "finished", "held", "settled"),
    sa.CheckConstraint("waiting + running + finished = next_number", name="trials_add_up"),
)

trials = sa.Table(
    "trials",
    metadata,
    sa.Column("study_id", Key, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("configuration", sa.Text, nullable=False, doc="model.Configuration"),
    sa.Column("configuration_id", Key, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("generator", sa.Text, nullable=False),
    sa.Column("notes", sa.Text, nullable=False, doc="JSON object of strings"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempt", sa.BigInteger, nullable=False, doc="the newest attempt's number"),
    sa.Column("spend", sa.Text, doc="model.Spend of its usage; NULL before any"),
    sa.Column("outcome", sa.Text, doc="model.Outcome without its examples"),
    sa.Column("examples", sa.Text, doc="list of model.ExampleRecord; NULL when none"),
    sa.Column("create_time", Instant, nullable=False),
    sa.Column("end_time", Instant),
    sa.Column("finish_order", sa.BigInteger),
    sa.Column("settled_then", sa.BigInteger, doc="the study's settled nanos at the finish"),
    # What 0002 added has defaults: a server of before may go on adding trials for a while.
    sa.Column("example_count", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("parent", sa.BigInteger, doc="number of the trial that it continues"),
    sa.Column("parent_checkpoint", sa.Text, nullable=False, server_default=""),
    sa.Column("slot", Key, doc="its place in its algorithm's plan; NULL for none"),
    sa.Column("why", sa.Text, nullable=False, server_default=""),
    _study(),
    # Without CASCADE: SQLite follows a chain of trials a thousand deep, and no deeper. A study's
    # trials are deleted by one statement, at whose end nobody misses a parent.
    sa.ForeignKeyConstraint(["study_id", "parent"], ["trials.study_id", "trials.number"]),
    sa.UniqueConstraint("study_id", "finish_order"),
    sa.UniqueConstraint("study_id", "slot"),
    sa.Index(None, "study_id", "state", "number"),
    sa.Index(None, "study_id", "configuration_id"),
    _one_of("state", model.TrialState),
    _one_of("origin", model.Origin),
    *_not_negative("number", "attempt", "example_count"),
    sa.CheckConstraint("parent < number", name="parent_comes_before"),
    *(
        sa.CheckConstraint(
            f"({column} IS NULL) = (state IN ('requested', 'running'))",
            name=f"{column}_when_finished",
        )
        for column in ("outcome", "end_time", "finish_order", "settled_then")
    ),
)

_has_parent = trials.c.parent.is_not(None)
# Without it, deleting a study would look for each trial's children among all the others.
sa.Index(
    "ix_trials_parent",
    trials.c.study_id,
    trials.c.parent,
    sqlite_where=_has_parent,
    postgresql_where=_has_parent,
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("study_id", Key, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("attempt", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("lease_id", Key, nullable=False),
    sa.Column("worker_id", sa.Text, nullable=False),
    sa.Column("expire_time", Instant, nullable=False),
    sa.Column("hold", sa.BigInteger, nullable=False, doc="nanos still set aside"),
    sa.Column("told", sa.Text, doc="digest of the outcome; NULL before"),
    sa.Column("lapse_time", Instant, doc="when its lease was taken back"),
    sa.Column("batch", sa.BigInteger, doc="nanos until its next report; NULL: it does not report"),
    _trial(),
    sa.UniqueConstraint("study_id", "lease_id"),
    *_not_negative("hold", "batch"),
    sa.CheckConstraint("attempt >= 1", name="attempt_counts_from_one"),
    sa.CheckConstraint("told IS NULL OR hold = 0", name="told_holds_nothing"),
)

is_open = sa.and_(attempts.c.told.is_(None), attempts.c.lapse_time.is_(None))
"""Not told and not lapsed; queries use this very expression, so that they find the index."""
sa.Index(
    "ix_attempts_open",
    attempts.c.study_id,
    attempts.c.expire_time,
    sqlite_where=is_open,
    postgresql_where=is_open,
)

reports = sa.Table(
    "reports",
    metadata,
    sa.Column("study_id", Key, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("example_count", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("measurement", sa.Text, nullable=False, doc="model.Measurement"),
    sa.Column("time", Instant, nullable=False),
    _trial(),
    *_not_negative("example_count"),
)

usage = sa.Table(
    "usage",
    metadata,
    sa.Column("study_id", Key, primary_key=True),
    sa.Column("entry", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("usage_id", Key, nullable=False),
    sa.Column("lease_id", Key, doc="NULL when it belongs to the study as a whole"),
    sa.Column("example_id", sa.Text, nullable=False),
    sa.Column("priced", sa.Text, nullable=False, doc="model.PricedUsage"),
    sa.Column("spend", sa.BigInteger, doc="nanos; NULL without a price"),
    sa.Column("time", Instant, nullable=False, doc="of booking"),
    _study(),
    sa.UniqueConstraint("study_id", "usage_id"),
    sa.ForeignKeyConstraint(
        ["study_id", "lease_id"], ["attempts.study_id", "attempts.lease_id"], ondelete="CASCADE"
    ),
    sa.Index(None, "study_id", "lease_id"),
    *_not_negative("spend"),
)

is_unpriced = usage.c.spend.is_(None)
sa.Index(
    "ix_usage_unpriced",
    usage.c.study_id,
    usage.c.entry,
    sqlite_where=is_unpriced,
    postgresql_where=is_unpriced,
)

answers = sa.Table(
    "answers",
    metadata,
    sa.Column("study_id", Key, primary_key=True),
    sa.Column("request_id", Key, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("numbers", sa.Text, nullable=False, doc="JSON list of trial numbers"),
    sa.Column("time", Instant, nullable=False),
    _study(),
)

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("study_id", Key, primary_key=True),
    sa.Column("decision_id", Key, primary_key=True),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("decision", sa.Text, nullable=False, doc="model.Decision"),
    sa.Column("time", Instant, nullable=False),
    sa.Column("entry", sa.BigInteger, doc="rising; NULL: made by a server of before"),
    _study(),
    sa.UniqueConstraint("study_id", "entry"),
)

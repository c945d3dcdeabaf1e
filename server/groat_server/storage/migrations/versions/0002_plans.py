"""What a trial has from its algorithm's plan: examples, parent, slot, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_CHECKS = {
    "origin_is_known": "origin IN ('algorithm', 'user', 'baseline', 'import')",
    "example_count_is_not_negative": "example_count >= 0",
    "parent_comes_before": "parent < number",
}


def upgrade() -> None:
    # In SQLite the table is made anew, with its own CHECKs, and copied; see `migrating` there.
    with op.batch_alter_table("trials") as trials:
        trials.add_column(
            sa.Column("example_count", sa.BigInteger(), nullable=False, server_default="0")
        )
        trials.add_column(sa.Column("parent", sa.BigInteger()))
        trials.add_column(_text("parent_checkpoint"))
        trials.add_column(sa.Column("slot", _KEY))
        trials.add_column(_text("why"))
        trials.create_foreign_key(
            op.f("fk_trials_study_id_parent"),
            "trials",
            ["study_id", "parent"],
            ["study_id", "number"],
        )
        trials.create_unique_constraint(op.f("uq_trials_study_id_slot"), ["study_id", "slot"])
        for name, rule in _CHECKS.items():
            trials.create_check_constraint(op.f(f"ck_trials_{name}"), sa.text(rule))
    where = sa.text("parent IS NOT NULL")
    columns = ["study_id", "parent"]
    op.create_index(
        "ix_trials_parent", "trials", columns, sqlite_where=where, postgresql_where=where
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")

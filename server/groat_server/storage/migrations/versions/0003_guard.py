"""What the budget guard remembers: tranches, what a person accepted, decisions in order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ORIGINS = "origin IN ('algorithm', 'user', 'baseline', 'manual_plan', 'import')"
_NUMBERED = """
UPDATE decisions SET entry = (
    SELECT count(*) FROM decisions AS earlier
    WHERE earlier.study_id = decisions.study_id
    AND (earlier.time, earlier.decision_id) < (decisions.time, decisions.decision_id)
)
"""


def upgrade() -> None:
    op.add_column("studies", sa.Column("accepted", sa.Text(), nullable=False, server_default="{}"))
    with op.batch_alter_table("attempts") as attempts:
        attempts.add_column(sa.Column("batch", sa.BigInteger()))
        attempts.create_check_constraint(
            op.f("ck_attempts_batch_is_not_negative"), sa.text("batch >= 0")
        )
    with op.batch_alter_table("decisions") as decisions:
        decisions.add_column(sa.Column("entry", sa.BigInteger()))
        decisions.create_unique_constraint(
            op.f("uq_decisions_study_id_entry"), ["study_id", "entry"]
        )
    op.execute(_NUMBERED)
    with op.batch_alter_table("trials") as trials:
        trials.drop_constraint(op.f("ck_trials_origin_is_known"), type_="check")
        trials.create_check_constraint(op.f("ck_trials_origin_is_known"), sa.text(_ORIGINS))

"""Finished backtests and the ledger of trials."""

import sqlalchemy as sa
from alembic import op

from terminal.db.schema import Json, UtcDateTime

revision = "0004_backtest"
down_revision = "0003_market"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "backtests",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("owner_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("strategy", sa.String(64), nullable=False),
        sa.Column("family", sa.String(64), nullable=False),
        sa.Column("params", Json, nullable=False),
        sa.Column("dataset", sa.String(64), nullable=False),
        sa.Column("data_version", sa.String(80), nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("first_ts", UtcDateTime, nullable=False),
        sa.Column("last_ts", UtcDateTime, nullable=False),
        sa.Column("metrics", Json, nullable=False),
        sa.Column("benchmark_metrics", Json, nullable=False),
        sa.Column("provenance", Json, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("archived", sa.Boolean, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_backtests")),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_backtests_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_backtests_owner_id_users")
        ),
    )
    op.create_index(op.f("ix_backtests_owner_id"), "backtests", ["owner_id"])
    op.create_index(op.f("ix_backtests_created_at"), "backtests", ["created_at"])
    op.create_table(
        "trials",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("owner_id", sa.Integer, nullable=False),
        sa.Column("family", sa.String(64), nullable=False),
        sa.Column("dataset", sa.String(64), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("sharpe", sa.Float),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trials")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_trials_owner_id_users")),
        sa.UniqueConstraint(
            "owner_id",
            "family",
            "dataset",
            "request_hash",
            name=op.f("uq_trials_owner_id_family_dataset_request_hash"),
        ),
    )


def downgrade() -> None:
    op.drop_table("trials")
    op.drop_table("backtests")

"""Sweeps and the points they have finished."""

import sqlalchemy as sa
from alembic import op

from terminal.db.schema import Json, UtcDateTime

revision = "0006_sweeps"
down_revision = "0005_order_engine"
branch_labels = None
depends_on = None

STATES = ("running", "finished", "cancelled")
POINT_STATES = ("done", "pruned", "failed")


def upgrade() -> None:
    op.create_table(
        "sweeps",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("owner_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("strategy", sa.String(64), nullable=False),
        sa.Column("family", sa.String(64), nullable=False),
        sa.Column("dataset", sa.String(64), nullable=False),
        sa.Column("data_version", sa.String(80), nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("request", Json, nullable=False),
        sa.Column("n_bars", sa.Integer, nullable=False),
        sa.Column("n_planned", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("parts_left", sa.Integer, nullable=False),
        sa.Column("result", Json),
        sa.Column("end_job_id", sa.String(32)),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_sweeps")),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_sweeps_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_sweeps_owner_id_users")),
        sa.CheckConstraint(f"state IN {STATES!r}", name=op.f("ck_sweeps_state")),
    )
    op.create_index(op.f("ix_sweeps_owner_id"), "sweeps", ["owner_id"])
    op.create_index(op.f("ix_sweeps_created_at"), "sweeps", ["created_at"])
    op.create_table(
        "sweep_points",
        sa.Column("sweep_id", sa.String(32), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("owner_id", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("params", Json, nullable=False),
        sa.Column("metrics", Json, nullable=False),
        sa.Column("leading", sa.Float),
        sa.Column("windows", Json),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("sweep_id", "position", name=op.f("pk_sweep_points")),
        sa.ForeignKeyConstraint(
            ["sweep_id"],
            ["sweeps.job_id"],
            name=op.f("fk_sweep_points_sweep_id_sweeps"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_sweep_points_owner_id_users")
        ),
        sa.CheckConstraint(f"state IN {POINT_STATES!r}", name=op.f("ck_sweep_points_state")),
    )
    op.create_index(op.f("ix_jobs_parent_id"), "jobs", ["parent_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_jobs_parent_id"), "jobs")
    op.drop_table("sweep_points")
    op.drop_table("sweeps")

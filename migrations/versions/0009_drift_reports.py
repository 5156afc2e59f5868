"""Drift reports: one row a measurement of a model version."""

import sqlalchemy as sa
from alembic import op

from terminal.db.schema import Json, UtcDateTime

revision = "0009_drift_reports"
down_revision = "0008_models"
branch_labels = None
depends_on = None

SEVERITIES = ("none", "moderate", "severe")


def upgrade() -> None:
    op.create_table(
        "drift_reports",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("owner_id", sa.Integer, nullable=False),
        sa.Column("version_id", sa.Integer, nullable=False),
        sa.Column("severity", sa.String(8), nullable=False),
        sa.Column("features", sa.String(8), nullable=False),
        sa.Column("predictions", sa.String(8), nullable=False),
        sa.Column("decay", sa.String(8), nullable=False),
        sa.Column("recommendation", sa.Text, nullable=False),
        sa.Column("first_ts", UtcDateTime, nullable=False),
        sa.Column("last_ts", UtcDateTime, nullable=False),
        sa.Column("n_events", sa.Integer, nullable=False),
        sa.Column("data_version", sa.String(80), nullable=False),
        sa.Column("report", Json, nullable=False),
        sa.Column("periods", Json, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_drift_reports")),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_drift_reports_job_id_jobs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_drift_reports_owner_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["model_versions.id"],
            name=op.f("fk_drift_reports_version_id_model_versions"),
            ondelete="CASCADE",
        ),
        *(
            sa.CheckConstraint(f"{name} IN {SEVERITIES!r}", name=op.f(f"ck_drift_reports_{name}"))
            for name in ("severity", "features", "predictions", "decay")
        ),
    )
    for column in ("version_id", "created_at"):
        op.create_index(op.f(f"ix_drift_reports_{column}"), "drift_reports", [column])


def downgrade() -> None:
    op.drop_table("drift_reports")

"""Table of drift reports: one row a measurement of a model version."""

from __future__ import annotations

import sqlalchemy as sa

from terminal.db.schema import Json, UtcDateTime, metadata

SEVERITIES = ("none", "moderate", "severe")

drift_reports = sa.Table(
    "drift_reports",
    metadata,
    sa.Column("job_id", sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("owner_id", sa.ForeignKey("users.id"), nullable=False),
    sa.Column(
        "version_id",
        sa.ForeignKey("model_versions.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("severity", sa.String(8), nullable=False),  # the worst of the three
    sa.Column("features", sa.String(8), nullable=False),
    sa.Column("predictions", sa.String(8), nullable=False),
    sa.Column("decay", sa.String(8), nullable=False),
    sa.Column("recommendation", sa.Text, nullable=False),
    sa.Column("first_ts", UtcDateTime, nullable=False),  # of the events that were measured
    sa.Column("last_ts", UtcDateTime, nullable=False),
    sa.Column("n_events", sa.Integer, nullable=False),
    sa.Column("data_version", sa.String(80), nullable=False),
    sa.Column("report", Json, nullable=False),  # the DriftReport
    sa.Column("periods", Json, nullable=False),  # stability by feature and period, scores
    sa.Column("created_at", UtcDateTime, nullable=False, index=True),
    *(
        sa.CheckConstraint(f"{name} IN {SEVERITIES!r}", name=name)
        for name in ("severity", "features", "predictions", "decay")
    ),
)

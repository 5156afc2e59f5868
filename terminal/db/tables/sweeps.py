"""Tables of sweeps: what was asked, how far it is, and every finished point."""

from __future__ import annotations

import sqlalchemy as sa

from terminal.db.schema import Json, UtcDateTime, metadata

STATES = ("running", "finished", "cancelled")
POINT_STATES = ("done", "pruned", "failed")

sweeps = sa.Table(
    "sweeps",
    metadata,
    # the job that planned it; parts and steps are its children
    sa.Column("job_id", sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("owner_id", sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("strategy", sa.String(64), nullable=False),
    sa.Column("family", sa.String(64), nullable=False),
    sa.Column("dataset", sa.String(64), nullable=False),
    sa.Column("data_version", sa.String(80), nullable=False),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column("request", Json, nullable=False),
    sa.Column("n_bars", sa.Integer, nullable=False),
    sa.Column("n_planned", sa.Integer, nullable=False),  # points when everything is done
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("parts_left", sa.Integer, nullable=False),  # of this round; 0: a step follows
    sa.Column("result", Json),
    sa.Column("end_job_id", sa.String(32)),  # the job whose files belong to the result
    sa.Column("created_at", UtcDateTime, nullable=False, index=True),
    sa.Column("finished_at", UtcDateTime),
    sa.CheckConstraint(f"state IN {STATES!r}", name="state"),
)

sweep_points = sa.Table(
    "sweep_points",
    metadata,
    sa.Column("sweep_id", sa.ForeignKey("sweeps.job_id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("owner_id", sa.ForeignKey("users.id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # in the order the points were asked for
    sa.Column("part", sa.Integer, nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("params", Json, nullable=False),
    sa.Column("metrics", Json, nullable=False),
    sa.Column("leading", sa.Float),  # first objective on the leading part, where there is pruning
    sa.Column("windows", Json),  # {"inside": [...], "outside": [...]} of a walk-forward
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.CheckConstraint(f"state IN {POINT_STATES!r}", name="state"),
)

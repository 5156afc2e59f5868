"""Tables of the jobs room: the row that is the truth, its log, its files, and the workers seen."""

from __future__ import annotations

import sqlalchemy as sa

from terminal.db.schema import Json, UtcDateTime, metadata

STATES = ("queued", "running", "succeeded", "failed", "cancelled", "orphaned")

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("owner_id", sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("kind", sa.String(32), nullable=False),
    sa.Column("queue", sa.String(32), nullable=False),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("request", Json, nullable=False),
    sa.Column("request_hash", sa.String(64), nullable=False, index=True),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("fraction", sa.Float, nullable=False),  # 0..1, for the eye; never implies state
    sa.Column("stage", sa.String(100), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("eta_s", sa.Float),  # seconds left, None while unknown
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("max_attempts", sa.Integer, nullable=False),
    sa.Column("deadline_s", sa.Float, nullable=False),
    sa.Column("claim_token", sa.String(32)),
    sa.Column("worker_id", sa.String(64)),
    sa.Column("heartbeat_at", UtcDateTime),
    sa.Column("rung_at", UtcDateTime),
    sa.Column("cancel_requested", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False, index=True),
    sa.Column("started_at", UtcDateTime),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("error", Json),
    sa.Column("summary", Json),
    sa.Column("code_version", sa.String(80), nullable=False),
    sa.Column("data_version", sa.String(80), nullable=False),
    sa.Column("packages", Json),
    sa.Column("peak_memory_mb", sa.Float),
    sa.Column("cpu_s", sa.Float),
    sa.Column("parent_id", sa.ForeignKey("jobs.id"), index=True),
    sa.Column("reproduce_of", sa.ForeignKey("jobs.id")),
    sa.Column("verdict", Json),  # of a reproduction: identical, or the first difference
    sa.CheckConstraint(f"state IN {STATES!r}", name="state"),
    sa.CheckConstraint("fraction >= 0 AND fraction <= 1", name="fraction"),
    sa.Index(None, "state", "queue", "created_at"),
)

job_log = sa.Table(
    "job_log",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("job_id", sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("level", sa.String(8), nullable=False),  # info, warning, error, trace (admin only)
    sa.Column("line", sa.Text, nullable=False),
)

artifacts = sa.Table(
    "artifacts",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("job_id", sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("owner_id", sa.ForeignKey("users.id"), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("media_type", sa.String(100), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),  # bytes
    sa.Column("sha256", sa.String(64), nullable=False, index=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("job_id", "name"),
)

workers = sa.Table(
    "workers",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("queues", Json, nullable=False),
    sa.Column("concurrency", sa.Integer, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("heartbeat_at", UtcDateTime, nullable=False),
)

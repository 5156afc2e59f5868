"""Tables of the backtest room: finished runs, and the ledger of trials."""

from __future__ import annotations

import sqlalchemy as sa

from terminal.db.schema import Json, UtcDateTime, metadata

backtests = sa.Table(
    "backtests",
    metadata,
    sa.Column("job_id", sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("owner_id", sa.ForeignKey("users.id"), nullable=False, index=True),
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
    sa.Column("created_at", UtcDateTime, nullable=False, index=True),
)

trials = sa.Table(
    "trials",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("owner_id", sa.ForeignKey("users.id"), nullable=False),
    sa.Column("family", sa.String(64), nullable=False),
    sa.Column("dataset", sa.String(64), nullable=False),
    sa.Column("request_hash", sa.String(64), nullable=False),
    sa.Column("sharpe", sa.Float),
    sa.Column("created_at", UtcDateTime, nullable=False),
    # the same request again (a reproduction, a retry) is no new trial
    sa.UniqueConstraint("owner_id", "family", "dataset", "request_hash"),
)

"""Tables of the market room."""

from __future__ import annotations

import sqlalchemy as sa

from terminal.db.schema import Json, UtcDateTime, metadata

datasets = sa.Table(
    "datasets",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("slug", sa.String(64), nullable=False, unique=True),
    sa.Column("title", sa.String(200), nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("licence", sa.Text, nullable=False),
    sa.Column("adjustment", sa.String(16), nullable=False),
    sa.Column("timeframe", sa.String(8), nullable=False),
    sa.Column("calendar", sa.String(16), nullable=False),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column("fields", sa.String(8), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("version", sa.String(80), nullable=False),
    sa.Column("owner_id", sa.ForeignKey("users.id"), index=True),  # NULL: everybody's
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("quality", Json),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.CheckConstraint("adjustment IN ('as_traded', 'split', 'split_dividend')", name="adjustment"),
    sa.CheckConstraint("fields IN ('ohlcv', 'close')", name="fields"),
)

series = sa.Table(
    "series",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("dataset_id", sa.ForeignKey("datasets.id", ondelete="CASCADE"), nullable=False),
    sa.Column("symbol", sa.String(32), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("sector", sa.String(64), nullable=False),
    sa.Column("asset_class", sa.String(16), nullable=False),
    sa.Column("first_ts", UtcDateTime, nullable=False),
    sa.Column("last_ts", UtcDateTime, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.UniqueConstraint("dataset_id", "symbol"),
)

corporate_actions = sa.Table(
    "corporate_actions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("dataset_id", sa.ForeignKey("datasets.id", ondelete="CASCADE"), nullable=False),
    sa.Column("symbol", sa.String(32), nullable=False),
    sa.Column("ts", UtcDateTime, nullable=False),  # open of the ex-date's session
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("value", sa.Float, nullable=False),  # units per old unit, or cash per unit
    sa.CheckConstraint("kind IN ('split', 'dividend')", name="kind"),
    sa.UniqueConstraint("dataset_id", "symbol", "ts", "kind"),
)

watchlist = sa.Table(
    "watchlist",
    metadata,
    sa.Column("user_id", sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("dataset", sa.String(64), primary_key=True),
    sa.Column("symbol", sa.String(32), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
)

bars = sa.Table(
    "bars",
    metadata,
    sa.Column("version", sa.String(80), primary_key=True),
    sa.Column("symbol", sa.String(32), primary_key=True),
    sa.Column("ts", UtcDateTime, primary_key=True),
    sa.Column("open", sa.Double),
    sa.Column("high", sa.Double),
    sa.Column("low", sa.Double),
    sa.Column("close", sa.Double),
    sa.Column("volume", sa.Double),
)

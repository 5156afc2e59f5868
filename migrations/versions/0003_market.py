"""Data sets, series, corporate actions, watch lists, bars."""

import sqlalchemy as sa
from alembic import op

from terminal.db.schema import Json, UtcDateTime

revision = "0003_market"
down_revision = "0002_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "datasets",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("slug", sa.String(64), nullable=False),
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
        sa.Column("owner_id", sa.Integer),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("quality", Json),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_datasets")),
        sa.CheckConstraint(
            "adjustment IN ('as_traded', 'split', 'split_dividend')",
            name=op.f("ck_datasets_adjustment"),
        ),
        sa.CheckConstraint("fields IN ('ohlcv', 'close')", name=op.f("ck_datasets_fields")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_datasets_owner_id_users")
        ),
        sa.UniqueConstraint("slug", name=op.f("uq_datasets_slug")),
    )
    op.create_index(op.f("ix_datasets_owner_id"), "datasets", ["owner_id"])
    op.create_table(
        "series",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("dataset_id", sa.Integer, nullable=False),
        sa.Column("symbol", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("sector", sa.String(64), nullable=False),
        sa.Column("asset_class", sa.String(16), nullable=False),
        sa.Column("first_ts", UtcDateTime, nullable=False),
        sa.Column("last_ts", UtcDateTime, nullable=False),
        sa.Column("rows", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["datasets.id"],
            name=op.f("fk_series_dataset_id_datasets"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("dataset_id", "symbol", name=op.f("uq_series_dataset_id_symbol")),
    )
    op.create_table(
        "corporate_actions",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("dataset_id", sa.Integer, nullable=False),
        sa.Column("symbol", sa.String(32), nullable=False),
        sa.Column("ts", UtcDateTime, nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corporate_actions")),
        sa.CheckConstraint("kind IN ('split', 'dividend')", name=op.f("ck_corporate_actions_kind")),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["datasets.id"],
            name=op.f("fk_corporate_actions_dataset_id_datasets"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint(
            "dataset_id",
            "symbol",
            "ts",
            "kind",
            name=op.f("uq_corporate_actions_dataset_id_symbol_ts_kind"),
        ),
    )
    op.create_table(
        "watchlist",
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("dataset", sa.String(64), nullable=False),
        sa.Column("symbol", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "dataset", "symbol", name=op.f("pk_watchlist")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_watchlist_user_id_users"), ondelete="CASCADE"
        ),
    )
    op.create_table(
        "bars",
        sa.Column("version", sa.String(80), nullable=False),
        sa.Column("symbol", sa.String(32), nullable=False),
        sa.Column("ts", UtcDateTime, nullable=False),
        sa.Column("open", sa.Double),
        sa.Column("high", sa.Double),
        sa.Column("low", sa.Double),
        sa.Column("close", sa.Double),
        sa.Column("volume", sa.Double),
        sa.PrimaryKeyConstraint("version", "symbol", "ts", name=op.f("pk_bars")),
    )


def downgrade() -> None:
    op.drop_table("bars")
    op.drop_table("watchlist")
    op.drop_table("corporate_actions")
    op.drop_table("series")
    op.drop_table("datasets")

"""Tables of imported portfolios: a name, and the rows of the file it was fed with."""

from __future__ import annotations

import sqlalchemy as sa

from terminal.db.schema import ExactDecimal, UtcDateTime, metadata

portfolios = sa.Table(
    "portfolios",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("owner_id", sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("owner_id", "name"),
)

portfolio_transactions = sa.Table(
    "portfolio_transactions",
    metadata,
    sa.Column("portfolio_id", sa.ForeignKey("portfolios.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),  # order of the file
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("symbol", sa.String(32), nullable=False),  # "": of none
    sa.Column("quantity", ExactDecimal, nullable=False),  # 0: the row has none
    sa.Column("price", ExactDecimal, nullable=False),
    sa.Column("fees", ExactDecimal, nullable=False),
)

"""Tables of the rule builder: saved rule sets, and every version of each."""

from __future__ import annotations

import sqlalchemy as sa

from terminal.db.schema import UtcDateTime, metadata

rule_sets = sa.Table(
    "rule_sets",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("owner_id", sa.ForeignKey("users.id"), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # the newest
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("owner_id", "name"),
)

rule_set_versions = sa.Table(
    "rule_set_versions",
    metadata,
    sa.Column("rule_set_id", sa.ForeignKey("rule_sets.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("rules", sa.Text, nullable=False),  # the JSON text exactly as a request holds it
    sa.Column("created_at", UtcDateTime, nullable=False),
)

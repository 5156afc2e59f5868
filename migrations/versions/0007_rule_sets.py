"""Saved rule sets and their versions."""

import sqlalchemy as sa
from alembic import op

from terminal.db.schema import UtcDateTime

revision = "0007_rule_sets"
down_revision = "0006_sweeps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rule_sets",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("owner_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_sets")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_rule_sets_owner_id_users")
        ),
        sa.UniqueConstraint("owner_id", "name", name=op.f("uq_rule_sets_owner_id_name")),
    )
    op.create_table(
        "rule_set_versions",
        sa.Column("rule_set_id", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("rules", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("rule_set_id", "version", name=op.f("pk_rule_set_versions")),
        sa.ForeignKeyConstraint(
            ["rule_set_id"],
            ["rule_sets.id"],
            name=op.f("fk_rule_set_versions_rule_set_id_rule_sets"),
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    op.drop_table("rule_set_versions")
    op.drop_table("rule_sets")

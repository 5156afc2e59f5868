"""Feature sets, trainings, and the registry of models."""

import sqlalchemy as sa
from alembic import op

from terminal.db.schema import Json, UtcDateTime

revision = "0008_models"
down_revision = "0007_rule_sets"
branch_labels = None
depends_on = None

RUN_STATES = ("running", "finished")
TRIAL_STATES = ("done", "pruned", "failed")
STAGES = ("candidate", "staging", "production", "archived")


def upgrade() -> None:
    _named_things("feature_sets")
    op.create_table(
        "feature_set_versions",
        sa.Column("feature_set_id", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("features", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("feature_set_id", "version", name=op.f("pk_feature_set_versions")),
        sa.ForeignKeyConstraint(
            ["feature_set_id"],
            ["feature_sets.id"],
            name=op.f("fk_feature_set_versions_feature_set_id_feature_sets"),
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "training_runs",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("owner_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("label", sa.String(64), nullable=False),
        sa.Column("dataset", sa.String(64), nullable=False),
        sa.Column("data_version", sa.String(80), nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("dry_run", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("stages", Json, nullable=False),
        sa.Column("result", Json),
        sa.Column("passed", sa.Boolean),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("finished_at", UtcDateTime),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_training_runs")),
        _of_a_job("training_runs"),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_training_runs_owner_id_users")
        ),
        sa.CheckConstraint(f"state IN {RUN_STATES!r}", name=op.f("ck_training_runs_state")),
    )
    op.create_index(op.f("ix_training_runs_owner_id"), "training_runs", ["owner_id"])
    op.create_index(op.f("ix_training_runs_created_at"), "training_runs", ["created_at"])
    op.create_table(
        "training_curves",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("fit", sa.String(32), nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("train_loss", sa.Float),
        sa.Column("valid_loss", sa.Float),
        sa.PrimaryKeyConstraint("job_id", "fit", "step", name=op.f("pk_training_curves")),
        _of_a_job("training_curves"),
    )
    op.create_table(
        "training_trials",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("params", Json, nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("folds", Json, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("job_id", "number", name=op.f("pk_training_trials")),
        _of_a_job("training_trials"),
        sa.CheckConstraint(f"state IN {TRIAL_STATES!r}", name=op.f("ck_training_trials_state")),
    )
    _named_things("models")
    op.create_table(
        "model_versions",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("model_id", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("weights_hash", sa.String(64), nullable=False),
        sa.Column("package_sha256", sa.String(64), nullable=False),
        sa.Column("manifest", Json, nullable=False),
        sa.Column("recipe", Json, nullable=False),
        sa.Column("metrics", Json, nullable=False),
        sa.Column("verdict", Json, nullable=False),
        sa.Column("lineage", Json, nullable=False),
        sa.Column("baseline", Json),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("production_at", UtcDateTime),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_versions")),
        sa.ForeignKeyConstraint(
            ["model_id"],
            ["models.id"],
            name=op.f("fk_model_versions_model_id_models"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name=op.f("fk_model_versions_job_id_jobs")
        ),
        sa.UniqueConstraint("job_id", name=op.f("uq_model_versions_job_id")),
        sa.UniqueConstraint("model_id", "version", name=op.f("uq_model_versions_model_id_version")),
        sa.CheckConstraint(f"stage IN {STAGES!r}", name=op.f("ck_model_versions_stage")),
    )
    op.create_index(op.f("ix_model_versions_model_id"), "model_versions", ["model_id"])
    op.create_index(op.f("ix_model_versions_package_sha256"), "model_versions", ["package_sha256"])
    in_production = sa.text("stage = 'production'")
    op.create_index(
        op.f("uq_model_versions_production"),
        "model_versions",
        ["model_id"],
        unique=True,
        sqlite_where=in_production,
        postgresql_where=in_production,
    )


def downgrade() -> None:
    for table in (
        "model_versions",
        "models",
        "training_trials",
        "training_curves",
        "training_runs",
        "feature_set_versions",
        "feature_sets",
    ):
        op.drop_table(table)


def _named_things(table: str) -> None:
    """A person's own things with a name of which every version is kept."""
    op.create_table(
        table,
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("owner_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f(f"fk_{table}_owner_id_users")
        ),
        sa.UniqueConstraint("owner_id", "name", name=op.f(f"uq_{table}_owner_id_name")),
    )


def _of_a_job(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["job_id"], ["jobs.id"], name=op.f(f"fk_{table}_job_id_jobs"), ondelete="CASCADE"
    )

"""Tables of research: feature sets, trainings with their curves and trials, the model registry."""

from __future__ import annotations

import sqlalchemy as sa

from terminal.db.schema import Json, UtcDateTime, metadata

RUN_STATES = ("running", "finished")
TRIAL_STATES = ("done", "pruned", "failed")
STAGES = ("candidate", "staging", "production", "archived")

feature_sets = sa.Table(
    "feature_sets",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("owner_id", sa.ForeignKey("users.id"), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # the newest
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("owner_id", "name"),
)

feature_set_versions = sa.Table(
    "feature_set_versions",
    metadata,
    sa.Column(
        "feature_set_id", sa.ForeignKey("feature_sets.id", ondelete="CASCADE"), primary_key=True
    ),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("features", sa.Text, nullable=False),  # canonical JSON of a FeatureSet
    sa.Column("created_at", UtcDateTime, nullable=False),
)

training_runs = sa.Table(
    "training_runs",
    metadata,
    sa.Column("job_id", sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("owner_id", sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("model", sa.String(64), nullable=False),
    sa.Column("label", sa.String(64), nullable=False),
    sa.Column("dataset", sa.String(64), nullable=False),
    sa.Column("data_version", sa.String(80), nullable=False),
    sa.Column("simulated", sa.Boolean, nullable=False),
    sa.Column("dry_run", sa.Boolean, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("stages", Json, nullable=False),  # of the newest attempt, in order
    sa.Column("result", Json),
    sa.Column("passed", sa.Boolean),  # the gate; NULL until it has spoken
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False, index=True),
    sa.Column("finished_at", UtcDateTime),
    sa.CheckConstraint(f"state IN {RUN_STATES!r}", name="state"),
)

training_curves = sa.Table(
    "training_curves",
    metadata,
    sa.Column("job_id", sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("fit", sa.String(32), primary_key=True),  # "fold 3", "final"
    sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("train_loss", sa.Float),
    sa.Column("valid_loss", sa.Float),
)

training_trials = sa.Table(
    "training_trials",
    metadata,
    sa.Column("job_id", sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("params", Json, nullable=False),
    sa.Column("score", sa.Float),
    sa.Column("folds", Json, nullable=False),  # the score of each fold that was run
    sa.Column("seconds", sa.Float, nullable=False),
    sa.CheckConstraint(f"state IN {TRIAL_STATES!r}", name="state"),
)

models = sa.Table(
    "models",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("owner_id", sa.ForeignKey("users.id"), nullable=False),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # the newest
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("owner_id", "name"),
)

model_versions = sa.Table(
    "model_versions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column(
        "model_id", sa.ForeignKey("models.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("job_id", sa.ForeignKey("jobs.id"), nullable=False, unique=True),
    sa.Column("stage", sa.String(16), nullable=False),
    sa.Column("kind", sa.String(64), nullable=False),  # slug of its ModelKind
    sa.Column("weights_hash", sa.String(64), nullable=False),  # of the native files; the model
    sa.Column("package_sha256", sa.String(64), nullable=False, index=True),  # of the stored zip
    sa.Column("manifest", Json, nullable=False),
    sa.Column("recipe", Json, nullable=False),
    sa.Column("metrics", Json, nullable=False),
    sa.Column("verdict", Json, nullable=False),
    sa.Column("lineage", Json, nullable=False),
    sa.Column("baseline", Json),  # what drift is measured against
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("production_at", UtcDateTime),  # when it last became production
    sa.UniqueConstraint("model_id", "version"),
    sa.CheckConstraint(f"stage IN {STAGES!r}", name="stage"),
)

# a model has one version in production, whoever promotes at the same time
sa.Index(
    "uq_model_versions_production",
    model_versions.c.model_id,
    unique=True,
    sqlite_where=model_versions.c.stage == "production",
    postgresql_where=model_versions.c.stage == "production",
)

"""Queries on registered models and their versions; the owner filter is here.

A version is in one stage. Of a model at most one version is in production, which the database
holds too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.tables.models import model_versions, models
from terminal.errors import Conflict, InputError, NotFound

CANDIDATE, STAGING, PRODUCTION, ARCHIVED = "candidate", "staging", "production", "archived"
STAGES = (CANDIDATE, STAGING, PRODUCTION, ARCHIVED)


@dataclass(frozen=True)
class VersionRow:
    """A version of a model.

    Attributes
    ----------
    name, owner_id : of its model. newest : the model's last version.
    kind : slug of its `ModelKind`. recipe : JSON of its `Recipe`.
    weights_hash : SHA-256 over its native files: equal weights have equal hashes.
    package_sha256 : of the stored package, a zip.
    manifest : of the package, as it was signed.
    metrics : of cross-validation and of the out-of-sample period.
    verdict : the gate's, with its reasons. lineage : what it was made from and by.
    baseline : what drift is measured against; None where there is none.
    production_at : when it last became production.
    """

    id: int
    model_id: int
    owner_id: int
    name: str
    version: int
    newest: int
    job_id: str
    stage: str
    kind: str
    weights_hash: str
    package_sha256: str
    manifest: Mapping[str, Any]
    recipe: Mapping[str, Any]
    metrics: Mapping[str, Any]
    verdict: Mapping[str, Any]
    lineage: Mapping[str, Any]
    baseline: Mapping[str, Any] | None
    created_at: datetime
    production_at: datetime | None

    @property
    def words(self) -> str:
        """How a person says it."""
        return f"{self.name} (version {self.version})"


@dataclass(frozen=True)
class NewVersion:
    """What a training registers."""

    job_id: str
    kind: str
    weights_hash: str
    package_sha256: str
    manifest: Mapping[str, Any]
    recipe: Mapping[str, Any]
    metrics: Mapping[str, Any]
    verdict: Mapping[str, Any]
    lineage: Mapping[str, Any]
    baseline: Mapping[str, Any] | None = None


_OWN = (
    "id",
    "model_id",
    "version",
    "job_id",
    "stage",
    "kind",
    "weights_hash",
    "package_sha256",
    "manifest",
    "recipe",
    "metrics",
    "verdict",
    "lineage",
    "baseline",
    "created_at",
    "production_at",
)
_SELECT = sa.select(
    *(model_versions.c[name] for name in _OWN),
    models.c.owner_id,
    models.c.name,
    models.c.version.label("newest"),
).join_from(model_versions, models, models.c.id == model_versions.c.model_id)


def _mine(query: sa.Select[Any], actor: Actor) -> sa.Select[Any]:
    return query if actor.is_admin else query.where(models.c.owner_id == actor.user_id)


def register(
    conn: sa.Connection, actor: Actor, name: str, made: NewVersion, at: datetime
) -> VersionRow:
    """A new version of the actor's model of that name, which is made where there is none.

    Called in the transaction that marks the training as succeeded.
    """
    found = conn.execute(
        models.update()  # the update locks the row, so that two trainings get two numbers
        .where(models.c.owner_id == actor.user_id, models.c.name == name)
        .values(version=models.c.version + 1, updated_at=at)
        .returning(models.c.id, models.c.version)
    ).one_or_none()
    if found is None:
        found = conn.execute(
            models.insert()
            .values(owner_id=actor.user_id, name=name, version=1, created_at=at, updated_at=at)
            .returning(models.c.id, models.c.version)
        ).one()
    values = {
        key: dict(value) if isinstance(value, Mapping) else value
        for key, value in vars(made).items()
    }
    version_id = conn.execute(
        model_versions.insert()
        .values(model_id=found.id, version=found.version, stage=CANDIDATE, created_at=at, **values)
        .returning(model_versions.c.id)
    ).scalar_one()
    return get(conn, actor, int(version_id))


def get(conn: sa.Connection, actor: Actor, version_id: int) -> VersionRow:
    """One version of a model of the actor's (an admin's: any); NotFound otherwise."""
    row = conn.execute(_mine(_SELECT.where(model_versions.c.id == version_id), actor)).one_or_none()
    if row is None:
        raise NotFound(f"There is no model version {version_id}.", field="model")
    return VersionRow(**dict(row._mapping))


def of_job(conn: sa.Connection, actor: Actor, job_id: str) -> VersionRow | None:
    """The version a training of the actor's (an admin's: any) registered; None where none."""
    row = conn.execute(_mine(_SELECT.where(model_versions.c.job_id == job_id), actor)).one_or_none()
    return None if row is None else VersionRow(**dict(row._mapping))


def find(conn: sa.Connection, actor: Actor, limit: int = 1_000) -> list[VersionRow]:
    """Versions of the actor's own models, newest first."""
    query = _SELECT.where(models.c.owner_id == actor.user_id)
    query = query.order_by(model_versions.c.created_at.desc(), model_versions.c.id.desc())
    return [VersionRow(**dict(row._mapping)) for row in conn.execute(query.limit(limit))]


def in_production(conn: sa.Connection, actor: Actor, model_id: int) -> VersionRow | None:
    """The version of a model that is in production; None where none is."""
    query = _SELECT.where(
        model_versions.c.model_id == model_id, model_versions.c.stage == PRODUCTION
    )
    row = conn.execute(_mine(query, actor)).one_or_none()
    return None if row is None else VersionRow(**dict(row._mapping))


def before_production(conn: sa.Connection, actor: Actor, model_id: int) -> VersionRow | None:
    """The version that was in production before the one that is; None where there was none."""
    query = _SELECT.where(
        model_versions.c.model_id == model_id,
        model_versions.c.stage != PRODUCTION,
        model_versions.c.production_at.is_not(None),
    )
    query = query.order_by(model_versions.c.production_at.desc(), model_versions.c.id.desc())
    row = conn.execute(_mine(query, actor).limit(1)).one_or_none()
    return None if row is None else VersionRow(**dict(row._mapping))


def set_stage(
    conn: sa.Connection, actor: Actor, version_id: int, stage: str, at: datetime
) -> VersionRow | None:
    """Move a version of the actor's own to a stage; answers the version it took out of production,
    which is archived, or None.

    Raises
    ------
    NotFound : it is not the actor's. InputError : there is no such stage.
    Conflict : a model that the gate refused is to go into production.
    """
    if stage not in STAGES:
        raise InputError(
            f"{stage!r} is no stage; there are: {', '.join(STAGES)}.",
            field="stage",
            remedy="Choose one of them.",
        )
    own = get(conn, actor, version_id)
    if own.owner_id != actor.user_id:
        raise NotFound(f"There is no model version {version_id} of yours.", field="model")
    if stage == PRODUCTION and not own.verdict.get("passed"):
        raise Conflict(
            f"The gate refused {own.words}: its score is not distinguishable from luck.",
            field="stage",
            remedy="Only a model that passed the gate goes into production.",
        )
    # the update locks the model's row, so that of two promotions at once one follows the other
    conn.execute(models.update().where(models.c.id == own.model_id).values(updated_at=at))
    replaced = None
    if stage == PRODUCTION:
        replaced = in_production(conn, actor, own.model_id)
        if replaced is not None and replaced.id == version_id:
            return None
        if replaced is not None:
            _set(conn, replaced.id, stage=ARCHIVED)
        _set(conn, version_id, stage=PRODUCTION, production_at=at)
    else:
        _set(conn, version_id, stage=stage)
    return replaced


def set_baseline(
    conn: sa.Connection, actor: Actor, version_id: int, baseline: Mapping[str, Any]
) -> None:
    """Keep what drift is measured against; NotFound when the version is not the actor's."""
    get(conn, actor, version_id)
    _set(conn, version_id, baseline=dict(baseline))


def rename(conn: sa.Connection, actor: Actor, model_id: int, name: str, at: datetime) -> None:
    """Another name for a model of the actor's own.

    Raises
    ------
    NotFound : it is not theirs. Conflict : they have a model of that name.
    """
    same = sa.select(models.c.id).where(
        models.c.owner_id == actor.user_id, models.c.name == name, models.c.id != model_id
    )
    if conn.execute(same).first() is not None:
        raise Conflict(
            f"You have a model called {name!r} already.", field="name", remedy="Choose another."
        )
    changed = conn.execute(
        models.update()
        .where(models.c.id == model_id, models.c.owner_id == actor.user_id)
        .values(name=name, updated_at=at)
    ).rowcount
    if not changed:
        raise NotFound(f"There is no model {model_id}.", field="model")


def _set(conn: sa.Connection, version_id: int, **values: Any) -> None:
    conn.execute(model_versions.update().where(model_versions.c.id == version_id).values(**values))

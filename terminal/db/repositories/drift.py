"""Queries on drift reports; the owner filter is here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from terminal.accounts.actor import Actor, Role
from terminal.db.tables.accounts import users
from terminal.db.tables.drift import drift_reports
from terminal.db.tables.models import model_versions, models
from terminal.errors import NotFound


@dataclass(frozen=True)
class DriftRow:
    """One measurement. report : JSON of a `DriftReport`; periods : of a `PeriodMap`."""

    job_id: str
    owner_id: int
    version_id: int
    severity: str
    features: str
    predictions: str
    decay: str
    recommendation: str
    first_ts: datetime
    last_ts: datetime
    n_events: int
    data_version: str
    report: Mapping[str, Any]
    periods: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True)
class Watched:
    """A version in production that has a baseline, and on whose behalf it is watched."""

    version_id: int
    words: str
    owner: Actor


def _mine(query: sa.Select[Any], actor: Actor) -> sa.Select[Any]:
    return query if actor.is_admin else query.where(drift_reports.c.owner_id == actor.user_id)


def insert(conn: sa.Connection, row: DriftRow) -> None:
    """A measurement; one of the same job (a retry) is replaced."""
    conn.execute(drift_reports.delete().where(drift_reports.c.job_id == row.job_id))
    conn.execute(drift_reports.insert().values(**vars(row)))


def get(conn: sa.Connection, actor: Actor, job_id: str) -> DriftRow:
    """One measurement of the actor's (an admin's: any); NotFound otherwise."""
    query = _mine(sa.select(drift_reports).where(drift_reports.c.job_id == job_id), actor)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no drift report {job_id}.", field="report")
    return DriftRow(**dict(row._mapping))


def of_version(
    conn: sa.Connection, actor: Actor, version_id: int, limit: int = 200
) -> list[DriftRow]:
    """Measurements of a version that the actor may see, newest first."""
    query = sa.select(drift_reports).where(drift_reports.c.version_id == version_id)
    query = _mine(query, actor).order_by(
        drift_reports.c.created_at.desc(), drift_reports.c.job_id.desc()
    )
    return [DriftRow(**dict(row._mapping)) for row in conn.execute(query.limit(limit))]


def newest(conn: sa.Connection, actor: Actor) -> dict[int, DriftRow]:
    """The newest measurement of each of the actor's own versions, by version."""
    numbered = (
        sa.select(
            drift_reports,
            sa.func.row_number()
            .over(
                partition_by=drift_reports.c.version_id,
                order_by=(drift_reports.c.created_at.desc(), drift_reports.c.job_id.desc()),
            )
            .label("place"),
        )
        .where(drift_reports.c.owner_id == actor.user_id)
        .subquery()
    )
    names = [column.name for column in drift_reports.columns]
    query = sa.select(*(numbered.c[name] for name in names)).where(numbered.c.place == 1)
    return {row.version_id: DriftRow(**dict(row._mapping)) for row in conn.execute(query)}


def in_production(conn: sa.Connection) -> list[Watched]:
    """Versions in production with a baseline, of everybody who may start jobs: for the schedule."""
    query = (
        sa.select(
            model_versions.c.id, model_versions.c.version, models.c.name,
            users.c.id.label("user_id"), users.c.username, users.c.role,
        )
        .join_from(model_versions, models, models.c.id == model_versions.c.model_id)
        .join(users, users.c.id == models.c.owner_id)
        .where(
            model_versions.c.stage == "production",
            model_versions.c.baseline.is_not(None),
            users.c.active,
            users.c.role != Role.VIEWER.value,
        )
        .order_by(model_versions.c.id)
    )  # fmt: skip
    return [
        Watched(
            row.id,
            f"{row.name} (version {row.version})",
            Actor(row.user_id, row.username, Role(row.role)),
        )
        for row in conn.execute(query)
    ]

"""Queries on artifact rows; the owner filter is here."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.tables.jobs import artifacts
from terminal.errors import NotFound
from terminal.jobs.values import Artifact


def _artifact(row: sa.Row[Any]) -> Artifact:
    return Artifact(**dict(row._mapping))


def _mine(query: sa.Select[Any], actor: Actor) -> sa.Select[Any]:
    return query if actor.is_admin else query.where(artifacts.c.owner_id == actor.user_id)


def insert(conn: sa.Connection, artifact: Artifact) -> None:
    """A file of a job; a second one of the same name replaces the first."""
    conn.execute(
        artifacts.delete().where(
            artifacts.c.job_id == artifact.job_id, artifacts.c.name == artifact.name
        )
    )
    conn.execute(artifacts.insert().values(**vars(artifact)))


def get(conn: sa.Connection, actor: Actor, artifact_id: str) -> Artifact:
    """One artifact of the actor's; NotFound otherwise."""
    query = _mine(sa.select(artifacts).where(artifacts.c.id == artifact_id), actor)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no file {artifact_id}.", field="artifact")
    return _artifact(row)


def of_job(conn: sa.Connection, actor: Actor, job_id: str) -> list[Artifact]:
    """A job's files by name."""
    query = _mine(sa.select(artifacts).where(artifacts.c.job_id == job_id), actor)
    return [_artifact(row) for row in conn.execute(query.order_by(artifacts.c.name))]


def referenced(conn: sa.Connection, hashes: list[str]) -> set[str]:
    """Those of the content hashes that some row still names."""
    query = sa.select(artifacts.c.sha256).where(artifacts.c.sha256.in_(hashes)).distinct()
    return set(conn.execute(query).scalars())

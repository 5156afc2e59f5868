"""Queries on sweeps and their points; the owner filter is here.

Points are written in batches by whichever process runs a part. A point that is there already is
left as it is: the same combination on the same data gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from terminal.accounts.actor import Actor
from terminal.db.tables.jobs import jobs
from terminal.db.tables.sweeps import sweep_points, sweeps
from terminal.errors import NotFound

RUNNING, FINISHED, CANCELLED = "running", "finished", "cancelled"
DONE, PRUNED, FAILED = "done", "pruned", "failed"


@dataclass(frozen=True)
class SweepRow:
    """A sweep: what was asked, and how far it is."""

    job_id: str
    owner_id: int
    name: str
    strategy: str
    family: str
    dataset: str
    data_version: str
    simulated: bool
    request: Mapping[str, Any]
    n_bars: int
    n_planned: int
    state: str
    parts_left: int
    result: Mapping[str, Any] | None
    end_job_id: str | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class PointRow:
    """A finished point."""

    sweep_id: str
    position: int
    owner_id: int
    number: int
    part: int
    state: str
    params: Mapping[str, Any]
    metrics: Mapping[str, float | None]
    leading: float | None
    windows: Mapping[str, Sequence[float | None]] | None
    note: str
    created_at: datetime


def _mine(query: sa.Select[Any], actor: Actor) -> sa.Select[Any]:
    return query if actor.is_admin else query.where(sweeps.c.owner_id == actor.user_id)


def insert(conn: sa.Connection, row: SweepRow) -> None:
    """A planned sweep; one that is there already (a retried job) is replaced."""
    conn.execute(sweeps.delete().where(sweeps.c.job_id == row.job_id))
    conn.execute(sweeps.insert().values(**vars(row)))


def get(conn: sa.Connection, actor: Actor, sweep_id: str) -> SweepRow:
    """One sweep of the actor's (an admin's: any); NotFound otherwise."""
    query = _mine(sa.select(sweeps).where(sweeps.c.job_id == sweep_id), actor)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no sweep {sweep_id}.", field="sweep")
    return SweepRow(**dict(row._mapping))


def find(conn: sa.Connection, actor: Actor, limit: int = 200) -> list[SweepRow]:
    """The actor's own sweeps, newest first."""
    query = sa.select(sweeps).where(sweeps.c.owner_id == actor.user_id)
    query = query.order_by(sweeps.c.created_at.desc(), sweeps.c.job_id).limit(limit)
    return [SweepRow(**dict(row._mapping)) for row in conn.execute(query)]


def counts(conn: sa.Connection, sweep_ids: Iterable[str]) -> dict[str, int]:
    """Finished points by sweep."""
    query = (
        sa.select(sweep_points.c.sweep_id, sa.func.count())
        .where(sweep_points.c.sweep_id.in_(list(sweep_ids)))
        .group_by(sweep_points.c.sweep_id)
    )
    return {row[0]: int(row[1]) for row in conn.execute(query)}


def points(conn: sa.Connection, actor: Actor, sweep_id: str) -> list[PointRow]:
    """Every finished point, in the order asked for; NotFound when the sweep is not the actor's."""
    get(conn, actor, sweep_id)
    query = sa.select(sweep_points).where(sweep_points.c.sweep_id == sweep_id)
    rows = conn.execute(query.order_by(sweep_points.c.number))
    return [PointRow(**dict(row._mapping)) for row in rows]


def positions(conn: sa.Connection, sweep_id: str) -> set[int]:
    """Positions that are finished."""
    query = sa.select(sweep_points.c.position).where(sweep_points.c.sweep_id == sweep_id)
    return set(conn.execute(query).scalars())


def add_points(conn: sa.Connection, rows: Sequence[PointRow]) -> None:
    """Write a batch; points that are there stay as they are."""
    if not rows:
        return
    insert_ = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    conn.execute(insert_(sweep_points).on_conflict_do_nothing(), [vars(row) for row in rows])


def add_round(conn: sa.Connection, sweep_id: str, n_parts: int, n_planned: int) -> None:
    """A round of so many parts begins; `n_planned` points when everything is done."""
    conn.execute(
        sweeps.update()
        .where(sweeps.c.job_id == sweep_id)
        .values(parts_left=n_parts, n_planned=n_planned)
    )


def part_ended(conn: sa.Connection, sweep_id: str, job_id: str) -> bool:
    """Count a part as done, in the transaction in which its job succeeds; True for the last one.

    The update locks the sweep's row, so that of two parts that end at once one sees the other. Only
    a job that the sweep submitted counts: not one that reproduces it.
    """
    own = sa.select(jobs.c.id).where(jobs.c.id == job_id, jobs.c.parent_id == sweep_id)
    changed = conn.execute(
        sweeps.update()
        .where(sweeps.c.job_id == sweep_id, sweeps.c.parts_left > 0, own.exists())
        .values(parts_left=sweeps.c.parts_left - 1)
    ).rowcount
    left = sa.select(sweeps.c.parts_left).where(sweeps.c.job_id == sweep_id)
    return bool(changed) and conn.execute(left).scalar_one() == 0


def finish(
    conn: sa.Connection, sweep_id: str, result: Mapping[str, Any], job_id: str, now: datetime
) -> None:
    """Keep the result."""
    conn.execute(
        sweeps.update()
        .where(sweeps.c.job_id == sweep_id)
        .values(state=FINISHED, result=dict(result), end_job_id=job_id, finished_at=now)
    )


def set_state(conn: sa.Connection, actor: Actor, sweep_id: str, before: str, after: str) -> bool:
    """Change the state of a sweep of the actor's (an admin's: any); False when it was another."""
    get(conn, actor, sweep_id)
    changed = conn.execute(
        sweeps.update()
        .where(sweeps.c.job_id == sweep_id, sweeps.c.state == before)
        .values(state=after)
    ).rowcount
    return bool(changed)

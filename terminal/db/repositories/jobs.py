"""Queries on job rows. Readers pass the actor; what is not theirs does not exist for them.

State changes are conditional updates: the number of rows changed says whether the change was
still allowed, so that two processes can never both believe they own a job.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.tables.accounts import users
from terminal.db.tables.jobs import job_log, jobs, workers
from terminal.errors import NotFound
from terminal.jobs.values import Job, JobFilter, JobState, LogLine

_SELECT = sa.select(jobs, users.c.username.label("owner")).join_from(
    jobs, users, jobs.c.owner_id == users.c.id
)
_FIELDS = tuple(Job.__dataclass_fields__)


def _job(row: sa.Row[Any]) -> Job:
    values = {name: getattr(row, name) for name in _FIELDS}
    return Job(**{**values, "state": JobState(values["state"])})


def _mine(query: sa.Select[Any], actor: Actor) -> sa.Select[Any]:
    return query if actor.is_admin else query.where(jobs.c.owner_id == actor.user_id)


def insert(conn: sa.Connection, values: Mapping[str, Any]) -> None:
    """A new row."""
    conn.execute(jobs.insert().values(**values))


def get(conn: sa.Connection, actor: Actor, job_id: str) -> Job:
    """One job of the actor's (an admin's: any); NotFound otherwise."""
    row = conn.execute(_mine(_SELECT.where(jobs.c.id == job_id), actor)).one_or_none()
    if row is None:
        raise NotFound(f"There is no job {job_id}.", field="job", remedy="See the Jobs page.")
    return _job(row)


def find(conn: sa.Connection, actor: Actor, wanted: JobFilter) -> list[Job]:
    """Newest first."""
    query = (
        _SELECT
        if wanted.everyone and actor.is_admin
        else _SELECT.where(jobs.c.owner_id == actor.user_id)
    )
    if wanted.states:
        query = query.where(jobs.c.state.in_([str(state) for state in wanted.states]))
    if wanted.kinds:
        query = query.where(jobs.c.kind.in_(wanted.kinds))
    if wanted.text:
        text = wanted.text.lower()
        query = query.where(
            sa.or_(
                sa.func.lower(jobs.c.title).contains(text, autoescape=True),
                jobs.c.id.startswith(text, autoescape=True),
                sa.func.lower(jobs.c.stage).contains(text, autoescape=True),
            )
        )
    query = query.order_by(jobs.c.created_at.desc(), jobs.c.id).limit(wanted.limit)
    return [_job(row) for row in conn.execute(query)]


def children(conn: sa.Connection, actor: Actor, parent_id: str) -> list[Job]:
    """The jobs another one left behind, oldest first, of those the actor may see."""
    query = _mine(_SELECT.where(jobs.c.parent_id == parent_id), actor)
    return [_job(row) for row in conn.execute(query.order_by(jobs.c.created_at, jobs.c.id))]


def claim(
    conn: sa.Connection, job_id: str, *, token: str, worker_id: str, now: datetime
) -> dict[str, Any] | None:
    """Take a queued job; None when it is no longer queued (taken by another, or ended)."""
    changed = conn.execute(
        jobs.update()
        .where(jobs.c.id == job_id, jobs.c.state == JobState.QUEUED)
        .values(
            state=JobState.RUNNING,
            claim_token=token,
            worker_id=worker_id,
            heartbeat_at=now,
            started_at=now,
            finished_at=None,
            attempt=jobs.c.attempt + 1,
            fraction=0.0,
            stage="starting",
            message="",
            eta_s=None,
            error=None,
        )
    ).rowcount
    if not changed:
        return None
    row = conn.execute(sa.select(jobs).where(jobs.c.id == job_id)).one()
    return dict(row._mapping)


def beat(
    conn: sa.Connection,
    job_id: str,
    token: str,
    now: datetime,
    progress: Mapping[str, Any] | None = None,
) -> bool | None:
    """Heartbeat (and progress) of a running job.

    Returns whether a cancel was requested, or None when the claim is lost: stop at once.
    """
    changed = conn.execute(
        jobs.update().where(*_held(job_id, token)).values(heartbeat_at=now, **(progress or {}))
    ).rowcount
    if not changed:
        return None
    query = sa.select(jobs.c.cancel_requested).where(jobs.c.id == job_id)
    return bool(conn.execute(query).scalar_one())


def finish(
    conn: sa.Connection,
    job_id: str,
    token: str | None,
    state: JobState,
    now: datetime,
    **values: Any,
) -> bool:
    """End a running job that is still held with `token`; False when the claim is lost."""
    changed = conn.execute(
        jobs.update()
        .where(*_held(job_id, token))
        .values(state=state, finished_at=now, claim_token=None, eta_s=None, **values)
    ).rowcount
    return bool(changed)


def requeue(
    conn: sa.Connection, job_id: str, token: str | None, *, refund: bool, reason: str
) -> bool:
    """Give a running job back to its queue; `refund` does not count the attempt."""
    changed = conn.execute(
        jobs.update()
        .where(*_held(job_id, token))
        .values(
            state=JobState.QUEUED,
            claim_token=None,
            worker_id=None,
            heartbeat_at=None,
            rung_at=None,
            started_at=None,
            fraction=0.0,
            stage="queued again",
            message=reason,
            eta_s=None,
            attempt=jobs.c.attempt - 1 if refund else jobs.c.attempt,
        )
    ).rowcount
    return bool(changed)


def _held(job_id: str, token: str | None) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        jobs.c.id == job_id,
        jobs.c.state == JobState.RUNNING,
        jobs.c.claim_token == token,
    )


def request_cancel(conn: sa.Connection, job_id: str, now: datetime) -> None:
    """A queued job ends at once; a running one sees the flag at its next progress call."""
    ended = conn.execute(
        jobs.update()
        .where(jobs.c.id == job_id, jobs.c.state == JobState.QUEUED)
        .values(state=JobState.CANCELLED, finished_at=now, cancel_requested=True)
    ).rowcount
    if not ended:
        conn.execute(
            jobs.update()
            .where(jobs.c.id == job_id, jobs.c.state == JobState.RUNNING)
            .values(cancel_requested=True)
        )


def reopen(conn: sa.Connection, job_id: str) -> bool:
    """Queue a failed, cancelled or orphaned job again, its attempts counted anew."""
    changed = conn.execute(
        jobs.update()
        .where(
            jobs.c.id == job_id,
            jobs.c.state.in_([JobState.FAILED, JobState.CANCELLED, JobState.ORPHANED]),
        )
        .values(
            state=JobState.QUEUED,
            attempt=0,
            cancel_requested=False,
            error=None,
            fraction=0.0,
            stage="queued again",
            message="",
            started_at=None,
            finished_at=None,
            rung_at=None,
        )
    ).rowcount
    return bool(changed)


def mark_rung(conn: sa.Connection, job_id: str, now: datetime) -> None:
    """Remember when the doorbell last rang for it."""
    conn.execute(jobs.update().where(jobs.c.id == job_id).values(rung_at=now))


def to_ring(conn: sa.Connection, now: datetime, again_s: float) -> list[tuple[str, str]]:
    """(id, queue) of queued jobs that nobody was told of lately, oldest first."""
    before = now - timedelta(seconds=again_s)
    query = (
        sa.select(jobs.c.id, jobs.c.queue)
        .where(
            jobs.c.state == JobState.QUEUED,
            sa.or_(jobs.c.rung_at.is_(None), jobs.c.rung_at < before),
        )
        .order_by(jobs.c.created_at)
        .limit(500)
    )
    return [(row.id, row.queue) for row in conn.execute(query)]


def silent(conn: sa.Connection, now: datetime, orphan_after_s: float) -> list[sa.Row[Any]]:
    """Running jobs whose heartbeat stopped."""
    before = now - timedelta(seconds=orphan_after_s)
    query = sa.select(jobs).where(jobs.c.state == JobState.RUNNING, jobs.c.heartbeat_at < before)
    return list(conn.execute(query))


def counts(conn: sa.Connection, queue: str, job: Job | None) -> tuple[int, int]:
    """(running on the queue, queued before `job`; None: before a job submitted now)."""
    running = conn.execute(
        sa.select(sa.func.count()).where(jobs.c.queue == queue, jobs.c.state == JobState.RUNNING)
    ).scalar_one()
    waiting = sa.select(sa.func.count()).where(
        jobs.c.queue == queue, jobs.c.state == JobState.QUEUED
    )
    if job is not None:
        waiting = waiting.where(jobs.c.created_at < job.created_at)
    ahead = conn.execute(waiting).scalar_one()
    return running, ahead


def append_log(
    conn: sa.Connection, job_id: str, lines: Sequence[LogLine], keep: int | None = None
) -> None:
    """Add lines; with `keep`, the oldest beyond that many go."""
    if lines:
        conn.execute(
            job_log.insert(),
            [{"job_id": job_id, "at": x.at, "level": x.level, "line": x.line} for x in lines],
        )
    if keep is not None:
        newest = (
            sa.select(job_log.c.id)
            .where(job_log.c.job_id == job_id)
            .order_by(job_log.c.id.desc())
            .offset(keep)
            .limit(1)
        )
        last = conn.execute(newest).scalar()
        if last is not None:
            conn.execute(job_log.delete().where(job_log.c.job_id == job_id, job_log.c.id <= last))


def log_tail(conn: sa.Connection, actor: Actor, job_id: str, lines: int) -> list[LogLine]:
    """The last lines, oldest first; tracebacks only for admins."""
    get(conn, actor, job_id)
    query = sa.select(job_log).where(job_log.c.job_id == job_id)
    if not actor.is_admin:
        query = query.where(job_log.c.level != "trace")
    rows = conn.execute(query.order_by(job_log.c.id.desc()).limit(lines)).all()
    return [LogLine(row.at, row.level, row.line) for row in reversed(rows)]


def worker_seen(conn: sa.Connection, values: Mapping[str, Any]) -> None:
    """Register a worker, or renew its heartbeat."""
    changed = conn.execute(
        workers.update().where(workers.c.id == values["id"]).values(**values)
    ).rowcount
    if not changed:
        conn.execute(workers.insert().values(**values))


def worker_gone(conn: sa.Connection, worker_id: str) -> None:
    """A worker said good-bye, or was silent for long."""
    conn.execute(workers.delete().where(workers.c.id == worker_id))


def live_workers(conn: sa.Connection, now: datetime, silent_s: float) -> list[sa.Row[Any]]:
    """Workers with a heartbeat within the last `silent_s` seconds."""
    query = sa.select(workers).where(workers.c.heartbeat_at >= now - timedelta(seconds=silent_s))
    return list(conn.execute(query.order_by(workers.c.started_at)))


def forget_workers(conn: sa.Connection, now: datetime, silent_s: float) -> None:
    """Delete workers silent for longer."""
    conn.execute(workers.delete().where(workers.c.heartbeat_at < now - timedelta(seconds=silent_s)))

"""Look after rows that nobody looks after: ring again, find the silent, remove unused files.

Safe to run in several processes at once: every change is conditional.
"""

from __future__ import annotations

import logging
from datetime import datetime

import sqlalchemy as sa

from terminal import clock
from terminal.db.database import Database
from terminal.db.repositories import artifacts as artifact_rows
from terminal.db.repositories import jobs as rows
from terminal.errors import TerminalError
from terminal.jobs.artifacts import ArtifactStore
from terminal.jobs.service import WORKER_SILENT_S, JobService
from terminal.jobs.values import JobState, LogLine

log = logging.getLogger(__name__)

UNUSED_AFTER_S = 3600.0
FORGET_WORKER_S = 4 * WORKER_SILENT_S


def sweep(service: JobService) -> None:
    """One round: orphans first, so that what they give back is rung for at once."""
    recover_silent(service)
    ring_again(service)
    with service.db.write() as conn:
        rows.forget_workers(conn, clock.now(), FORGET_WORKER_S)


def ring_again(service: JobService) -> int:
    """Ring for queued jobs that nobody was told of lately; returns for how many."""
    with service.db.read() as conn:
        waiting = rows.to_ring(conn, clock.now(), service.settings.jobs.ring_again_s)
    rung = 0
    for job_id, queue in waiting:
        if not service.ring(job_id, queue):
            break  # the broker is away: the next round tries again
        rung += 1
    return rung


def recover_silent(service: JobService) -> int:
    """Queue jobs again whose process went silent, or give them up; returns how many."""
    settings = service.settings.jobs
    now = clock.now()
    with service.db.read() as conn:
        silent = rows.silent(conn, now, settings.orphan_after_s)
    for row in silent:
        with service.db.write() as conn:
            give_back(
                conn,
                row.id,
                row.claim_token,
                reason=f"no sign of life for {settings.orphan_after_s:.0f} s",
                attempts_left=row.attempt < row.max_attempts,
                cancelled=row.cancel_requested,
                now=now,
            )
    return len(silent)


def give_back(
    conn: sa.Connection,
    job_id: str,
    token: str | None,
    *,
    reason: str,
    attempts_left: bool,
    cancelled: bool,
    now: datetime,
    refund: bool = False,
) -> None:
    """End the run of a process that died: cancelled, queued again, or orphaned."""
    if cancelled:
        error = TerminalError("Cancelled by its owner.").as_dict()
        rows.finish(conn, job_id, token, JobState.CANCELLED, now, error=error)
        return
    if attempts_left or refund:
        done = rows.requeue(conn, job_id, token, refund=refund, reason=reason)
        line = f"The run ended: {reason}. Queued again."
    else:
        error = TerminalError(
            f"Given up after its last attempt: {reason}.",
            remedy="Resume it from its card once the cause is gone.",
        ).as_dict()
        done = rows.finish(conn, job_id, token, JobState.ORPHANED, now, error=error)
        line = f"The run ended: {reason}. No attempts left."
    if done:
        rows.append_log(conn, job_id, [LogLine(now, "warning", line)])


def remove_unused_files(db: Database, store: ArtifactStore) -> int:
    """Delete stored content that no row names and that is old enough to be nobody's work."""
    old = list(store.old_files(UNUSED_AFTER_S))
    removed = 0
    for start in range(0, len(old), 500):
        part = old[start : start + 500]
        with db.read() as conn:
            named = artifact_rows.referenced(conn, [path.name for path in part])
        for path in part:
            if path.name not in named:
                path.unlink(missing_ok=True)
                removed += 1
    return removed

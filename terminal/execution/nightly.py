"""What happens without anybody asking: a twin of each session once a day, old marks thinned out."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import SYSTEM
from terminal.db.database import Database
from terminal.db.repositories import users
from terminal.db.tables.trading import account_marks, live_sessions, session_bars
from terminal.execution.twin_request import TwinRequest
from terminal.jobs.service import JobService
from terminal.jobs.values import Job, JobFilter

KIND = "shadow_twin"
MARKS_WHOLE = timedelta(days=2)
"""Marks of an account's worth are kept every few seconds this long, then one an hour."""
EVERY = timedelta(hours=23)
"""From one to the next: a little less than a day, so that it does not wander."""


def request_twins(service: JobService) -> list[Job]:
    """Submit what is due: sessions that decided on a bar since their last twin was asked for."""
    since = clock.now() - EVERY
    newest = (
        sa.select(session_bars.c.session_id, sa.func.max(session_bars.c.decided_at).label("at"))
        .group_by(session_bars.c.session_id)
        .subquery()
    )
    with service.db.read() as conn:
        rows = conn.execute(
            sa.select(live_sessions.c.id, live_sessions.c.owner_id)
            .join(newest, newest.c.session_id == live_sessions.c.id)
            .where(newest.c.at > since, live_sessions.c.started_at < since)
        ).all()
    if not rows:
        return []
    recent = {
        job.request.get("session_id")
        for job in service.list(SYSTEM, JobFilter(kinds=(KIND,), everyone=True, limit=2_000))
        if job.created_at > since or not job.state.final
    }
    made = []
    for row in rows:
        if row.id in recent:
            continue
        with service.db.read() as conn:
            owner = users.actor(conn, row.owner_id)
        made.append(service.submit(owner, KIND, TwinRequest(row.id, name="Nightly twin")))
    return made


def thin_marks(db: Database) -> int:
    """Of marks older than `MARKS_WHOLE` keep the last of each hour; how many were removed."""
    before = clock.now() - MARKS_WHOLE
    table = account_marks
    with db.read() as conn:
        rows = conn.execute(
            sa.select(table.c.account_id, table.c.at)
            .where(table.c.at < before)
            .order_by(table.c.account_id, table.c.at)
        ).all()
    last = {
        (row.account_id, row.at.replace(minute=0, second=0, microsecond=0)): row for row in rows
    }
    kept = set(last.values())
    gone = [row for row in rows if row not in kept]
    for start in range(0, len(gone), 500):
        with db.write() as conn:
            for row in gone[start : start + 500]:
                conn.execute(
                    table.delete().where(table.c.account_id == row.account_id, table.c.at == row.at)
                )
    return len(gone)

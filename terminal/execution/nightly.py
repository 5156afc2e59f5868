"""What happens once a day without anybody asking: a twin of each session, a statement of each
account."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import SYSTEM
from terminal.db.repositories import users
from terminal.db.tables.trading import live_sessions, session_bars
from terminal.execution.twin_request import TwinRequest
from terminal.jobs.service import JobService
from terminal.jobs.values import Job, JobFilter

KIND = "shadow_twin"
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

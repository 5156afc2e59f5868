"""The nightly check: every version in production is measured once a day, on its owner's behalf."""

from __future__ import annotations

from datetime import timedelta

from terminal import clock
from terminal.accounts.actor import SYSTEM
from terminal.db.repositories import drift
from terminal.drift.request import DriftRequest
from terminal.jobs.service import JobService
from terminal.jobs.values import Job, JobFilter

KIND = "drift"
EVERY = timedelta(hours=23)
"""From one measurement to the next: a little less than a day, so that it does not wander."""


def request_checks(service: JobService) -> list[Job]:
    """Submit what is due: versions in production with a baseline, whose last measurement (whatever
    came of it) was asked for longer ago than `EVERY`.

    Several sweepers may call it at once; at worst a version is measured twice.
    """
    with service.db.read() as conn:
        watched = drift.in_production(conn)
    if not watched:
        return []
    since = clock.now() - EVERY
    recent = {
        job.request.get("version")
        for job in service.list(SYSTEM, JobFilter(kinds=(KIND,), everyone=True, limit=2_000))
        if job.created_at > since or not job.state.final
    }
    return [
        service.submit(
            one.owner,
            KIND,
            DriftRequest(version=one.version_id, name=f"Drift of {one.words}"[:200]),
        )
        for one in watched
        if one.version_id not in recent
    ]

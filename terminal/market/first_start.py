"""Built-in data at the first start: asked for as jobs, so that the terminal is up meanwhile."""

from __future__ import annotations

from terminal.accounts.actor import SYSTEM
from terminal.db.database import Database
from terminal.db.repositories import datasets as rows
from terminal.jobs.service import JobService
from terminal.jobs.values import Job, JobFilter, JobState
from terminal.market import builtin, simulate
from terminal.market.builtin_request import BuiltinRequest
from terminal.settings import Settings

KIND = "load_builtin"


def request_built_in(db: Database, service: JobService, settings: Settings) -> list[Job]:
    """Submit what is wanted by the settings, not there yet and not under way; the real data first.

    The jobs that were submitted; none when everything is there.
    """
    with db.read() as conn:
        there = {dataset.slug for dataset in rows.find(conn, SYSTEM)}
    open_jobs = service.list(
        SYSTEM,
        JobFilter(states=(JobState.QUEUED, JobState.RUNNING), kinds=(KIND,), everyone=True),
    )
    under_way = [job.request for job in open_jobs]
    wanted = []
    if settings.market.built_in and not set(builtin.slugs()) <= there:
        wanted.append(BuiltinRequest(real=True, name="Built-in data: real"))
    if settings.market.simulated and simulate.SLUG not in there:
        wanted.append(BuiltinRequest(real=False, simulated=True, name="Built-in data: SIMULATED"))
    return [
        service.submit(SYSTEM, KIND, request)
        for request in wanted
        if not any(
            job["real"] == request.real and job["simulated"] == request.simulated
            for job in under_way
        )
    ]

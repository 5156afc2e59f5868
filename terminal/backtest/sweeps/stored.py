"""A sweep read back and steered: its row, its jobs, its points, its files; cancel and resume."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from terminal.accounts.actor import Actor
from terminal.backtest.sweeps.points import space_from
from terminal.backtest.sweeps.request import SweepRequest
from terminal.backtest.sweeps.space import Space
from terminal.codec import from_json
from terminal.db.database import Database
from terminal.db.repositories import artifacts, sweeps
from terminal.db.repositories.sweeps import CANCELLED, RUNNING, PointRow, SweepRow
from terminal.errors import Conflict
from terminal.jobs.service import JobService
from terminal.jobs.values import Job, JobState


@dataclass(frozen=True)
class StoredSweep:
    """What there is of a sweep now.

    jobs : its parts and steps, oldest first. points : finished ones, in the order asked for.
    """

    row: SweepRow
    request: SweepRequest
    space: Space
    jobs: Sequence[Job]
    points: Sequence[PointRow]

    @property
    def stuck(self) -> bool:
        """Whether it waits for a person: a job of it ended without success."""
        ended = (JobState.FAILED, JobState.CANCELLED, JobState.ORPHANED)
        return self.row.result is None and any(job.state in ended for job in self.jobs)


def stored_sweep(db: Database, actor: Actor, sweep_id: str, service: JobService) -> StoredSweep:
    """A sweep of the actor's; NotFound otherwise."""
    with db.read() as conn:
        row = sweeps.get(conn, actor, sweep_id)
        points = sweeps.points(conn, actor, sweep_id)
    request = from_json(SweepRequest, dict(row.request))
    jobs = service.children(actor, sweep_id)
    return StoredSweep(row, request, space_from(request, row.n_bars), jobs, points)


def cancel_sweep(db: Database, actor: Actor, sweep_id: str, service: JobService) -> None:
    """Stop every part; what is finished stays.

    Raises
    ------
    Conflict : it has ended already.
    """
    with db.write() as conn:
        if not sweeps.set_state(conn, actor, sweep_id, RUNNING, CANCELLED):
            raise Conflict("The sweep has already ended.", field="sweep")
    for job in service.children(actor, sweep_id):
        if not job.state.final:
            try:
                service.cancel(actor, job.id)
            except Conflict:
                continue  # it ended in this moment


def resume_sweep(db: Database, actor: Actor, sweep_id: str, service: JobService) -> None:
    """Run again what was cancelled, failed or given up; finished points are not run twice."""
    with db.write() as conn:
        sweeps.set_state(conn, actor, sweep_id, CANCELLED, RUNNING)
    again = (JobState.FAILED, JobState.CANCELLED, JobState.ORPHANED)
    for job in service.children(actor, sweep_id):
        if job.state in again:
            service.retry(actor, job.id)


def read_frame(
    db: Database, actor: Actor, service: JobService, row: SweepRow, name: str
) -> pd.DataFrame | None:
    """A file of the result (`best`, `windows`, `walk_forward`); None where there is none."""
    if row.end_job_id is None:
        return None
    with db.read() as conn:
        files = {item.name: item for item in artifacts.of_job(conn, actor, row.end_job_id)}
    item = files.get(f"{name}.parquet")
    return None if item is None else pd.read_parquet(service.store.open_path(item.sha256))

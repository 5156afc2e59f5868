"""A finished run as the pages read it: its job, its row, its result, its exchange."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pages.server.context import actor, services
from terminal.backtest.report_job import file_stem
from terminal.backtest.result import BacktestResult
from terminal.backtest.stored import load_result, stored_run
from terminal.db.repositories.backtests import BacktestRow
from terminal.errors import Conflict, NotFound
from terminal.jobs.values import Job, JobState
from terminal.market.calendars import get_calendar
from terminal.market.dataset import Dataset


@dataclass(frozen=True)
class Run:
    """Everything a result page shows.

    dataset is None when it has been deleted since; others are those whose instruments were added,
    by slug. timezone is the exchange's.
    """

    job: Job
    row: BacktestRow
    result: BacktestResult
    dataset: Dataset | None
    timezone: str
    others: Mapping[str, Dataset | None] = field(default_factory=dict)

    @property
    def file_stem(self) -> str:
        """The run's name as the beginning of a file name."""
        return file_stem(self.row.name)

    @property
    def data_has_changed(self) -> bool:
        """Whether a data set holds other bars now than the run read."""
        read = {part.dataset: part.version for part in self.result.provenance.others}
        now = {slug: found.version if found else None for slug, found in self.others.items()}
        return self.dataset is None or self.dataset.version != self.row.data_version or now != read

    def dataset_of(self, symbol: str) -> Dataset | None:
        """The data set an instrument of the run is of; None when it has been deleted."""
        for part in self.result.provenance.others:
            if symbol in part.symbols:
                return self.others[part.dataset]
        return self.dataset


def load_run(job_id: str) -> Run:
    """The run of a job; frames are cached by content.

    Raises
    ------
    NotFound : no such backtest, or not the person's to see.
    Conflict : it has not finished.
    """
    who, jobs = actor(), services().jobs
    job = jobs.get(who, job_id)
    if job.kind != "backtest":
        raise NotFound("That job is not a backtest.", field="backtest")
    if job.state is not JobState.SUCCEEDED:
        raise Conflict(f"The backtest is {job.state}; it has no result.", field="backtest")
    row = stored_run(services().db, who, job_id)
    result = load_result(services().db, jobs.store, who, job, row)
    dataset = _dataset(row.dataset)
    zone = get_calendar(str(row.provenance["calendar"])).timezone
    others = {part.dataset: _dataset(part.dataset) for part in result.provenance.others}
    return Run(job, row, result, dataset, zone, others)


def _dataset(slug: str) -> Dataset | None:
    try:
        return services().catalogue.dataset(actor(), slug)
    except NotFound:
        return None

"""A terminal in which a sweep's jobs are run here, one after another or torn apart."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from terminal.backtest.request import BacktestRequest
from terminal.backtest.sweeps.request import SweepRequest
from terminal.backtest.sweeps.stored import StoredSweep, stored_sweep
from terminal.db.database import Database
from terminal.jobs.values import Job, JobState
from tests.terminal.backtest.conftest import Terminal, terminal_on

RUN = BacktestRequest(
    strategy="sma-crossover",
    params={"fast": 5, "slow": 20},
    dataset="us-tech-4",
    symbols=("AAPL", "IBM"),
    start=date(2004, 1, 2),
    end=date(2006, 12, 29),
)
GRID = SweepRequest(RUN, {"fast": (5, 10, 20, 30), "slow": (20, 40, 60, 80)})


def queued(terminal: Terminal, sweep_id: str) -> list[Job]:
    """Children that wait for a worker."""
    found = terminal.service.children(terminal.trader, sweep_id)
    return [job for job in found if job.state is JobState.QUEUED]


def run_all(terminal: Terminal, sweep_id: str) -> StoredSweep:
    """Run children until none waits."""
    while waiting := queued(terminal, sweep_id):
        for job in waiting:
            done = terminal.run(job)
            assert done.state is JobState.SUCCEEDED, done.error
    return read(terminal, sweep_id)


def read(terminal: Terminal, sweep_id: str) -> StoredSweep:
    return stored_sweep(terminal.db, terminal.trader, sweep_id, terminal.service)


def swept(terminal: Terminal, request: SweepRequest) -> StoredSweep:
    """Submit and run to the end."""
    plan = terminal.submit("sweep", request)
    assert plan.state is JobState.SUCCEEDED, plan.error
    return run_all(terminal, plan.id)


def on(request: SweepRequest, **given: object) -> SweepRequest:
    return replace(request, **given)  # type: ignore[arg-type]


@pytest.fixture(scope="package")
def terminal(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Terminal]:
    """On SQLite, for all sweeps of this package."""
    folder = tmp_path_factory.mktemp("sweeps")
    shutil.copyfile(migrated_sqlite, folder / "terminal.db")
    database = Database(f"sqlite+pysqlite:///{folder / 'terminal.db'}")
    yield terminal_on(database, folder / "var")
    database.close()

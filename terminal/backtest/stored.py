"""A finished run read back: its row, its frames from the artifact store, the result of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
import pandas as pd

from terminal.accounts.actor import Actor
from terminal.backtest.analysis import FILE, Analysis
from terminal.backtest.certificate.certificate import Certificate
from terminal.backtest.judged import Judged, Trials
from terminal.backtest.request import BacktestRequest
from terminal.backtest.result import BacktestResult, Provenance
from terminal.backtest.universe import OtherData
from terminal.codec import from_json
from terminal.db.database import Database
from terminal.db.repositories import artifacts, backtests
from terminal.db.repositories.backtests import BacktestRow
from terminal.errors import NotFound
from terminal.jobs.artifacts import ArtifactStore
from terminal.jobs.values import Job

FRAMES = ("curve", "fills", "trades", "positions")
KEPT_FRAMES = 80
"""Frames in memory: those of a comparison of twenty runs."""
ADDED = {
    "curve": ("spread", "impact", "borrow", "interest"),
    "fills": ("spread", "impact"),
}
"""Columns that runs of the first version lack, because nothing was paid under these names."""


def stored_run(db: Database, actor: Actor, job_id: str) -> BacktestRow:
    """The row of a run; NotFound when it is not the actor's to see."""
    with db.read() as conn:
        return backtests.get(conn, actor, job_id)


def stored_runs(db: Database, actor: Actor) -> Sequence[BacktestRow]:
    """The actor's runs, newest first."""
    with db.read() as conn:
        return backtests.find(conn, actor)


def load_result(
    db: Database, store: ArtifactStore, actor: Actor, job: Job, row: BacktestRow
) -> BacktestResult:
    """The result of a finished job, under the name it has now.

    Frames are kept in memory by the hash of their content; nobody may change them.

    Raises
    ------
    NotFound : a frame is missing from the store.
    """
    with db.read() as conn:
        files = {item.name: item for item in artifacts.of_job(conn, actor, job.id)}
        ledger = backtests.trial_ledger(conn, row.owner_id, row.family, row.dataset)
    frames = {}
    for name in FRAMES:
        item = files.get(f"{name}.parquet")
        if item is None:
            raise NotFound(
                f"The file {name}.parquet of this run is missing.",
                field="backtest",
                remedy="Run it again.",
            )
        frames[name] = _frame(store.open_path(item.sha256), name)
    made = row.provenance
    judged = None
    if FILE in files:
        judged = Judged(
            _analysis(store.open_path(files[FILE].sha256)),
            Trials(int(made["trials"]), made.get("trials_variance")),
            Trials(ledger.count, ledger.sharpe_variance),
        )
    return BacktestResult(
        request=replace(from_json(BacktestRequest, dict(job.request)), name=row.name),
        metrics=row.metrics,
        benchmark_metrics=row.benchmark_metrics,
        provenance=Provenance(
            code_version=str(made["code_version"]),
            data_version=row.data_version,
            dataset_title=str(made["dataset_title"]),
            dataset_source=str(made["dataset_source"]),
            simulated=row.simulated,
            seed=int(made["seed"]),
            packages=dict(made["packages"]),
            notes=tuple(made["notes"]),
            certificate=read_certificate(made.get("certificate")),
            calendar=str(made.get("calendar", "")),
            others=tuple(from_json(OtherData, item) for item in made.get("others", ())),
        ),
        judged=judged,
        **frames,
    )


def read_certificate(stored: Mapping[str, Any] | None) -> Certificate | None:
    """The certificate kept with a run or with the error that ended it; None where there is none."""
    if stored is None:
        return None
    return from_json(Certificate, {key: stored[key] for key in stored if key != "status"})


@lru_cache(maxsize=KEPT_FRAMES)
def _frame(path: Path, name: str) -> pd.DataFrame:
    frame = pd.read_parquet(path)
    missing = [column for column in ADDED.get(name, ()) if column not in frame]
    return frame.assign(**dict.fromkeys(missing, 0.0)) if missing else frame


@lru_cache(maxsize=KEPT_FRAMES)
def _analysis(path: Path) -> Analysis:
    return from_json(Analysis, orjson.loads(path.read_bytes()))

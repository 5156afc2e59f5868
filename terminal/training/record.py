"""What a running training writes for those who look on: its row, stages, curves and trials."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from terminal import clock
from terminal.accounts.actor import SYSTEM
from terminal.charts.training import Curve
from terminal.db.database import Database
from terminal.db.repositories import jobs as job_rows
from terminal.db.repositories import training as rows
from terminal.errors import NotFound
from terminal.jobs.context import JobContext
from terminal.jobs.values import JobState
from terminal.models.catalogue import MODELS, get_model
from terminal.training.request import TrainingRequest
from terminal.training.search import Trial

KEEP_SHELVES_S = 30 * 86_400.0


class Record:
    """The rows of one training."""

    def __init__(self, request: TrainingRequest, ctx: JobContext) -> None:
        self.request, self.ctx = request, ctx

    def begin(
        self, stages: Sequence[Mapping[str, Any]], data_version: str = "", simulated: bool = False
    ) -> None:
        """The row, before anything is known of the data and again when it is."""
        request, ctx = self.request, self.ctx
        row = rows.TrainingRow(
            job_id=ctx.job_id,
            owner_id=ctx.actor.user_id,
            name=request.name or _title(request.model),
            model=request.model,
            label=request.label,
            dataset=request.dataset,
            data_version=data_version,
            simulated=simulated,
            dry_run=request.dry_run,
            state=rows.RUNNING,
            stages=[dict(stage) for stage in stages],
            result=None,
            passed=None,
            verdict="",
            created_at=clock.now(),
            finished_at=None,
        )
        with ctx.db.write() as conn:
            rows.begin(conn, row)

    def stages(self, found: Sequence[Mapping[str, Any]]) -> None:
        """How far it is."""
        with self.ctx.db.write() as conn:
            rows.set_stages(conn, self.ctx.job_id, found)

    def curve(self, points: Sequence[rows.CurvePoint]) -> None:
        """Losses that have come in."""
        with self.ctx.db.write() as conn:
            rows.add_curve(conn, self.ctx.job_id, points)

    def trial(self, trial: Trial) -> None:
        """A combination that was tried."""
        row = rows.TrialRow(
            job_id=self.ctx.job_id,
            number=trial.number,
            state=trial.state,
            params=dict(trial.params),
            score=trial.score,
            folds=list(trial.folds),
            seconds=trial.seconds,
        )
        with self.ctx.db.write() as conn:
            rows.add_trial(conn, row)

    def curves(self) -> dict[str, Curve]:
        """All losses by fit."""
        with self.ctx.db.read() as conn:
            points = rows.curve(conn, SYSTEM, self.ctx.job_id)
        return dict(rows.by_fit(points))


def sweep_shelves(db: Database, root: Path) -> int:
    """Remove what nobody will go on from: shelves of trainings that succeeded, are gone, or were
    left untouched for a month; returns how many."""
    removed = 0
    if not root.is_dir():
        return 0
    for folder in root.iterdir():
        try:
            with db.read() as conn:
                done = job_rows.get(conn, SYSTEM, folder.name).state is JobState.SUCCEEDED
        except NotFound:
            done = True
        if done or time.time() - _touched(folder) > KEEP_SHELVES_S:
            shutil.rmtree(folder, ignore_errors=True)
            removed += 1
    return removed


def _touched(folder: Path) -> float:
    """When something was last put there."""
    return max((os.stat(path).st_mtime for path in [folder, *folder.iterdir()]), default=0.0)


def _title(model: str) -> str:
    """The title of a kind of model; the row is begun before anybody asked whether there is one."""
    return get_model(model).title if model in MODELS else model

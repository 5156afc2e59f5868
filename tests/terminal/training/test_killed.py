"""A training whose process is killed in the middle of cross-validation, and goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from dataclasses import replace

import pytest

from terminal import clock
from terminal.db.repositories import jobs as job_rows
from terminal.jobs.values import JobState
from terminal.settings import ROOT
from tests.terminal.training.conftest import REQUEST, TrainingTerminal

pytestmark = pytest.mark.chaos

RUN = """
import sys
from terminal.db.database import Database
from terminal.jobs.execute import execute
from terminal.settings import get_settings
execute(Database(sys.argv[1]), get_settings(), sys.argv[2], sys.argv[3])
"""
LONG = replace(
    REQUEST,
    model_params={**REQUEST.model_params, "rounds": 250, "patience": 0},
    splitter_params={"groups": 5, "test_groups": 2},
    early_stopping=0.0,
    name="Killed",
)


def test_a_training_killed_in_a_fold_ends_with_the_same_weights(
    terminal: TrainingTerminal,
) -> None:
    job = terminal.service.submit(terminal.trader, "training", LONG)
    token = uuid.uuid4().hex
    with terminal.db.write() as conn:
        job_rows.claim(conn, job.id, token=token, worker_id="there", now=clock.now())
    own = {key: value for key, value in os.environ.items() if not key.startswith("ATT_")}
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, terminal.db.url, job.id, token],
        cwd=ROOT,
        env={
            **own,
            "ATT_STORAGE__DATA_DIR": str(terminal.settings.storage.root),
            "ATT_TRAINING__MLFLOW_URI": "off",
        },
    )
    deadline = time.monotonic() + 120
    kept: list[str] = []
    while len(kept) < 3 and process.poll() is None and time.monotonic() < deadline:
        kept = [path.name for path in (terminal.shelves / job.id).glob("*/*.zip")]
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert 3 <= len(kept) < 11, "it was to be killed between the first fold and the last"
    with terminal.db.write() as conn:
        job_rows.requeue(conn, job.id, token, refund=False, reason="killed")
    before = {
        path.name: path.stat().st_mtime_ns for path in terminal.shelves.glob(f"{job.id}/*/*.zip")
    }
    again = terminal.run(job)
    assert again.state is JobState.SUCCEEDED, again.error
    after = {
        path.name: path.stat().st_mtime_ns for path in terminal.shelves.glob(f"{job.id}/*/*.zip")
    }
    assert all(after[name] == at for name, at in before.items())  # nothing was fitted twice
    whole = terminal.submit("training", replace(LONG, name="Whole"))
    assert whole.state is JobState.SUCCEEDED, whole.error
    weights = [dict(found.summary or {})["weights_hash"] for found in (again, whole)]
    assert weights[0] == weights[1]

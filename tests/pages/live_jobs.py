"""Jobs of a live server: rung for as its web process would, and waited for."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from terminal.accounts.actor import SYSTEM, Role
from terminal.jobs.service import JobService
from terminal.jobs.values import Job
from terminal.settings import ROOT

if TYPE_CHECKING:
    from tests.pages.conftest import LiveServer

SYSTEM_READS = replace(SYSTEM, role=Role.ADMIN)


def ring(server: LiveServer, job: Job) -> None:
    """Put the job's id on its queue as the web process would."""
    code = f"from workers.doorbell import ring; ring({job.id!r}, {job.queue!r})"
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**server.environ, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        check=True,
        timeout=30,
    )


def finish(jobs: JobService, job: Job, limit_s: float = 60.0) -> Job:
    """Wait for the end of a job."""
    deadline = time.monotonic() + limit_s
    while not (now := jobs.get(SYSTEM_READS, job.id)).state.final:
        assert time.monotonic() < deadline, f"{now.kind} is still {now.state}"
        time.sleep(0.05)
    return now

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


RINGER = """
import sys
from workers.doorbell import ring
for line in sys.stdin:
    ring(*line.split())
    print("rung", flush=True)
"""
_ringers: dict[str, subprocess.Popen[str]] = {}
"""By a server's address: a process that has loaded the doorbell rings at once, and ends with us."""


def ring(server: LiveServer, job: Job) -> None:
    """Put the job's id on its queue as the web process would."""
    if server.url not in _ringers:
        _ringers[server.url] = subprocess.Popen(
            [sys.executable, "-c", RINGER],
            cwd=ROOT,
            env={**server.environ, "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    ringer = _ringers[server.url]
    assert ringer.stdin is not None and ringer.stdout is not None
    ringer.stdin.write(f"{job.id} {job.queue}\n")
    ringer.stdin.flush()
    assert ringer.stdout.readline() == "rung\n", "the doorbell failed; its words stand above"


def finish(jobs: JobService, job: Job, limit_s: float = 60.0) -> Job:
    """Wait for the end of a job."""
    deadline = time.monotonic() + limit_s
    while not (now := jobs.get(SYSTEM_READS, job.id)).state.final:
        assert time.monotonic() < deadline, f"{now.kind} is still {now.state}"
        time.sleep(0.05)
    return now

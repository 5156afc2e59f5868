"""A place in a worker where one job runs at a time, with a warm process waiting for the next."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
import uuid

from terminal import clock
from terminal.db.database import Database
from terminal.db.repositories import jobs as rows
from terminal.errors import TerminalError
from terminal.jobs.sweep import give_back
from terminal.jobs.values import JobState
from terminal.settings import ROOT, Settings

log = logging.getLogger(__name__)

POLL_S = 0.05


class Slot:
    """Runs jobs one after another, each in a process of its own."""

    def __init__(
        self, db: Database, settings: Settings, worker_id: str, *, standby: bool = True
    ) -> None:
        """`standby`: a process waits, warm, for the next job; else it is started for each."""
        self.db = db
        self.standby = standby
        self.settings = settings
        self.worker_id = worker_id
        self.stopping = threading.Event()
        self.busy = False
        self._standby: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def warm(self) -> None:
        """Start the process that the next job will use."""
        with self._lock:
            if (
                self.standby
                and not self.stopping.is_set()
                and (self._standby is None or self._standby.poll() is not None)
            ):
                self._standby = self._spawn()

    def run(self, job_id: str) -> bool:
        """Claim and run a job to its end; False when it was not there to be claimed."""
        self.busy = True
        try:
            return self._run(job_id, token=uuid.uuid4().hex)
        finally:
            self.busy = False

    def _run(self, job_id: str, token: str) -> bool:
        with self.db.write() as conn:
            row = rows.claim(conn, job_id, token=token, worker_id=self.worker_id, now=clock.now())
        if row is None:
            return False
        process = self._take()
        try:
            assert process.stdin is not None  # noqa: S101  we asked for the pipe
            process.stdin.write(f"{job_id} {token}\n")
            process.stdin.flush()
        except OSError:
            log.warning("the waiting process of job %s was gone", job_id)
        self._watch(process, job_id, token, row["deadline_s"])
        self._settle(job_id, token, process.returncode, row)
        self.warm()
        return True

    def stop(self) -> None:
        """No further jobs; the running one is killed and goes back to its queue."""
        self.stopping.set()
        with self._lock:
            if self._standby is not None and self._standby.poll() is None:
                self._standby.kill()
                self._standby.wait()

    def _spawn(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "workers.job_process"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _take(self) -> subprocess.Popen[str]:
        """The waiting process, or a new one; it reads its line once it has imported."""
        with self._lock:
            process, self._standby = self._standby, None
        if process is None or process.poll() is not None:
            process = self._spawn()
        return process

    def _watch(
        self, process: subprocess.Popen[str], job_id: str, token: str, deadline_s: float
    ) -> None:
        """Heartbeat for the process until it ends; end it on cancel, deadline or lost claim."""
        settings = self.settings.jobs
        began = time.monotonic()
        next_beat = began
        kill_at: float | None = None
        threading.Thread(target=_forward, args=(process, job_id), daemon=True).start()
        while process.poll() is None:
            now = time.monotonic()
            if self.stopping.is_set() or (kill_at is not None and now >= kill_at):
                process.kill()
            elif now - began > deadline_s:
                self._fail_deadline(job_id, token, deadline_s)
                process.kill()
            elif now >= next_beat:
                next_beat = now + settings.heartbeat_s
                with self.db.write() as conn:
                    asked = rows.beat(conn, job_id, token, clock.now())
                if asked is None and kill_at is None:
                    # finished (it ends by itself in a moment) or lost to another process
                    kill_at = now + settings.cancel_grace_s
                elif asked and kill_at is None:
                    kill_at = now + settings.cancel_grace_s
            try:
                process.wait(POLL_S)
            except subprocess.TimeoutExpired:
                continue
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                _close(pipe)

    def _fail_deadline(self, job_id: str, token: str, deadline_s: float) -> None:
        error = TerminalError(
            f"Stopped at its deadline of {deadline_s:.0f} s.",
            field="jobs.deadline_s",
            remedy="Ask for less at a time, or raise the limit in config/jobs.yaml.",
        ).as_dict()
        with self.db.write() as conn:
            rows.finish(conn, job_id, token, JobState.FAILED, clock.now(), error=error)

    def _settle(self, job_id: str, token: str, code: int | None, row: dict[str, object]) -> None:
        """A process that ended without ending its job died: give the job back or give it up."""
        with self.db.write() as conn:
            asked = rows.beat(conn, job_id, token, clock.now())
            if asked is None:
                return  # it ended its job, as it should
            stopped = self.stopping.is_set()
            signal_name = f"signal {-code}" if code is not None and code < 0 else f"status {code}"
            reason = (
                "the worker was stopped"
                if stopped
                else f"its process died ({signal_name}); out of memory is the usual cause"
            )
            give_back(
                conn,
                job_id,
                token,
                reason=reason,
                attempts_left=row["attempt"] < row["max_attempts"],  # type: ignore[operator]
                cancelled=asked,
                now=clock.now(),
                refund=stopped,
            )


def _forward(process: subprocess.Popen[str], job_id: str) -> None:
    """What a job's process prints belongs in the worker's log."""
    assert process.stdout is not None  # noqa: S101
    try:
        for line in process.stdout:
            if line.strip():
                log.info("[%s] %s", job_id[:8], line.rstrip())
    except ValueError:
        return  # the pipe was closed when the process had ended


def _close(pipe: object) -> None:
    try:
        pipe.close()  # type: ignore[attr-defined]
    except BrokenPipeError:
        return  # unsent bytes to a process that is gone

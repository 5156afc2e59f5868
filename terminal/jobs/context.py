"""What a handler is given: progress, log, files, its owner, its seed.

Progress is for the eye. It is written at most a few times a second, carries the heartbeat along,
and brings back whether a cancel was asked for.
"""

from __future__ import annotations

import threading
import time
import uuid
from pathlib import Path

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.db.database import Database
from terminal.db.repositories import jobs as rows
from terminal.errors import Cancelled, Conflict
from terminal.jobs.artifacts import ArtifactStore
from terminal.jobs.values import Artifact, LogLine
from terminal.settings import Settings

WRITE_EVERY_S = 0.25
ETA_AFTER_S = 1.0
ETA_MEMORY = 0.3  # weight of the newest estimate in the smoothed one


class LostClaim(Conflict):
    """Another process owns the job now; whatever this one made is dropped."""


class JobContext:
    """One run of one job."""

    def __init__(
        self,
        *,
        job_id: str,
        token: str,
        actor: Actor,
        seed: int,
        code_version: str,
        db: Database,
        settings: Settings,
        store: ArtifactStore,
    ) -> None:
        self.job_id = job_id
        self.token = token
        self.actor = actor
        self.seed = seed
        self.code_version = code_version
        self.db = db
        self.settings = settings
        self.files: dict[str, Artifact] = {}
        self._store = store
        self._lock = threading.Lock()
        self._lines: list[LogLine] = []
        self._began = time.monotonic()
        self._written = float("-inf")
        self._stage = ""
        self._eta_s: float | None = None

    def progress(self, fraction: float, stage: str, message: str = "") -> None:
        """Say how far the work is.

        Parameters
        ----------
        fraction : 0..1, of the whole job.
        stage : the step, a word or two; a new stage is written at once and logged.
        message : detail, e.g. "12 of 20 symbols".

        Raises
        ------
        Cancelled : the owner asked to stop.
        LostClaim : the job was given to another process.
        """
        fraction = min(1.0, max(0.0, fraction))
        now = time.monotonic()
        new_stage = stage != self._stage
        if new_stage:
            self._stage = stage
            self.log(stage if not message else f"{stage}: {message}")
        elif now - self._written < WRITE_EVERY_S:
            return
        self._written = now
        self._write(
            {
                "fraction": fraction,
                "stage": stage[:100],
                "message": message,
                "eta_s": self._estimate(fraction, now - self._began),
            }
        )

    def log(self, line: str, level: str = "info") -> None:
        """Add a line to the job's log; it is stored with the next progress."""
        with self._lock:
            self._lines.append(LogLine(clock.now(), level, line))

    def artifact(self, name: str, content: bytes | Path, media_type: str) -> Artifact:
        """Store a file under the job; it becomes visible when the job succeeds."""
        data = content.read_bytes() if isinstance(content, Path) else content
        made = Artifact(
            id=uuid.uuid4().hex,
            job_id=self.job_id,
            owner_id=self.actor.user_id,
            name=name,
            media_type=media_type,
            size=len(data),
            sha256=self._store.put(data),
            created_at=clock.now(),
        )
        self.files[name] = made
        return made

    def take_lines(self) -> list[LogLine]:
        """The log lines that are not stored yet."""
        with self._lock:
            lines, self._lines = self._lines, []
        return lines

    def _write(self, progress: dict[str, object]) -> None:
        with self.db.write() as conn:
            asked = rows.beat(conn, self.job_id, self.token, clock.now(), progress)
            if asked is not None:
                rows.append_log(conn, self.job_id, self.take_lines())
        if asked is None:
            raise LostClaim("The job was given to another process.")
        if asked:
            raise Cancelled("Cancelled by its owner.")

    def _estimate(self, fraction: float, elapsed: float) -> float | None:
        """Seconds left at the average speed so far, smoothed; None while there is no basis."""
        if fraction <= 0.0 or elapsed < ETA_AFTER_S:
            return self._eta_s
        newest = elapsed * (1.0 - fraction) / fraction
        old = self._eta_s
        self._eta_s = newest if old is None else old + ETA_MEMORY * (newest - old)
        return self._eta_s

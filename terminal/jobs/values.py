"""What the jobs room hands out: frozen values, no behaviour beyond reading them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa


class JobState(StrEnum):
    """Where a job is in its life. The first two are open, the others final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    ORPHANED = "orphaned"

    @property
    def final(self) -> bool:
        """True when nothing more happens without a person asking."""
        return self not in (JobState.QUEUED, JobState.RUNNING)


@dataclass(frozen=True)
class Job:
    """A row of the jobs table. Times are UTC; `fraction` is 0..1 and never implies the state."""

    id: str
    owner_id: int
    owner: str
    kind: str
    queue: str
    title: str
    state: JobState
    request: Mapping[str, Any]
    request_hash: str
    seed: int
    fraction: float
    stage: str
    message: str
    eta_s: float | None
    attempt: int
    max_attempts: int
    deadline_s: float
    cancel_requested: bool
    worker_id: str | None
    heartbeat_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: Mapping[str, Any] | None
    summary: Mapping[str, Any] | None
    code_version: str
    data_version: str
    packages: Mapping[str, str] | None
    peak_memory_mb: float | None
    cpu_s: float | None
    parent_id: str | None
    reproduce_of: str | None
    verdict: Mapping[str, Any] | None

    def elapsed_s(self, now: datetime) -> float | None:
        """Seconds from start to end (or `now`); None before the start."""
        if self.started_at is None:
            return None
        return ((self.finished_at or now) - self.started_at).total_seconds()


@dataclass(frozen=True)
class JobFilter:
    """Which jobs to list. Empty tuples and strings mean "any"."""

    states: tuple[JobState, ...] = ()
    kinds: tuple[str, ...] = ()
    text: str = ""
    everyone: bool = False  # admins only; others see their own either way
    limit: int = 200


@dataclass(frozen=True)
class LogLine:
    """One line of a job's log."""

    at: datetime
    level: str
    line: str


@dataclass(frozen=True)
class Artifact:
    """A file a job left: named by the job, stored by content."""

    id: str
    job_id: str
    owner_id: int
    name: str
    media_type: str
    size: int
    sha256: str
    created_at: datetime


@dataclass(frozen=True)
class OpenArtifact:
    """An artifact together with the file that holds its bytes."""

    name: str
    media_type: str
    size: int
    sha256: str
    path: Path


@dataclass(frozen=True)
class QueueState:
    """What a waiting person wants to know about a queue.

    workers : workers of this queue with a fresh heartbeat; ahead : open jobs before this one;
    running : jobs being run on the queue.
    """

    workers: int
    slots: int
    running: int
    ahead: int


@dataclass(frozen=True)
class Outcome:
    """What a handler returns.

    summary : small JSON for lists; frames : stored as Parquet artifacts `<name>.parquet`;
    data_version : version of the data that was read; save : writes rows in the same transaction
    that marks the job succeeded.
    """

    summary: Mapping[str, Any] = field(default_factory=dict)
    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    data_version: str = ""
    save: Callable[[sa.Connection], None] | None = None

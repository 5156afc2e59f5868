"""A finished explanation read back from the files of its job. Loads no model and no explainer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import orjson
import pandas as pd

from terminal.accounts.actor import Actor
from terminal.codec import from_json
from terminal.errors import NotFound
from terminal.explain.explained import FRAMES, About, Explained, from_frames
from terminal.jobs.service import JobService
from terminal.jobs.values import Artifact, Job, JobFilter, JobState

KIND = "explain"
ABOUT, REPORT = "explanation.json", "shap-report.html"
KEPT = 8


def explanations(service: JobService, actor: Actor, version_id: int | None = None) -> Sequence[Job]:
    """The actor's explain jobs (of one version), newest first."""
    found = service.list(actor, JobFilter(kinds=(KIND,)))
    return [job for job in found if version_id in (None, job.request.get("version"))]


def load_explained(service: JobService, actor: Actor, job_id: str) -> Explained:
    """What a finished job explained.

    Raises
    ------
    NotFound : there is no such finished explanation of the actor's, or one of its files is missing.
    """
    job = service.get(actor, job_id)
    if job.kind != KIND or job.state is not JobState.SUCCEEDED:
        raise NotFound("There is no finished explanation with this address.", field="explanation")
    files = {item.name: item for item in service.artifacts(actor, job_id)}
    wanted = [ABOUT, *(f"{name}.parquet" for name in FRAMES)]
    for name in wanted:
        if name not in files:
            raise NotFound(
                f"The file {name} of this explanation is missing.",
                field="explanation",
                remedy="Run it again.",
            )
    return _read(*(service.store.open_path(files[name].sha256) for name in wanted))


def report_of(service: JobService, actor: Actor, job_id: str) -> Artifact | None:
    """The report's file; None while there is none."""
    files = service.artifacts(actor, job_id)
    return next((item for item in files if item.name == REPORT), None)


@lru_cache(maxsize=KEPT)
def _read(about: Path, *tables: Path) -> Explained:
    frames = {name: pd.read_parquet(path) for name, path in zip(FRAMES, tables, strict=True)}
    return from_frames(frames, from_json(About, orjson.loads(about.read_bytes())))

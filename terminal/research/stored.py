"""What a job of research left, read back."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from terminal.accounts.actor import Actor
from terminal.db.repositories import artifacts
from terminal.errors import NotFound
from terminal.jobs.service import JobService


def read_frame(
    service: JobService,
    actor: Actor,
    job_id: str,
    name: str,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """A table of a finished job; NotFound where it is gone or another person's.

    Parameters
    ----------
    columns : those to read; None reads all.
    """
    with service.db.read() as conn:
        files = {item.name: item for item in artifacts.of_job(conn, actor, job_id)}
    item = files.get(f"{name}.parquet")
    if item is None:
        raise NotFound(f"This job left no table {name!r}.", field="job", remedy="Run it again.")
    path = service.store.open_path(item.sha256)
    return pd.read_parquet(path, columns=None if columns is None else list(columns))

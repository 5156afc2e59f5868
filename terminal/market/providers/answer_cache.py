"""Answers of online sources on disk, so that the same question is asked once in a while only."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa

from terminal import clock

HOUR_S = 3600.0


class AnswerCache:
    """Frames by question below `root`; an answer older than `max_age_hours` is forgotten."""

    def __init__(self, root: Path, max_age_hours: float) -> None:
        self.root = root
        self.max_age_hours = max_age_hours

    def get(self, question: str) -> pd.DataFrame | None:
        """The stored answer; None when there is none that is young and readable."""
        path = self._path(question)
        try:
            age = clock.now().timestamp() - path.stat().st_mtime
            if age > self.max_age_hours * HOUR_S:
                return None
            return pd.read_parquet(path)
        except FileNotFoundError:
            return None
        except (OSError, pa.ArrowException):
            path.unlink(missing_ok=True)  # damaged: ask again
            return None

    def put(self, question: str, answer: pd.DataFrame) -> None:
        """Store an answer whole: a reader sees the old one or the new one."""
        self.root.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self.root, suffix=".part")
        os.close(handle)
        try:
            answer.to_parquet(name)
            os.replace(name, self._path(question))
        finally:
            Path(name).unlink(missing_ok=True)

    def _path(self, question: str) -> Path:
        return self.root / f"{hashlib.sha256(question.encode()).hexdigest()}.parquet"

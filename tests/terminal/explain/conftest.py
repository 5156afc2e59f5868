"""A terminal with a registered model: the training room's own."""

from __future__ import annotations

import pytest

from terminal.db.repositories import models
from terminal.db.repositories.models import VersionRow
from terminal.jobs.values import JobState
from tests.terminal.training.conftest import REQUEST, TrainingTerminal, terminal

__all__ = ["terminal", "version"]


@pytest.fixture(scope="module")
def version(terminal: TrainingTerminal) -> VersionRow:
    """The usual training's version."""
    job = terminal.submit("training", REQUEST)
    assert job.state is JobState.SUCCEEDED, job.error
    with terminal.db.read() as conn:
        found = models.of_job(conn, terminal.trader, job.id)
    assert found is not None
    return found

"""What the gate refused can be kept to look at, on record, and never trades."""

from __future__ import annotations

from dataclasses import replace

import pytest

from terminal.db.repositories import audit, models, training
from terminal.errors import Conflict, InputError, NotFound
from terminal.jobs.values import Job, JobState
from terminal.models.registry import load_model, move
from terminal.training.override import register_refused
from tests.terminal.market.conftest import new_user
from tests.terminal.training.conftest import REQUEST, TrainingTerminal, made

REASON = "To see which features it leaned on."


@pytest.fixture(scope="module")
def refused(terminal: TrainingTerminal) -> Job:
    """A training on noise, which the gate refuses."""
    terminal.publish(*made("just-noise", 0.0, 4, bars=420))
    job = terminal.submit("training", replace(REQUEST, dataset="just-noise", name="Noise"))
    assert job.state is JobState.SUCCEEDED, job.error
    return job


def test_it_is_registered_with_its_verdict_its_reason_and_its_baseline(
    terminal: TrainingTerminal, refused: Job
) -> None:
    found = register_refused(terminal.db, terminal.settings, terminal.trader, refused.id, REASON)
    assert found.stage == models.CANDIDATE and found.baseline
    assert found.verdict["passed"] is False
    assert found.verdict["overruled"] == {"reason": REASON, "by": terminal.trader.username}
    package = load_model(terminal.db, terminal.settings, terminal.trader, found.id)
    assert package.manifest.about["passed"] is False
    with terminal.db.read() as conn:
        kept = training.get(conn, terminal.trader, refused.id)
        entries = audit.newest(conn, limit=20)
    assert kept.passed is False, "the verdict stays what it was"
    assert any(entry.action == "model.overruled" for entry in entries)
    with pytest.raises(Conflict, match="registered already"):
        register_refused(terminal.db, terminal.settings, terminal.trader, refused.id, REASON)
    move(terminal.db, terminal.trader, found.id, models.STAGING)
    with pytest.raises(Conflict, match="gate refused"):
        move(terminal.db, terminal.trader, found.id, models.PRODUCTION)


@pytest.mark.parametrize("reason", ["", "why not", "x" * 501])
def test_a_reason_is_asked_for(terminal: TrainingTerminal, refused: Job, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        register_refused(terminal.db, terminal.settings, terminal.trader, refused.id, reason)
    assert caught.value.field == "reason"


def test_what_passed_needs_no_overruling_and_nobody_elses_can_be(
    terminal: TrainingTerminal, refused: Job
) -> None:
    other = new_user(terminal.db)
    with pytest.raises(NotFound):
        register_refused(terminal.db, terminal.settings, other, refused.id, REASON)
    job = terminal.submit("training", replace(REQUEST, name="Passes"))
    with pytest.raises(Conflict, match="nothing to overrule"):
        register_refused(terminal.db, terminal.settings, terminal.trader, job.id, REASON)

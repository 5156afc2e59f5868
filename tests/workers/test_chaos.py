"""Nothing is lost and nothing is done twice, whatever is killed."""

from __future__ import annotations

import pytest

from tests.workers.chaos import EMPTIED, TARGETS, run_chaos


@pytest.mark.chaos
def test_jobs_survive_whatever_is_killed() -> None:
    report = run_chaos(n_jobs=12, seed=3, click_every_s=0.5, strike_every_s=2.0, limit_s=150)
    assert (report.clicks, report.lost, report.doubled) == (12, 0, 0), report
    assert set(report.kills) == {*TARGETS, EMPTIED}, report

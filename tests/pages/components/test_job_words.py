from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from pages.components.clock import duration
from pages.components.job_words import job_words, result_href
from terminal.jobs.values import Job, JobState, QueueState

QUEUED = Job(
    id="0" * 32, owner_id=1, owner="ada", kind="backtest", queue="backtest", title="SMA",
    state=JobState.QUEUED, request={}, request_hash="", seed=1, fraction=0.0, stage="queued",
    message="", eta_s=None, attempt=1, max_attempts=3, deadline_s=60.0, cancel_requested=False,
    worker_id=None, heartbeat_at=None, created_at=datetime(2026, 1, 5, tzinfo=UTC),
    started_at=None, finished_at=None, error=None, summary=None, code_version="", data_version="",
    packages=None, peak_memory_mb=None, cpu_s=None, parent_id=None, reproduce_of=None,
    verdict=None,
)  # fmt: skip


def test_waiting_without_a_worker_says_so_and_how_to_start_one() -> None:
    words = job_words(QUEUED, QueueState(workers=0, slots=0, running=0, ahead=5), None)
    assert words.text == "No worker is running for the queue “backtest”."
    assert "make run" in words.remedy
    assert words.tone == "warning"


def test_waiting_behind_others_counts_them() -> None:
    words = job_words(QUEUED, QueueState(workers=1, slots=2, running=2, ahead=3), None)
    assert words.text == "Queued behind 3."


def test_first_in_line_with_every_slot_taken_is_next() -> None:
    words = job_words(QUEUED, QueueState(workers=1, slots=2, running=2, ahead=0), None)
    assert words.text == "Next in the queue; every slot is busy."


def test_a_lost_run_offers_to_resume() -> None:
    lost = replace(QUEUED, state=JobState.ORPHANED, attempt=3)
    words = job_words(lost, None, 4.0)
    assert "attempt 3 of 3" in words.text
    assert words.remedy.startswith("Resume")


def test_a_cancel_that_was_asked_for_shows_before_it_is_obeyed() -> None:
    stopping = replace(QUEUED, state=JobState.RUNNING, cancel_requested=True, stage="simulating")
    assert job_words(stopping, None, 1.0).text == "Stopping as asked."


def test_only_a_finished_backtest_leads_to_a_result_page() -> None:
    assert result_href(QUEUED) is None
    done = replace(QUEUED, state=JobState.SUCCEEDED)
    assert result_href(done) == f"/backtest/{'0' * 32}"
    assert result_href(replace(done, kind="self_test")) is None


def test_durations_read_like_a_person_says_them() -> None:
    shown = [duration(s) for s in (None, 0.0, 0.44, 9.94, 9.96, 59.6, 185.0, 7440.0)]
    assert shown == [
        "–", "0.0 s", "0.4 s", "9.9 s", "10 s", "1 min 00 s", "3 min 05 s", "2 h 04 min",
    ]  # fmt: skip

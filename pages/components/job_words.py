"""What a job's state means in plain words: pure, shared by the card, the table and the tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pages.components.clock import duration
from terminal.jobs.values import Job, JobState, QueueState

Tone = Literal["neutral", "up", "down", "accent", "warn"]
TONES: dict[JobState, Tone] = {
    JobState.QUEUED: "neutral",
    JobState.RUNNING: "accent",
    JobState.SUCCEEDED: "up",
    JobState.FAILED: "down",
    JobState.CANCELLED: "warn",
    JobState.ORPHANED: "warn",
}
RESULT_PAGES = {
    "backtest": "/backtest/{id}",
    "sweep": "/sweep/{id}",
    "study": "/research/study/{id}",
    "label_study": "/research/labels/{id}",
    "feature_build": "/research/build/{id}",
    "training": "/models/training/{id}",
    "explain": "/explain/{id}",
    "xray": "/xray/{id}",
    "drift": "/monitor/report/{id}",
    "optimise": "/optimise/{id}",
}
"""Where a finished job of a kind shows its result."""
RESUMABLE = ("training",)
"""Kinds whose next attempt goes on from what the last one finished."""


@dataclass(frozen=True)
class Words:
    """The sentence of a job's state, what to do about it, and how it feels."""

    text: str
    remedy: str = ""
    tone: Literal["info", "success", "warning", "error"] = "info"


def job_words(job: Job, queue: QueueState | None, elapsed_s: float | None) -> Words:
    """What is going on, never an endless spinner.

    Parameters
    ----------
    queue : state of the job's queue; needed only while it waits.
    elapsed_s : seconds since the start, None before it.
    """
    if job.state is JobState.QUEUED:
        return _waiting(job, queue)
    if job.state is JobState.RUNNING:
        if job.cancel_requested:
            return Words("Stopping as asked.", tone="warning")
        return Words(job.message or job.stage or "Running.")
    if job.state is JobState.SUCCEEDED:
        return Words(f"Finished in {duration(elapsed_s)}.", tone="success")
    if job.state is JobState.CANCELLED:
        if job.kind in RESUMABLE:
            return Words("Cancelled.", "Retry goes on from its last finished part.", "warning")
        return Words(
            "Cancelled; nothing of it was kept.", "Retry runs it from the start.", "warning"
        )
    if job.state is JobState.ORPHANED:
        return Words(
            f"The worker died while running this (attempt {job.attempt} of {job.max_attempts}).",
            "Resume goes on from its last finished part."
            if job.kind in RESUMABLE
            else "Resume runs it again from the start; nothing of the lost run was kept.",
            "warning",
        )
    return Words("Failed.", tone="error")


def _waiting(job: Job, queue: QueueState | None) -> Words:
    if job.cancel_requested:
        return Words("Cancelled before it started.", tone="warning")
    if queue is None:
        return Words("Queued.")
    if queue.workers == 0:
        return Words(
            f"No worker is running for the queue “{job.queue}”.",
            "Start the terminal with “make run”, or a worker of this queue on any machine. "
            "The job waits and then starts by itself.",
            "warning",
        )
    if queue.ahead:
        return Words(f"Queued behind {queue.ahead}.")
    if queue.running >= queue.slots:
        return Words("Next in the queue; every slot is busy.")
    return Words("A worker is about to pick it up.")


def result_href(job: Job) -> str | None:
    """The page that shows what the job found, once it has."""
    if job.state is not JobState.SUCCEEDED or job.kind not in RESULT_PAGES:
        return None
    return RESULT_PAGES[job.kind].format(id=job.id)

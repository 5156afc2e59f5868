"""A measurement on past data is a trial: how many there were, and what luck alone would show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from pages.components.notice import notice
from pages.researching.jobs_list import own_jobs
from terminal.jobs.values import Job, JobState
from terminal.research.luck import largest_by_luck, t_to_believe

COUNTED = 2_000
ORDINALS = {2: "second", 3: "third"}


def trials(job: Job) -> tuple[int, int]:
    """(different studies, coefficients in them) of the person on this data set up to this one."""
    dataset = (job.request.get("bars") or {}).get("dataset")
    seen: dict[str, int] = {}
    for other in own_jobs("study", COUNTED):
        if other.state is not JobState.SUCCEEDED or other.created_at > job.created_at:
            continue
        if (other.request.get("bars") or {}).get("dataset") == dataset:
            seen[other.request_hash] = int((other.summary or {}).get("n_horizons") or 1)
    seen.setdefault(job.request_hash, int((job.summary or {}).get("n_horizons") or 1))
    return len(seen), sum(seen.values())


def luck_notice(job: Job, found: Mapping[str, Any]) -> html.Div:
    """What the coefficient is worth, given how often somebody has looked."""
    studies, coefficients = trials(job)
    return notice(*luck_words(studies, coefficients, found.get("t"), found["main"]))


def luck_words(studies: int, coefficients: int, t: float | None, main: int) -> tuple[str, Any, str]:
    """(sentence, tone, remedy) of a t at the main horizon among so many coefficients."""
    looked = (
        f"This is your {_nth(studies)} different study on this data"
        if studies > 1
        else "This is your first study on this data"
    )
    count = f"{coefficients} coefficient{'s' if coefficients != 1 else ''}"
    luck, needed = largest_by_luck(coefficients), t_to_believe(coefficients)
    first = (
        f"{looked}: {count} so far. Were there nothing in any of them, the largest |t| would be "
        f"about {luck:.1f}."
    )
    always = (
        "A coefficient is measured on the past, so every look is a trial. What counts is the "
        "model's test on data that nobody has looked at."
    )
    if t is None:
        return f"{first} This one could not be measured.", "warning", always
    own = abs(t)
    if own >= needed:
        return (
            f"{first} |t| {own:.1f} at {main:,} bars is more than luck would give in 95 of 100 "
            f"such searches ({needed:.1f}).",
            "success",
            always,
        )
    if own >= luck:
        return (
            f"{first} |t| {own:.1f} at {main:,} bars is above that, but below the {needed:.1f} it "
            "takes to be sure.",
            "warning",
            always,
        )
    return f"{first} |t| {own:.1f} at {main:,} bars is no more than luck gives.", "warning", always


def _nth(number: int) -> str:
    """`second`, `12th`, `21st`."""
    if number in ORDINALS:
        return ORDINALS[number]
    last = 0 if 10 < number % 100 < 14 else number % 10
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') }"

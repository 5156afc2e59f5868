"""Studies, label studies and builds so far, as tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dash import html

from pages.components.empty_state import empty_state
from pages.components.job_words import TONES
from pages.components.panel import panel_head
from pages.components.table import (
    badge_column,
    link_column,
    number_column,
    quick_filter,
    table,
    text_column,
    time_column,
)
from pages.server.context import actor, services
from terminal.jobs.values import Job, JobFilter, JobState

LIMIT = 300
ROW, MOST_HEIGHT = 30, 420
ADDRESSES = {"study": "/research/study", "label_study": "/research/labels",
             "feature_build": "/research/build"}  # fmt: skip
Cells = Callable[[Job], dict[str, Any]]


def own_jobs(kind: str, limit: int = LIMIT) -> Sequence[Job]:
    """The person's jobs of a kind, newest first."""
    return services().jobs.list(actor(), JobFilter(kinds=(kind,), limit=limit))


def jobs_panel(
    kind: str, title: str, columns: list[dict[str, Any]], cells: Cells, nothing: tuple[str, str]
) -> html.Section:
    """A table of jobs with numbers of their own, or why there is none."""
    rows = [_row(job, kind, cells) for job in own_jobs(kind)]
    if not rows:
        return html.Section(
            [panel_head(title), empty_state(*nothing, icon="jobs")], className="panel"
        )
    name = f"rs-{kind}-list".replace("_", "-")
    return html.Section(
        [
            panel_head(title, actions=[quick_filter(name, "Search")]),
            table(
                name,
                [
                    link_column("name", "Name", "href", minWidth=220, flex=3),
                    badge_column("state", "State", {s.value: t for s, t in TONES.items()},
                                 width=112),
                    text_column("dataset", "Data", minWidth=110, flex=1),
                    *columns,
                    time_column("created", "Created", "minute", width=142, sort="desc"),
                ],
                rows, row_id="id", height=min(MOST_HEIGHT, ROW * (len(rows) + 2) + 16),
            ),
        ],
        className="panel",
    )  # fmt: skip


def study_columns() -> list[dict[str, Any]]:
    """Numbers of a study."""
    return [
        text_column("mode", "Compared", width=104),
        number_column("coefficient", "IC", "price", width=92),
        number_column("t", "t", width=80),
        number_column("spread", "Spread", "bps", width=108),
        number_column("half_life", "Half-life", "bars", width=112),
    ]  # fmt: skip


def study_cells(job: Job) -> dict[str, Any]:
    """Of a finished study."""
    found = job.summary or {}
    return {name: found.get(name) for name in ("mode", "coefficient", "t", "spread", "half_life")}


def label_columns() -> list[dict[str, Any]]:
    """Numbers of a label study."""
    return [
        text_column("title", "Label", minWidth=110, flex=1),
        number_column("n_events", "Events", "count", width=104),
        number_column("uniqueness", "Uniqueness", width=108),
        number_column("median_rows", "Held (median)", "bars", width=124),
    ]


def label_cells(job: Job) -> dict[str, Any]:
    """Of a finished label study."""
    found = job.summary or {}
    return {name: found.get(name) for name in ("title", "n_events", "uniqueness", "median_rows")}


def build_columns() -> list[dict[str, Any]]:
    """Numbers of a build."""
    return [
        number_column("columns", "Columns", "count", width=96),
        number_column("megabytes", "MiB", width=88),
        number_column("seconds", "Took", "seconds", width=96),
        number_column("missing", "Missing", "percent", width=96),
    ]


def build_cells(job: Job) -> dict[str, Any]:
    """Of a finished build."""
    found = job.summary or {}
    shape = found.get("shape")
    return {name: found.get(name) for name in ("megabytes", "seconds", "missing")} | {
        "columns": shape[2] if shape else None
    }


def _row(job: Job, kind: str, cells: Cells) -> dict[str, Any]:
    bars = job.request.get("bars") or {}
    return {
        "id": job.id,
        "href": f"{ADDRESSES[kind]}/{job.id}",
        "name": job.title,
        "state": job.state.value,
        "dataset": bars.get("dataset", ""),
        "created": job.created_at.isoformat(timespec="milliseconds"),
        **(cells(job) if job.state is JobState.SUCCEEDED else {}),
    }

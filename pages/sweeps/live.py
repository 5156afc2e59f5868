"""How far a sweep is: one bar for the whole, one line a sub-task, and what to do when it stands."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from pages.components.badge import badge, simulated_badge
from pages.components.job_words import TONES
from pages.components.notice import error_notice, notice
from terminal.backtest.sweeps.stored import StoredSweep
from terminal.db.repositories.sweeps import CANCELLED, FAILED, FINISHED, PRUNED
from terminal.jobs.values import Job, JobState, QueueState

STATE_TONES = {"running": "accent", "finished": "up", "cancelled": "warn"}


def badges(sweep: StoredSweep) -> list[Any]:
    """What a reader must know before any number."""
    marks: list[Any] = [simulated_badge()] if sweep.row.simulated else []
    marks.append(badge(sweep.request.method.upper() if len(sweep.request.method) == 3 else
                       sweep.request.method.capitalize()))  # fmt: skip
    if sweep.row.result is not None:
        marks.append(badge("No look-ahead", "up", sweep.row.result["check"]))
        trials = sweep.row.result["honesty"]["n_trials"]
        why = "Different runs of this strategy family on this data set, this sweep included."
        marks.append(badge(f"{trials:,} trials", "neutral", why))
    return marks


def status(sweep: StoredSweep, queue: QueueState) -> list[Any]:
    """Bar, counts, what is wrong, sub-tasks."""
    row = sweep.row
    done = len(sweep.points)
    share = done / max(row.n_planned, 1)
    percent = f"{100 * share:.0f}%"
    bar = html.Div(
        html.Div(className="progress-bar", style={"width": percent}),
        className="progress",
        role="progressbar",
        **{"aria-valuenow": f"{100 * share:.0f}", "aria-valuemin": "0", "aria-valuemax": "100",
           "aria-label": "Combinations finished"},
    )  # fmt: skip
    words = f"{done:,} of {row.n_planned:,} combinations"
    return [
        html.Div(
            [badge(row.state, STATE_TONES[row.state]), html.Strong(words), *_details(sweep)],  # type: ignore[arg-type]
            className="sw-progress-text",
        ),
        bar,
        *_trouble(sweep, queue),
        html.Details(
            [
                html.Summary(f"{len(sweep.jobs)} sub-tasks"),
                html.Div(
                    html.Table(
                        [
                            html.Thead(
                                html.Tr([html.Th(name) for name in ("Task", "State", "Now")])
                            ),
                            html.Tbody([_task(job) for job in sweep.jobs]),
                        ],
                        className="plain-table sw-tasks",
                    ),
                    className="plain-table-wrap",
                ),
            ],
            open=row.state != FINISHED,
            className="disclosure",
        ),
    ]


def _details(sweep: StoredSweep) -> list[Any]:
    """Pruned, failed and left out, where there are such."""
    out = []
    for state, words in ((PRUNED, "given up early"), (FAILED, "failed")):
        count = sum(point.state == state for point in sweep.points)
        if count:
            out.append(html.Span(f"· {count:,} {words}", className="muted"))
    running = [job for job in sweep.jobs if job.state is JobState.RUNNING]
    if running and running[0].kind == "sweep_step":
        out.append(html.Span(f"· {running[0].stage}", className="muted"))
    return out


def _trouble(sweep: StoredSweep, queue: QueueState) -> list[Any]:
    """Why nothing moves, and what to do."""
    if sweep.row.state == FINISHED:
        return []
    if sweep.row.state == CANCELLED:
        return [
            notice("Cancelled. What was finished is kept.", "warning", "Resume goes on from here.")
        ]
    failed = [job for job in sweep.jobs if job.state in (JobState.FAILED, JobState.ORPHANED)]
    if failed:
        error = failed[0].error or {"message": "A sub-task ended without a result."}
        return [error_notice(error), html.P("Resume runs it again; nothing is run twice.")]
    if queue.workers == 0:
        return [
            notice(
                "No worker is running for this queue.",
                "warning",
                "Start the terminal with “make run”. The sweep goes on by itself.",
            )
        ]
    return []


def _task(job: Job) -> html.Tr:
    now = job.message or job.stage if not job.state.final else ""
    if job.attempt > 1:
        now = f"{now} (attempt {job.attempt})".strip()
    return html.Tr(
        [
            html.Td(dcc.Link(job.title, href=f"/jobs/{job.id}")),
            html.Td(badge(job.state.value, TONES[job.state])),
            html.Td(now, className="muted"),
        ]
    )

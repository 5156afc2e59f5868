"""A job as a person watches it: state, stage, progress, time left, log, and what can be done.

`job_card(job_id)` polls by itself while the job is open and stops when it is final. The interval
is disabled while its callback runs: a callback slower than its interval would never be shown.
Other callbacks may listen to `Input(finished_id(job_id), "data")`: None, then the final state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from dash import (
    MATCH,
    ClientsideFunction,
    Input,
    Output,
    State,
    clientside_callback,
    ctx,
    dcc,
    html,
    no_update,
)

from pages.components.badge import badge
from pages.components.button import Look, button, content, download_button, link_button
from pages.components.clock import duration, moment
from pages.components.job_words import TONES, Words, job_words, result_href
from pages.components.navigate import navigate
from pages.components.notice import error_notice, notice
from pages.components.toasts import toast
from pages.server import guard
from pages.server.context import actor, services
from terminal import clock
from terminal.jobs.values import Artifact, Job, JobState, LogLine

POLL_MS = 700
LOG_LINES = 200
LEVELS = (("All", "debug"), ("Info", "info"), ("Warnings", "warning"), ("Errors", "error"))
SHOWN = (
    "title", "body", "log", "files", "result", "cancel", "retry", "retry text", "reproduce",
    "interval", "seen", "finished",
)  # fmt: skip


def part(name: str, job_id: Any) -> dict[str, Any]:
    """Id of one part of the card of a job."""
    return {"part": f"job-{name}", "job": job_id}


def finished_id(job_id: str) -> dict[str, Any]:
    """Id of the store that holds the job's final state as soon as there is one."""
    return part("finished", job_id)


def job_card(
    job_id: str, *, log: bool = True, files: bool = True, poll_ms: int = POLL_MS
) -> html.Section:
    """The live card of a job, already filled with what is known now.

    Parameters
    ----------
    log : with the log and its level filter.
    files : with download buttons of what the job left.
    poll_ms : how often an open job is looked at.

    Raises
    ------
    NotFound : there is no such job, or it is not the person's to see.
    """
    now = dict(zip(SHOWN, show(job_id, {}), strict=True))
    stopped = now["interval"] == 0
    return html.Section(
        [
            dcc.Interval(
                id=part("interval", job_id), interval=poll_ms, max_intervals=0 if stopped else -1
            ),
            dcc.Store(id=part("seen", job_id), data=now["seen"]),
            dcc.Store(id=finished_id(job_id), data=now["finished"] if stopped else None),
            html.Div(
                [
                    html.Div(now["title"], id=part("title", job_id), className="job-title"),
                    html.Div(
                        [
                            html.Span(now["result"], id=part("result", job_id)),
                            _action("cancel", "Cancel", "stop", job_id, now["cancel"], "danger"),
                            _action("retry", now["retry text"], "refresh", job_id, now["retry"]),
                            _action("reproduce", "Reproduce", "copy", job_id, now["reproduce"]),
                        ],
                        className="row",
                    ),
                ],
                className="panel-head",
            ),
            html.Div(now["body"], id=part("body", job_id), className="panel-body job-body"),
            html.Div(
                html.Div(now["files"], id=part("files", job_id), className="job-files"),
                hidden=not files,
            ),
            html.Div(_log(job_id, now["log"]), hidden=not log),
            html.Div(id=part("sink", job_id), hidden=True),
        ],
        className="panel job-card",
        **{"data-job": job_id},
    )


def _log(job_id: str, lines: Any) -> list[Any]:
    levels = dcc.RadioItems(
        [{"label": label, "value": level} for label, level in LEVELS],
        "debug",
        id=part("level", job_id),
        inline=True,
        className="segmented",
    )
    name = {"aria-label": "Log of the job"}
    return [
        html.Div(["Log", levels], className="job-log-head"),
        html.Div(
            lines, id=part("log", job_id), className="job-log", tabIndex=0, role="log", **name
        ),
    ]


def _action(
    name: str, text: str, icon: str, job_id: str, hidden: bool, look: Look = "plain"
) -> html.Button:
    return button(text, part(name, job_id), look, icon, small=True, hidden=hidden)


def title_line(job: Job) -> list[Any]:
    """State and name."""
    return [badge(job.state.value, TONES[job.state]), html.H2(job.title, title=job.title)]


def body(job: Job, words: Words, elapsed_s: float | None) -> list[Any]:
    """Sentence, progress bar, and the facts of time."""
    if job.state is JobState.FAILED and job.error:
        message = error_notice(job.error)
    elif words.tone in ("warning", "error"):
        message = notice(words.text, words.tone, words.remedy)
    else:
        message = html.P(words.text, className="job-sentence")
    parts: list[Any] = [message]
    if job.state is JobState.RUNNING:
        parts.insert(0, _progress(job))
    parts.append(_times(job, elapsed_s))
    return parts


def _progress(job: Job) -> html.Div:
    percent = round(100 * max(0.0, min(1.0, job.fraction)))
    return html.Div(
        [
            html.Div(
                [
                    html.Span(job.stage or "Starting", className="job-stage"),
                    html.Span(f"{percent}%", className="num"),
                ],
                className="job-progress-text",
            ),
            html.Div(
                html.Div(className="progress-bar", style={"width": f"{percent}%"}),
                className="progress",
                role="progressbar",
                **{
                    "aria-valuenow": str(percent),
                    "aria-valuemin": "0",
                    "aria-valuemax": "100",
                    "aria-label": "Progress",
                },
            ),
        ],
        className="job-progress",
    )


def _times(job: Job, elapsed_s: float | None) -> html.Dl:
    pairs: list[tuple[str, Any]] = [("Created", moment(job.created_at))]
    if job.started_at is not None:
        pairs.append(("Elapsed", duration(elapsed_s)))
    if job.state is JobState.RUNNING:
        left = duration(job.eta_s) if job.eta_s is not None else "not known yet"
        pairs.append(("Time left", left))
    if job.attempt > 1:
        pairs.append(("Attempt", f"{job.attempt} of {job.max_attempts}"))
    if job.state.final and job.peak_memory_mb is not None:
        pairs.append(("Peak memory", f"{job.peak_memory_mb:,.0f} MiB"))
    if job.state.final and job.cpu_s is not None:
        pairs.append(("CPU", duration(job.cpu_s)))
    return html.Dl(
        [html.Div([html.Dt(label), html.Dd(value)]) for label, value in pairs],
        className="job-times",
    )


def log_lines(lines: Sequence[LogLine]) -> list[html.Div]:
    """The log, oldest first, one line an element with its level as class."""
    return [
        html.Div(
            [
                moment(line.at),
                html.Span(line.level, className="log-level"),
                html.Span(line.line, className="log-text"),
            ],
            className=f"log-line log-{line.level}",
        )
        for line in lines
    ]


def artifact_links(artifacts: Sequence[Artifact]) -> list[Any]:
    """Download buttons of the files a job left."""
    return [
        download_button(
            f"{item.name} · {size_text(item.size)}", f"/artifacts/{item.id}", small=True
        )
        for item in artifacts
    ]


def size_text(size: int) -> str:
    """Bytes in binary units: `512 B`, `1.4 MiB`."""
    value, unit = float(size), "B"
    for bigger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, bigger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:,.1f} {unit}"


def register() -> None:
    """The level filter, polling and the three actions, for every card on every page."""
    clientside_callback(
        ClientsideFunction("terminalJobs", "filterLog"),
        Output(part("log", MATCH), "className"),
        Input(part("level", MATCH), "value"),
        prevent_initial_call=True,
    )

    @guard.callback(
        Output(part("title", MATCH), "children"),
        Output(part("body", MATCH), "children"),
        Output(part("log", MATCH), "children"),
        Output(part("files", MATCH), "children"),
        Output(part("result", MATCH), "children"),
        Output(part("cancel", MATCH), "hidden"),
        Output(part("retry", MATCH), "hidden"),
        Output(part("retry", MATCH), "children"),
        Output(part("reproduce", MATCH), "hidden"),
        Output(part("interval", MATCH), "max_intervals"),
        Output(part("seen", MATCH), "data"),
        Output(finished_id(MATCH), "data"),
        Input(part("interval", MATCH), "n_intervals"),
        State(part("interval", MATCH), "id"),
        State(part("seen", MATCH), "data"),
        running=[(Output(part("interval", MATCH), "disabled"), True, False)],
        prevent_initial_call=True,
        role="viewer",
    )
    def poll(_tick: object, own_id: dict[str, str], seen: dict[str, str] | None) -> Any:
        return show(own_id["job"], seen or {})

    @guard.callback(
        Output(part("sink", MATCH), "children"),
        Output(part("interval", MATCH), "max_intervals", allow_duplicate=True),
        Input(part("cancel", MATCH), "n_clicks"),
        Input(part("retry", MATCH), "n_clicks"),
        Input(part("reproduce", MATCH), "n_clicks"),
        prevent_initial_call=True,
        role="trader",
    )
    def act(_cancel: int, _retry: int, _reproduce: int) -> Any:
        source = ctx.triggered_id
        if source is None or not ctx.triggered[0]["value"]:
            return no_update, no_update
        return "", perform(source["part"].removeprefix("job-"), source["job"])


def show(job_id: str, seen: dict[str, str]) -> tuple[Any, ...]:
    """What the card shows now, in the order of `SHOWN`; what is unchanged is not sent again."""
    who, jobs = actor(), services().jobs
    job = jobs.get(who, job_id)
    queue = jobs.queue_state(job.queue, job) if job.state is JobState.QUEUED else None
    elapsed = job.elapsed_s(clock.now())
    words = job_words(job, queue, elapsed)
    lines = jobs.log_tail(who, job_id, LOG_LINES)
    files = jobs.artifacts(who, job_id) if job.state.final else ()
    href = result_href(job)
    now = {
        "head": _digest(job.state, job.title, href),
        "log": _digest(len(lines), lines[-1].at if lines else ""),
        "files": _digest(*(item.id for item in files)),
    }

    def new(key: str, value: Any) -> Any:
        return no_update if seen.get(key) == now[key] else value

    final = job.state.final
    retry = "Resume" if job.state is JobState.ORPHANED else "Retry"
    return (
        new("head", title_line(job)),
        body(job, words, elapsed),
        new("log", log_lines(lines)),
        new("files", artifact_links(files)),
        new("head", link_button("Open result", href, "primary", small=True) if href else ""),
        final or job.cancel_requested,
        job.state not in (JobState.FAILED, JobState.CANCELLED, JobState.ORPHANED),
        new("head", retry if not seen else content(retry, "refresh")),
        job.state is not JobState.SUCCEEDED,
        0 if final else no_update,
        now,
        job.state.value if final else no_update,
    )


def perform(action: str, job_id: str) -> Any:
    """Cancel here, or retry and reproduce on a job of their own; returns `max_intervals`."""
    who, jobs = actor(), services().jobs
    if action == "cancel":
        jobs.cancel(who, job_id)
        toast("Cancel asked for; the job stops at its next step.", "info")
        return -1
    job = jobs.retry(who, job_id) if action == "retry" else jobs.reproduce(who, job_id)
    if job.id == job_id:
        return -1
    toast("Started again as a job of its own." if action == "retry" else "Reproducing.", "success")
    navigate(f"/jobs/{job.id}")
    return no_update


def _digest(*values: object) -> str:
    text = "|".join(str(value) for value in values)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

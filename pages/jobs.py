"""Jobs: everything that runs, waits or has run, live."""

from __future__ import annotations

import hashlib
from typing import Any

import dash
import orjson
from dash import Input, Output, State, dcc, html, no_update

from pages.components.button import button, link_button
from pages.components.empty_state import empty_state
from pages.components.job_words import TONES
from pages.components.navigate import navigate
from pages.components.page_header import page_header
from pages.components.table import (
    badge_column,
    link_column,
    progress_column,
    table,
    text_column,
    time_column,
)
from pages.server import guard
from pages.server.context import actor, services
from terminal.jobs.kinds import KINDS
from terminal.jobs.values import Job, JobFilter, JobState

dash.register_page(
    __name__, path="/jobs", name="Jobs", title="Jobs · AlphaTrade", order=30, menu="jobs"
)

REFRESH_MS = 1500
LIMIT = 200


def layout(**_query: str) -> html.Div:
    """Header, filters, table; an empty state as long as there is no job at all."""
    who = actor()
    return html.Div(
        [
            page_header(
                "Jobs",
                "Backtests, imports and downloads: waiting, running and done.",
                [button("Test the workers", "jobs-self-test", icon="check")]
                if who.role != "viewer"
                else [],
            ),
            html.Section(
                [
                    html.Div(_filters(who.is_admin), className="panel-head filter-bar"),
                    html.Div(
                        table(
                            "jobs-table",
                            _columns(who.is_admin),
                            row_id="id",
                            height="100%",
                            nothing="No job matches these filters.",
                        ),
                        id="jobs-grid",
                        className="fill",
                    ),
                    html.Div(_nothing_yet(), id="jobs-empty", hidden=True),
                ],
                className="panel panel-fill",
            ),
            dcc.Interval(id="jobs-interval", interval=REFRESH_MS),
            dcc.Store(id="jobs-seen"),
            html.Div(id="jobs-sink", hidden=True),
        ],
        className="page page-fill",
    )


def _filters(is_admin: bool) -> list[Any]:
    parts: list[Any] = [
        html.Div(
            dcc.Dropdown(
                [{"label": state.value.capitalize(), "value": state.value} for state in JobState],
                id="jobs-state",
                multi=True,
                placeholder="Any state",
                searchable=False,
            ),
            className="filter",
        ),
        html.Div(
            dcc.Dropdown(
                [{"label": kind.title, "value": kind.name} for kind in KINDS.values()],
                id="jobs-kind",
                multi=True,
                placeholder="Any kind",
                searchable=False,
            ),
            className="filter",
        ),
        html.Div(
            dcc.Input(
                id="jobs-text",
                type="search",
                placeholder="Name or id",
                debounce=0.25,
                maxLength=100,
            ),
            className="filter",
        ),
    ]
    whose = dcc.RadioItems(
        [{"label": "Mine", "value": "mine"}, {"label": "Everyone's", "value": "all"}],
        "mine",
        id="jobs-whose",
        inline=True,
        className="segmented",
    )
    parts.append(html.Div(whose, hidden=not is_admin))
    parts.append(html.Span(id="jobs-count", className="muted filter-count"))
    return parts


def _columns(is_admin: bool) -> list[dict[str, Any]]:
    tones = {state.value: tone for state, tone in TONES.items()}
    columns = [
        badge_column("state", "State", tones, width=112),
        link_column("name", "Name", "href", minWidth=190, flex=2),
        text_column("kind", "Kind", minWidth=100, width=120),
        time_column("created", "Created", "second", minWidth=150, width=160, sort="desc"),
        time_column("started", "Started", "second", minWidth=150, width=160),
        {
            "field": "started",
            "colId": "duration",
            "headerName": "Duration",
            "type": "rightAligned",
            "cellClass": "num",
            "valueFormatter": {"function": "terminalElapsed(params.data)"},
            "sortable": False,
            "minWidth": 96,
            "width": 104,
        },
        progress_column("progress", "Progress", minWidth=130, width=150),
        text_column("stage", "Stage", minWidth=120, flex=1),
    ]
    if is_admin:
        columns.insert(3, text_column("owner", "Owner", minWidth=90, width=110))
    return columns


def _nothing_yet() -> html.Div:
    actions = [
        link_button(text, path, look, icon=icon)
        for text, path, look, icon in (
            ("New backtest", "/backtest", "primary", "backtest"),
            ("Import data", "/data/import", "plain", "upload"),
        )
        if any(page["path"] == path for page in dash.page_registry.values())
    ]
    return empty_state(
        "No job yet",
        "A job is one piece of work: a backtest, an import, a download. It appears here the "
        "moment you start it, and keeps running when you close the browser.",
        actions,
        icon="jobs",
    )


def job_row(job: Job) -> dict[str, Any]:
    """A row of the table: only what is shown."""
    return {
        "id": job.id,
        "href": f"/jobs/{job.id}",
        "state": job.state.value,
        "name": job.title,
        "kind": KINDS[job.kind].title if job.kind in KINDS else job.kind,
        "owner": job.owner,
        "created": job.created_at.isoformat(timespec="milliseconds"),
        "started": job.started_at.isoformat(timespec="milliseconds") if job.started_at else None,
        "finished": job.finished_at.isoformat(timespec="milliseconds") if job.finished_at else None,
        "progress": round(job.fraction, 2) if job.state is JobState.RUNNING else None,
        "stage": job.stage if job.state is JobState.RUNNING else _outcome(job),
    }


def _outcome(job: Job) -> str:
    if job.error:
        return str(job.error.get("message") or "")
    return job.stage if job.state is JobState.QUEUED else ""


@guard.callback(
    Output("jobs-table", "rowData"),
    Output("jobs-grid", "hidden"),
    Output("jobs-empty", "hidden"),
    Output("jobs-count", "children"),
    Output("jobs-seen", "data"),
    Input("jobs-interval", "n_intervals"),
    Input("jobs-state", "value"),
    Input("jobs-kind", "value"),
    Input("jobs-text", "value"),
    Input("jobs-whose", "value"),
    State("jobs-seen", "data"),
    running=[(Output("jobs-interval", "disabled"), True, False)],
    role="viewer",
)
def refresh(
    _tick: object,
    states: list[str] | None,
    kinds: list[str] | None,
    text: str | None,
    whose: str | None,
    seen: str | None,
) -> Any:
    """The rows that match; nothing is sent when nothing has changed."""
    wanted = JobFilter(
        states=tuple(JobState(state) for state in states or ()),
        kinds=tuple(kinds or ()),
        text=(text or "").strip(),
        everyone=whose == "all",
        limit=LIMIT,
    )
    rows = [job_row(job) for job in services().jobs.list(actor(), wanted)]
    unfiltered = wanted == JobFilter(everyone=wanted.everyone, limit=LIMIT)
    none_at_all = unfiltered and not rows
    count = f"newest {LIMIT} jobs" if len(rows) == LIMIT else f"{len(rows)} jobs"
    if len(rows) == 1:
        count = "1 job"
    mark = hashlib.blake2b(orjson.dumps([rows, none_at_all]), digest_size=8).hexdigest()
    if mark == seen:
        return (no_update,) * 5
    return rows, none_at_all, not none_at_all, count, mark


@guard.callback(
    Output("jobs-sink", "children"),
    Input("jobs-self-test", "n_clicks"),
    prevent_initial_call=True,
    role="trader",
)
def test_workers(clicks: int) -> Any:
    """Submit the job that proves the whole way from click to result."""
    if not clicks:
        return no_update
    from terminal.jobs.self_test import SelfTestRequest

    job = services().jobs.submit(actor(), "self_test", SelfTestRequest())
    navigate(f"/jobs/{job.id}")
    return ""

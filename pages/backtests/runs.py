"""The list of runs: finished ones with their numbers, the others with their state."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import orjson
from dash import ClientsideFunction, Input, Output, State, clientside_callback, dcc, html, no_update

from pages.backtests.certificate import LIST_TONES
from pages.components.button import button
from pages.components.empty_state import empty_state
from pages.components.job_words import TONES
from pages.components.navigate import navigate
from pages.components.panel import panel_head
from pages.components.table import (
    ROW_HEIGHT,
    badge_column,
    change_column,
    link_column,
    number_column,
    quick_filter,
    table,
    text_column,
    time_column,
)
from pages.components.toasts import toast
from pages.server import guard
from pages.server.context import actor, services
from terminal.backtest.certificate.certificate import Status
from terminal.backtest.stored import stored_runs
from terminal.db.repositories import backtests
from terminal.db.repositories.backtests import BacktestRow
from terminal.errors import InputError
from terminal.jobs.values import Job, JobFilter, JobState
from terminal.reports.certificate import BADGES
from terminal.reports.content import strategy_title

REFRESH_MS = 2_000
LIMIT = 500
MOST_COMPARED = 20
MOST_HEIGHT = 450
NAME_LENGTH = 120


def runs_panel(may_change: bool) -> html.Section:
    """Table with search, compare, rename and archive."""
    actions: list[Any] = [
        quick_filter("bt-runs", "Search runs"),
        dcc.Checklist([{"label": "Archived", "value": "archived"}], [], id="bt-show-archived",
                      className="bt-check-item"),
    ]  # fmt: skip
    if may_change:
        actions += [
            button("Rename", "bt-rename", small=True, disabled=True),
            button("Archive", "bt-archive", small=True, disabled=True),
        ]
    actions.append(button("Compare", "bt-compare", small=True, icon="compare", disabled=True))
    return html.Section(
        [
            panel_head("Runs", actions=actions),
            html.Div(_rename_bar(), id="bt-rename-bar", className="bt-rename-bar", hidden=True),
            html.Div(
                table(
                    "bt-runs",
                    columns(),
                    row_id="id",
                    height=MOST_HEIGHT,
                    selection="multiple",
                    nothing="No run matches.",
                ),
                id="bt-runs-grid",
            ),
            html.Div(_nothing_yet(), id="bt-runs-empty", hidden=True),
            dcc.Interval(id="bt-runs-interval", interval=REFRESH_MS),
            dcc.Store(id="bt-runs-seen"),
            dcc.Store(id="bt-runs-changed"),
            html.Div(id="bt-runs-sink", hidden=True),
        ],
        className="panel bt-runs",
    )


def columns() -> list[dict[str, Any]]:
    """The columns of the list."""
    tones = {state.value: tone for state, tone in TONES.items()}
    return [
        link_column("name", "Name", "href", minWidth=210, flex=3),
        badge_column("tag", "", {"SIMULATED": "simulated", "archived": "neutral"}, width=106),
        badge_column("state", "State", tones, width=104),
        badge_column("certificate", "Certificate", LIST_TONES, width=152),
        change_column("total_return", "Return", width=116),
        change_column("cagr", "CAGR", width=100),
        number_column("sharpe", "Sharpe", "ratio", width=82),
        change_column("max_drawdown", "Max DD", width=106),
        number_column("n_trades", "Trades", "count", width=80),
        time_column("created", "Created", "minute", width=142, sort="desc"),
        text_column("strategy", "Strategy", width=150),
        text_column("dataset", "Data set", width=150),
        text_column("range", "Range", width=182),
    ]


def run_row(job: Job, run: BacktestRow | None) -> dict[str, Any]:
    """A row of the list: only what is shown."""
    request = job.request
    metrics = run.metrics if run else {}
    first, last = (run.first_ts, run.last_ts) if run else (None, None)
    span = f"{first:%Y-%m-%d} – {last:%Y-%m-%d}" if first and last else _asked_range(request)
    tag = "archived" if run and run.archived else "SIMULATED" if run and run.simulated else ""
    return {
        "id": job.id,
        "href": f"/backtest/{job.id}",
        "name": run.name if run else job.title,
        "state": job.state.value,
        "tag": tag,
        "certificate": _certificate(run),
        "strategy": strategy_title(str(request.get("strategy", ""))),
        "dataset": str(request.get("dataset", "")),
        "range": span,
        "created": job.created_at.isoformat(timespec="milliseconds"),
        **{key: metrics.get(key) for key in METRIC_KEYS},
    }


def _certificate(run: BacktestRow | None) -> str:
    """The status in words; "" for a run that has none."""
    kept = run.provenance.get("certificate") if run else None
    return BADGES[Status(kept["status"])] if kept else ""


METRIC_KEYS = ("total_return", "cagr", "sharpe", "max_drawdown", "n_trades")


def _asked_range(request: Any) -> str:
    start, end = request.get("start"), request.get("end")
    return f"{start or 'first'} – {end or 'last'}" if start or end else "all"


def list_rows(archived: bool) -> list[dict[str, Any]]:
    """All runs of the person, newest first; reproductions belong to their original's page."""
    who = actor()
    jobs = services().jobs.list(who, JobFilter(kinds=("backtest",), limit=LIMIT))
    finished = {run.job_id: run for run in stored_runs(services().db, who)}
    rows = []
    for job in jobs:
        run = finished.get(job.id)
        if job.reproduce_of or (run is not None and run.archived and not archived):
            continue
        rows.append(run_row(job, run))
    return rows


def register() -> None:
    """Live rows, selection, compare, rename, archive."""
    clientside_callback(
        ClientsideFunction("terminalBacktest", "chosen"),
        Output("bt-compare", "disabled"),
        Output("bt-rename", "disabled"),
        Output("bt-archive", "disabled"),
        Input("bt-runs", "selectedRows"),
        prevent_initial_call=True,
    )

    @guard.callback(
        Output("bt-runs", "rowData"),
        Output("bt-runs-grid", "hidden"),
        Output("bt-runs-empty", "hidden"),
        Output("bt-runs-seen", "data"),
        Output("bt-runs", "style"),
        Input("bt-runs-interval", "n_intervals"),
        Input("bt-show-archived", "value"),
        Input("bt-runs-changed", "data"),
        State("bt-runs-seen", "data"),
        running=[(Output("bt-runs-interval", "disabled"), True, False)],
        role="viewer",
    )
    def refresh(_tick: object, shown: list[str] | None, _changed: object, seen: str | None) -> Any:
        rows = list_rows("archived" in (shown or []))
        mark = hashlib.blake2b(orjson.dumps([rows, shown]), digest_size=8).hexdigest()
        if mark == seen:
            return (no_update,) * 5
        none = not rows and not shown
        return rows, none, not none, mark, {"width": "100%", "height": f"{height_of(len(rows))}px"}

    @guard.callback(
        Output("bt-runs-sink", "children"),
        Input("bt-compare", "n_clicks"),
        State("bt-runs", "selectedRows"),
        prevent_initial_call=True,
        role="viewer",
    )
    def compare(clicks: int, chosen: Sequence[dict[str, Any]] | None) -> Any:
        if not clicks:
            return no_update
        finished = [row["id"] for row in chosen or () if row["state"] == JobState.SUCCEEDED.value]
        if not 2 <= len(finished) <= MOST_COMPARED:
            raise InputError(
                f"{len(finished)} finished runs are chosen; 2 to {MOST_COMPARED} can be compared.",
                field="runs",
                remedy="Tick the runs in the first column of the list.",
            )
        navigate(f"/backtest/compare?ids={','.join(finished)}")
        return ""

    @guard.callback(
        Output("bt-rename-bar", "hidden"),
        Output("bt-new-name", "value"),
        Input("bt-rename", "n_clicks"),
        Input("bt-rename-cancel", "n_clicks"),
        State("bt-runs", "selectedRows"),
        prevent_initial_call=True,
        role="trader",
    )
    def open_rename(_clicks: int, _cancel: int, chosen: list[dict[str, Any]] | None) -> Any:
        from dash import ctx

        opens = ctx.triggered_id == "bt-rename" and len(chosen or []) == 1
        return not opens, (chosen[0]["name"] if opens and chosen else "")

    @guard.callback(
        Output("bt-rename-bar", "hidden", allow_duplicate=True),
        Output("bt-runs-changed", "data"),
        Input("bt-rename-save", "n_clicks"),
        Input("bt-new-name", "n_submit"),
        State("bt-new-name", "value"),
        State("bt-runs", "selectedRows"),
        prevent_initial_call=True,
        role="trader",
    )
    def rename(clicks: int, entered: int, name: str, chosen: list[dict[str, Any]] | None) -> Any:
        if not (clicks or entered) or not chosen:
            return no_update, no_update
        with services().db.write() as conn:
            backtests.rename(conn, actor(), chosen[0]["id"], clean_name(name))
        return True, [clicks, entered]

    @guard.callback(
        Output("bt-runs-changed", "data", allow_duplicate=True),
        Input("bt-archive", "n_clicks"),
        State("bt-runs", "selectedRows"),
        prevent_initial_call=True,
        role="trader",
    )
    def archive(clicks: int, chosen: list[dict[str, Any]] | None) -> Any:
        finished = [row for row in chosen or () if row["state"] == JobState.SUCCEEDED.value]
        if not clicks or not finished:
            return no_update
        back = all(row["tag"] == "archived" for row in finished)
        with services().db.write() as conn:
            backtests.set_archived(conn, actor(), [row["id"] for row in finished], not back)
        count = "1 run" if len(finished) == 1 else f"{len(finished)} runs"
        toast(f"{count} {'back in the list' if back else 'archived'}.", "success")
        return clicks


def height_of(rows: int) -> int:
    """Pixels of the grid: as tall as its rows, with a scroll bar, up to a limit."""
    return min(MOST_HEIGHT, ROW_HEIGHT * (max(rows, 2) + 1) + 16)


def clean_name(text: str | None) -> str:
    """A name without needless spaces; InputError when it is empty or too long."""
    name = " ".join((text or "").split())
    if not name or len(name) > NAME_LENGTH:
        raise InputError(
            f"A name has 1 to {NAME_LENGTH} characters; this has {len(name)}.", field="name"
        )
    return name


def _rename_bar() -> list[Any]:
    return [
        dcc.Input(id="bt-new-name", type="text", maxLength=NAME_LENGTH, value="",
                  placeholder="New name", className="bt-new-name"),
        button("Save name", "bt-rename-save", "primary", small=True),
        button("Cancel", "bt-rename-cancel", "quiet", small=True),
    ]  # fmt: skip


def _nothing_yet() -> html.Div:
    return empty_state(
        "No run yet",
        "Press Run backtest above: the run appears here and its result opens by itself.",
        icon="backtest",
    )

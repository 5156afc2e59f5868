"""One sweep: its sub-tasks and partial results while it runs, everything when it is done."""

from __future__ import annotations

from typing import Any

import dash
from dash import ALL, Input, Output, State, ctx, dcc, html, no_update

from pages.backtests.figures import load_plotly
from pages.components.button import button, link_button
from pages.components.job_card import finished_id, job_card
from pages.components.page_header import page_header
from pages.components.panel import panel
from pages.job import request_facts
from pages.server import guard
from pages.server.context import actor, services
from pages.sweeps import reading, result_callbacks
from pages.sweeps.live import badges, status
from pages.sweeps.result import body
from terminal.accounts.actor import Role
from terminal.backtest.sweeps.stored import StoredSweep
from terminal.backtest.universe import symbols_of
from terminal.db.repositories.sweeps import RUNNING
from terminal.errors import NotFound
from terminal.jobs.values import Job, JobState

dash.register_page(
    __name__, path_template="/sweep/<sweep_id>", name="Sweep result",
    title="Sweep result · AlphaTrade",
)  # fmt: skip

POLL_MS = 900
PLAN_POLL_MS = 250


def layout(sweep_id: str = "", tab: str = "overview", **_query: str) -> html.Div:
    """The sweep, or the card of the job that plans it."""
    job = services().jobs.get(actor(), sweep_id)
    if job.kind != "sweep":
        raise NotFound("There is no sweep with this address.")
    planned = job.state is JobState.SUCCEEDED
    return html.Div(
        [
            html.Div(view(sweep_id, tab) if planned else waiting(job), id="sw-page"),
            dcc.Store(id="sw-waiting-for", data="" if planned else sweep_id),
            load_plotly(),
        ],
        className="page",
    )


def view(sweep_id: str, tab: str = "overview") -> html.Div:
    """Head, status, tabs."""
    sweep = reading.load(sweep_id)
    done = sweep.row.result is not None
    queue = services().jobs.queue_state("backtest")
    return html.Div(
        [
            dcc.Store(id="sw-id", data=sweep_id),
            dcc.Store(id="sw-tab", data=tab),
            dcc.Store(id="sw-seen", data=len(sweep.points)),
            dcc.Store(id="sw-sink"),
            dcc.Interval(id="sw-poll", interval=POLL_MS, max_intervals=0 if done else -1),
            page_header(sweep.row.name, subtitle(sweep), actions(sweep), [("Sweep", "/sweep")]),
            html.Div(badges(sweep), id="sw-badges", className="bt-badges"),
            panel("Progress", html.Div(status(sweep, queue), id="sw-status", className="stack")),
            html.Div(body(sweep, tab), id="sw-body", className="stack"),
        ],
        className="stack",
    )


def subtitle(sweep: StoredSweep) -> str:
    """Strategy, what varies, universe, bars."""
    request = sweep.request.backtest
    varied = ", ".join(
        f"{item.title} ({len(item.values)} values)" for item in sweep.space.dimensions
    )
    count = len(symbols_of(request))
    universe = request.symbols[0] if count == 1 else f"{count} instruments"
    parts = [sweep.space.strategy.title, varied, universe, f"{sweep.row.n_bars:,} bars"]
    return " · ".join(parts)


def actions(sweep: StoredSweep) -> list[Any]:
    """Stop or go on; hidden where they make no sense."""
    allowed = actor().role.allows(Role.TRADER)
    running = sweep.row.state == RUNNING
    return [
        button("Cancel", "sw-cancel", "danger", "stop", hidden=not (allowed and running)),
        button("Resume", "sw-resume", "primary", "refresh", hidden=not (allowed and sweep.stuck)),
        *([link_button("New sweep", "/sweep", icon="sweep")] if allowed else []),
    ]


def waiting(job: Job) -> html.Div:
    """The plan is not made yet, or could not be."""
    return html.Div(
        [
            page_header(job.title, "Its combinations appear here as they finish.",
                        crumbs=[("Sweep", "/sweep")]),
            html.Div(
                [
                    job_card(job.id, files=False, poll_ms=PLAN_POLL_MS),
                    panel("Request", request_facts(job.request)),
                ],
                className="job-columns",
            ),
        ],
        className="stack",
    )  # fmt: skip


@guard.callback(
    Output("sw-page", "children"),
    Input(finished_id(ALL), "data"),
    State("sw-waiting-for", "data"),
    prevent_initial_call=True,
    role="viewer",
)
def show_sweep(_states: list[Any], sweep_id: str) -> Any:
    """Replace the card by the sweep once it is planned."""
    if not ctx.triggered_id or ctx.triggered_id["job"] != sweep_id:
        return no_update
    if ctx.triggered[0]["value"] != JobState.SUCCEEDED.value:
        return no_update
    return view(sweep_id)


result_callbacks.register()

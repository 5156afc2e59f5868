"""One backtest: its live card while it runs, its result as soon as there is one."""

from __future__ import annotations

from typing import Any

import dash
from dash import ALL, Input, Output, State, ctx, dcc, html, no_update

from pages.backtests import certificate, costs, details, downloads, figures, trades
from pages.backtests.result import result_view
from pages.components.button import link_button
from pages.components.job_card import finished_id, job_card
from pages.components.notice import error_notice
from pages.components.page_header import page_header
from pages.components.panel import panel
from pages.job import request_facts
from pages.server import guard
from pages.server.context import actor, services
from terminal.accounts.actor import Role
from terminal.backtest.stored import read_certificate
from terminal.errors import NotFound
from terminal.jobs.values import Job, JobState

dash.register_page(
    __name__, path_template="/backtest/<job_id>", name="Backtest result",
    title="Backtest result · AlphaTrade",
)  # fmt: skip


WAITING = "The result, or the reason why there is none, appears here by itself."
POLL_MS = 300
"""Most backtests end within a second: look often."""


def layout(job_id: str = "", tab: str = "overview", **_query: str) -> html.Div:
    """The result, or the card of the job that will make it."""
    job = services().jobs.get(actor(), job_id)
    if job.kind != "backtest":
        raise NotFound("There is no backtest with this address.")
    if job.state is JobState.SUCCEEDED:
        body = result_view(job_id, tab)
    else:
        body = refused_view(job) if was_refused(job) else waiting_view(job)
    return html.Div(
        [
            html.Div(body, id="bt-result"),
            dcc.Store(id="bt-waiting-for", data="" if job.state is JobState.SUCCEEDED else job.id),
        ],
        className="page",
    )


def was_refused(job: Job) -> bool:
    """Whether a certificate says why there is no result."""
    return job.state is JobState.FAILED and "certificate" in (job.error or {})


def refused_view(job: Job) -> html.Div:
    """Why there is no result, with the certificate that was refused."""
    error = job.error or {}
    found = read_certificate(error.get("certificate"))
    return html.Div(
        [
            page_header(job.title, "Refused: no result.", _again(job), [("Backtest", "/backtest")]),
            error_notice(error),
            *([certificate.status_notice(found), certificate.checks_panel(found)] if found else []),
            panel("Request", request_facts(job.request)),
            figures.load_plotly(),
        ],
        className="stack",
    )


def waiting_view(job: Job) -> html.Div:
    """Progress, or why it failed, beside what was asked."""
    return html.Div(
        [
            page_header(job.title, WAITING, _again(job), [("Backtest", "/backtest")]),
            html.Div(
                [
                    job_card(job.id, files=False, poll_ms=POLL_MS),
                    panel("Request", request_facts(job.request)),
                ],
                className="job-columns",
            ),
            figures.load_plotly(),
        ],
        className="stack",
    )  # fmt: skip


def _again(job: Job) -> list[Any]:
    if not actor().role.allows(Role.TRADER):
        return []
    return [link_button("Edit and run again", f"/backtest?from={job.id}", icon="refresh")]


@guard.callback(
    Output("bt-result", "children"),
    Input(finished_id(ALL), "data"),
    State("bt-waiting-for", "data"),
    prevent_initial_call=True,
    role="viewer",
)
def show_result(_states: list[Any], job_id: str) -> Any:
    """Replace the card by the result, or by the certificate that was refused."""
    if not ctx.triggered_id or ctx.triggered_id["job"] != job_id:
        return no_update
    if ctx.triggered[0]["value"] != JobState.SUCCEEDED.value:
        job = services().jobs.get(actor(), job_id)
        return refused_view(job) if was_refused(job) else no_update
    return result_view(job_id)


for part in (figures, trades, costs, details, downloads):
    part.register()

"""One training: its stages and losses while it runs, its verdict and files when it is done."""

from __future__ import annotations

from typing import Any

import dash
from dash import ALL, Input, Output, State, ctx, dcc, html, no_update

from pages.backtests.figures import load_plotly
from pages.components.button import link_button
from pages.components.job_card import finished_id, job_card
from pages.components.page_header import page_header
from pages.components.panel import panel
from pages.modelling import live, result, splits
from pages.modelling.request_view import training_facts
from pages.server import guard
from pages.server.context import actor, services
from terminal.errors import NotFound
from terminal.jobs.values import Job, JobState

dash.register_page(
    __name__, path_template="/models/training/<job_id>", name="Training",
    title="Training · AlphaTrade",
)  # fmt: skip

POLL_MS = 1000


def layout(job_id: str = "", **_query: str) -> html.Div:
    """The result, or the card of the job with what there is so far."""
    job = services().jobs.get(actor(), job_id)
    if job.kind != "training":
        raise NotFound("There is no training with this address.")
    done = job.state is JobState.SUCCEEDED
    return html.Div(
        [
            html.Div(result.view(job) if done else waiting(job), id="md-page"),
            dcc.Store(id="md-waiting", data="" if done else job_id),
            load_plotly(),
        ],
        className="page rs-page",
    )


def waiting(job: Job) -> html.Div:
    """Stages and losses beside the card of the job."""
    return html.Div(
        [
            page_header(
                job.title,
                "Its verdict appears here. A stopped training goes on from its last finished part.",
                crumbs=[("Models", "/models"), ("Trainings", "/models?tab=trainings")],
                actions=[link_button("Train another", f"/models?from={job.id}", icon="copy")],
            ),
            dcc.Store(id="md-job", data=job.id),
            dcc.Interval(
                id="md-poll", interval=POLL_MS, max_intervals=0 if job.state.final else -1
            ),
            panel("Stages", html.Div(live.stages(job.id), id="md-stages"), flush=True),
            html.Div(
                [
                    job_card(job.id, poll_ms=POLL_MS),
                    html.Div(
                        [live.curves_card(job.id), panel("Request", training_facts(job.request))],
                        className="stack",
                    ),
                ],
                className="job-columns",
            ),
        ],
        className="stack",
    )


@guard.callback(
    Output("md-page", "children"),
    Input(finished_id(ALL), "data"),
    State("md-waiting", "data"),
    prevent_initial_call=True,
    role="viewer",
)
def show(_states: list[Any], job_id: str) -> Any:
    """Replace the card by the result once it is there."""
    if not ctx.triggered_id or ctx.triggered_id["job"] != job_id:
        return no_update
    if ctx.triggered[0]["value"] != JobState.SUCCEEDED.value:
        return no_update
    return result.view(services().jobs.get(actor(), job_id))


live.register()
result.register()
splits.register()

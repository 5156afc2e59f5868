"""A result of research at its address: the card of its job first, the result when it is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import ALL, Input, Output, State, ctx, dcc, html, no_update

from pages.backtests.figures import load_plotly
from pages.components.button import link_button
from pages.components.job_card import finished_id, job_card
from pages.components.page_header import page_header
from pages.components.panel import panel
from pages.job import request_facts
from pages.server import guard
from pages.server.context import actor, services
from terminal.errors import NotFound
from terminal.jobs.values import Job, JobState

View = Callable[[Job], html.Div]
POLL_MS = 300
FORMS = {"study": "/research?tab=study", "label_study": "/research?tab=labels"}


def result_page(
    job_id: str,
    kind: str,
    view: View,
    expects: str,
    above: tuple[str, str] = ("Research", "/research"),
) -> html.Div:
    """The result, or the card of the job that makes it; `above`: the page it belongs to.

    Raises
    ------
    NotFound : there is no such job of this kind.
    """
    job = services().jobs.get(actor(), job_id)
    if job.kind != kind:
        raise NotFound("There is nothing with this address.")
    done = job.state is JobState.SUCCEEDED
    return html.Div(
        [
            html.Div(view(job) if done else waiting(job, expects, above), id=f"rs-{kind}-page"),
            dcc.Store(id=f"rs-{kind}-waiting", data="" if done else job_id),
        ],
        className="page rs-page",
    )


def waiting(job: Job, expects: str, above: tuple[str, str]) -> html.Div:
    """The job is not done, or ended without a result."""
    return html.Div(
        [
            page_header(job.title, expects, _back(job), [above]),
            html.Div(
                [
                    job_card(job.id, files=False, poll_ms=POLL_MS),
                    panel("Request", request_facts(job.request)),
                ],
                className="job-columns",
            ),
            load_plotly(),
        ],
        className="stack",
    )


def _back(job: Job) -> list[Any]:
    """The form again, filled with what was asked for."""
    if job.kind not in FORMS:
        return []
    return [link_button("Change the request", f"{FORMS[job.kind]}&from={job.id}", icon="filter")]


def register(kind: str, view: View) -> None:
    """Replace the card by the result once it is there."""

    @guard.callback(
        Output(f"rs-{kind}-page", "children"),
        Input(finished_id(ALL), "data"),
        State(f"rs-{kind}-waiting", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def show(_states: list[Any], job_id: str) -> Any:
        if not ctx.triggered_id or ctx.triggered_id["job"] != job_id:
            return no_update
        if ctx.triggered[0]["value"] != JobState.SUCCEEDED.value:
            return no_update
        return view(services().jobs.get(actor(), job_id))

"""Methods side by side, out of sample: `/optimise/compare?ids=a,b`; the jobs until all ended."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, State, dcc, html, no_update

from pages.backtests import comparison
from pages.backtests.figures import load_plotly, own_theme
from pages.backtests.run import load_run
from pages.components.badge import badge, simulated_badge
from pages.components.button import link_button
from pages.components.clock import duration
from pages.components.job_words import TONES
from pages.components.notice import notice
from pages.components.page_header import page_header
from pages.components.panel import panel
from pages.optimising import methods_view
from pages.server import guard
from pages.server.context import actor, services
from terminal import clock
from terminal.charts.theme import theme_from
from terminal.errors import InputError
from terminal.jobs.values import Job, JobState

dash.register_page(
    __name__, path="/optimise/compare", name="Methods compared",
    title="Methods compared · AlphaTrade",
)  # fmt: skip
POLL_MS = 1_500
TITLE = "Methods compared"
CRUMBS = [("Optimise", "/optimise?tab=compare")]


def layout(ids: str = "", **_query: str) -> html.Div:
    """Progress, then the comparison."""
    jobs = _jobs(ids)
    done = all(job.state.final for job in jobs)
    return html.Div(
        [
            dcc.Store(id="bt-compare-ids", data=_finished(jobs)),
            dcc.Store(id="op-compare-ids", data=ids),
            dcc.Interval(id="op-compare-poll", interval=POLL_MS, max_intervals=0 if done else -1),
            html.Div(_compared(jobs) if done else _waiting(jobs), id="op-compare-page"),
            load_plotly(),
        ],
        className="page",
    )


def _jobs(ids: str) -> list[Job]:
    wanted = list(dict.fromkeys(part for part in ids.split(",") if part))
    if not comparison.FEWEST <= len(wanted) <= comparison.MOST:
        raise InputError(
            f"{len(wanted)} runs are named; {comparison.FEWEST} to {comparison.MOST} can be "
            "compared.",
            field="ids",
            remedy="Start a comparison on the Optimise page.",
        )
    return [services().jobs.get(actor(), job_id) for job_id in wanted]


def _finished(jobs: list[Job]) -> str:
    return ",".join(job.id for job in jobs if job.state is JobState.SUCCEEDED)


def _waiting(jobs: list[Job]) -> html.Div:
    """A line a run: state, what it does, how long."""
    now = clock.now()
    left = sum(not job.state.final for job in jobs)
    rows = [
        html.Tr(
            [
                html.Td(dcc.Link(job.title, href=f"/jobs/{job.id}")),
                html.Td(badge(job.state.value, TONES[job.state])),
                html.Td(job.stage if job.state is JobState.RUNNING else ""),
                html.Td(f"{job.fraction:.0%}", className="num"),
                html.Td(duration(job.elapsed_s(now)) if job.started_at else "", className="num"),
            ]
        )
        for job in jobs
    ]
    titles = ("Run", "State", "Step", "Done", "Time")
    head = html.Tr(
        [html.Th(name, className="num" if k > 2 else "") for k, name in enumerate(titles)]
    )
    table = html.Table([html.Thead(head), html.Tbody(rows)], className="plain-table")
    return html.Div(
        [
            page_header(
                TITLE,
                f"Running or waiting: {left} of {len(jobs)}. You may leave this page and come back "
                "to its address.",
                crumbs=CRUMBS,
            ),
            panel("Runs", html.Div(table, className="plain-table-wrap"), flush=True),
        ],
        className="stack",
    )  # fmt: skip


def _compared(jobs: list[Job]) -> html.Div:
    good = [job for job in jobs if job.state is JobState.SUCCEEDED]
    lost = [
        notice(
            f"{job.title} {job.state.value}: {(job.error or {}).get('message', 'no result')}",
            "error",
        )
        for job in jobs
        if job.state is not JobState.SUCCEEDED
    ]
    if len(good) < comparison.FEWEST:
        return html.Div([page_header(TITLE, "Too few runs have a result.", crumbs=CRUMBS), *lost])
    runs = [load_run(job.id) for job in good]
    theme = own_theme()
    request = runs[0].result.request
    first, last = runs[0].row.first_ts, runs[0].row.last_ts
    title = runs[0].dataset.label if runs[0].dataset is not None else request.dataset
    badges = [html.Div(simulated_badge(), className="bt-badges")] if runs[0].row.simulated else []
    return html.Div(
        [
            dcc.Store(id="bt-compare-drawn", data=[theme.mode, theme.palette, "linear"]),
            dcc.Download(id="bt-compare-download"),
            page_header(
                TITLE,
                f"{len(runs)} methods on {len(request.symbols)} instruments of {title}, "
                f"{first:%Y-%m-%d} to {last:%Y-%m-%d}.",
                [
                    comparison.download_button(),
                    link_button("As backtests", f"/backtest/compare?ids={_finished(jobs)}",
                                icon="compare"),
                ],
                CRUMBS,
            ),
            *badges,
            *lost,
            *methods_view.notes(runs),
            methods_view.sharpe_table(runs),
            *comparison.figure_cards(runs),
            methods_view.weights_card(runs),
            comparison.distinguishable(runs),
            comparison.differences(runs),
            comparison.metrics_panel(runs),
        ],
        className="stack",
    )  # fmt: skip


@guard.callback(
    Output("op-compare-page", "children"),
    Output("op-compare-poll", "max_intervals"),
    Output("bt-compare-ids", "data"),
    Input("op-compare-poll", "n_intervals"),
    State("op-compare-ids", "data"),
    running=[(Output("op-compare-poll", "disabled"), True, False)],
    prevent_initial_call=True,
    role="viewer",
)
def poll(_ticks: int, ids: str) -> Any:
    """Lines while runs go on, then the comparison, once."""
    jobs = _jobs(ids)
    if all(job.state.final for job in jobs):
        return _compared(jobs), 0, _finished(jobs)
    return _waiting(jobs), no_update, no_update


@guard.callback(
    Output("op-weights", "figure"),
    Input("op-weights-run", "value"),
    Input("theme", "data"),
    Input("palette", "data"),
    prevent_initial_call=True,
    role="viewer",
)
def draw_weights(job_id: str, mode: str, palette: str) -> Any:
    """The weights of the chosen method."""
    return methods_view.weights_figure(load_run(job_id), theme_from(mode, palette))

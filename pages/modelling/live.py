"""What is seen of a training while it runs: its eight stages, and the losses of its fits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Input, Output, State, html, no_update

from pages.backtests.figures import own_theme
from pages.components.clock import duration
from pages.components.figure_card import figure_card
from pages.server import guard
from pages.server.context import actor, services
from terminal.charts.theme import Theme, theme_from
from terminal.charts.training import curves_figure
from terminal.db.repositories import training
from terminal.errors import NotFound
from terminal.training.stages import STAGES

MOST_SHOWN = 8
WORDS = {"waiting": "waiting", "running": "running", "done": "done", "skipped": "skipped"}


def rows_of(job_id: str) -> Sequence[Mapping[str, Any]]:
    """The stages of a training; all waiting where it has not begun."""
    try:
        with services().db.read() as conn:
            return training.get(conn, actor(), job_id).stages
    except NotFound:
        return [
            {"name": name, "title": title, "state": "waiting", "seconds": None, "words": ""}
            for name, (title, _) in STAGES.items()
        ]


def stages(job_id: str) -> html.Ol:
    """One line a stage: its state, what came of it, how long it took."""
    return html.Ol(
        [
            html.Li(
                [
                    html.Span(className="md-dot", **{"aria-hidden": "true"}),
                    html.Div(
                        [
                            html.Span(row["title"], className="md-stage-title"),
                            html.Span(WORDS[row["state"]], className="md-stage-state muted"),
                        ],
                        className="md-stage-head",
                    ),
                    html.Span(row["words"], className="md-stage-words"),
                    html.Span(
                        duration(row["seconds"]) if row["seconds"] is not None else "",
                        className="num muted",
                    ),
                ],
                className=f"md-stage md-stage-{row['state']}",
            )
            for row in rows_of(job_id)
        ],
        className="md-stages",
    )


def curves_card(job_id: str) -> html.Section:
    """Losses by fit, drawn with what there is."""
    return figure_card(
        "md-curves",
        "Losses",
        figure=draw(job_id, own_theme()),
        help="Solid on the slice that says when to stop, dotted on what is learned from, of the "
        "newest fits.",
        height=300,
        filename="losses",
    )


def draw(job_id: str, theme: Theme) -> Any:
    """The figure of the newest fits."""
    try:
        with services().db.read() as conn:
            row = training.get(conn, actor(), job_id)
            points = training.curve(conn, actor(), job_id)
    except NotFound:
        return curves_figure({}, theme)
    found = training.by_fit(points)
    order = sorted(found, key=_number)
    shown = order[-MOST_SHOWN:]
    return curves_figure({fit: found[fit] for fit in shown}, theme, simulated=row.simulated)


def _number(fit: str) -> int:
    """Folds in their order, the final fit last."""
    tail = fit.rpartition(" ")[2]
    return int(tail) if tail.isdecimal() else 10**9


def register() -> None:
    """Stages and losses follow the training; the figure follows the theme."""

    @guard.callback(
        Output("md-stages", "children"),
        Output("md-curves", "figure"),
        Output("md-poll", "max_intervals"),
        Input("md-poll", "n_intervals"),
        Input("theme", "data"),
        Input("palette", "data"),
        State("md-job", "data"),
        running=[(Output("md-poll", "disabled"), True, False)],
        prevent_initial_call=True,
        role="viewer",
    )
    def poll(_tick: int, mode: str, palette: str, job_id: str) -> Any:
        job = services().jobs.get(actor(), job_id)
        figure = draw(job_id, theme_from(mode, palette))
        return stages(job_id), figure, 0 if job.state.final else no_update

"""The picture of a training's splits: what each learned from, was tested on and left out."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, State, dcc

from pages.backtests.figures import own_theme
from pages.components.figure_card import figure_card
from pages.server import guard
from pages.server.context import actor, services
from terminal.charts.layout import empty_figure
from terminal.charts.splits import splits_figure
from terminal.charts.theme import Theme, theme_from
from terminal.errors import NotFound
from terminal.research.stored import read_frame

HEIGHT = 220


def parts(job_id: str, simulated: bool) -> list[Any]:
    """The card, and what its redrawing needs."""
    figure = draw(job_id, own_theme(), simulated)
    return [
        dcc.Store(id="md-splits-job", data=[job_id, simulated]),
        figure_card(
            "md-splits",
            "Splits",
            figure=figure,
            help="A row a split. Purged: its outcome overlaps a test, or it lies within the gap. "
            "Embargoed: it begins too soon after one.",
            height=int(figure.layout.height or HEIGHT),
            filename="splits",
        ),
    ]


def draw(job_id: str, theme: Theme, simulated: bool) -> Any:
    """The figure; a sentence where a training of an earlier version left no table."""
    try:
        table = read_frame(services().jobs, actor(), job_id, "splits")
    except NotFound:
        return empty_figure("This training kept no picture of its splits.", theme)
    return splits_figure(table, theme, simulated=simulated)


def register() -> None:
    """The figure follows the theme."""

    @guard.callback(
        Output("md-splits", "figure"),
        Input("theme", "data"),
        Input("palette", "data"),
        State("md-splits-job", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def redraw(mode: str, palette: str, shown: tuple[str, bool]) -> Any:
        return draw(shown[0], theme_from(mode, palette), bool(shown[1]))

"""A chart in a panel: title, unit, explanation, shared Plotly configuration, honest placeholders.

While a callback draws, the old figure stays; before the first one a quiet skeleton stands in its
place, and where there is nothing to draw, `no_figure` says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from pages.components.empty_state import empty_state
from pages.components.panel import panel_head
from terminal.charts.config import graph_config


def figure_card(
    id: Any,
    title: Any,
    *,
    figure: Any = None,
    unit: str | None = None,
    help: Any = None,
    height: int = 300,
    actions: Sequence[Any] = (),
    scroll_zoom: bool = False,
    filename: str = "chart",
    className: str = "",
) -> html.Section:
    """A `dcc.Graph` with id `id` in a panel.

    Parameters
    ----------
    figure : the figure, or None: a callback fills `Output(id, "figure")` later.
    height : pixels of the chart itself.
    scroll_zoom : the wheel zooms (price charts only).
    filename : name of the picture the camera button saves.
    """
    graph = dcc.Graph(
        id=id,
        figure=figure if figure is not None else blank_figure(),
        config=graph_config(scroll_zoom=scroll_zoom, filename=filename),
        responsive=True,
        style={"height": f"{height}px"},
    )
    return html.Section(
        [
            panel_head(title, unit=unit, help=help, actions=actions),
            html.Div(graph, className="figure-body"),
        ],
        className=f"panel figure-card {className}".strip(),
    )


def figure_skeleton(title: Any, *, height: int = 300) -> html.Section:
    """The place of a figure card whose data is still being read."""
    return html.Section(
        [
            panel_head(title),
            html.Div(
                html.Div(className="skeleton", style={"height": f"{height}px"}),
                className="figure-body",
                **{"aria-busy": "true"},
            ),
        ],
        className="panel figure-card",
    )


def no_figure(
    title: Any, why: str, remedy: str, *, actions: Sequence[Any] = (), help: Any = None
) -> html.Section:
    """The place of a figure for which there is nothing to draw: why, and what to do."""
    return html.Section(
        [panel_head(title, help=help), empty_state(why, remedy, actions, icon="market")],
        className="panel figure-card",
    )


def blank_figure() -> dict[str, Any]:
    """No axes, no marks, no background: what stands there before the first drawing."""
    hidden = {"visible": False}
    return {
        "data": [],
        "layout": {
            "xaxis": hidden,
            "yaxis": hidden,
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            # Plotly keeps the first figure's bar: without this its buttons stand on dark squares.
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": "#8592a3", "activecolor": "#2f9fd0"},
        },
    }

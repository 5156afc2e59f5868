"""The frame every figure shares: fonts, margins, grid, hover, and fast construction.

Figures are built from plain dictionaries and are not validated property by property (a test
validates every figure once), arrays travel as base64 typed arrays. Figures carry no title: the
card or the report section that shows a figure names it; axes carry the unit.
"""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from terminal.charts.theme import FONT, Theme, blend

Trace = dict[str, Any]
Layout = dict[str, Any]


def template(theme: Theme) -> dict[str, Any]:
    """The Plotly template of a theme."""
    tokens = theme.tokens
    axis = {
        "gridcolor": tokens.grid,
        "gridwidth": 1,
        "linecolor": tokens.border,
        "zerolinecolor": tokens.border,
        "zerolinewidth": 1,
        "tickcolor": tokens.border,
        "ticks": "",
        "tickfont": {"color": tokens.muted, "size": 11},
        "title": {"font": {"color": tokens.muted, "size": 11}, "standoff": 8},
        "automargin": True,
        "spikecolor": tokens.muted,
        "spikethickness": 1,
        "spikedash": "dot",
        "spikemode": "across",
        "spikesnap": "cursor",
    }
    return {
        "layout": {
            "font": {"family": FONT, "size": 12, "color": tokens.text},
            "paper_bgcolor": tokens.panel,
            "plot_bgcolor": tokens.panel,
            "colorway": list(tokens.series),
            "margin": {"l": 56, "r": 16, "t": 12, "b": 32},
            "hovermode": "x unified",
            "hoverlabel": {
                "bgcolor": tokens.panel_2,
                "bordercolor": tokens.border,
                "font": {"family": FONT, "size": 12, "color": tokens.text},
                "align": "left",
            },
            "legend": {
                "orientation": "h",
                "x": 0,
                "xanchor": "left",
                "y": 1.0,
                "yanchor": "bottom",
                "font": {"color": tokens.muted, "size": 11},
                "bgcolor": "rgba(0,0,0,0)",
                "traceorder": "normal",
            },
            "xaxis": {**axis, "showspikes": True, "showgrid": False, "ticklabelstandoff": 5},
            "yaxis": {
                **axis,
                "ticklabelstandoff": 4,
                "separatethousands": True,
                "exponentformat": "B",
            },
            "modebar": {
                "bgcolor": "rgba(0,0,0,0)",
                "color": tokens.muted,
                "activecolor": tokens.accent,
                "orientation": "h",
            },
            "dragmode": "zoom",
            "separators": ".,",
            "colorscale": {"diverging": diverging(theme)},
        }
    }


def diverging(theme: Theme) -> list[list[Any]]:
    """Colour scale loss - neutral - gain for values scaled symmetrically around zero.

    Its ends are toned down towards the panel so that text in the theme's text colour can be read
    on every cell (4.5:1).
    """
    tokens = theme.tokens
    share = 0.58 if theme.mode == "dark" else 0.52
    return [
        [0.0, blend(tokens.down, tokens.panel, share)],
        [0.5, tokens.panel_2],
        [1.0, blend(tokens.up, tokens.panel, share)],
    ]


def make_figure(
    traces: list[Trace],
    theme: Theme,
    *,
    height: int | None = None,
    simulated: bool = False,
    **layout: Any,
) -> go.Figure:
    """A figure of `traces`; `layout` overrides the template.

    `height` in pixels; None lets the container decide. Legends appear from two named traces on.
    `simulated` writes SIMULATED DATA into the figure, where no crop of the page can lose it.
    """
    named = [trace for trace in traces if trace.get("showlegend", bool(trace.get("name")))]
    base: Layout = {
        "template": template(theme),
        "showlegend": len(named) > 1,
        "autosize": True,
        "uirevision": "keep",
    }
    if len(named) > 1 and "margin" not in layout:
        base["margin"] = {"t": 30}
    if height is not None:
        base["height"] = height
    if simulated:
        layout["annotations"] = [*layout.get("annotations", []), _simulated_mark(theme)]
    return go.Figure({"data": traces, "layout": base | layout}, _validate=False)


def _simulated_mark(theme: Theme) -> dict[str, Any]:
    return {
        "text": "SIMULATED DATA",
        "xref": "paper",
        "yref": "paper",
        "x": 1,
        "y": 0,
        "xanchor": "right",
        "yanchor": "bottom",
        "showarrow": False,
        "opacity": 0.85,
        "font": {"color": theme.tokens.warn, "size": 11},
    }


def empty_figure(message: str, theme: Theme) -> go.Figure:
    """A figure that says why there is nothing to draw."""
    return make_figure(
        [],
        theme,
        xaxis={"visible": False},
        yaxis={"visible": False},
        annotations=[
            {
                "text": message,
                "xref": "paper",
                "yref": "paper",
                "x": 0.5,
                "y": 0.5,
                "showarrow": False,
                "font": {"color": theme.tokens.muted, "size": 13},
            }
        ],
    )


def plain(text: str) -> str:
    """Text from outside (a run's name, a symbol) so that Plotly reads no markup into it."""
    return escape(text, quote=False).replace("%{", "% {")


def compact(values: npt.ArrayLike, decimals: int = 2) -> npt.NDArray[np.floating[Any]]:
    """Values as float32 where that cannot change a digit shown with `decimals`, else float64."""
    array = np.asarray(values, dtype=np.float64)
    finite = np.abs(array[np.isfinite(array)])
    largest = float(finite.max()) if finite.size else 0.0
    if largest * 2.0**-24 < 0.05 * 10.0**-decimals:
        return array.astype(np.float32)
    return array

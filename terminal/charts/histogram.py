"""A histogram of counted values with marks at quantiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.layout import empty_figure, make_figure, plain
from terminal.charts.theme import Theme


def histogram_figure(
    table: pd.DataFrame,
    theme: Theme,
    *,
    title: str,
    what: str = "Values",
    marks: Mapping[str, float | None] | None = None,
    percent: bool = False,
    simulated: bool = False,
) -> go.Figure:
    """Bars from `low` to `high` of height `count`.

    Parameters
    ----------
    title : of the value axis, with its unit. what : what is counted.
    marks : dotted lines by label; None is not drawn. percent : values are fractions.
    """
    if not len(table):
        return empty_figure("There is no value to count.", theme)
    low, high = (table[name].to_numpy(dtype=float) for name in ("low", "high"))
    shown = ".2%" if percent else ".4~g"
    drawn = {name: value for name, value in (marks or {}).items() if value is not None}
    inside = {name: v for name, v in drawn.items() if low[0] <= v <= high[-1]}
    return make_figure(
        [
            {
                "type": "bar",
                "name": what,
                "x": (low + high) / 2,
                "y": table["count"].to_numpy(dtype=float),
                "width": high - low,
                "customdata": np.column_stack([low, high]),
                "marker": {"color": theme.series(0), "line": {"width": 0}},
                "opacity": 0.85,
                "hovertemplate": f"%{{customdata[0]:{shown}}} to %{{customdata[1]:{shown}}}: "
                f"%{{y:,}}<extra></extra>",
                "showlegend": False,
            }
        ],
        theme,
        simulated=simulated,
        bargap=0.0,
        hovermode="closest",
        margin={"t": 26},
        xaxis={
            "title": {"text": plain(title)},
            "type": "linear",
            "showspikes": False,
            **({"tickformat": "~%"} if percent else {}),
        },
        yaxis={"title": {"text": f"{what} (count)"}},
        shapes=[_mark(value, theme) for value in inside.values()],
        annotations=[_label(value, name, theme) for name, value in inside.items()],
    )


def _mark(x: float, theme: Theme) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "line": {"color": theme.tokens.warn, "width": 1.2, "dash": "dot"},
    }


def _label(x: float, text: str, theme: Theme) -> dict[str, Any]:
    return {
        "x": x,
        "y": 1,
        "xref": "x",
        "yref": "paper",
        "yanchor": "bottom",
        "xanchor": "center",
        "text": text,
        "showarrow": False,
        "font": {"color": theme.tokens.warn, "size": 10},
    }

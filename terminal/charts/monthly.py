"""Monthly returns as a heat map, one row a year, with the year's total at the right."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.curve import MONTHS, monthly_table
from terminal.charts.layout import diverging, empty_figure, make_figure
from terminal.charts.numbers import MINUS, format_value
from terminal.charts.theme import Theme

ROW_PX = 22
FRAME_PX = 62


def monthly_height(curve: pd.DataFrame, timezone: str = "UTC") -> int:
    """Pixels at which every row has room for its numbers."""
    return FRAME_PX + ROW_PX * max(4, len(monthly_table(curve["equity"], timezone)))


def monthly_figure(
    curve: pd.DataFrame,
    theme: Theme,
    *,
    capital: float | None = None,
    timezone: str = "UTC",
    simulated: bool = False,
) -> go.Figure:
    """Compounded return of each calendar month and year, in percent.

    Colours are scaled symmetrically around zero, months and years each on their own scale, cut at
    the 95th percentile of the magnitudes so that one extreme month does not wash out the rest;
    the numbers in the cells are never cut.
    """
    table = monthly_table(curve["equity"], timezone, capital)
    if table.empty:
        return empty_figure("The run is too short for a monthly return.", theme)
    years = [str(year) for year in table.index]
    months = table[list(MONTHS)].to_numpy(dtype=float)
    totals = table[["Year"]].to_numpy(dtype=float)
    return make_figure(
        [
            _heat(months, list(MONTHS), years, theme, "x", "%{x} %{y}"),
            _heat(totals, ["Year"], years, theme, "x2", "%{y}"),
        ],
        theme,
        simulated=simulated,
        height=FRAME_PX + ROW_PX * max(4, len(years)),
        hovermode="closest",
        margin={"t": 8},
        xaxis={
            "domain": [0, 0.915],
            "type": "category",
            "showspikes": False,
            "fixedrange": True,
            "title": {"text": "Month (return, %)"},
        },
        xaxis2={
            "domain": [0.93, 1],
            "type": "category",
            "showspikes": False,
            "fixedrange": True,
            "anchor": "y",
        },
        yaxis={
            "type": "category",
            "autorange": "reversed",
            "showgrid": False,
            "fixedrange": True,
            "title": {"text": "Year"},
            "dtick": 1,
        },
    )


def _heat(
    values: npt.NDArray[np.float64],
    columns: list[str],
    years: list[str],
    theme: Theme,
    axis: str,
    where: str,
) -> dict[str, Any]:
    shown = np.abs(values[np.isfinite(values)])
    limit = float(np.quantile(shown, 0.95)) if shown.size else 0.0
    limit = limit or 0.01
    text = [["" if np.isnan(v) else _cell(v) for v in row] for row in values]
    return {
        "type": "heatmap",
        "x": columns,
        "y": years,
        "z": values.astype(np.float32),
        "xaxis": axis,
        "zmin": -limit,
        "zmax": limit,
        "zmid": 0,
        "colorscale": diverging(theme),
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "text": text,
        "texttemplate": "%{text}",
        "textfont": {"size": 11, "color": theme.tokens.text},
        "hoverongaps": False,
        "hovertemplate": where + ": %{z:.2%}<extra></extra>",
    }


def _cell(value: float) -> str:
    """One decimal in percent, without the sign of the unit: "-1.2"."""
    text = format_value(value, "percent")
    number = round(abs(value) * 100, 1)
    return f"{MINUS if text.startswith(MINUS) and number else ''}{number:.1f}"

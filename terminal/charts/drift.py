"""Drift over time: a heat map of features by period, and the history of a model's score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from terminal.charts.layout import empty_figure, make_figure, plain
from terminal.charts.shap import labels_of, rows_height
from terminal.charts.theme import Theme, blend
from terminal.drift.severity import STABILITY
from terminal.market.panel import FloatArray

NOTHING = "No drift has been measured yet."
TOP = 30
MOST_WRITTEN = 360
"""Cells up to which each carries its number."""
PALE = 0.4
"""Strength of a colour where one movement of the market may be all there is."""


def chance_of_periods(noise: FloatArray, rows: int, period_rows: Sequence[int]) -> FloatArray:
    """What chance alone stays below in each period, at most: float64 (n_columns, n_periods).

    `noise` (n_columns,) is chi-squared (1/n + 1/m) of `rows` rows, instruments counted as
    independent; m shrinks with the rows of a period. Where all instruments move as one, the limit
    is as many times as high as there are instruments.
    """
    fewer = np.maximum(rows / np.asarray(period_rows, dtype=np.float64), 1.0)
    return np.outer(noise, fewer)


def drift_map_figure(
    stability: FloatArray,
    columns: Sequence[str],
    periods: Sequence[str],
    theme: Theme,
    chance: FloatArray | None = None,
    instruments: int = 1,
) -> go.Figure:
    """Stability index by feature and period, the features that moved most first.

    Parameters
    ----------
    stability : float64 (n_columns, n_periods); NaN where not measured. The colours are those of
        severity: nothing below 0.10, moderate from there, severe from 0.25.
    chance : of the same shape; an index that is not above it has no colour, and one that is not
        above it times `instruments` (all of them moving as one) a pale one.
    """
    if not stability.size or not np.isfinite(stability).any():
        return empty_figure(NOTHING, theme)
    limit = np.full_like(stability, -1.0) if chance is None else chance
    told = np.where((stability > limit) | np.isnan(stability), stability, 0.0)

    def worst(of: FloatArray) -> FloatArray:
        return np.asarray(np.max(np.where(np.isfinite(of), of, -1.0), axis=1))

    order = np.lexsort((-worst(stability), -worst(told)))[:TOP]
    z, seen, most = told[order], stability[order], limit[order]
    sure = seen > instruments * most
    text = [["" if np.isnan(v) else f"{v:.2f}".replace("-", "−") for v in row] for row in seen]
    moderate, severe = STABILITY
    beyond = (
        ""
        if chance is None
        else "<br>chance stays below %{customdata[1]:.3f}, "
        "of instruments that move as one below %{customdata[2]:.3f}"
    )
    shared = {
        "type": "heatmap",
        "x": [plain(period) for period in periods],
        "y": labels_of([columns[k] for k in order]),
        "customdata": np.dstack([seen, most, instruments * most]).astype(np.float32),
        "zmin": 0.0,
        "zmax": 2.0 * severe,
        "xgap": 1,
        "ygap": 1,
        "text": text,
        "texttemplate": "%{text}" if z.size <= MOST_WRITTEN else "",
        "textfont": {"size": 11, "color": theme.tokens.text},
        "hoverongaps": False,
        "hovertemplate": "%{y}<br>%{x}: stability index %{customdata[0]:.3f}"
                         f"{beyond}<extra></extra>",
    }  # fmt: skip
    bar = {"thickness": 10, "outlinewidth": 0, "tickfont": {"size": 11}, "tickmode": "array",
           "tickvals": [0.0, moderate, severe, 2.0 * severe],
           "ticktext": ["0", f"{moderate:g}", f"{severe:g}", f"{2 * severe:g}+"],
           "title": {"text": "PSI", "side": "right"}}  # fmt: skip
    pale = {"z": np.where(sure, np.nan, z).astype(np.float32), "colorbar": bar,
            "showscale": not sure.any(), "colorscale": severity_scale(theme, PALE)}  # fmt: skip
    full = {"z": np.where(sure, z, np.nan).astype(np.float32), "colorbar": bar,
            "showscale": bool(sure.any()), "colorscale": severity_scale(theme)}  # fmt: skip
    return make_figure(
        [shared | pale, shared | full],
        theme,
        height=rows_height(len(order)),
        hovermode="closest",
        margin={"t": 8, "r": 12},
        xaxis={"type": "category", "showgrid": False, "showspikes": False, "fixedrange": True,
               "nticks": 14, "title": {"text": "Period ending"}},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False, "dtick": 1,
               "showspikes": False, "fixedrange": True},
    )  # fmt: skip


def severity_scale(theme: Theme, strength: float = 1.0) -> list[list[Any]]:
    """Colours from nothing to severe; toned down so that text can be read on them."""
    tokens = theme.tokens
    share = strength * (0.42 if theme.mode == "dark" else 0.36)
    moderate, severe = (limit / (2.0 * STABILITY[1]) for limit in STABILITY)
    return [
        [0.0, tokens.panel_2],
        [moderate, blend(tokens.warn, tokens.panel, 0.5 * share)],
        [severe, blend(tokens.warn, tokens.panel, share)],
        [severe + 1e-6, blend(tokens.down, tokens.panel, share)],
        [1.0, blend(tokens.down, tokens.panel, 1.4 * share)],
    ]


def score_history_figure(
    periods: Sequence[str],
    score: FloatArray,
    low: FloatArray,
    high: FloatArray,
    training: float,
    title: str,
    theme: Theme,
) -> go.Figure:
    """Score by period against the interval that training allows it.

    Parameters
    ----------
    score, low, high : float64 (n_periods,); NaN where no outcome is known.
    """
    if not np.isfinite(score).any():
        return empty_figure("No outcome is known yet: there is no score.", theme)
    heads = [plain(period) for period in periods]
    below = score < low
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": heads + heads[::-1],
            "y": np.concatenate([high, low[::-1]]),
            "fill": "toself",
            "fillcolor": blend(theme.tokens.muted, theme.tokens.panel, 0.2),
            "line": {"width": 0},
            "name": "As in training (95%)",
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "mode": "lines+markers",
            "x": heads,
            "y": score,
            "name": "Score",
            "line": {"color": theme.tokens.accent, "width": 1.6},
            "marker": {
                "size": 8,
                "color": [theme.down if under else theme.tokens.accent for under in below],
                "symbol": ["triangle-down" if under else "circle" for under in below],
            },
            "hovertemplate": "%{x}: %{y:.4f}<extra></extra>",
        },
    ]
    return make_figure(
        traces,
        theme,
        hovermode="closest",
        xaxis={"type": "category", "showspikes": False, "nticks": 12,
               "title": {"text": "Period ending"}},
        yaxis={"title": {"text": title[:1].upper() + title[1:]}},
        shapes=[{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y", "y0": training,
                 "y1": training, "line": {"color": theme.tokens.muted, "width": 1.2,
                                          "dash": "dot"}}],
    )  # fmt: skip

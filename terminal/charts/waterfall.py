"""One prediction taken apart: from the average answer, feature by feature, to this one."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from terminal.charts.layout import make_figure, plain
from terminal.charts.shap import labels_of, rows_height
from terminal.charts.theme import Theme
from terminal.explain.aggregates import Waterfall


def waterfall_height(found: Waterfall) -> int:
    """Pixels at which every step can be read."""
    return rows_height(len(found.steps) + (2 if found.n_others else 1)) + 20


def waterfall_figure(found: Waterfall, theme: Theme) -> go.Figure:
    """Steps up and down with the feature's value at the event, largest first; the last bar is the
    answer. The dotted line is the average answer."""
    names = [f"{step.column} = {_number(step.feature)}" for step in found.steps]
    moves = [step.value for step in found.steps]
    if found.n_others:
        names.append(f"{found.n_others} other features")
        moves.append(found.others)
    change = np.array(moves)
    start = found.base + np.concatenate([[0.0], np.cumsum(change)[:-1]])
    colours = [theme.up if move >= 0 else theme.down for move in moves]
    labels = [*labels_of(names), "Answer"]
    steps = {
        "type": "bar",
        "orientation": "h",
        "base": [*start.tolist(), found.base],
        "x": np.append(change, found.raw - found.base),
        "y": labels,
        "marker": {"color": [*colours, theme.tokens.accent], "line": {"width": 0}},
        "text": [*[f"{move:+.3g}".replace("-", "−") for move in moves], _number(found.raw)],
        "textposition": "outside",
        "cliponaxis": False,
        "customdata": [*[plain(name) for name in names], "Answer"],
        "hovertemplate": "%{customdata}<br>%{text}<extra></extra>",
        "showlegend": False,
    }
    ends = np.concatenate([start, start + change, [found.base, found.raw]])
    margin = 0.4 * max(float(np.ptp(ends)), 1e-9)
    return make_figure(
        [steps],
        theme,
        height=waterfall_height(found),
        hovermode="closest",
        bargap=0.3,
        margin={"t": 46, "r": 24},  # the average is written below the buttons
        xaxis={"title": {"text": plain(found.output[:1].upper() + found.output[1:])},
               "range": [float(ends.min()) - margin, float(ends.max()) + margin],
               "showgrid": True, "showspikes": False, "zeroline": False, "type": "linear"},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False,
               "showspikes": False, "dtick": 1},
        shapes=[{"type": "line", "xref": "x", "yref": "paper", "x0": found.base, "x1": found.base,
                 "y0": 0, "y1": 1, "line": {"color": theme.tokens.muted, "width": 1.2,
                                            "dash": "dot"}}],
        annotations=[{"x": found.base, "y": 1, "xref": "x", "yref": "paper", "yanchor": "bottom",
                      "text": f"Average {found.base:.3g}".replace("-", "−"), "showarrow": False,
                      "font": {"color": theme.tokens.muted, "size": 11}}],
    )  # fmt: skip


def _number(value: float | None) -> str:
    return "missing" if value is None else f"{value:.3g}".replace("-", "−")

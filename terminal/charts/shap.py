"""Figures of an explanation: how much each feature counts, how its values spread, what they depend
on, and how they differ between groups. The unit of every value is the model's own output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from terminal.charts.layout import empty_figure, make_figure, plain
from terminal.charts.sweep_surface import rising
from terminal.charts.theme import Theme, blend
from terminal.explain.aggregates import Dependence, Grouped, Importance, Swarm
from terminal.explain.permutation_result import PermutationImportance
from terminal.market.panel import FloatArray

ROW_PX = 24
FRAME_PX = 74
LONGEST = 30
NOTHING = "There is nothing to show."


def rows_height(n: int) -> int:
    """Pixels at which n rows of a figure can be read."""
    return FRAME_PX + ROW_PX * max(3, n)


def short(name: str, longest: int = LONGEST) -> str:
    """A column's name on an axis: its beginning and its end where it is too long."""
    if len(name) <= longest:
        return plain(name)
    keep = (longest - 1) // 2
    return plain(f"{name[:keep]}…{name[-keep:]}")


def labels_of(names: Sequence[str]) -> list[str]:
    """Names on an axis, none twice: two that look alike when shortened get their number."""
    made: list[str] = []
    for k, name in enumerate(names, start=1):
        label = short(name)
        made.append(f"{label} #{k}" if label in made else label)
    return made


def importance_figure(
    importances: Sequence[Importance], output: str, theme: Theme, *, top: int = 20
) -> go.Figure:
    """Mean |SHAP value| of the most important features."""
    shown = importances[:top]
    if not shown:
        return empty_figure(NOTHING, theme)
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": np.array([one.mean_abs for one in shown]),
        "y": labels_of([one.column for one in shown]),
        "marker": {"color": theme.tokens.accent, "line": {"width": 0}},
        "text": [f"{one.share:.1%}" for one in shown],
        "textposition": "auto",
        "customdata": [[plain(one.column), direction_words(one.direction)] for one in shown],
        "hovertemplate": "%{customdata[0]}<br>mean |SHAP| %{x:.4g} (%{text} of all)"
        "<br>%{customdata[1]}<extra></extra>",
    }
    return make_figure(
        [trace],
        theme,
        height=rows_height(len(shown)),
        hovermode="closest",
        bargap=0.3,
        xaxis={"title": {"text": f"Mean |SHAP value| ({plain(output)})"}, "rangemode": "tozero",
               "showgrid": True, "showspikes": False},
        yaxis=names_axis(),
    )  # fmt: skip


def direction_words(direction: float) -> str:
    """What high values of a feature do."""
    if not np.isfinite(direction) or abs(direction) < 0.2:
        return "neither up nor down with its value"
    much = "" if abs(direction) >= 0.7 else "mostly "
    return f"high values {much}push {'up' if direction > 0 else 'down'}"


def swarm_figure(swarms: Sequence[Swarm], output: str, theme: Theme) -> go.Figure:
    """A point a prediction: where it stands is what the feature added, its colour how high the
    feature was."""
    if not swarms:
        return empty_figure(NOTHING, theme)
    count = len(swarms)
    x = np.concatenate([one.values for one in swarms])
    y = np.concatenate([count - k - 0.38 * one.offset for k, one in enumerate(swarms)])
    level = np.concatenate([one.level for one in swarms])
    known = np.isfinite(level)
    traces = [_points(x[known], y[known], level[known], theme, "feature value")]
    if not known.all():
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": x[~known].astype(np.float32),
                "y": y[~known].astype(np.float32),
                "marker": {"size": 4, "color": theme.tokens.muted},
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    names = labels_of([one.column for one in swarms])
    return make_figure(
        traces,
        theme,
        height=rows_height(count),
        hovermode=False,
        margin={"t": 8, "r": 64},
        xaxis={"title": {"text": f"SHAP value ({plain(output)})"}, "zeroline": True,
               "zerolinecolor": theme.tokens.muted, "showgrid": True, "showspikes": False},
        yaxis={"tickmode": "array", "tickvals": list(range(count, 0, -1)), "ticktext": names,
               "range": [0.4, count + 0.6], "showgrid": False, "zeroline": False,
               "showspikes": False},
    )  # fmt: skip


def dependence_figure(found: Dependence, theme: Theme) -> go.Figure:
    """What a feature added against its value, by the feature it interacts with most."""
    known = np.isfinite(found.x)
    if not known.any():
        return empty_figure("This feature has no value at any of these events.", theme)
    coloured = bool(found.by)
    level = np.where(np.isfinite(found.level), found.level, 0.5)
    trace = _points(found.x[known], found.values[known], level[known], theme, short(found.by, 18),
                    coloured=coloured)  # fmt: skip
    trace |= {"hovertemplate": "value %{x:.4g}<br>SHAP %{y:.4g}<extra></extra>"}
    trace.pop("hoverinfo", None)
    return make_figure(
        [trace],
        theme,
        hovermode="closest",
        margin={"t": 8, "r": 72 if coloured else 16},
        xaxis={"title": {"text": short(found.column, 46)}, "showgrid": True, "showspikes": False,
               "type": "linear"},
        yaxis={"title": {"text": "SHAP value"}, "zeroline": True,
               "zerolinecolor": theme.tokens.muted, "showspikes": False},
    )  # fmt: skip


def grouped_figure(found: Grouped, theme: Theme) -> go.Figure:
    """Mean |SHAP value| by group: each column of cells is a group, darker is more."""
    if not found.groups:
        return empty_figure("No group has enough predictions.", theme)
    z = found.mean_abs.T
    top = f"{float(z.max()):.3g}" if z.size else "0"
    heads = [plain(group) for group in found.groups]
    written = z.size <= 160
    trace = {
        "type": "heatmap",
        "x": heads,
        "y": labels_of(found.columns),
        "z": z.astype(np.float32),
        "zmin": 0.0,
        "zmax": float(z.max()) or 1.0,
        "colorscale": rising(theme),
        "showscale": not written,
        "colorbar": {"thickness": 10, "outlinewidth": 0, "tickfont": {"size": 11}},
        "xgap": 1,
        "ygap": 1,
        "text": [[f"{value:.3g}" for value in row] for row in z],
        "texttemplate": "%{text}" if written else "",
        "textfont": {"size": 11, "color": theme.tokens.text},
        "customdata": [list(found.n)] * len(z),
        "hovertemplate": "%{y}<br>%{x}: mean |SHAP| %{z:.4g}, largest here "
        f"{top}<br>%{{customdata:,}} predictions<extra></extra>",
    }
    return make_figure(
        [trace],
        theme,
        height=rows_height(len(found.columns)),
        hovermode="closest",
        margin={"t": 8, "r": 12},
        xaxis={"type": "category", "showgrid": False, "showspikes": False, "fixedrange": True,
               "tickangle": 0 if len(heads) <= 8 else -45},
        yaxis={**names_axis(), "fixedrange": True},
    )  # fmt: skip


def permutation_figure(found: PermutationImportance, theme: Theme, *, top: int = 20) -> go.Figure:
    """What shuffling a cluster costs out of sample, with its 95 % interval."""
    shown = found.clusters[:top]
    if not shown:
        return empty_figure(NOTHING, theme)
    at = np.array([one.decrease for one in shown])
    reach = np.array([0.0 if one.high is None else one.high - one.decrease for one in shown])
    sure = [one.low is not None and one.low > 0.0 for one in shown]
    names = [
        one.columns[0] if len(one.columns) == 1 else f"{one.columns[0]} +{len(one.columns) - 1}"
        for one in shown
    ]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": at,
        "y": labels_of(names),
        "error_x": {"type": "data", "array": reach, "color": theme.tokens.muted, "thickness": 1.2,
                    "width": 3},
        "marker": {"size": 8, "color": [theme.up if ok else theme.tokens.muted for ok in sure]},
        "customdata": ["<br>".join(plain(name) for name in one.columns[:8]) for one in shown],
        "hovertemplate": "%{customdata}<br>costs %{x:.3g}<extra></extra>",
    }  # fmt: skip
    return make_figure(
        [trace],
        theme,
        height=rows_height(len(shown)),
        hovermode="closest",
        xaxis={"title": {"text": f"Decrease of the {found.score_title} when shuffled"},
               "zeroline": True, "zerolinecolor": theme.tokens.muted, "showgrid": True,
               "showspikes": False},
        yaxis=names_axis(),
    )  # fmt: skip


def level_scale(theme: Theme) -> list[list[Any]]:
    """Colours of low to high feature values: two of the theme's lines, muted halfway."""
    low, high = theme.series(0), theme.series(1)
    return [[0.0, low], [0.5, blend(low, high, 0.5)], [1.0, high]]


def _points(
    x: FloatArray,
    y: FloatArray,
    level: FloatArray,
    theme: Theme,
    title: str,
    *,
    coloured: bool = True,
) -> dict[str, Any]:
    marker: dict[str, Any] = {"size": 4, "color": theme.tokens.accent, "opacity": 0.75}
    if coloured:
        marker |= {
            "color": level.astype(np.float32),
            "colorscale": level_scale(theme),
            "cmin": 0.0,
            "cmax": 1.0,
            "showscale": True,
            "colorbar": {
                "thickness": 8,
                "outlinewidth": 0,
                "len": 0.9,
                "tickmode": "array",
                "tickvals": [0.03, 0.97],
                "ticktext": ["low", "high"],
                "tickfont": {"size": 11},
                "title": {"text": title, "side": "right", "font": {"size": 11}},
            },
        }
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x.astype(np.float32),
        "y": y.astype(np.float32),
        "marker": marker,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def names_axis() -> dict[str, Any]:
    """The axis of the features' names, the first one on top."""
    return {
        "type": "category",
        "autorange": "reversed",
        "showgrid": False,
        "showspikes": False,
        "dtick": 1,
    }

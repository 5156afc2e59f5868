"""Figures of execution: a schedule and what was filled, where a cost came from, where a gap did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.layout import empty_figure, make_figure, plain
from terminal.charts.numbers import format_value
from terminal.charts.theme import Theme, translucent
from terminal.charts.time_axis import local, zone_title

Point = tuple[datetime, float]
ROW_PX, FRAME_PX = 34, 96
COST_NAMES = {
    "timing": "Timing",
    "spread": "Spread",
    "impact": "Impact",
    "opportunity": "Not filled",
    "fees": "Fees",
    "slippage": "Slippage",
    "commission": "Commission",
}
GAP_NAMES = {
    "missed": "Missed signals",
    "timing": "Timing",
    "price": "Price",
    "fees": "Fees",
    "size": "Size",
}


def schedule_figure(
    planned: Sequence[Point],
    fills: Sequence[Point],
    window: tuple[datetime, datetime],
    quantity: float,
    theme: Theme,
    *,
    timezone: str = "UTC",
    simulated: bool = False,
) -> go.Figure:
    """Units that should be at work and units filled, over the window of a parent order.

    Parameters
    ----------
    planned : times (UTC) and units up to then, ascending; empty where there is no fixed schedule.
    fills : times and units of each fill, in any order. window : start and end, UTC.
    quantity : units of the parent: the dotted line.
    """
    start, end = window
    traces = []
    if planned:
        upto = [(start, 0.0), *planned, (max(end, planned[-1][0]), planned[-1][1])]
        traces.append(_stairs(upto, "Schedule", theme.tokens.muted, timezone, dash="dot"))
    made = sorted(fills)
    total = np.cumsum([units for _, units in made]).tolist()
    last = max([end, *(at for at, _ in made[-1:])]) if made and total[-1] >= quantity else None
    done = [(start, 0.0), *((at, units) for (at, _), units in zip(made, total, strict=True))]
    if last is not None:
        done.append((last, total[-1]))
    filled = _stairs(done, "Filled", theme.series(0), timezone)
    filled |= {"fill": "tozeroy", "fillcolor": translucent(theme.series(0), 0.14)}
    traces.append(filled)
    edges = _wall([start, max([end, *(at for at, _ in made[-1:])])], timezone)
    top = max([quantity, *total[-1:]])
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        xaxis={
            "type": "date",
            "title": {"text": zone_title(timezone)},
            "range": edges.tolist(),
            "hoverformat": "%d %b %Y %H:%M:%S",
        },
        yaxis={"title": {"text": "Units"}, "range": [0.0, 1.06 * top]},
        shapes=[
            {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": quantity,
                "y1": quantity,
                "line": {"color": theme.tokens.text, "width": 1, "dash": "dot"},
            }
        ],
    )


def cost_figure(
    parts: Mapping[str, float],
    theme: Theme,
    *,
    predicted: float | None = None,
    unit: str = "currency",
    simulated: bool = False,
) -> go.Figure:
    """Where the cost of an order came from; what was paid points right, what was earned left.

    Parameters
    ----------
    parts : amounts by name (`tca.PARTS`, or those of an expected cost), positive when paid, in
        `unit`: "currency", or "bps" as fractions of the order's value.
    predicted : what a preview said it would be: a dashed line; None: no line. It speaks of spread,
        impact and fees, so show it beside those.
    """
    steps = [(COST_NAMES.get(name, plain(name)), float(value)) for name, value in parts.items()]
    if not any(value for _, value in steps):
        return empty_figure("It cost nothing.", theme)
    return _waterfall(steps, "Cost", theme, unit, -1.0, predicted, simulated)


def gap_figure(parts: Mapping[str, float], theme: Theme, *, simulated: bool = False) -> go.Figure:
    """From a replay's profit to the session's, part by part (`twin.PARTS`), currency."""
    steps = [(GAP_NAMES.get(name, plain(name)), float(value)) for name, value in parts.items()]
    if not any(abs(value) >= 0.005 for _, value in steps):
        return empty_figure("The session earned what its replay earns.", theme)
    return _waterfall(steps, "Session less replay", theme, "currency", 1.0, None, simulated)


def waterfall_height(parts: Mapping[str, float]) -> int:
    """Pixels at which every step can be read."""
    return FRAME_PX + ROW_PX * (len(parts) + 1)


def _waterfall(
    steps: list[tuple[str, float]],
    whole: str,
    theme: Theme,
    unit: str,
    good: float,
    predicted: float | None,
    simulated: bool,
) -> go.Figure:
    """Bars from where the one before ended; the last is their sum. `good`: the sign of a gain."""
    change = np.array([value for _, value in steps], dtype=np.float64)
    scale = 1e4 if unit == "bps" else 1.0
    total = float(change.sum())
    start = np.concatenate([[0.0], np.cumsum(change)[:-1]])
    colours = [theme.up if value * good >= 0 else theme.down for value in change]
    texts = [format_value(value, unit, signed=True) for value in (*change.tolist(), total)]
    bars: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "base": [*(scale * start).tolist(), 0.0],
        "x": [*(scale * change).tolist(), scale * total],
        "y": [*(name for name, _ in steps), whole],
        "marker": {"color": [*colours, theme.series(0)], "line": {"width": 0}},
        "text": texts,
        "textposition": "outside",
        "cliponaxis": False,
        "hovertemplate": "%{y}: %{text}<extra></extra>",
        "showlegend": False,
    }
    ends = scale * np.concatenate([start, start + change, [0.0, total]])
    room = max(float(np.ptp(ends)), 1e-9)  # for the numbers beside the bars
    left = (0.45 if min(*change, total) < 0 else 0.04) * room
    right = (0.35 if max(*change, total) >= 0 else 0.04) * room
    shapes, notes = [], []
    if predicted is not None:
        at = scale * predicted
        ends = np.append(ends, at)
        line = {"color": theme.tokens.muted, "width": 1.4, "dash": "dash"}
        shapes.append({"type": "line", "xref": "x", "yref": "paper", "x0": at, "x1": at, "y0": 0,
                       "y1": 1, "line": line})  # fmt: skip
        notes.append({"x": at, "y": 1, "xref": "x", "yref": "paper", "yanchor": "bottom",
                      "text": f"Predicted {format_value(predicted, unit)}", "showarrow": False,
                      "font": {"color": theme.tokens.muted, "size": 11}})  # fmt: skip
    title = "Basis points of the order's value" if unit == "bps" else "Account currency"
    return make_figure(
        [bars],
        theme,
        height=FRAME_PX + ROW_PX * (len(steps) + 1),
        simulated=simulated,
        hovermode="closest",
        bargap=0.35,
        margin={"t": 26, "r": 24},
        xaxis={"title": {"text": title}, "type": "linear", "showgrid": True, "showspikes": False,
               "zeroline": True,
               "range": [float(ends.min()) - left, float(ends.max()) + right]},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False,
               "showspikes": False, "dtick": 1},
        shapes=shapes,
        annotations=notes,
    )  # fmt: skip


def _stairs(
    points: Sequence[Point], name: str, colour: str, timezone: str, dash: str | None = None
) -> dict[str, Any]:
    line: dict[str, Any] = {"color": colour, "width": 1.8, "shape": "hv"}
    if dash:
        line["dash"] = dash
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": _wall([at for at, _ in points], timezone),
        "y": np.array([units for _, units in points], dtype=np.float64),
        "line": line,
        "hovertemplate": f"%{{y:,.6~f}}<extra>{name}</extra>",
    }


def _wall(times: Sequence[datetime], timezone: str) -> npt.NDArray[np.float64]:
    """Wall-clock milliseconds, to the second, whatever lies between the times."""
    index = local(pd.DatetimeIndex(list(times)), timezone).tz_localize(None)
    return index.as_unit("ms").asi8.astype(np.float64)

"""Equity of a run beside its benchmark, on a linear or logarithmic scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.layout import compact, make_figure, plain
from terminal.charts.theme import Theme, translucent
from terminal.charts.time_axis import axis_ms, date_axis

Scale = Literal["linear", "log"]
MOST_ABOVE = 1.3
"""How far above the highest value of the curves a band is followed on a linear axis."""


@dataclass(frozen=True)
class Band:
    """An area beside a curve: `low` and `high` at times `index`, and what it is called."""

    index: pd.DatetimeIndex
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    name: str


def equity_figure(
    curve: pd.DataFrame,
    theme: Theme,
    *,
    scale: Scale = "linear",
    timezone: str = "UTC",
    benchmark_name: str = "Benchmark",
    simulated: bool = False,
    band: Band | None = None,
) -> go.Figure:
    """Equity at each bar's close; the benchmark starts from the same capital.

    Parameters
    ----------
    curve : as in `BacktestResult.curve`; a missing or all-NaN benchmark is left out.
    scale : "log" shows equal percentage moves as equal heights; equity of zero or below has no
        place there and is a gap.
    band : where equity might have stood, drawn behind it.
    """
    index = pd.DatetimeIndex(curve.index)
    x = axis_ms(index, timezone)
    traces: list[dict[str, Any]] = []
    if band is not None:
        fill = translucent(theme.series(0), 0.16)
        at = axis_ms(band.index, timezone)
        traces += band_traces(at, band.low, band.high, band.name, fill)
    if has_benchmark(curve):
        traces.append(line(x, curve["benchmark"], benchmark_name, theme.tokens.muted, width=1.2))
    traces.append(line(x, curve["equity"], "Strategy", theme.series(0), width=1.8))
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        xaxis=date_axis(index, timezone),
        yaxis={
            "title": {"text": "Equity (account currency)"},
            **value_axis(scale),
            **(_range(curve, band) if scale == "linear" and band is not None else {}),
        },
        legend={"traceorder": "reversed"},
    )


def _range(curve: pd.DataFrame, band: Band) -> dict[str, Any]:
    """The curves keep most of a linear axis: a band that goes far beyond them leaves it."""
    shown = [name for name in ("equity", "benchmark") if name in curve]
    low, high = float(np.nanmin(curve[shown])), float(np.nanmax(curve[shown]))
    if float(band.high.max()) <= MOST_ABOVE * high:
        return {}
    bottom = min(low, float(band.low.min()))
    return {"range": [bottom - 0.04 * (high - bottom), MOST_ABOVE * high]}


def has_benchmark(curve: pd.DataFrame) -> bool:
    """True when the run has a benchmark to draw."""
    return "benchmark" in curve and bool(curve["benchmark"].notna().any())


def line(
    x: npt.NDArray[np.float64],
    y: pd.Series,
    name: str,
    colour: str,
    *,
    width: float = 1.5,
    hover: str = "%{y:,.2f}",
    decimals: int = 2,
    dash: str | None = None,
) -> dict[str, Any]:
    """A line trace; gaps stay gaps."""
    style: dict[str, Any] = {"color": colour, "width": width}
    if dash:
        style["dash"] = dash
    return {
        "type": "scatter",
        "mode": "lines",
        "name": plain(name),
        "x": x,
        "y": compact(y, decimals),
        "line": style,
        "connectgaps": False,
        "hovertemplate": f"{hover}<extra>{plain(name)}</extra>",
    }


def band_traces(x: Any, low: Any, high: Any, name: str, fill: str) -> list[dict[str, Any]]:
    """The area between two lines, one name for both."""
    edge: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "line": {"color": fill, "width": 0},
        "hovertemplate": f"%{{y:,.2f}}<extra>{plain(name)}</extra>",
    }
    return [
        edge | {"y": np.asarray(low, dtype=np.float64), "showlegend": False, "name": plain(name)},
        edge
        | {
            "y": np.asarray(high, dtype=np.float64),
            "name": plain(name),
            "fill": "tonexty",
            "fillcolor": fill,
            "showlegend": True,
        },
    ]


def value_axis(scale: Scale, tickformat: str = "~s") -> dict[str, Any]:
    """Linear, or logarithmic with whole numbers as tick labels (Plotly's own are digits)."""
    if scale == "linear":
        return {"type": "linear"}
    return {"type": "log", "tickformat": tickformat}

"""Several runs beside each other: rebased equity, and drawdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from terminal.charts.curve import drawdown
from terminal.charts.equity import Scale, line, value_axis
from terminal.charts.layout import empty_figure, make_figure
from terminal.charts.theme import Theme
from terminal.charts.time_axis import axis_ms, date_axis

COLOURS, DASHES = 8, (None, "dash", "dot")


def comparison_figure(
    curves: Mapping[str, pd.DataFrame],
    theme: Theme,
    *,
    scale: Scale = "linear",
    timezone: str = "UTC",
    simulated: bool = False,
) -> go.Figure:
    """Equity of each run, 100 at the first bar all of them have (else at its own first)."""
    start = common_start(curves)

    def rebased(curve: pd.DataFrame) -> pd.Series:
        equity = curve["equity"]
        base = equity.iloc[0] if start is None else equity[equity.index >= start].iloc[0]
        return pd.Series(equity / base * 100.0)

    title = "Equity (100 at the common start)" if start is not None else "Equity (100 at start)"
    return _lines(curves, rebased, theme, timezone, simulated, title, "%{y:,.2f}", scale, None)


def comparison_drawdown_figure(
    curves: Mapping[str, pd.DataFrame],
    theme: Theme,
    *,
    timezone: str = "UTC",
    simulated: bool = False,
) -> go.Figure:
    """Drawdown of each run from its own last peak, percent."""
    return _lines(
        curves, lambda curve: drawdown(curve["equity"], timezone=timezone), theme, timezone,
        simulated,
        "Below last peak (%)", "%{y:.2%}", "linear", "~%",
    )  # fmt: skip


def common_start(curves: Mapping[str, pd.DataFrame]) -> pd.Timestamp | None:
    """The latest first bar, when every run reaches it; None when there is no common time."""
    if not curves:
        return None
    start = max(pd.Timestamp(curve.index[0]) for curve in curves.values())
    return start if all(curve.index[-1] >= start for curve in curves.values()) else None


def _lines(
    curves: Mapping[str, pd.DataFrame],
    series: Callable[[pd.DataFrame], pd.Series],
    theme: Theme,
    timezone: str,
    simulated: bool,
    title: str,
    hover: str,
    scale: Scale,
    tickformat: str | None,
) -> go.Figure:
    if not curves:
        return empty_figure("Choose at least two runs to compare.", theme)
    traces = []
    longest = max((pd.DatetimeIndex(curve.index) for curve in curves.values()), key=len)
    for k, (name, curve) in enumerate(curves.items()):
        values = series(curve)
        x = axis_ms(pd.DatetimeIndex(values.index), timezone)
        # colours repeat after eight: the strokes then tell the runs apart
        dash = DASHES[k // COLOURS % len(DASHES)]
        traces.append(line(x, values, name, theme.series(k), hover=hover, decimals=6, dash=dash))
    axis: dict[str, Any] = {"title": {"text": title}, **value_axis(scale, ",~f")}
    if tickformat:
        axis["tickformat"] = tickformat
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        showlegend=True,
        margin={"t": 30},
        xaxis=date_axis(longest, timezone),
        yaxis=axis,
    )

"""How much of the account was at work (exposure) and how much was traded (turnover)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.equity import line
from terminal.charts.layout import make_figure
from terminal.charts.theme import Theme, translucent
from terminal.charts.time_axis import axis_ms, date_axis, local

_DAILY_UNTIL = 130


def exposure_figure(
    curve: pd.DataFrame, theme: Theme, *, timezone: str = "UTC", simulated: bool = False
) -> go.Figure:
    """Gross exposure (sum of absolute positions) and net (long less short), % of equity."""
    index = pd.DatetimeIndex(curve.index)
    x = axis_ms(index, timezone)
    hover = "%{y:.1%}"
    gross = line(
        x, curve["gross_exposure"], "Gross", theme.tokens.muted, width=1, hover=hover, decimals=5
    )
    gross |= {"fill": "tozeroy", "fillcolor": translucent(theme.tokens.muted, 0.14)}
    net = line(x, curve["net_exposure"], "Net", theme.series(0), width=1.2, hover=hover, decimals=5)
    return make_figure(
        [gross, net],
        theme,
        simulated=simulated,
        xaxis=date_axis(index, timezone),
        yaxis={
            "title": {"text": "Exposure (% of equity)"},
            "tickformat": "~%",
            "rangemode": "tozero",
        },
    )


def turnover_figure(
    curve: pd.DataFrame, theme: Theme, *, timezone: str = "UTC", simulated: bool = False
) -> go.Figure:
    """Traded notional per month (per session in runs of up to half a year), % of equity."""
    index = pd.DatetimeIndex(curve.index)
    wall = local(index, timezone).tz_localize(None)
    sessions = wall.normalize()
    by_month = sessions.nunique() > _DAILY_UNTIL
    period = wall.to_period("M").to_timestamp() if by_month else sessions
    summed = curve["turnover"].groupby(period).sum(min_count=1)
    name = "month" if by_month else "session"
    bars = {
        "type": "bar",
        "name": "Turnover",
        "x": pd.DatetimeIndex(summed.index).as_unit("ms").asi8.astype(np.float64),
        "y": summed.to_numpy(dtype=np.float32),
        "marker": {"color": theme.series(0), "line": {"width": 0}},
        "hovertemplate": "%{y:.1%}<extra></extra>",
    }
    if by_month:
        bars |= {"xperiod": "M1", "xperiodalignment": "start", "xhoverformat": "%b %Y"}
    axis = date_axis(pd.DatetimeIndex(summed.index), "UTC")
    if by_month:
        axis["hoverformat"] = "%b %Y"
    return make_figure(
        [bars],
        theme,
        simulated=simulated,
        bargap=0.15,
        xaxis=axis,
        yaxis={
            "title": {"text": f"Traded a {name} (% of equity)"},
            "tickformat": "~%",
            "rangemode": "tozero",
        },
    )

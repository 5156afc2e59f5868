"""The under-water chart: how far below its last peak the account stood."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from terminal.charts.curve import drawdown
from terminal.charts.equity import has_benchmark, line
from terminal.charts.layout import make_figure
from terminal.charts.theme import Theme, translucent
from terminal.charts.time_axis import axis_ms, date_axis


def drawdown_figure(
    curve: pd.DataFrame,
    theme: Theme,
    *,
    capital: float | None = None,
    timezone: str = "UTC",
    benchmark_name: str = "Benchmark",
    simulated: bool = False,
) -> go.Figure:
    """Drawdown of equity (filled) and of the benchmark (line), percent below the last peak.

    One value a session, from the starting `capital` (the first equity when not given), so that
    its lowest point is the metric "max drawdown".
    """
    below = drawdown(curve["equity"], capital, timezone)
    index = pd.DatetimeIndex(below.index)
    x = axis_ms(index, timezone)
    hover = "%{y:.2%}"
    own = line(x, below, "Strategy", theme.down, width=1.2, hover=hover, decimals=6)
    own |= {"fill": "tozeroy", "fillcolor": translucent(theme.down, 0.22)}
    traces = []
    if has_benchmark(curve):
        other = drawdown(curve["benchmark"], capital, timezone)
        traces.append(
            line(x, other, benchmark_name, theme.tokens.muted, width=1, hover=hover, decimals=6)
        )
    traces.append(own)
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        xaxis=date_axis(index, timezone),
        yaxis={
            "title": {"text": "Below last peak (%)"},
            "tickformat": "~%",
            "rangemode": "tozero",
        },
        legend={"traceorder": "reversed"},
    )

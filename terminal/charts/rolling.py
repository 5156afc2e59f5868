"""Rolling risk: Sharpe ratio and volatility over a moving window of sessions."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go

from terminal.charts.curve import rolling_sharpe, rolling_volatility
from terminal.charts.equity import has_benchmark, line
from terminal.charts.layout import empty_figure, make_figure
from terminal.charts.theme import Theme
from terminal.charts.time_axis import axis_ms, date_axis

WINDOW = 126


def rolling_sharpe_figure(
    curve: pd.DataFrame,
    theme: Theme,
    *,
    window: int = WINDOW,
    risk_free_rate: float = 0.0,
    timezone: str = "UTC",
    benchmark_name: str = "Benchmark",
    simulated: bool = False,
) -> go.Figure:
    """Annualised Sharpe ratio of the last `window` sessions."""
    return _rolling(
        lambda equity: rolling_sharpe(equity, window, risk_free_rate, timezone),
        curve,
        theme,
        window,
        ("Sharpe ratio (annualised)", "%{y:.2f}", ".1f"),
        timezone,
        benchmark_name,
        simulated,
    )


def rolling_volatility_figure(
    curve: pd.DataFrame,
    theme: Theme,
    *,
    window: int = WINDOW,
    timezone: str = "UTC",
    benchmark_name: str = "Benchmark",
    simulated: bool = False,
) -> go.Figure:
    """Annualised volatility of the last `window` sessions, in percent."""
    return _rolling(
        lambda equity: rolling_volatility(equity, window, timezone),
        curve,
        theme,
        window,
        ("Volatility (% a year)", "%{y:.2%}", "~%"),
        timezone,
        benchmark_name,
        simulated,
    )


def _rolling(
    measure: Callable[[pd.Series], pd.Series],
    curve: pd.DataFrame,
    theme: Theme,
    window: int,
    shown: tuple[str, str, str],
    timezone: str,
    benchmark_name: str,
    simulated: bool,
) -> go.Figure:
    title, hover, tickformat = shown
    own = measure(curve["equity"])
    if not own.notna().any():
        return empty_figure(
            f"The run has fewer than {window + 1} sessions, or equity never moved.", theme
        )
    index = pd.DatetimeIndex(own.index)
    x = axis_ms(index, timezone)
    traces = []
    if has_benchmark(curve):
        other = measure(curve["benchmark"])
        traces.append(
            line(x, other, benchmark_name, theme.tokens.muted, width=1, hover=hover, decimals=4)
        )
    traces.append(line(x, own, "Strategy", theme.series(0), hover=hover, decimals=4))
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        xaxis=date_axis(index, timezone),
        yaxis={"title": {"text": title}, "tickformat": tickformat, "zeroline": True},
        legend={"traceorder": "reversed"},
    )

"""Return of each calendar year beside the benchmark's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.curve import period_returns
from terminal.charts.equity import has_benchmark
from terminal.charts.layout import make_figure, plain
from terminal.charts.theme import Theme


def yearly_figure(
    curve: pd.DataFrame,
    theme: Theme,
    *,
    capital: float | None = None,
    timezone: str = "UTC",
    benchmark_name: str = "Benchmark",
    simulated: bool = False,
) -> go.Figure:
    """Compounded return per calendar year, %; the first and last year may be part years."""
    own = period_returns(curve["equity"], "Y", timezone, capital)
    years = [str(period) for period in own.index]
    traces = [_bars(years, own, "Strategy", theme.series(0))]
    if has_benchmark(curve):
        other = period_returns(curve["benchmark"], "Y", timezone, capital)
        traces.append(_bars(years, other, benchmark_name, theme.tokens.muted))
    return make_figure(
        traces,
        theme,
        simulated=simulated,
        barmode="group",
        bargap=0.25,
        bargroupgap=0.05,
        xaxis={"type": "category", "title": {"text": "Year"}, "showspikes": False},
        yaxis={"title": {"text": "Return (%)"}, "tickformat": "~%", "zeroline": True},
    )


def _bars(years: list[str], values: pd.Series, name: str, colour: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": plain(name),
        "x": years,
        "y": values.to_numpy(dtype=np.float32),
        "marker": {"color": colour, "line": {"width": 0}},
        "hovertemplate": f"%{{y:.2%}}<extra>{plain(name)}</extra>",
    }

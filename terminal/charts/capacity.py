"""Growth a year that is left when a strategy trades more money."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.equity import line
from terminal.charts.layout import make_figure
from terminal.charts.theme import Theme


def capacity_figure(
    money: Sequence[float],
    cagr: Sequence[float | None],
    capital: float,
    theme: Theme,
    *,
    simulated: bool = False,
) -> go.Figure:
    """CAGR by starting capital, a power of ten a step; the run's own capital is marked.

    The axis shows powers of ten by their exponent's value, 6 being a million.
    """
    x = np.log10(np.asarray(money, dtype=np.float64))
    values = pd.Series([np.nan if value is None else value for value in cagr], dtype=np.float64)
    own = float(np.log10(capital))
    curve = line(x, values, "Growth a year", theme.series(0), hover="%{y:.2%}", decimals=6)
    low, high = int(np.floor(min(x[0], own))), int(np.ceil(max(x[-1], own)))
    ticks = list(range(low, high + 1))
    return make_figure(
        [curve],
        theme,
        simulated=simulated,
        margin={"t": 34},
        xaxis={
            "title": {"text": "Starting capital (account currency)"},
            "type": "linear",
            "tickvals": ticks,
            "ticktext": [_power(exponent) for exponent in ticks],
            "range": [min(x[0], own) - 0.1, max(x[-1], own) + 0.1],
            "hoverformat": ".2f",
        },
        yaxis={"title": {"text": "CAGR (%)"}, "tickformat": "~%", "zeroline": True},
        shapes=[
            {
                "type": "line", "xref": "x", "yref": "paper", "x0": own, "x1": own, "y0": 0,
                "y1": 1, "line": {"color": theme.tokens.warn, "width": 1.4, "dash": "dash"},
            }
        ],
        annotations=[
            {
                "x": own, "y": 1, "xref": "x", "yref": "paper", "yanchor": "bottom",
                "xanchor": "left", "text": "This run", "showarrow": False,
                "font": {"color": theme.tokens.warn, "size": 11},
            }
        ],
    )  # fmt: skip


def _power(exponent: int) -> str:
    """10^7 as "10M"."""
    unit = {0: "", 1: "k", 2: "M", 3: "B", 4: "T"}.get(exponent // 3)
    return f"1e{exponent}" if unit is None else f"{10 ** (exponent % 3)}{unit}"

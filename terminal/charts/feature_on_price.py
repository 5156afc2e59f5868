"""A feature under the price it was made from, bar by bar on one axis."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.candles import price_layout, price_trace
from terminal.charts.layout import compact, empty_figure, make_figure, plain
from terminal.charts.theme import Theme
from terminal.charts.time_axis import bar_start

SPLIT = 0.36
"""Share of the height that the feature has."""


def feature_figure(
    bars: pd.DataFrame,
    values: pd.Series,
    theme: Theme,
    *,
    symbol: str,
    name: str,
    unit: str,
    timezone: str = "UTC",
    simulated: bool = False,
) -> go.Figure:
    """Candles above, the feature below.

    Parameters
    ----------
    bars : `open high low close volume` by `ts` (UTC). values : by `ts`; a bar without one is a gap.
    """
    if not len(bars):
        return empty_figure("There are no bars in this range.", theme)
    own = values.reindex(bars.index)
    line = {
        "type": "scatter",
        "mode": "lines",
        "name": plain(name),
        **bar_start(bars, timezone),
        "y": compact(own, 6),
        "yaxis": "y2",
        "connectgaps": False,
        "line": {"color": theme.series(1), "width": 1.4},
        "hovertemplate": f"%{{y:.5~g}}<extra>{plain(name)}</extra>",
    }
    layout = price_layout(bars, timezone, "linear", (0, len(bars) - 1), False)
    layout["yaxis"] |= {"domain": [SPLIT + 0.03, 1.0]}
    layout["xaxis"] |= {
        "anchor": "y2",
        "nticks": 4,
        "tickangle": 0,
        "ticklabeloverflow": "hide past div",
    }
    layout["margin"] |= {"t": 8}
    layout["yaxis2"] = {
        "title": {"text": plain(unit)},
        "side": "right",
        "automargin": False,
        "domain": [0.0, SPLIT - 0.03],
        "anchor": "x",
        "nticks": 5,
        "zeroline": True,
    }
    if not np.isfinite(own.to_numpy(dtype=float)).any():
        layout["annotations"] = [
            {
                "text": "The feature has no value on these bars.",
                "xref": "paper",
                "yref": "paper",
                "x": 0.5,
                "y": (SPLIT - 0.03) / 2,
                "showarrow": False,
                "font": {"color": theme.tokens.muted, "size": 12},
            }
        ]
        layout["yaxis2"] |= {"range": [-1, 1], "showticklabels": False}
    figure = make_figure(
        [price_trace(bars, theme, symbol, timezone=timezone), line],
        theme,
        simulated=simulated,
        **layout,
    )
    return figure.update_layout(showlegend=False)

"""What followed each quantile of a feature, with the interval of each mean."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.coefficients import around_zero
from terminal.charts.layout import empty_figure, make_figure
from terminal.charts.theme import Theme


def quantile_figure(
    groups: pd.DataFrame, theme: Theme, *, horizon: int, relative: bool, simulated: bool = False
) -> go.Figure:
    """A bar a quantile, from the lowest values of the feature to the highest.

    Parameters
    ----------
    groups : columns horizon, group (from 1), mean, low, high (simple returns), n.
    relative : the returns are over the universe's mean.
    """
    own = groups[(groups["horizon"] == horizon) & groups["mean"].notna()]
    if not len(own):
        return empty_figure("There are too few values to form quantiles.", theme)
    mean = 1e4 * own["mean"].to_numpy(dtype=float)
    low, high = (1e4 * own[name].to_numpy(dtype=float) for name in ("low", "high"))
    labels = [str(int(group)) for group in own["group"]]
    labels[0], labels[-1] = f"{labels[0]} lowest", f"{labels[-1]} highest"
    error = {
        "type": "data",
        "symmetric": False,
        "array": np.nan_to_num(high - mean),
        "arrayminus": np.nan_to_num(mean - low),
        "color": theme.tokens.text,
        "thickness": 1.2,
        "width": 4,
    }
    what = "Mean return over the universe" if relative else "Mean return"
    return make_figure(
        [
            {
                "type": "bar",
                "name": "Return",
                "x": labels,
                "y": mean,
                "error_y": error,
                "customdata": np.column_stack([low, high, own["n"].to_numpy(dtype=float)]),
                "marker": {
                    "color": [theme.up if value > 0 else theme.down for value in mean],
                    "line": {"width": 0},
                },
                "opacity": 0.85,
                "hovertemplate": "%{y:.1f} bp (%{customdata[0]:.1f} to %{customdata[1]:.1f}), "
                "%{customdata[2]:,} values<extra></extra>",
                "showlegend": False,
            }
        ],
        theme,
        simulated=simulated,
        bargap=0.35,
        xaxis={
            "title": {"text": "Quantile of the feature"},
            "type": "category",
            "showspikes": False,
        },
        yaxis={
            "title": {"text": f"{what} in {horizon:,} bars (bp)"},
            "zeroline": True,
            "zerolinecolor": theme.tokens.muted,
            "range": around_zero(np.concatenate([mean, low, high])),
        },
    )

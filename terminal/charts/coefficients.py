"""Information coefficients of a feature: by horizon, as time passes, and year by year."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.layout import compact, empty_figure, make_figure
from terminal.charts.theme import Theme
from terminal.charts.time_axis import axis_ms, date_axis

TITLE = "Information coefficient (rank correlation)"


def horizon_figure(
    horizons: pd.DataFrame, theme: Theme, *, main: int, simulated: bool = False
) -> go.Figure:
    """Coefficient with its 95 % interval at each horizon; the main one is filled.

    Parameters
    ----------
    horizons : columns horizon, coefficient_mean, coefficient_low, coefficient_high, coefficient_t.
    """
    known = horizons[horizons["coefficient_mean"].notna()]
    if not len(known):
        return empty_figure("There are too few values for a coefficient at any horizon.", theme)
    labels = [f"{int(value):,}" for value in known["horizon"]]
    mean = known["coefficient_mean"].to_numpy(dtype=float)
    colours = [_tone(row, theme) for row in known.itertuples()]
    chosen = known["horizon"].to_numpy() == main
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "name": "Coefficient",
        "x": labels,
        "y": mean,
        "customdata": np.column_stack(
            [known[f"coefficient_{name}"].to_numpy(dtype=float) for name in ("low", "high", "t")]
        ),
        "marker": {
            "size": 10,
            "color": [
                colour if own else theme.tokens.panel
                for colour, own in zip(colours, chosen, strict=True)
            ],
            "line": {"color": colours, "width": 2},
        },
        "hovertemplate": "%{y:.4f} (%{customdata[0]:.4f} to %{customdata[1]:.4f}), "
        "t %{customdata[2]:.1f}<extra></extra>",
        "showlegend": False,
    }
    shapes = [
        _whisker(place, float(low), float(high), colour)
        for place, (low, high, colour) in enumerate(
            zip(known["coefficient_low"], known["coefficient_high"], colours, strict=True)
        )
        if np.isfinite(low) and np.isfinite(high)
    ]
    edges = [mean, known["coefficient_low"].to_numpy(), known["coefficient_high"].to_numpy()]
    return make_figure(
        [trace],
        theme,
        simulated=simulated,
        hovermode="closest",
        xaxis={
            "title": {"text": "Horizon (bars)"},
            "type": "category",
            "showspikes": False,
        },
        yaxis={
            "title": {"text": TITLE},
            "zeroline": True,
            "zerolinecolor": theme.tokens.muted,
            "range": around_zero(np.concatenate(edges)),
            "tickformat": ".3~f",
        },
        shapes=shapes,
    )


def rolling_figure(
    rolling: pd.DataFrame, theme: Theme, *, timezone: str = "UTC", simulated: bool = False
) -> go.Figure:
    """The coefficient over a moving window; columns ts (UTC) and coefficient."""
    if not len(rolling):
        return empty_figure("A rolling coefficient needs a comparison across instruments.", theme)
    index = pd.DatetimeIndex(rolling["ts"])
    return make_figure(
        [
            {
                "type": "scatter",
                "mode": "lines",
                "name": "Rolling coefficient",
                "x": axis_ms(index, timezone),
                "y": compact(rolling["coefficient"], 4),
                "line": {"color": theme.series(0), "width": 1.5},
                "hovertemplate": "%{y:.4f}<extra></extra>",
                "showlegend": False,
            }
        ],
        theme,
        simulated=simulated,
        xaxis=date_axis(index, timezone),
        yaxis={
            "title": {"text": TITLE},
            "zeroline": True,
            "zerolinecolor": theme.tokens.muted,
            "range": around_zero(rolling["coefficient"].to_numpy(dtype=float)),
            "tickformat": ".3~f",
        },
    )


def years_figure(years: pd.DataFrame, theme: Theme, *, simulated: bool = False) -> go.Figure:
    """One bar a calendar year; columns year, coefficient, bars."""
    if not len(years):
        return empty_figure("No year has enough values for a coefficient.", theme)
    values = years["coefficient"].to_numpy(dtype=float)
    return make_figure(
        [
            {
                "type": "bar",
                "name": "Coefficient",
                "x": [str(int(year)) for year in years["year"]],
                "y": values,
                "customdata": years["bars"].to_numpy(dtype=float),
                "marker": {
                    "color": [theme.up if value > 0 else theme.down for value in values],
                    "line": {"width": 0},
                },
                "hovertemplate": "%{y:.4f} over %{customdata:,.0f} bars<extra></extra>",
                "showlegend": False,
            }
        ],
        theme,
        simulated=simulated,
        bargap=0.35,
        xaxis={"title": {"text": "Year"}, "type": "category", "showspikes": False},
        yaxis={
            "title": {"text": TITLE},
            "zeroline": True,
            "zerolinecolor": theme.tokens.muted,
            "range": around_zero(values),
            "tickformat": ".3~f",
        },
    )


def around_zero(values: Any) -> list[float]:
    """A range that holds the values and zero, with a little air."""
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    low, high = (min(float(known.min()), 0.0), max(float(known.max()), 0.0)) if len(known) else (
        0.0, 0.0)  # fmt: skip
    air = 0.12 * (high - low) or 0.01
    return [low - air, high + air]


def _tone(row: Any, theme: Theme) -> str:
    """Gain or loss where the interval leaves zero out, muted where it does not."""
    if row.coefficient_low > 0:
        return theme.up
    return theme.down if row.coefficient_high < 0 else theme.tokens.muted


def _whisker(x: int, low: float, high: float, colour: str) -> dict[str, Any]:
    """`x` is the place of the category on its axis, from 0."""
    return {
        "type": "line",
        "xref": "x",
        "yref": "y",
        "x0": x,
        "x1": x,
        "y0": low,
        "y1": high,
        "line": {"color": colour, "width": 2},
        "layer": "below",
    }

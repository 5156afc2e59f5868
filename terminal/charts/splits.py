"""The picture of splits: a row a split, time across, what is trained on, tested and left out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from terminal.charts.layout import empty_figure, make_figure
from terminal.charts.theme import Theme
from terminal.charts.time_axis import axis_ms, date_axis
from terminal.market.panel import TimeArray
from terminal.validation.split import Split

MOST_ROWS = 60
ROW_PX = 16
IntArray = npt.NDArray[np.int64]


def splits_figure(
    splits: Sequence[Split],
    bar: IntArray,
    ts: TimeArray,
    theme: Theme,
    *,
    timezone: str = "UTC",
    simulated: bool = False,
) -> go.Figure:
    """Train, test, purged and embargoed stretches of every split.

    Parameters
    ----------
    bar : int64 (n,), row of each event, ascending. ts : datetime64[ns] (n_bars,), UTC.

    A stretch runs from the first to the last bar of events that follow each other; with several
    instruments a bar shows what most of its events are.
    """
    if not splits:
        return empty_figure("No split to draw.", theme)
    index = pd.DatetimeIndex(ts, tz="UTC")
    x = axis_ms(index, timezone)
    tokens = theme.tokens
    shown = splits[:MOST_ROWS]
    traces = []
    for name, part, colour in (
        ("Train", "train", theme.series(0)),
        ("Test", "test", theme.series(1)),
        ("Purged", "purged", tokens.down),
        ("Embargoed", "embargoed", tokens.muted),
    ):
        base: list[float] = []
        length: list[float] = []
        row: list[int] = []
        words: list[str] = []
        for number, split in enumerate(shown):
            positions = getattr(split, part)
            for first, last in stretches(bar, positions):
                end = x[min(last + 1, len(x) - 1)]
                base.append(float(x[first]))
                length.append(float(max(end - x[first], 1.0)))
                row.append(number + 1)
                words.append(f"{index[first]:%d %b %Y} to {index[last]:%d %b %Y}")
        if not base:
            continue
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": name,
                "base": base,
                "x": length,
                "y": row,
                "width": 0.72,
                "customdata": words,
                "marker": {"color": colour, "line": {"width": 0}},
                "hovertemplate": f"Split %{{y}}, {name.lower()}: %{{customdata}}<extra></extra>",
            }
        )
    axis = date_axis(index, timezone)
    axis["range"] = [float(x[0]), float(x[-1])]
    title = "Split" if len(splits) <= MOST_ROWS else f"Split (first {MOST_ROWS} of {len(splits)})"
    return make_figure(
        traces,
        theme,
        height=90 + ROW_PX * len(shown),
        simulated=simulated,
        barmode="overlay",
        hovermode="closest",
        xaxis=axis,
        yaxis={
            "title": {"text": title},
            # the mark of simulated data stands below the last row
            "range": [len(shown) + (1.5 if simulated else 0.6), 0.4],
            "tickvals": list(range(1, len(shown) + 1, max(1, len(shown) // 15))),
            "showgrid": False,
            "zeroline": False,
        },
    )


def stretches(bar: IntArray, positions: IntArray) -> list[tuple[int, int]]:
    """First and last bar of each run of positions that follow each other."""
    if not len(positions):
        return []
    breaks = np.flatnonzero(np.diff(positions) > 1)
    first = positions[np.concatenate([[0], breaks + 1])]
    last = positions[np.concatenate([breaks, [len(positions) - 1]])]
    merged: list[tuple[int, int]] = []
    for begin, end in zip(bar[first].tolist(), bar[last].tolist(), strict=True):
        # spans of different length leave events of a bar on both sides: one stretch to the eye
        if merged and begin <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged

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


PARTS = ("train", "test", "purged", "embargoed")


def split_table(splits: Sequence[Split], bar: IntArray, ts: TimeArray) -> pd.DataFrame:
    """The stretches of every split as rows: split (from 1), part, begin, last and end.

    Parameters
    ----------
    bar : int64 (n,), row of each event, ascending. ts : datetime64[ns] (n_bars,), UTC.

    A stretch runs from the first to the last bar of events that follow each other and ends where
    the next bar begins; with several instruments a bar shows what most of its events are.
    """
    rows = [
        (number, part, first, last, min(last + 1, len(ts) - 1))
        for number, split in enumerate(splits, start=1)
        for part in PARTS
        for first, last in stretches(bar, getattr(split, part))
    ]
    index = pd.DatetimeIndex(ts, tz="UTC")
    return pd.DataFrame(
        {
            "split": pd.Series([row[0] for row in rows], dtype="int64"),
            "part": pd.Series([row[1] for row in rows], dtype="str"),
            "begin": index[[row[2] for row in rows]],
            "last": index[[row[3] for row in rows]],
            "end": index[[row[4] for row in rows]],
        }
    )


def splits_figure(
    table: pd.DataFrame, theme: Theme, *, timezone: str = "UTC", simulated: bool = False
) -> go.Figure:
    """Train, test, purged and embargoed stretches of every split, as `split_table` has them."""
    if not len(table):
        return empty_figure("No split to draw.", theme)
    n_splits = int(table["split"].max())
    shown = table[table["split"] <= MOST_ROWS]
    index = pd.DatetimeIndex(np.unique(pd.concat([shown["begin"], shown["end"]]))).tz_convert("UTC")
    place = dict(zip(index, axis_ms(index, timezone), strict=True))
    tokens = theme.tokens
    colours = (theme.series(0), theme.series(1), tokens.down, tokens.muted)
    traces = []
    for part, colour in zip(PARTS, colours, strict=True):
        own = shown[shown["part"] == part]
        if not len(own):
            continue
        base = np.array([place[at] for at in own["begin"]])
        end = np.array([place[at] for at in own["end"]])
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": part.capitalize(),
                "base": base,
                "x": np.maximum(end - base, 1.0),
                "y": own["split"].to_numpy(),
                "width": 0.72,
                "customdata": [
                    f"{first:%d %b %Y} to {last:%d %b %Y}"
                    for first, last in zip(own["begin"], own["last"], strict=True)
                ],
                "marker": {"color": colour, "line": {"width": 0}},
                "hovertemplate": f"Split %{{y}}, {part}: %{{customdata}}<extra></extra>",
            }
        )
    axis = date_axis(index, timezone)
    axis["range"] = [min(place.values()), max(place.values())]
    n_rows = min(n_splits, MOST_ROWS)
    title = "Split" if n_splits <= MOST_ROWS else f"Split (first {MOST_ROWS} of {n_splits})"
    return make_figure(
        traces,
        theme,
        height=90 + ROW_PX * n_rows,
        simulated=simulated,
        barmode="overlay",
        hovermode="closest",
        xaxis=axis,
        yaxis={
            "title": {"text": title},
            # the mark of simulated data stands below the last row
            "range": [n_rows + (1.5 if simulated else 0.6), 0.4],
            "tickvals": list(range(1, n_rows + 1, max(1, n_rows // 15))),
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

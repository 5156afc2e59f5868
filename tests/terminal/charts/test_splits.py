"""The picture of splits: each row shows what its split trains on, tests and leaves out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from terminal.charts.splits import MOST_ROWS, split_table, splits_figure, stretches
from terminal.charts.theme import DARK, LIGHT, Theme
from terminal.validation.combinatorial import CombinatorialPurged
from terminal.validation.k_fold import PurgedKFold

TS = np.datetime64("2024-01-01", "ns") + np.arange(100) * np.timedelta64(1, "D")
BAR = np.repeat(np.arange(100), 2)


def days(values: object) -> list[str]:
    return [f"{pd.Timestamp(v, unit='ms'):%m-%d}" for v in np.asarray(values)]


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.mode)
def test_a_row_a_split_with_its_four_parts(theme: Theme) -> None:
    splits = list(PurgedKFold(4, gap=4, embargo=3).split(BAR, BAR + 2))
    figure = splits_figure(split_table(splits, BAR, TS), theme, simulated=True)
    go.Figure(figure.to_dict())  # every property is one that Plotly knows
    parts = {trace.name: trace for trace in figure.data}
    assert list(parts) == ["Train", "Test", "Purged", "Embargoed"]
    assert list(parts["Test"].y) == [1, 2, 3, 4]
    assert days(parts["Test"].base) == ["01-01", "01-26", "02-20", "03-16"]
    assert days(np.add(parts["Test"].base, parts["Test"].x)[:3]) == ["01-26", "02-20", "03-16"]
    assert list(parts["Train"].y) == [1, 2, 2, 3, 3, 4]
    # bars 25 and 26 overlap outcomes of the first block, 27 and 28 lie in the gap, 3 more wait
    assert days(parts["Purged"].base)[0] == "01-26"
    assert days(parts["Embargoed"].base)[0] == "01-28"
    assert parts["Embargoed"].x[0] == 5 * 86_400_000
    assert figure.layout.yaxis.title.text == "Split"
    assert list(figure.layout.yaxis.tickvals) == [1, 2, 3, 4]
    assert figure.layout.yaxis.range[0] > 5  # room for the mark below the last row
    assert figure.layout.annotations[-1].text == "SIMULATED DATA"


def test_many_splits_are_drawn_up_to_a_limit_that_is_named() -> None:
    splits = list(CombinatorialPurged(9, 3).split(BAR, BAR + 1))
    figure = splits_figure(split_table(splits, BAR, TS), DARK)
    assert figure.layout.yaxis.title.text == f"Split (first {MOST_ROWS} of 84)"
    assert max(max(trace.y) for trace in figure.data) == MOST_ROWS


def test_nothing_to_draw_is_said() -> None:
    assert "No split" in splits_figure(split_table([], BAR, TS), DARK).layout.annotations[0].text


def test_runs_of_positions_become_stretches_of_bars() -> None:
    bar = np.array([0, 0, 1, 1, 2, 5, 6])
    assert stretches(bar, np.array([0, 1, 2, 3])) == [(0, 1)]
    assert stretches(bar, np.array([0, 2, 5, 6])) == [(0, 1), (5, 6)]
    assert stretches(bar, np.array([], dtype=np.int64)) == []

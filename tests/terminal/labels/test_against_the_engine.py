"""A label's outcome is what the engine earns with the same barriers, and the book's loop finds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from terminal.backtest.account import Account, ExitRules
from terminal.backtest.costs import FREE
from terminal.backtest.engine import simulate
from terminal.labels.barriers import INCOMPLETE
from terminal.labels.barriers import touch as first_touch
from terminal.labels.events import _prices
from terminal.labels.own_bars import own_bars
from terminal.market.panel import Panel
from tests.terminal.backtest.panels import panel

N = 40
TARGET, STOP, HORIZON = 0.05, 0.03, 6


def rough(seed: int) -> Panel:
    """A price with gaps at the open and wide bars, so that every case occurs."""
    random = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(random.normal(0.0, 0.015, N)))
    open_ = close * np.exp(random.normal(0.0, 0.02, N))
    high = np.maximum(open_, close) * (1 + random.exponential(0.01, N))
    low = np.minimum(open_, close) * (1 - random.exponential(0.01, N))
    return panel(close, open_, high=high, low=low)


def label(bars: Panel, at: int, side: int) -> tuple[int, float, int]:
    """(row, price, barrier) of the end, barriers as orders, entry at the next open."""
    flat = own_bars(bars)
    end, price, touched = first_touch(
        _prices(flat, True, False),
        np.array([at]),
        np.array([side], dtype=np.int8),
        np.ones(N),
        target=TARGET,
        loss=STOP,
        horizon=HORIZON,
        by_close=False,
    )
    return int(end[0]), float(price[0]), int(touched[0])


@pytest.mark.parametrize("side", [1, -1])
def test_the_engine_leaves_where_the_label_ends(side: int) -> None:
    rules = ExitRules(stop_loss=STOP, take_profit=TARGET, longest=HORIZON)
    account = Account(capital=1_000.0, lot=0.0, long_only=False)
    reasons = {"take profit": 1, "stop loss": -1, "time exit": 0}
    seen = []
    for seed in range(60):
        bars = rough(seed)
        at = seed % 20
        targets = np.zeros((N, 1))
        targets[at:] = float(side)
        fills = simulate(bars, targets, account, FREE, rules).fills
        left = fills[fills["reason"] != "order"].iloc[0]
        end, price, touched = label(bars, at, side)
        assert (end, touched) == (left["bar"], reasons[left["reason"]]), seed
        assert price == pytest.approx(left["reference_price"], rel=1e-12)
        entry = fills.iloc[0]
        assert (entry["bar"], entry["reference_price"]) == (at + 1, bars.open[at + 1, 0])
        seen.append(touched)
    assert {-1, 0, 1} == set(seen)


def test_the_book_s_loop_finds_the_same_touches() -> None:
    """Snippet 3.2, applyPtSlOnT1, in pandas as printed, on closes with sides of both signs."""
    random = np.random.default_rng(0)
    close = 100.0 * np.exp(np.cumsum(random.normal(0.0, 0.01, 600)))
    index = pd.date_range("2020-01-01", periods=600, freq="h")
    series = pd.Series(close, index=index)
    at = np.sort(random.choice(560, 250, replace=False))
    side = random.choice(np.array([-1, 1], dtype=np.int8), 250)
    unit = np.full(600, 0.012)
    multiples = (2.0, 1.5)
    events = pd.DataFrame({"t1": index[at + 25], "trgt": 0.012, "side": side}, index=index[at])
    out = events[["t1"]].copy(deep=True)
    pt, sl = multiples[0] * events["trgt"], -multiples[1] * events["trgt"]
    for loc, t1 in events["t1"].items():
        path = series[loc:t1]
        path = (path / series[loc] - 1) * events.at[loc, "side"]
        out.loc[loc, "sl"] = path[path < sl[loc]].index.min()
        out.loc[loc, "pt"] = path[path > pt[loc]].index.min()
    flat = own_bars(panel(close, close))
    end, price, touched = first_touch(
        _prices(flat, False, False),
        at,
        side,
        unit,
        target=multiples[0],
        loss=multiples[1],
        horizon=25,
        by_close=True,
    )
    assert (index[end] == out.min(axis=1)).all()
    assert (touched != INCOMPLETE).all()
    first = np.where(out["pt"].fillna(out["t1"]) < out["sl"].fillna(index[-1]), 1, -1)
    first[(out["t1"] == out.min(axis=1)) & out["pt"].isna() & out["sl"].isna()] = 0
    assert (touched == first).all()
    assert price.tolist() == close[end].tolist()

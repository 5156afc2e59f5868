"""Round trips in groups, reasons of exits, and named crises."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from terminal.backtest.account import Account, ExitRules
from terminal.backtest.attribution.crises import CRISES, crises_within
from terminal.backtest.attribution.round_trips import (
    STILL_OPEN,
    by_column,
    measured,
    with_reasons,
)
from terminal.backtest.costs import FREE
from terminal.backtest.engine import simulate
from terminal.backtest.trades import round_trips
from terminal.market import builtin
from tests.terminal.backtest.panels import panel


def test_an_exit_is_called_by_what_the_engine_called_its_fill() -> None:
    close = [100.0, 100.0, 90.0, 90.0, 90.0, 95.0, 96.0]
    bars = panel(close, close, high=close, low=close)
    targets = np.array([[1.0], [1.0], [0.0], [1.0], [0.0], [1.0], [1.0]])
    done = simulate(bars, targets, Account(1_000.0), FREE, ExitRules(stop_loss=0.05))
    trades = with_reasons(round_trips(bars, done.fills), done.fills)
    assert trades["reason"].tolist() == ["stop loss", "order", STILL_OPEN]
    groups = {one.name: one.count for one in by_column(trades, "reason")}
    assert groups == {"stop loss": 1, "order": 1, STILL_OPEN: 1}
    none = with_reasons(trades.iloc[:0], done.fills)
    assert len(none) == 0 and "reason" in none and by_column(none, "reason") == []


def test_the_measures_of_a_group_by_hand() -> None:
    trades = pd.DataFrame({"pnl": [10.0, -5.0, 20.0, -5.0], "bars_held": [1, 2, 3, 4]})
    found = measured("all", trades)
    assert (found.count, found.win_rate, found.expectancy) == (4, 0.5, 5.0)
    assert (found.profit_factor, found.payoff_ratio) == (3.0, 3.0)
    assert (found.bars_held, found.profit) == (2.5, 20.0)


def test_only_crises_wholly_within_the_run_are_shown() -> None:
    days = pd.bdate_range("2020-01-02", "2022-03-01")
    level = pd.Series(100.0, days)
    level.loc["2020-03-24":] = 60.0  # after the window's last day
    level.loc["2020-02-20":"2020-03-23"] = 70.0
    (found,) = crises_within(level, None)
    assert found.name == "Covid" and found.benchmark is None
    assert found.total_return == pytest.approx(-0.3)
    assert found.max_drawdown == pytest.approx(-0.3)


def test_the_market_fell_in_every_window_and_stood_highest_and_lowest_at_its_ends() -> None:
    """Of the windows that the built-in S&P 500 covers; the quant quake is within a fall."""
    _, parts = builtin.us_indices()
    bars = next(part.bars for part in parts if part.symbol == "SPX")
    close = bars["close"].set_axis(pd.DatetimeIndex(bars.index).tz_convert(None).normalize())
    covered = crises_within(close, close)
    assert len(covered) >= 8
    for one in covered:
        assert one.total_return == one.benchmark
        if one.name == "Quant quake":
            continue
        inside = close.loc[str(one.first) : str(one.last)]
        assert one.total_return < -0.08, one.name
        assert inside.idxmin().date() == one.last, one.name
        assert inside.idxmax().date() == one.first or one.name == "11 September 2001", one.name
    assert [first for _, first, _ in CRISES] == sorted(first for _, first, _ in CRISES)
    assert all(isinstance(first, date) and first < last for _, first, last in CRISES)

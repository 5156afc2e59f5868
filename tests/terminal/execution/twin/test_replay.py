"""The engine's side, from a real simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from terminal.backtest.account import Account
from terminal.backtest.costs import Costs
from terminal.backtest.engine import simulate
from terminal.execution.twin import PARTS, compare, replayed
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe

N = 8
CLOSE = np.column_stack([100.0 + np.arange(N), 50.0 - np.arange(N)])
TS = np.datetime64("2026-03-02T05:00", "ns") + np.arange(N).astype("timedelta64[D]")
PANEL = Panel(
    Timeframe.DAY_1, "XNYS", ("AAA", "BBB"), TS, TS + np.timedelta64(16, "h"), open=CLOSE - 0.5,
    high=CLOSE + 1, low=CLOSE - 1, close=CLOSE, volume=np.full((N, 2), 1e6),
    split=np.ones((N, 2)), dividend=np.zeros((N, 2)),
)  # fmt: skip
TARGETS = np.array([[0.5, 0.2], [0.5, 0.2], [0.3, 0.2], [0.3, np.nan], [0.3, 0.2], [0.0, 0.2],
                    [0.0, 0.0], [0.0, 0.0]])  # fmt: skip


@pytest.fixture(scope="module")
def run() -> tuple[pd.DataFrame, pd.DataFrame, float]:
    costs = Costs(commission_per_share=0.01, half_spread_bps=5.0)
    made = simulate(PANEL, TARGETS, Account(100_000.0), costs)
    targets = pd.DataFrame(TARGETS, index=made.curve.index, columns=list(PANEL.symbols))
    return targets, made.fills, float(made.curve["equity"].iloc[-1]) - 100_000.0


def test_each_fill_belongs_to_the_bar_it_was_decided_on(
    run: tuple[pd.DataFrame, pd.DataFrame, float],
) -> None:
    record = replayed(*run)
    index = list(run[0].index)
    made = [(one.symbol, index.index(one.decided_on)) for one in record.fills]
    assert made == [("AAA", 0), ("BBB", 0), ("AAA", 2), ("BBB", 4), ("AAA", 5), ("BBB", 6)]
    assert record.decisions[index[3]] == {"AAA": 0.3, "BBB": None}


def test_the_fills_explain_the_engines_own_profit(
    run: tuple[pd.DataFrame, pd.DataFrame, float],
) -> None:
    record = replayed(*run)
    last = {"AAA": CLOSE[-1, 0], "BBB": CLOSE[-1, 1]}
    earned = sum(f.quantity * (last[f.symbol] - f.price) - f.fee for f in record.fills)
    assert earned == pytest.approx(run[2], abs=1e-6)
    twin = compare(record, record, last)
    assert twin.parts == dict.fromkeys(PARTS, 0.0) and twin.other == 0.0

"""Fills against their bars: those of the engine are in order, planted wrong ones are found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.account import Account, ExitRules
from terminal.backtest.certificate.fills import check_fills
from terminal.backtest.costs import Costs
from terminal.backtest.engine import simulate
from tests.terminal.backtest.panels import examples, panel, random_panel, random_targets, seeds

ROWS = [10.0, 11.0, 12.0, 13.0, 14.0]
BARS = panel(ROWS, ROWS, high=[row + 0.5 for row in ROWS], low=[row - 0.5 for row in ROWS])
TARGETS = np.array([[np.nan], [1.0], [1.0], [0.0], [0.0]])


@examples(60)
@given(seed=seeds, n_bars=st.integers(3, 80), n=st.integers(1, 4), close_only=st.booleans())
def test_every_fill_of_the_engine_is_in_order(
    seed: int, n_bars: int, n: int, close_only: bool
) -> None:
    bars = random_panel(seed, n_bars, n, close_only=close_only)
    targets = random_targets(seed, bars, long_only=False)
    exits = ExitRules(stop_loss=0.04, take_profit=0.05, trailing_stop=0.06)
    account = Account(long_only=False, lot=0.0, leverage=2.0, maintenance=0.3)
    done = simulate(bars, targets, account, Costs(slippage_bps=20.0, half_spread_bps=5.0), exits)
    found = check_fills(done.fills, targets, bars)
    assert found.passed, found.first
    assert found.fills + found.booked == len(done.fills)


def made(bar: int, price: float, reason: str = "order") -> pd.DataFrame:
    honest = simulate(BARS, TARGETS, Account()).fills
    assert check_fills(honest, TARGETS, BARS).passed and len(honest) == 2
    row = honest.iloc[:1].assign(bar=bar, reference_price=price, reason=reason)
    return pd.concat([row, honest.iloc[1:]], ignore_index=True)


@pytest.mark.parametrize(
    ("bar", "price", "early", "outside", "words"),
    [
        (2, 12.0, 0, 0, ""),
        (1, 11.0, 1, 0, "A at bar 1, 11, before its decision"),
        (0, 10.0, 1, 0, "A at bar 0, 10, before its decision"),
        (2, 11.4, 0, 1, "A at bar 2, 11.4, outside 11.5 to 12.5"),
        (2, 12.6, 0, 1, "A at bar 2, 12.6, outside 11.5 to 12.5"),
    ],
)
def test_a_planted_wrong_fill_is_found(
    bar: int, price: float, early: int, outside: int, words: str
) -> None:
    found = check_fills(made(bar, price), TARGETS, BARS)
    assert (found.early, found.outside, found.first) == (early, outside, words)
    assert found.passed is not bool(words)


def test_entries_at_a_last_known_price_are_no_trades() -> None:
    found = check_fills(made(4, 99.0, "delisted"), TARGETS, BARS)
    assert found.passed and (found.fills, found.booked) == (1, 1)


def test_no_fill_at_all_is_nothing_wrong() -> None:
    none = simulate(BARS, 0 * TARGETS, Account()).fills
    assert check_fills(none, 0 * TARGETS, BARS).fills == 0

"""Round trips, first in first out, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from terminal.backtest.account import Account
from terminal.backtest.costs import FREE, Costs
from terminal.backtest.engine import simulate
from terminal.backtest.trades import COLUMNS, round_trips
from terminal.market.panel import Panel
from tests.terminal.backtest.panels import NAN, panel


def trades_of(
    bars: Panel,
    targets: list[float],
    *,
    costs: Costs = FREE,
    fractional: bool = True,
    capital: float = 1_000.0,
) -> pd.DataFrame:
    table = np.array(targets, dtype=np.float64)[:, None]
    found = simulate(
        bars,
        table,
        Account(capital=capital, lot=0.0 if fractional else 1.0, long_only=False),
        costs,
    )
    return round_trips(bars, found.fills)


def test_a_long_round_trip() -> None:
    bars = panel(
        [10, 12, 8, 15, 14], [10, 10, 11, 9, 14], high=[10, 13, 11, 16, 14], low=[10, 9, 7, 9, 14]
    )
    (trade,) = trades_of(bars, [1, 1, 1, 0, 0], costs=Costs(commission_minimum=1.0)).to_dict(
        "records"
    )
    # 99.9 units at 10 are what 999 buys; sold at 14: 399.60 less two commissions
    assert (trade["symbol"], trade["side"], trade["open"]) == ("A", "long", False)
    assert trade["quantity"] == pytest.approx(99.9)
    assert (trade["entry_price"], trade["exit_price"]) == (10, 14)
    assert trade["pnl"] == pytest.approx(99.9 * 4 - 2)
    assert trade["return"] == pytest.approx((99.9 * 4 - 2) / 999)
    assert trade["costs"] == pytest.approx(2.0)
    assert trade["bars_held"] == 3
    assert trade["entry_ts"] == pd.Timestamp("2024-01-02 14:30", tz="UTC")
    assert trade["exit_ts"] == pd.Timestamp("2024-01-05 14:30", tz="UTC")
    assert trade["mae"] == pytest.approx(-0.3)  # the low of 7
    assert trade["mfe"] == pytest.approx(0.6)  # the high of 16


def test_what_the_price_does_after_the_exit_is_not_the_trades() -> None:
    """Sold at the open of 10; the bar's later high of 30 and low of 1 belong to nobody."""
    bars = panel([10, 10, 10], [10, 10, 10], high=[10, 11, 30], low=[10, 9, 1])
    (trade,) = trades_of(bars, [1, 0, 0]).to_dict("records")
    assert (trade["mae"], trade["mfe"]) == (pytest.approx(-0.1), pytest.approx(0.1))


def test_a_gap_at_the_exit_is_the_trades() -> None:
    bars = panel([10, 10, 5], [10, 10, 6], high=[10, 10, 6], low=[10, 10, 5])
    (trade,) = trades_of(bars, [1, 0, 0]).to_dict("records")
    assert trade["mae"] == pytest.approx(-0.4)


def test_a_short_round_trip_gains_when_the_price_falls() -> None:
    bars = panel([10, 9, 8], [10, 10, 8], high=[10, 12, 8], low=[10, 9, 8])
    (trade,) = trades_of(bars, [-1, 0, 0]).to_dict("records")
    assert trade["side"] == "short"
    assert trade["pnl"] == pytest.approx(200)
    assert (trade["mae"], trade["mfe"]) == (pytest.approx(-0.2), pytest.approx(0.2))


def test_first_in_first_out_across_two_entries() -> None:
    """50 units at 10, 25 more at 20; 60 sold at 30: the 50 and 10 of the 25."""
    bars = panel([10] * 4, [10] * 4)
    fills = pd.DataFrame(
        {
            "bar": [0, 1, 2],
            "symbol": "A",
            "side": ["buy", "buy", "sell"],
            "quantity": [50.0, 25.0, 60.0],
            "price": [10.0, 20.0, 30.0],
            "commission": [5.0, 5.0, 6.0],
            "spread": 0.0,
            "slippage": 0.0,
            "impact": 0.0,
            "reason": "order",
        }
    )
    found = round_trips(bars, fills)
    assert found["quantity"].tolist() == [50, 10, 15]
    assert found["entry_price"].tolist() == [10, 20, 20]
    assert found["exit_price"].tolist() == [30, 30, 10]  # the rest is marked at the last close
    np.testing.assert_allclose(found["pnl"], [50 * 20 - 5 - 5, 10 * 10 - 2 - 1, 15 * -10 - 3])
    assert found["open"].tolist() == [False, False, True]


def test_a_split_inside_a_trade_changes_units_and_price_but_not_the_profit() -> None:
    bars = panel([10, 10, 5, 6], [10, 10, 5, 6], split={(2, 0): 2.0})
    (trade,) = trades_of(bars, [1, 1, 0, 0]).to_dict("records")
    assert trade["quantity"] == pytest.approx(100)  # units of the entry
    assert trade["exit_price"] == pytest.approx(12)  # per unit of the entry
    assert trade["pnl"] == pytest.approx(200)
    assert trade["mae"] == pytest.approx(0.0)


def test_dividends_belong_to_the_trade_that_received_them() -> None:
    bars = panel([10] * 4, [10] * 4, dividend={(2, 0): 0.5})
    assert trades_of(bars, [1, 1, 0, 0])["pnl"].tolist() == [pytest.approx(50)]
    assert trades_of(bars, [-1, -1, 0, 0])["pnl"].tolist() == [pytest.approx(-50)]


def test_an_open_trade_is_marked_at_the_last_known_close() -> None:
    (trade,) = trades_of(panel([10, 10, 13], [10, 10, 12]), [1, 1, 1]).to_dict("records")
    assert trade["open"] is True and trade["exit_price"] == 13
    assert trade["pnl"] == pytest.approx(300)


def test_what_was_delisted_is_closed_not_open() -> None:
    bars = panel([[10, 1], [10, 1], [12, 1], [NAN, 1]], [[10, 1], [10, 1], [12, 1], [NAN, 1]])
    targets = np.array([[1.0, 0.0]] * 4)
    found = simulate(bars, targets, Account(capital=1_000.0, lot=0.0), FREE)
    (trade,) = round_trips(bars, found.fills).to_dict("records")
    assert (
        trade["open"] is False and trade["exit_price"] == 12 and trade["mfe"] == pytest.approx(0.2)
    )


def test_no_fills_make_an_empty_frame_with_the_right_columns_and_types() -> None:
    bars = panel([10, 10])
    found = trades_of(bars, [0, 0])
    full = trades_of(panel([10] * 3), [1, 0, 0])
    assert list(found.columns) == list(COLUMNS) and len(found) == 0
    assert found.dtypes.to_dict() == full.dtypes.to_dict()

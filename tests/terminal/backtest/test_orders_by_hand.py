"""Each rule of orders in docs/engine.md, worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from terminal.backtest.account import Account
from terminal.backtest.costs import Costs
from terminal.backtest.orders import simulate_orders
from terminal.errors import InputError
from terminal.market.panel import Panel
from terminal.strategies.orders import Order, bracket
from tests.terminal.backtest.panels import intraday, panel

FLAT = panel([10] * 5, [10] * 5)


def fills(
    bars: Panel, orders: Sequence[Order], costs: Costs | None = None, **terms: Any
) -> list[tuple[int, float, float]]:
    """(bar, signed units, reference price) of every fill."""
    account = Account(**{"capital": 10_000.0, "long_only": False, **terms})
    found = simulate_orders(bars, orders, account, costs or Costs())[0].fills
    signed = found["quantity"].where(found["side"] == "buy", -found["quantity"])
    return list(zip(found["bar"], signed, found["reference_price"], strict=True))


def fates(bars: Panel, orders: Sequence[Order], **terms: Any) -> list[str]:
    account = Account(**{"capital": 10_000.0, "long_only": False, **terms})
    return simulate_orders(bars, orders, account)[1]["status"].tolist()


def test_a_market_order_fills_at_the_next_open() -> None:
    assert fills(panel([10, 11], [10, 10.5]), [Order(0, "A", 7)]) == [(1, 7, 10.5)]


def test_a_limit_fills_where_the_bar_touches_it_and_at_a_better_open() -> None:
    bars = panel([10, 10, 9.2], [10, 10, 9], low=[10, 9.6, 8.9], high=[10, 10, 9.5])
    assert fills(bars, [Order(0, "A", 5, "limit", limit=9.6)]) == [(1, 5, 9.6)]
    assert fills(bars, [Order(0, "A", 5, "limit", limit=9.5)]) == [(2, 5, 9.0)]
    assert fills(bars, [Order(0, "A", 5, "limit", limit=8.0)]) == []


def test_a_resting_limit_pays_no_spread_and_one_that_takes_never_more_than_its_limit() -> None:
    bars = panel([10, 10], [10, 10], low=[10, 9.5])
    costs = Costs(half_spread_bps=100.0, slippage_bps=100.0)
    account = Account(10_000.0)
    resting, taking = (
        simulate_orders(bars, [Order(0, "A", 5, "limit", limit=limit)], account, costs)[0].fills
        for limit in (9.6, 10.1)
    )
    assert resting["price"].tolist() == [9.6] and resting["spread"].tolist() == [0.0]
    assert taking["price"].tolist() == [10.1]
    assert taking["spread"].tolist() == taking["slippage"].tolist() == [pytest.approx(0.25)]


def test_a_stop_fills_at_its_level_or_at_an_open_beyond_it() -> None:
    bars = panel([10, 10.4, 12], [10, 10, 11.5], high=[10, 10.5, 12])
    assert fills(bars, [Order(0, "A", 5, "stop", stop=10.4)]) == [(1, 5, 10.4)]
    assert fills(bars, [Order(0, "A", 5, "stop", stop=11.0)]) == [(2, 5, 11.5)]


def test_a_stop_limit_does_not_chase_a_gap() -> None:
    bars = panel([10, 11.6, 11], [10, 11.5, 11.4], low=[10, 11.4, 10.9], high=[10, 11.8, 11.4])
    assert fills(bars, [Order(0, "A", 5, "stop limit", stop=10.5, limit=11.0)]) == [(2, 5, 11.0)]
    within = panel([10, 10.6], [10, 10], high=[10, 10.8])
    assert fills(within, [Order(0, "A", 5, "stop limit", stop=10.5, limit=10.7)]) == [(1, 5, 10.5)]


@pytest.mark.parametrize(("unit", "trail", "level"), [("amount", 1.0, 11.0), ("share", 0.1, 10.8)])
def test_a_trailing_stop_follows_the_best_price_of_the_bars_before(
    unit: str, trail: float, level: float
) -> None:
    """Best prices: 10 (last close), then 12; the dip of bar 1 is measured against 10."""
    bars = panel([10, 11.8, 10.5], [10, 10, 11.9], high=[10, 12, 11.9], low=[10, 9.5, 10])
    orders = [Order(0, "A", 10), Order(0, "A", -10, "trailing stop", trail=trail, trail_unit=unit)]
    assert fills(bars, orders) == [(1, 10, 10), (2, -10, pytest.approx(level))]


def test_orders_on_open_and_close_wait_for_the_session() -> None:
    """Sessions of two bars: decided within one, filled at the next one's ends."""
    bars = intraday(panel([10, 11, 12, 13, 14, 15], [10, 10.5, 11.5, 12.5, 13.5, 14.5]), 2)
    assert fills(bars, [Order(0, "A", 5, "market on open")]) == [(2, 5, 11.5)]
    assert fills(bars, [Order(1, "A", 5, "market on close")]) == [(3, 5, 13)]
    assert fates(bars, [Order(0, "A", 5, "limit", limit=5, day=True)]) == ["expired"]
    assert fates(bars, [Order(0, "A", 5, "limit", limit=5)]) == ["working"]


def test_in_a_bar_that_touches_both_legs_of_a_bracket_the_stop_is_taken() -> None:
    bars = panel([10, 10, 10], [10, 10, 10], high=[10, 10, 11], low=[10, 10, 9])
    orders = [bracket(Order(0, "A", 10), stop_loss=9.5, take_profit=10.5)]
    assert fills(bars, orders) == [(1, 10, 10), (2, -10, 9.5)]
    assert fates(bars, orders) == ["filled", "filled", "cancelled"]


def test_after_an_entry_within_the_bar_its_stop_counts_and_its_target_does_not() -> None:
    bars = panel([10, 10], [10, 10], high=[10, 11], low=[10, 9])
    by_limit = bracket(Order(0, "A", 10, "limit", limit=9.8), stop_loss=9.5, take_profit=10.5)
    assert fills(bars, [by_limit]) == [(1, 10, 9.8), (1, -10, 9.5)]
    above = panel([10, 10.8], [10, 10], high=[10, 11], low=[10, 9.9])
    by_stop = bracket(Order(0, "A", 10, "stop", stop=10.2), stop_loss=9.5, take_profit=10.5)
    assert fills(above, [by_stop]) == [(1, 10, 10.2)]


def test_a_stop_nearer_than_the_price_its_parent_paid_fills_there() -> None:
    bars = panel([10, 10], [10, 10], high=[10, 11], low=[10, 9])
    entry = bracket(Order(0, "A", 10, "limit", limit=9.5), stop_loss=9.8)
    assert fills(bars, [entry]) == [(1, 10, 9.5), (1, -10, 9.5)]


def test_children_of_an_order_that_never_filled_are_cancelled() -> None:
    bars = intraday(FLAT, 5)
    entry = bracket(Order(0, "A", 10, "limit", limit=5, day=True), stop_loss=4)
    assert fates(bars, [entry]) == ["expired", "cancelled"]


def test_of_alternatives_one_fills() -> None:
    bars = panel([10, 10.5], [10, 10], high=[10, 11], low=[10, 9])
    pair = [
        Order(0, "A", 10, "stop", stop=10.5, group=1),
        Order(0, "A", -10, "stop", stop=9.5, group=1),
    ]
    assert fills(bars, pair) == [(1, 10, 10.5)]
    assert fates(bars, pair) == ["filled", "cancelled"]


def test_what_reduces_is_served_before_what_adds() -> None:
    bars = panel([[10, 10]] * 3, [[10, 10]] * 3)
    orders = [Order(0, "A", 100), Order(1, "B", 100), Order(1, "A", -100)]
    assert [fill[:2] for fill in fills(bars, orders, capital=1_000.0)] == [
        (1, 100),
        (2, -100),
        (2, 100),
    ]


def test_orders_of_one_side_share_the_cash_in_the_order_of_their_arrival() -> None:
    bars = panel([[10, 10]] * 2, [[10, 10]] * 2)
    orders = [Order(0, "B", 70), Order(0, "A", 70)]
    assert fills(bars, orders, capital=1_000.0) == [(1, 70, 10), (1, 30, 10)]
    assert fates(bars, orders, capital=1_000.0) == ["filled", "rejected"]


def test_volume_leaves_the_rest_waiting_and_the_rest_of_a_stop_is_a_market_order() -> None:
    bars = panel([10, 9, 9.5], [10, 10, 9.8], high=[10, 10, 10], low=[10, 9, 9.4])
    bars = replace(bars, volume=np.array([[0.0], [160], [1_000]]))
    orders = [Order(0, "A", 100), Order(0, "A", -100, "stop", stop=9.5)]
    assert fills(bars, orders, participation=1.0) == [(1, 100, 10), (1, -60, 9.5), (2, -40, 9.8)]


def test_a_change_of_sides_is_two_fills() -> None:
    orders = [Order(0, "A", 10), Order(1, "A", -30)]
    assert fills(FLAT, orders) == [(1, 10, 10), (2, -10, 10), (2, -20, 10)]


def test_a_long_only_account_sells_what_it_has() -> None:
    orders = [Order(0, "A", -5), Order(0, "A", 10), Order(1, "A", -30)]
    assert fills(FLAT, orders, long_only=True) == [(1, 10, 10), (2, -10, 10)]
    assert fates(FLAT, orders, long_only=True) == ["rejected", "filled", "filled"]


def test_reduce_only_never_opens() -> None:
    orders = [Order(0, "A", 10), Order(1, "A", -30, reduce_only=True)]
    assert fills(FLAT, orders) == [(1, 10, 10), (2, -10, 10)]
    assert fates(FLAT, [Order(0, "A", -30, "stop", stop=5, reduce_only=True)]) == ["cancelled"]


def test_a_split_changes_orders_as_it_changes_the_position() -> None:
    bars = panel([10, 10, 5, 5], [10, 10, 5, 5], low=[10, 10, 4.9, 4.5], split={(2, 0): 2.0})
    orders = [bracket(Order(0, "A", 10), stop_loss=9.5)]
    assert fills(bars, orders) == [(1, 10, 10), (3, -20, 4.75)]


def test_delisting_cancels_what_waits() -> None:
    nan = math.nan
    bars = panel([[10, 1], [10, 1], [nan, 1]], [[10, 1], [10, 1], [nan, 1]])
    assert fates(bars, [Order(0, "A", 10, "limit", limit=5)]) == ["cancelled"]


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (Order(0, "A", 5, "iceberg"), "kind"),
        (Order(0, "Z", 5), "symbol"),
        (Order(0, "A", 0), "quantity"),
        (Order(0, "A", math.inf), "quantity"),
        (Order(-1, "A", 5), "bar"),
        (Order(0, "A", 5, "limit"), "limit"),
        (Order(0, "A", 5, "market", limit=9), "limit"),
        (Order(0, "A", 5, "stop", stop=-1), "stop"),
        (Order(0, "A", 5, "trailing stop", trail=1.5, trail_unit="share"), "trail"),
        (Order(0, "A", 5, "trailing stop", trail=1, trail_unit="ticks"), "trail_unit"),
        (Order(0, "A", 5, children=(Order(0, "A", 5),)), "children"),
        (Order(0, "A", 5, children=(Order(0, "A", -5, children=(Order(0, "A", 5),)),)), "children"),
    ],
)
def test_an_order_that_cannot_be_is_refused_by_place_and_field(order: Order, field: str) -> None:
    with pytest.raises(InputError) as caught:
        simulate_orders(FLAT, [Order(0, "A", 1), order], Account())
    assert caught.value.field == field and caught.value.row == 2 and caught.value.remedy

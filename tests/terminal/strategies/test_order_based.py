"""Strategies that place orders: what they ask for, and that they ask without hindsight."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.account import Account
from terminal.backtest.events import EventRun, decided_weights, decisions, simulate_events
from terminal.backtest.truncation import truncation_check
from terminal.errors import InputError
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe
from terminal.strategies.order_based import BREAKOUT, DIP, BreakoutParams, DipParams
from terminal.strategies.strategy import Strategy
from tests.terminal.backtest.panels import examples, panel, random_panel, seeds

SHORT = {
    BREAKOUT.slug: BreakoutParams(channel=4, atr=3, stop=1.0, target=2.0, longest=6),
    DIP.slug: DipParams(average=6, atr=3, depth=0.3, stop=1.0, target=1.0, longest=4),
}
each = pytest.mark.parametrize("strategy", [BREAKOUT, DIP], ids=lambda strategy: strategy.slug)


def run(bars: Panel, strategy: Strategy, params: Any, **terms: Any) -> EventRun:
    assert strategy.start is not None
    account = Account(**{"capital": 100_000.0, "lot": 0.0, "long_only": False, **terms})
    return simulate_events(bars, strategy.start(bars.symbols, params), account)


@each
@examples(25)
@given(
    seed=seeds,
    n_bars=st.integers(12, 80),
    n=st.integers(1, 4),
    close_only=st.booleans(),
    places=st.sets(st.integers(1, 79), min_size=1, max_size=3),
)
def test_decisions_are_the_same_when_the_future_is_hidden(
    strategy: Strategy, seed: int, n_bars: int, n: int, close_only: bool, places: set[int]
) -> None:
    bars = random_panel(seed, n_bars, n, close_only=close_only)
    able = replace(strategy, targets=decided_weights(strategy, Account(long_only=False)))
    found = truncation_check(able, SHORT[strategy.slug], bars, cuts=tuple(places))
    assert found.passed, f"bar {found.bar} of {found.symbol}, cuts {found.cuts}"


@each
@pytest.mark.parametrize("seed", range(3))
def test_within_sessions_too(strategy: Strategy, seed: int) -> None:
    """Day orders end with a session; which bar is its last is known from the calendar."""
    bars = random_panel(seed, 70, 2, volatility=0.02)
    day = np.repeat(bars.ts[:14], 5)  # 09:30 to 16:00 in bars of 78 minutes
    ts = day + np.tile(np.arange(5) * np.timedelta64(78, "m"), 14)
    close_ts = ts + np.timedelta64(78, "m")
    bars = replace(bars, ts=ts, close_ts=close_ts, timeframe=Timeframe.HOUR_1)
    able = replace(strategy, targets=decided_weights(strategy, Account(long_only=False)))
    found = truncation_check(able, SHORT[strategy.slug], bars, cuts=range(8, 70))
    assert found.passed, f"bar {found.bar} of {found.symbol}"


def test_a_look_ahead_in_orders_is_caught() -> None:
    """Orders at a price that only the next bar knows, found by the same check."""
    bars = random_panel(7, 60, 2, ragged=False)

    def seeing(symbols: tuple[str, ...], _params: Any) -> Any:
        inner = BREAKOUT.start(symbols, SHORT[BREAKOUT.slug])  # type: ignore[misc]

        def on_bar(context: Any) -> None:
            following = context._loop.panel.close[context.bar + 1 : context.bar + 2, 0]
            if len(following) and following[0] > context.history("close", 1)[0, 0]:
                inner(context)

        return on_bar

    looking = replace(BREAKOUT, start=seeing)
    able = replace(looking, targets=decided_weights(looking, Account(long_only=False)))
    assert not truncation_check(able, None, bars, cuts=range(10, 60, 3)).passed


@each
@pytest.mark.parametrize("seed", range(3))
def test_something_is_traded_and_nothing_before_the_warm_up(strategy: Strategy, seed: int) -> None:
    params = SHORT[strategy.slug]
    bars = random_panel(seed, 120, 3, ragged=False, volatility=0.02)
    done = run(bars, strategy, params)
    assert len(done.simulation.fills) > 4
    first = np.flatnonzero(np.isfinite(decisions(done, bars)).any(axis=1))[0]
    assert first == strategy.warmup(params) or first >= strategy.warmup(params) - 1


def test_a_breakout_risks_its_share_of_equity() -> None:
    """A channel of 4 bars from 9 to 11, ATR 2: buy at 11 with the stop at 9, 1 % of 100,000."""
    high, low = [11.0] * 6, [9.0] * 6
    bars = panel([10.0] * 6, [10.0] * 6, high=high, low=low)
    params = BreakoutParams(channel=4, atr=3, stop=1.0, target=2.0, risk=1.0, most=50.0)
    done = run(bars, BREAKOUT, params)
    buy, sell = done.placed[0].orders
    assert (buy.stop, buy.quantity, buy.kind, buy.day) == (11.0, 500.0, "stop", True)
    assert [child.stop for child in buy.children[:1]] == [9.0]
    assert [child.limit for child in buy.children[1:]] == [15.0]
    assert (sell.stop, sell.quantity) == (9.0, -500.0) and sell.group == buy.group


def test_the_largest_position_bounds_the_risk() -> None:
    bars = panel([10.0] * 6, [10.0] * 6, high=[10.1] * 6, low=[9.9] * 6)
    params = BreakoutParams(channel=4, atr=3, stop=1.0, target=0.0, risk=5.0, most=10.0)
    buy = run(bars, BREAKOUT, params).placed[0].orders[0]
    assert buy.quantity * buy.stop == pytest.approx(10_000)
    assert len(buy.children) == 1  # no target


def test_a_dip_is_bought_below_a_rising_close_only() -> None:
    close = np.arange(10.0, 20.0)
    bars = panel(close, close, high=close + 0.5, low=close - 0.5)
    params = DipParams(average=6, atr=3, depth=1.0, stop=1.0)
    orders = [order for placed in run(bars, DIP, params).placed for order in placed.orders]
    assert orders and all(order.quantity > 0 and order.kind == "limit" for order in orders)
    # true range: from the close before (1 lower) to the high half above the close
    assert orders[0].limit == pytest.approx(15.0 - 1.5)


def test_a_position_ends_in_time() -> None:
    bars = random_panel(2, 200, 2, ragged=False, events=False, volatility=0.02)
    params = replace(SHORT[DIP.slug], longest=2, stop=20.0, target=0.0)
    held = run(bars, DIP, params).simulation.positions.to_numpy()
    longest = max(
        len(part)
        for column in held.T
        for part in "".join("x" if units else " " for units in column).split()
    )
    assert 1 <= longest <= 3


def test_weights_are_not_to_be_had() -> None:
    with pytest.raises(InputError, match="places orders") as caught:
        BREAKOUT.targets(panel([1, 2]), BreakoutParams())
    assert caught.value.field == "strategy"

"""A strategy that is asked after every bar trades as the same orders known beforehand do."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.account import Account, ExitRules
from terminal.backtest.costs import Costs
from terminal.backtest.events import simulate_events
from terminal.backtest.orders import simulate_orders
from terminal.errors import InputError
from terminal.market.panel import Panel
from terminal.strategies.events import Context
from terminal.strategies.orders import Order, bracket
from tests.terminal.backtest.panels import examples, panel, panels, seeds
from tests.terminal.backtest.slow_orders import random_orders
from tests.terminal.backtest.test_engine_against_slow_engine import SOME_COSTS, SOME_EXITS, accounts

BARS = panel([10, 11, 12, 13], [10, 10.5, 11.5, 12.5], high=[10, 11, 12, 13.5])


@examples(60)
@given(panels(volatility=0.06), seeds, SOME_COSTS, SOME_EXITS, accounts())
def test_the_same_orders_in_time_and_beforehand_lead_to_the_same(
    bars: Panel, seed: int, costs: Costs, exits: ExitRules, account: Account
) -> None:
    account, exits = replace(account, long_only=False), replace(exits, atr_bars=14)
    stream = random_orders(seed, bars.n_bars, bars.symbols, bars.close)
    by_bar = defaultdict(list)
    for order in stream:
        by_bar[order.bar].append(order)

    def on_bar(context: Context) -> None:
        for order in by_bar[context.bar]:
            context.submit(order)

    asked = simulate_events(bars, on_bar, account, costs, exits)
    known, fates = simulate_orders(bars, stream, account, costs, exits)
    assert asked.simulation.fills.equals(known.fills)
    assert asked.simulation.curve.equals(known.curve)
    if asked.simulation.curve["equity"].iloc[-1] > 0:  # a ruined strategy is asked no more
        assert asked.orders.equals(fates)


def test_a_context_knows_this_bar_and_nothing_after_it() -> None:
    seen = []

    def on_bar(context: Context) -> None:
        assert context.history("close", 99)[-1, 0] == BARS.close[context.bar, 0]
        assert len(context.history("close", 99)) == len(context.times(99)) == context.bar + 1
        assert context.history("high", 2).shape == (min(2, context.bar + 1), 1)
        assert (context.ts, context.close_ts) == (BARS.ts[context.bar], BARS.close_ts[context.bar])
        seen.append((context.bar, dict(context.positions), [f.quantity for f in context.fills]))
        if context.bar == 0:
            context.submit(Order(0, "A", 3))

    simulate_events(BARS, on_bar, Account(1_000.0))
    assert seen == [(0, {}, []), (1, {"A": 3}, [3]), (2, {"A": 3}, [])]


def test_history_is_in_units_of_this_bar() -> None:
    bars = panel([10, 10, 5.5], [10, 10, 5], split={(2, 0): 2.0})
    bars = replace(bars, volume=np.array([[100.0], [100], [200]]))
    bars = replace(bars, **{
        name: np.vstack([getattr(bars, name), getattr(bars, name)[-1:]])
        for name in ("open", "high", "low", "close", "volume", "dividend")
    }, split=np.array([[1.0], [1], [2], [1]]), ts=np.append(bars.ts, bars.ts[-1:] + 1),
        close_ts=np.append(bars.close_ts, bars.close_ts[-1:] + 1))  # fmt: skip
    seen = {}

    def on_bar(context: Context) -> None:
        seen[context.bar] = [context.history(f, 9)[:, 0].tolist() for f in ("close", "volume")]

    simulate_events(bars, on_bar, Account())
    assert seen[1] == [[10, 10], [100, 100]]
    assert seen[2] == [[5, 5, 5.5], [200, 200, 200]]


def test_an_order_can_be_taken_back_with_its_children() -> None:
    def on_bar(context: Context) -> None:
        if context.bar == 0:
            entry = Order(0, "A", 5, "limit", limit=9)
            assert context.submit(bracket(entry, stop_loss=8, take_profit=14)) == 0
            assert context.submit(Order(0, "A", 2)) == 3
        if context.bar == 1:
            assert [order.id for order in context.open_orders] == [0, 1, 2]
            assert context.cancel(0) and not context.cancel(0) and not context.cancel(3)
            assert context.open_orders == ()

    done = simulate_events(BARS, on_bar, Account())
    assert done.orders["status"].tolist() == ["cancelled", "cancelled", "cancelled", "filled"]
    assert [(p.bar, len(p.orders), p.cancelled) for p in done.placed] == [(0, 2, ()), (1, 0, (0,))]


def test_the_last_close_is_not_asked_for_nothing_could_follow() -> None:
    asked: list[int] = []
    simulate_events(BARS, lambda context: asked.append(context.bar), Account())
    assert asked == [0, 1, 2]


def test_after_ruin_nobody_is_asked() -> None:
    asked: list[int] = []
    bars = panel([10, 10, 30, 30], [10, 10, 10, 30])

    def on_bar(context: Context) -> None:
        asked.append(context.bar)
        context.submit(Order(0, "A", -100)) if context.bar == 0 else None

    done = simulate_events(bars, on_bar, Account(1_000.0, long_only=False))
    assert asked == [0, 1] and any("All equity was lost" in note for note in done.simulation.notes)


@pytest.mark.parametrize(
    "act",
    [
        lambda context: context.submit(Order(0, "Z", 1)),
        lambda context: context.history("vwap", 3),
        lambda context: context.cancel(7),
    ],
)
def test_what_cannot_be_is_refused(act) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError) as caught:
        simulate_events(BARS, act, Account())
    assert caught.value.field and caught.value.remedy


@examples(40)
@given(panels(volatility=0.06), seeds, st.integers(2, 80))
def test_a_strategy_on_shorter_data_does_the_same_until_there(
    bars: Panel, seed: int, cut: int
) -> None:
    cut = min(cut, bars.n_bars)
    if not np.isfinite(bars.close[cut - 1]).all():
        bars = replace(bars, close=np.where(np.isfinite(bars.close[cut - 1]), bars.close, np.nan))

    def on_bar(context: Context) -> None:
        closes = context.history("close", 5)
        for j, symbol in enumerate(context.symbols):
            held = context.positions.get(symbol, 0.0)
            if np.isfinite(closes[:, j]).sum() > 2 and held == 0:
                level = float(np.nanmax(closes[:, j]))
                entry = Order(0, symbol, 5, "stop", stop=level, day=True)
                context.submit(bracket(entry, stop_loss=0.95 * level, take_profit=1.05 * level))

    whole = simulate_events(bars, on_bar, Account())
    part = simulate_events(bars.truncated(cut), on_bar, Account())
    assert (
        part.simulation.curve["equity"].tolist() == whole.simulation.curve["equity"].tolist()[:cut]
    )
    assert part.placed == tuple(item for item in whole.placed if item.bar < cut - 1)

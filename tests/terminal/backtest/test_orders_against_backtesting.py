"""backtesting.py makes the same trades of the same orders, where its conventions can say them.

The same there: orders of a bar's close work from the next bar; market orders fill at the open,
limits at the limit or a better open, stops at the level or a worse open; brackets of a market entry
work from the bar of the entry on, the stop before the target. Not compared, because its rules are
others: brackets of limit and stop entries (they wake a bar later there), levels that the entry's
open has jumped, a stop limit whose stop and limit lie in one bar, buying power (an order that is
too large is dropped whole there), several instruments.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from terminal.backtest.account import Account
from terminal.backtest.events import simulate_events
from terminal.market.panel import Panel
from terminal.strategies.events import Context
from terminal.strategies.orders import Order, bracket
from tests.effort import cases
from tests.terminal.backtest.panels import random_panel

CASH = 1e9
Plan = Mapping[int, Order]
Trades = list[tuple[int, int, float, float, float]]
"""(entry bar, exit bar, signed units, entry price, exit price) of each finished trade."""


def plan_of(bars: Panel, seed: int, kind: str) -> Plan:
    """An entry every few bars, with a bracket where it is a market order."""
    generator = np.random.default_rng(seed)
    plan = {}
    for bar in range(1, bars.n_bars - 1, 3):
        close, side = float(bars.close[bar, 0]), float(generator.choice([-1.0, 1.0]))
        away = close * generator.uniform(0.03, 0.06)
        units = side * float(generator.integers(1, 50))
        order = Order(bar, "A", units, kind)
        if kind == "limit":
            order = Order(bar, "A", units, kind, limit=close - side * away, day=False)
        elif kind == "stop":
            order = Order(bar, "A", units, kind, stop=close + side * away)
        else:
            order = bracket(order, stop_loss=close - side * away, take_profit=close + side * away)
        plan[bar] = order
    return plan


def ours(bars: Panel, plan: Plan, hold: int) -> Trades:
    """Our engine, asked after every bar: one position or waiting entry at a time."""
    opened: dict[str, int] = {}

    def on_bar(context: Context) -> None:
        if "A" in context.positions:
            opened.setdefault("A", context.bar)
            if context.bar - opened["A"] >= hold:
                context.submit(Order(0, "A", -context.positions["A"]))
            return
        opened.clear()
        if context.bar in plan:
            for waiting in context.open_orders:
                context.cancel(waiting.id)
            context.submit(plan[context.bar])

    done = simulate_events(bars, on_bar, Account(CASH, long_only=False))
    fills = done.simulation.fills
    signed = fills["quantity"].where(fills["side"] == "buy", -fills["quantity"]).to_numpy()
    rows = list(zip(fills["bar"], signed, fills["price"], strict=True))
    pairs = zip(rows[::2], rows[1::2], strict=False)
    return [(int(a[0]), int(b[0]), float(a[1]), a[2], b[2]) for a, b in pairs]


def theirs(bars: Panel, plan: Plan, hold: int) -> Trades:
    """The same with backtesting.py."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from backtesting import Backtest, Strategy

        class Plays(Strategy):
            def init(self) -> None:
                self.opened = -1

            def next(self) -> None:
                bar = len(self.data) - 1
                if self.position:
                    self.opened = bar if self.opened < 0 else self.opened
                    if bar - self.opened >= hold:
                        self.position.close()
                    return
                self.opened = -1
                if bar in plan:
                    for waiting in list(self.orders):
                        waiting.cancel()
                    enter(self, plan[bar])

        frame = pd.DataFrame(
            {name.title(): getattr(bars, name)[:, 0] for name in ("open", "high", "low", "close")},
            index=pd.DatetimeIndex(bars.ts),
        ).assign(Volume=1.0)
        done = Backtest(frame, Plays, cash=CASH, finalize_trades=False).run()
    trades = done["_trades"].sort_values("EntryBar", kind="stable")
    columns = ("EntryBar", "ExitBar", "Size", "EntryPrice", "ExitPrice")
    return [
        (int(a), int(b), float(c), float(d), float(e))
        for a, b, c, d, e in trades[list(columns)].itertuples(index=False)
    ]


def enter(strategy, order: Order) -> None:  # type: ignore[no-untyped-def]
    """One of our orders, said in their words."""
    more = {name: getattr(order, name) for name in ("limit", "stop")}
    given = {name: value for name, value in more.items() if not np.isnan(value)}
    for child in order.children:
        given["sl" if child.kind == "stop" else "tp"] = (
            child.stop if child.kind == "stop" else child.limit
        )
    place = strategy.buy if order.quantity > 0 else strategy.sell
    place(size=int(abs(order.quantity)), **given)


@pytest.mark.parametrize("seed", range(cases(2, 5)))
@pytest.mark.parametrize("kind", ["market", "limit", "stop"])
def test_the_trades_are_backtestings(seed: int, kind: str) -> None:
    bars = random_panel(seed, 300, 1, ragged=False, events=False, volatility=0.02)
    plan = plan_of(bars, seed, kind)
    # there a stop goes before a market order of the same open: brackets end by themselves
    hold = 10_000 if kind == "market" else 9
    found, expected = ours(bars, plan, hold), theirs(bars, plan, hold)
    assert len(expected) > 5
    assert [trade[:3] for trade in found[: len(expected)]] == [trade[:3] for trade in expected]
    np.testing.assert_allclose(
        [trade[3:] for trade in found[: len(expected)]],
        [trade[3:] for trade in expected],
        rtol=1e-12,
    )


def test_an_order_of_another_size_is_noticed() -> None:
    bars = random_panel(1, 300, 1, ragged=False, events=False, volatility=0.02)
    plan = dict(plan_of(bars, 1, "limit"))
    expected = theirs(bars, plan, hold=9)
    bar = expected[2][0] // 3 * 3 - 2
    spoiled = {k: o for k, o in plan.items() if k != bar}
    assert ours(bars, spoiled, hold=9) != ours(bars, plan, hold=9) or bar not in plan

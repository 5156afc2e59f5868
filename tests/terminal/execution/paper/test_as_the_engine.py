"""The exchange fills as a backtest does: the same orders on the same bars, fill for fill."""

from __future__ import annotations

import os
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.backtest.account import Account
from terminal.backtest.costs import Costs
from terminal.backtest.engine import simulate
from terminal.backtest.orders import simulate_orders
from terminal.execution.paper.pricing import Rules
from terminal.strategies.orders import Order
from tests.terminal.execution.paper.small import Small, panel_of

EXAMPLES = int(os.environ.get("ATT_TEST_EXAMPLES", "20"))
COSTS = Costs(half_spread_bps=2, slippage_bps=3, commission_per_share=0.005, sell_fee_bps=0.3)
ROWS = 25
KINDS = ("market", "limit", "stop", "stop limit", "trailing stop", "market on close")


def walk(seed: int) -> list[tuple[float, ...]]:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, ROWS)))
    opened = np.concatenate([[100.0], close[:-1]]) * np.exp(rng.normal(0, 0.01, ROWS))
    high = np.maximum(opened, close) * np.exp(np.abs(rng.normal(0, 0.01, ROWS)))
    low = np.minimum(opened, close) * np.exp(-np.abs(rng.normal(0, 0.01, ROWS)))
    parts = (np.round(part, 2).tolist() for part in (opened, high, low, close))
    return [(*row, 10_000.0) for row in zip(*parts, strict=True)]


@st.composite
def orders(draw: Any, bars: list[tuple[float, ...]]) -> list[Order]:
    """A long position, then buys or sales with prices near the closes of the bars before.

    All on one side: of two opposite orders in one bar the engine serves one, the exchange both.
    """
    out = [Order(0, "AAA", 1000)]
    sign = draw(st.sampled_from([1, -1]))
    for bar in draw(st.lists(st.integers(1, 20), max_size=12).map(sorted)):
        kind = draw(st.sampled_from(KINDS))
        quantity = draw(st.integers(1, 50)) * sign
        near = bars[bar][3]
        off = [round(near * (1 + draw(st.integers(-30, 30)) / 1000), 2) for _ in range(2)]
        day = draw(st.booleans())
        prices = {
            "limit": {"limit": off[0]},
            "stop": {"stop": off[0]},
            "stop limit": {"limit": off[0], "stop": off[1]},
            "trailing stop": {"trail": draw(st.integers(1, 5))},
        }.get(kind, {})
        day = day and kind != "market on close"
        out.append(Order(bar, "AAA", quantity, kind, day=day, **prices))
    return out


def of_the_exchange(bars: list[tuple[float, ...]], sent: list[Order]) -> list[tuple[Any, ...]]:
    """(bar, units, price, commission) of every fill, in order."""
    small = Small({"AAA": bars}, cash="10000000", rules=Rules(costs=COSTS))
    done: list[tuple[Any, ...]] = []
    for bar in range(ROWS):
        if bar:
            small.step()
        for order in sent:
            if order.bar == bar and bar < ROWS - 1:
                tif = "cls" if order.kind == "market on close" else "day" if order.day else "gtc"
                prices = {
                    name: getattr(order, name)
                    for name in ("limit", "stop", "trail")
                    if not np.isnan(getattr(order, name))
                }
                small.order(int(order.quantity), tif=tif, **prices)
        fills = list(small.exchange.state.executions.values())[len(done) :]
        done += [(bar, float(f.signed), float(f.price), float(f.fee)) for f in fills]
    return done


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data(), seed=st.integers(0, 50))
def test_orders_fill_as_in_a_backtest(data: st.DataObject, seed: int) -> None:
    bars = walk(seed)
    sent = data.draw(orders(bars))
    account = Account(10_000_000, lot=1, long_only=False, leverage=4)
    panel = panel_of({"AAA": bars})
    simulation, _ = simulate_orders(panel, sent, account, COSTS)
    frame = simulation.fills
    backtest = [
        (row.bar, row.quantity if row.side == "buy" else -row.quantity, row.price, row.commission)
        for row in frame.itertuples()
    ]
    mine, theirs = sorted(of_the_exchange(bars, sent)), sorted(backtest)
    assert len(mine) == len(theirs)
    for own, other in zip(mine, theirs, strict=True):
        assert own[:2] == other[:2]
        assert own[2:] == pytest.approx(other[2:], abs=1.1e-9)


def test_targets_traded_by_hand_end_at_the_backtests_equity() -> None:
    bars = {"AAA": walk(1), "BBB": walk(2)}
    panel = panel_of(bars)
    targets = np.zeros((ROWS, 2))
    targets[1::6], targets[4::6] = (0.5, 0.4), (0.2, 0.7)
    targets[targets.sum(axis=1) == 0] = np.nan
    account = Account(100_000, lot=1, long_only=True, leverage=1)
    simulation = simulate(panel, targets, account, COSTS)
    small = Small(bars, rules=Rules(costs=COSTS))
    for bar in range(1, ROWS):
        small.step()
        if np.isnan(targets[bar]).all():
            continue
        equity = float(
            small.account.cash
            + sum(p.quantity * small.exchange.marks[s] for s, p in small.account.positions.items())
        )
        for column, symbol in enumerate(bars):
            wanted = int(targets[bar, column] * equity / panel.close[bar, column])
            held = small.account.positions.get(symbol)
            change = wanted - int(held.quantity if held else 0)
            if change and bar < ROWS - 1:
                small.order(change, symbol=symbol)
    cash = small.account.cash
    value = sum(p.quantity * small.exchange.marks[s] for s, p in small.account.positions.items())
    assert cash + value == pytest.approx(Decimal(simulation.curve["equity"].iloc[-1]), abs=1e-6)

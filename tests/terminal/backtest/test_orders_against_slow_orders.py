"""Orders of every kind: the fills and fates of a second engine in plain Python."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.account import Account, ExitRules
from terminal.backtest.costs import Costs
from terminal.backtest.inputs import prepare
from terminal.backtest.liquidity import true_range_before
from terminal.backtest.orders import simulate_orders
from terminal.market.panel import Panel
from tests.terminal.backtest.panels import examples, intraday, panels, seeds
from tests.terminal.backtest.slow_orders import OrderRun, random_orders
from tests.terminal.backtest.test_engine_against_slow_engine import SOME_COSTS, SOME_EXITS, accounts


@examples(100)
@given(panels(volatility=0.06), seeds, SOME_COSTS, SOME_EXITS, accounts(), st.booleans())
def test_same_fills_and_same_fates(
    bars: Panel, seed: int, costs: Costs, exits: ExitRules, account: Account, in_sessions: bool
) -> None:
    exits = replace(exits, atr_bars=14)
    if in_sessions:
        bars = intraday(bars, 4)
    stream = random_orders(seed, bars.n_bars, bars.symbols, bars.close)
    found, fates = simulate_orders(bars, stream, account, costs, exits)
    market = prepare(bars, account, costs, exits, orders=True)
    slow = OrderRun(
        bars, bars.close, account, costs, exits, market.liquidity, true_range_before(bars, 14),
        orders=tuple(stream),
    ).play()  # fmt: skip
    ours = found.fills
    signed = ours["quantity"].where(ours["side"] == "buy", -ours["quantity"])
    assert ours["bar"].tolist() == [fill.bar for fill in slow.fills]
    assert ours["symbol"].tolist() == [fill.symbol for fill in slow.fills]
    assert ours["reason"].tolist() == [fill.reason for fill in slow.fills]
    np.testing.assert_allclose(signed, [f.units for f in slow.fills], rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(ours["price"], [f.price for f in slow.fills], rtol=1e-9)
    for name in ("commission", "spread", "slippage", "impact"):
        theirs = [getattr(fill, name) for fill in slow.fills]
        np.testing.assert_allclose(ours[name], theirs, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(found.curve["equity"], slow.equity, rtol=1e-9, atol=1e-6)
    assert fates["status"].tolist() == [live.status for live in slow.all]

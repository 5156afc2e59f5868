"""The engine equals a second one that shares no line with it, fill for fill."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.account import NO_EXITS, Account, ExitRules
from terminal.backtest.costs import FREE, Costs
from terminal.backtest.engine import simulate
from terminal.backtest.inputs import prepare
from terminal.market.panel import Panel
from tests.terminal.backtest.panels import examples, panels, random_targets, seeds
from tests.terminal.backtest.slow_engine import Run

SOME_COSTS = st.sampled_from(
    [
        FREE,
        Costs(commission_bps=5.0, slippage_bps=2.0),
        Costs(commission_per_share=0.005, commission_minimum=1.0, slippage_bps=10.0),
        Costs(commission_per_share=0.01, commission_bps=10.0, commission_minimum=3.0),
        Costs(
            half_spread_bps=4.0, sell_fee_bps=0.3, sell_fee_per_share=0.002, sell_fee_maximum=0.5
        ),
        Costs(commission_tiers=((0.0, 0.01), (50.0, 0.005), (300.0, 0.001)), borrow_bps=300.0),
        Costs(spread_model="corwin-schultz", slippage_volatility=0.05, slippage_volume_bps=20.0),
        Costs(spread_model="roll", impact_root=0.8, commission_bps=1.0),
        Costs(impact_permanent=0.314, impact_temporary=0.142, borrow_bps=50.0),
    ]
)
SOME_EXITS = st.sampled_from(
    [
        NO_EXITS,
        NO_EXITS,
        ExitRules(stop_loss=0.05),
        ExitRules(take_profit=0.05, longest=7),
        ExitRules(stop_loss=0.04, take_profit=0.08, trailing_stop=0.06),
        ExitRules(stop_atr=1.0, trailing_atr=2.0, atr_bars=5),
    ]
)


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """Accounts of every kind."""
    leverage = draw(st.sampled_from([1.0, 1.0, 2.0, 3.0]))
    return Account(
        capital=draw(st.sampled_from([500.0, 10_000.0, 1e6])),
        lot=draw(st.sampled_from([0.0, 1.0, 10.0])),
        long_only=draw(st.booleans()),
        leverage=leverage,
        maintenance=draw(st.sampled_from([0.0, 0.25])) if leverage < 4 else 0.0,
        participation=draw(st.sampled_from([0.0, 0.0, 0.1])),
        cash_rate=draw(st.sampled_from([0.0, 0.03])),
        debit_rate=draw(st.sampled_from([0.0, 0.08])),
    )


@examples(100)
@given(panels(volatility=0.1), seeds, SOME_COSTS, SOME_EXITS, accounts())
def test_same_fills_and_same_equity(
    bars: Panel, seed: int, costs: Costs, exits: ExitRules, account: Account
) -> None:
    if np.isnan(bars.volume).all():
        # without volumes nothing that is measured against them can be asked for
        account = Account(**{**vars(account), "participation": 0.0})
        costs = Costs(**{**vars(costs), "slippage_volume_bps": 0.0, "impact_root": 0.0,
                         "impact_permanent": 0.0, "impact_temporary": 0.0})  # fmt: skip
    targets = 1.5 * account.leverage * random_targets(seed, bars, long_only=account.long_only)
    found = simulate(bars, targets, account, costs, exits)
    # what past sessions say about liquidity and range is tested on its own
    market = prepare(bars, account, costs, exits)
    slow = Run(bars, targets, account, costs, exits, market.liquidity, market.atr).run()
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
    said = any("maintenance margin" in note for note in found.notes)
    assert said == (slow.margin_calls > 0)

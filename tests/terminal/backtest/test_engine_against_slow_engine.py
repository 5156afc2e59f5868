"""The engine equals a second one that shares no line with it, fill for fill."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.costs import FREE, Costs
from terminal.backtest.engine import simulate
from terminal.market.panel import Panel
from tests.terminal.backtest import slow_engine
from tests.terminal.backtest.panels import examples, panels, random_targets, seeds

SOME_COSTS = st.sampled_from(
    [
        FREE,
        Costs(commission_bps=5.0, slippage_bps=2.0),
        Costs(commission_per_share=0.005, commission_minimum=1.0, slippage_bps=10.0),
        Costs(commission_per_share=0.01, commission_bps=10.0, commission_minimum=3.0),
    ]
)


@examples(150)
@given(
    panels(volatility=0.1),
    seeds,
    SOME_COSTS,
    st.booleans(),
    st.booleans(),
    st.sampled_from([500.0, 10_000.0, 1e6]),
)
def test_same_fills_and_same_equity(
    bars: Panel, seed: int, costs: Costs, fractional: bool, long_only: bool, capital: float
) -> None:
    targets = 1.5 * random_targets(seed, bars, long_only=long_only)
    options = {"costs": costs, "fractional": fractional, "long_only": long_only}
    found = simulate(bars, targets, capital=capital, **options)  # type: ignore[arg-type]
    equity, fills = slow_engine.run(bars, targets, capital=capital, **options)  # type: ignore[arg-type]
    np.testing.assert_allclose(found.curve["equity"], equity, rtol=1e-9, atol=1e-6)
    ours = found.fills
    signed = ours["quantity"].where(ours["side"] == "buy", -ours["quantity"])
    assert ours["bar"].tolist() == [fill[0] for fill in fills]
    assert ours["symbol"].tolist() == [fill[1] for fill in fills]
    assert ours["reason"].tolist() == [fill[4] for fill in fills]
    np.testing.assert_allclose(signed, [fill[2] for fill in fills], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours["price"], [fill[3] for fill in fills], rtol=1e-12)

"""The preview of an order against the engine's own arithmetic, and by hand."""

from __future__ import annotations

import os
from dataclasses import replace
from types import FunctionType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.backtest.costs import Costs
from terminal.backtest.kernel import fills, layout
from terminal.errors import InputError
from terminal.execution.expected_cost import Liquidity, expected_cost, from_dict
from terminal.execution.order import Side

FULL = Costs(
    commission_per_share=0.005, commission_bps=0.5, commission_minimum=1.0,
    commission_tiers=((1_000.0, 0.004), (5_000.0, 0.003)), sell_fee_bps=0.2,
    sell_fee_per_share=0.0002, sell_fee_maximum=8.0, spread_model="roll", half_spread_bps=2.0,
    slippage_bps=1.0, slippage_volatility=0.05, slippage_volume_bps=3.0, impact_root=0.8,
    impact_permanent=0.314, impact_temporary=0.142, open_close_multiplier=1.5,
)  # fmt: skip
KNOWN = Liquidity(half_spread=3e-4, volatility=0.02, daily_volume=1e6, clock=1.5)
MANY = settings(
    derandomize=True, deadline=None, max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "40"))
)


PLAIN = dict(vars(fills))
"""The engine's functions as plain Python: to compile them alone would take seconds."""
for name in ("worsening", "tier_rate", "commission_of", "put", "settle"):
    PLAIN[name] = FunctionType(getattr(fills, name).py_func.__code__, PLAIN)


def engine(costs: Costs, known: Liquidity, quantity: float, reference: float, bound: float,
           passive: bool, month: float, days: float) -> np.ndarray:  # fmt: skip
    """A fill as the backtest books it; its row."""
    rates = costs.rates(days)
    liquidity = np.zeros((4, 1, 1))
    liquidity[layout.HALF_SPREAD_AT] = known.half_spread
    liquidity[layout.SIGMA_AT] = known.volatility
    liquidity[layout.ADV_AT] = known.daily_volume
    liquidity[layout.CLOCK_AT] = known.clock
    state, book = np.zeros((layout.N_STATE, 1)), np.zeros(layout.N_BOOK)
    rows = np.zeros((1, layout.N_FILL))
    book[layout.MONTH_UNITS] = month
    PLAIN["settle"](0, 0, quantity, reference, 0, -1, passive, bound, rates, costs.tiers(),
                    liquidity, state, book, rows)  # fmt: skip
    return rows[0]


@MANY
@given(
    st.sampled_from(Side), st.integers(1, 200_000), st.integers(100, 50_000).map(lambda n: n / 100),
    st.sampled_from([None, 0.9, 0.9995, 1.0, 1.0005, 1.1]), st.sampled_from([0.0, 3_000.0, 9e4]),
    st.sampled_from([0.1, 1.0, 3.0]),
    st.sampled_from([
        FULL, replace(FULL, spread_model="fixed"), replace(FULL, impact_root=60.0),
        Costs(commission_bps=1.0), Costs(half_spread_bps=5.0, slippage_bps=2.0),
    ]),
)  # fmt: skip
def test_it_is_what_the_backtest_would_book(
    side: Side, quantity: int, reference: float, at: float | None, month: float, days: float,
    costs: Costs,
) -> None:  # fmt: skip
    limit = None if at is None else reference * at
    rests = limit is not None and side.sign * (limit - reference) < 0
    # the engine's liquidity table holds a fixed spread, too
    known = KNOWN if costs.spread_model == "roll" else replace(
        KNOWN, half_spread=costs.half_spread_bps * 1e-4
    )  # fmt: skip
    found = expected_cost(side, quantity, reference, costs, known, limit=limit, month_units=month,
                          execution_days=days)  # fmt: skip
    start = limit if rests else reference
    row = engine(costs, known, side.sign * float(quantity), start,  # type: ignore[arg-type]
                 np.nan if limit is None else limit, rests, month, days)  # fmt: skip
    same = pytest.approx
    assert found.price == same(row[layout.FILL_PRICE], rel=1e-12)
    assert found.spread == same(row[layout.FILL_SPREAD], rel=1e-9, abs=1e-9)
    assert found.slippage == same(row[layout.FILL_SLIPPAGE], rel=1e-9, abs=1e-9)
    assert found.impact == same(row[layout.FILL_IMPACT], rel=1e-9, abs=1e-9)
    assert found.commission + found.fees == same(row[layout.FILL_COMMISSION], rel=1e-12)
    # price and costs tell the same story
    worse = side.sign * (found.price - found.reference) * quantity
    assert worse == same(found.spread + found.slippage + found.impact, rel=1e-9, abs=1e-6)


def test_a_market_buy_by_hand() -> None:
    costs = Costs(commission_per_share=0.01, half_spread_bps=5.0, slippage_bps=5.0)
    cost = expected_cost(Side.BUY, 100, 50.0, costs)
    assert (cost.notional, cost.price) == (5_000.0, pytest.approx(50.05))
    assert (cost.spread, cost.slippage, cost.impact) == (pytest.approx(2.5), pytest.approx(2.5), 0)
    assert (cost.commission, cost.fees, cost.total) == (1.0, 0.0, pytest.approx(6.0))
    assert cost.bps == pytest.approx(12.0) and cost.in_bps()["commission"] == pytest.approx(2.0)


def test_what_is_not_known_is_said() -> None:
    assert expected_cost(Side.BUY, 1, 1.0, FULL).unknown == ("spread", "volatility", "volume")
    assert expected_cost(Side.BUY, 1, 1.0, FULL, KNOWN).unknown == ()
    assert expected_cost(Side.BUY, 1, 1.0, Costs(slippage_bps=1.0)).unknown == ()


def test_a_preview_can_be_stored() -> None:
    cost = expected_cost(Side.SELL, 10, 20.0, FULL)
    stored = cost.as_dict()
    assert from_dict(stored) == cost
    assert stored["total"] == cost.total and stored["bps"] == cost.bps


def test_numbers_that_are_none_are_refused() -> None:
    good = {"side": Side.BUY, "quantity": 1.0, "reference": 1.0, "costs": FULL}
    for field, value in (
        ("quantity", 0.0), ("reference", float("nan")), ("limit", -1.0), ("execution_days", 0.0),
    ):  # fmt: skip
        with pytest.raises(InputError) as refused:
            expected_cost(**good | {field: value})  # type: ignore[arg-type]
        assert refused.value.field == field

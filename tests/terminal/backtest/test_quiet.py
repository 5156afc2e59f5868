"""The loop that steps over quiet bars gives what the loop over all bars gives, to the last bit."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.account import Account
from terminal.backtest.costs import Costs
from terminal.backtest.engine import checked_targets, run_market
from terminal.backtest.inputs import Market, prepare
from terminal.backtest.kernel import layout
from terminal.backtest.kernel.quiet import busy_bars, run_quiet
from terminal.market.panel import FloatArray, Panel
from tests.terminal.backtest.panels import examples, intraday, panel, random_panel, random_targets
from tests.terminal.backtest.panels import seeds as any_seed

COSTS = Costs(commission_bps=5.0, slippage_bps=1.0, commission_minimum=1.0)


def quiet(
    bars: Panel, market: Market, targets: FloatArray, kept: np.ndarray, account: Account
) -> tuple[FloatArray, FloatArray, int]:
    busy = busy_bars(market.prices[layout.CLOSE], market.has_action, market.ends, kept)
    return run_quiet(
        market.prices, market.split, market.dividend, market.has_action, market.ends,
        market.month_starts, busy, kept, targets, market.last_bar, account.capital, market.rates,
        market.tiers, market.liquidity,
    )  # fmt: skip


def compare(bars: Panel, targets: FloatArray, account: Account, kept: np.ndarray) -> None:
    market = prepare(bars, account, COSTS)
    wanted = checked_targets(bars, targets, account)
    curve, _, fills, _, _ = run_market(market, wanted, account, keep=False)
    equity, totals, count = quiet(bars, market, wanted, kept, account)
    np.testing.assert_array_equal(equity, curve[kept, layout.CURVE.index(layout.EQUITY)])
    assert count == len(fills)
    for k, name in enumerate((layout.TRADED, layout.COMMISSION, layout.SPREAD, layout.SLIPPAGE)):
        np.testing.assert_allclose(totals[k], curve[:, layout.CURVE.index(name)].sum(), rtol=1e-12)


@given(any_seed, st.sampled_from([0.0, 1.0]), st.sampled_from([50.0, 1e5]), st.booleans())
@examples(80)
def test_equal_to_the_whole_loop(seed: int, lot: float, capital: float, ragged: bool) -> None:
    bars = intraday(random_panel(seed, n_bars=80, ragged=ragged), 5)
    kept = np.arange(bars.n_bars) % 5 == 4
    kept[-1] = True
    compare(bars, random_targets(seed, bars), Account(capital=capital, lot=lot), kept)


@given(any_seed)
@examples(40)
def test_equal_where_volume_leaves_orders_waiting(seed: int) -> None:
    bars = random_panel(seed, n_bars=60)
    account = Account(capital=1e6, participation=0.05)
    compare(bars, random_targets(seed, bars), account, np.ones(60, dtype=bool))


def test_a_capital_that_costs_eat_up_is_ruined_in_both() -> None:
    """Minimum commissions on every bar: cash ends below zero, so no bar may be stepped over."""
    bars = panel([1.0, 1.1] * 40, [1.0, 1.1] * 40)
    targets = np.tile([[0.9], [0.1]], (40, 1))
    compare(bars, targets, Account(capital=20.0), np.ones(80, dtype=bool))


def test_bars_around_events_and_gaps_are_never_stepped_over() -> None:
    close = np.arange(1.0, 13.0)
    close[6] = np.nan
    action = np.zeros(12, dtype=bool)
    action[2] = True
    none = np.zeros(12, dtype=bool)
    busy = busy_bars(close[:, None], action, none, none)
    assert np.flatnonzero(busy).tolist() == [1, 2, 5, 6, 7]


def test_a_bar_left_out_of_the_busy_ones_is_noticed() -> None:
    """The comparison above can fail: without the bars around a gap, the mark is an older one."""
    close = [10.0, 11.0, 12.0, np.nan, 13.0, 14.0]
    bars = panel(close, close)
    account, kept = Account(lot=0.0), np.array([False, False, False, True, False, True])
    market = prepare(bars, account, COSTS)
    targets = np.ones((6, 1))
    right, _, _ = quiet(bars, market, targets, kept, account)
    wrong, _, _ = run_quiet(
        market.prices, market.split, market.dividend, market.has_action, market.ends,
        market.month_starts, kept, kept, targets, market.last_bar, account.capital, market.rates,
        market.tiers, market.liquidity,
    )  # fmt: skip
    assert right[0] != wrong[0]

"""The loop that steps over quiet bars gives what the loop over all bars gives, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.account import Account
from terminal.backtest.costs import Costs
from terminal.backtest.engine import checked_targets, run_market
from terminal.backtest.inputs import Market, prepare
from terminal.backtest.kernel import layout
from terminal.backtest.kernel.quiet import busy_bars, moved_bars, moved_bits, run_quiet
from terminal.market.panel import FloatArray, Panel
from terminal.strategies.sides import FLAT, LONG, SILENT, Sides
from tests.terminal.backtest.panels import examples, intraday, panel, random_panel, random_targets
from tests.terminal.backtest.panels import seeds as any_seed

Result = tuple[FloatArray, FloatArray, int]
COSTS = Costs(commission_bps=5.0, slippage_bps=1.0, commission_minimum=1.0)


NO_SIDES, NO_SIZES = np.empty((0, 0), dtype=np.uint8), np.array([np.nan])


def quiet(
    market: Market, targets: FloatArray, kept: np.ndarray, account: Account, busy: np.ndarray
) -> tuple[FloatArray, FloatArray, int]:
    return run_quiet(
        market.prices, market.split, market.dividend, market.has_action, market.ends,
        market.month_starts, busy, kept, targets, NO_SIDES, NO_SIZES,
        moved_bits(targets.view(np.int64)), market.last_bar, account.capital, market.rates,
        market.tiers, market.liquidity,
    )  # fmt: skip


def quiet_sides(
    market: Market, sides: Sides, kept: np.ndarray, account: Account, busy: np.ndarray
) -> tuple[FloatArray, FloatArray, int]:
    return run_quiet(
        market.prices, market.split, market.dividend, market.has_action, market.ends,
        market.month_starts, busy, kept, np.empty((0, 0)), sides.at, sides.sizes,
        moved_bars(sides.at), market.last_bar, account.capital, market.rates, market.tiers,
        market.liquidity,
    )  # fmt: skip


def busy_of(market: Market, kept: np.ndarray) -> np.ndarray:
    return busy_bars(market.prices[layout.CLOSE], market.has_action, market.ends, kept)


def compare(bars: Panel, targets: FloatArray, account: Account, kept: np.ndarray) -> Result:
    market = prepare(bars, account, COSTS)
    wanted = checked_targets(bars, targets, account)
    curve, _, fills, _, _ = run_market(market, wanted, account, keep=False)
    equity, totals, count = quiet(market, wanted, kept, account, busy_of(market, kept))
    np.testing.assert_array_equal(equity, curve[kept, layout.CURVE.index(layout.EQUITY)])
    assert count == len(fills)
    for k, name in enumerate((layout.TRADED, layout.COMMISSION, layout.SPREAD, layout.SLIPPAGE)):
        np.testing.assert_allclose(totals[k], curve[:, layout.CURVE.index(name)].sum(), rtol=1e-12)
    return equity, totals, count


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


@given(any_seed, st.sampled_from([0.0, 1.0]), st.booleans(), st.sampled_from([0.0, 0.05]))
@examples(60)
def test_sides_are_their_weights(seed: int, lot: float, ragged: bool, participation: float) -> None:
    """Whatever a strategy says about missing bars: sides lead to the fills of the weights."""
    bars = intraday(random_panel(seed, n_bars=80, n_instruments=4, ragged=ragged), 5)
    generator = np.random.default_rng(seed)
    drawn = generator.choice([FLAT, LONG, SILENT], bars.close.shape).astype(np.uint8)
    stays = generator.random(bars.close.shape) < 0.8
    rows = np.maximum.accumulate(np.where(stays, 0, np.arange(80)[:, None]), axis=0)
    sides = Sides(np.take_along_axis(drawn, rows, axis=0), 0.25)
    account = Account(capital=1e5, lot=lot, participation=participation)
    kept = np.arange(80) % 5 == 4
    market = prepare(bars, account, COSTS)
    right = compare(bars, sides.weights(), account, kept)
    found = quiet_sides(market, sides, kept, account, busy_of(market, kept))
    for one, other in zip(found, right, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("n", [1, 3, 9])
def test_bars_in_which_something_moved(n: int) -> None:
    """Silence after silence is no movement; -0.0 after 0.0 may be called one."""
    generator = np.random.default_rng(n)
    sides = (generator.random((200, n)) < 0.1).astype(np.uint8) * generator.choice(4, (200, n))
    sides = np.cumsum(sides, axis=0).astype(np.uint8) % 4
    moved = np.concatenate([[True], (sides[1:] != sides[:-1]).any(axis=1)])
    assert 0 < moved.sum() < 200
    np.testing.assert_array_equal(moved_bars(sides.astype(np.uint8)), moved)
    weights = Sides(sides.astype(np.uint8), 0.3).weights()
    np.testing.assert_array_equal(moved_bits(weights.view(np.int64)), moved)


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
    right, _, _ = quiet(market, targets, kept, account, busy_of(market, kept))
    wrong, _, _ = quiet(market, targets, kept, account, kept)
    assert right[0] != wrong[0]

"""Strategies and overlays on several calendars: decided at closes of the first one, or on own bars.

Two calendars of the same hours under two names (Nasdaq keeps those of New York) go through all of
it and must change nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from terminal.backtest.account import Account
from terminal.backtest.engine import simulate
from terminal.backtest.events import decided_weights, simulate_events
from terminal.backtest.truncation import decide, truncation_check
from terminal.market.mixed import carried, join
from terminal.market.panel import Panel
from terminal.strategies.allocation import ALLOCATION
from terminal.strategies.allocation_params import AllocationParams
from terminal.strategies.first_calendar import KEPT_SESSIONS, at_closes, of_several_calendars
from terminal.strategies.overlays import Overlay, overlaid
from terminal.strategies.regimes import TrendFilter
from terminal.strategies.registry import get_strategy
from terminal.strategies.rules.positions import bars_missed
from terminal.strategies.strategy import Strategy
from terminal.strategies.volatility_target import VolatilityTarget
from tests.terminal.backtest.panels import random_panel
from tests.terminal.backtest.test_mixed_calendars import on
from tests.terminal.market.test_mixed import COIN, NAN, STOCK, of
from tests.terminal.strategies.test_every_strategy import SHORT

OVERLAYS: tuple[Overlay, ...] = (VolatilityTarget(target=0.1, window=10), TrendFilter(window=5))
ORDERS = {
    "breakout-orders": {"channel": 4, "atr": 3, "longest": 5},
    "dip-orders": {"average": 5, "atr": 3, "depth": 0.3, "longest": 4},
}


def world(seed: int = 1, *, ragged: bool = True) -> Panel:
    """New York, a market that never closes, and London."""
    parts = [
        on(mic, random_panel(seed + k, bars, n, ragged=ragged, volatility=0.05), names)
        for k, (mic, bars, n, names) in enumerate(
            (("XNYS", 44, 3, "ABC"), ("24/7", 62, 2, "DE"), ("XLON", 45, 2, "FG"))
        )
    ]
    return join(parts)


def twins(seed: int = 5) -> tuple[Panel, Panel]:
    """(instruments of one calendar, the same with half of them under another name of it)."""
    left = on("XNYS", random_panel(seed, 60, 2, ragged=False, volatility=0.05), "AB")
    right = on("XNYS", random_panel(seed + 1, 60, 2, ragged=False, volatility=0.05), "CD")
    plain, apart = join([left, right]), join([left, replace(right, calendar="XNAS")])
    assert not plain.calendars and apart.calendars == ("XNYS", "XNYS", "XNAS", "XNAS")
    return plain, apart


def test_bars_are_laid_on_the_closes_of_the_first_calendar() -> None:
    both = join([STOCK, COIN])  # Friday 21:00, three midnights, Monday 21:00, midnight
    rows, seen = at_closes(both)
    assert rows.tolist() == [0, 4]
    np.testing.assert_array_equal(seen.close, [[10, NAN], [11, 22]])
    # of the coin what closed on Saturday, Sunday and at Monday 00:00: its bars of Friday to Sunday
    np.testing.assert_array_equal(seen.open[:, 1], [NAN, 19])
    np.testing.assert_array_equal(seen.high[:, 1], [NAN, 23])
    np.testing.assert_array_equal(seen.low[:, 1], [NAN, 18])
    np.testing.assert_array_equal(seen.volume[:, 1], [NAN, 100 * (20 + 21 + 22)])
    np.testing.assert_array_equal(seen.ts, STOCK.ts)
    np.testing.assert_array_equal(seen.close_ts, STOCK.close_ts)
    assert seen.calendars == () and seen.begun is None


def test_a_closed_instrument_rests_at_its_last_close_and_an_ended_one_is_forgotten() -> None:
    stock = of("XNYS", "STK", "2024-03-01", [float(k) for k in range(10, 30)])
    seen = at_closes(join([stock, COIN]))[1]  # four days of the coin, and no more
    rests = slice(3, 3 + KEPT_SESSIONS)
    np.testing.assert_array_equal(seen.close[:3, 1], [NAN, 22, 23])
    for name in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(getattr(seen, name)[rests, 1], np.full(KEPT_SESSIONS, 23.0))
    assert seen.volume[3, 1] == 0.0
    assert len(stock.close) > rests.stop and np.isnan(seen.close[rests.stop :, 1]).all()
    np.testing.assert_array_equal(seen.close[:, 0], stock.close[:, 0])


def cut_anywhere(strategy: Strategy, params: Any, panel: Panel, step: int = 6) -> None:
    """Decisions on a panel cut at any row equal those of the whole."""
    found = truncation_check(strategy, params, panel, cuts=range(2, panel.n_bars, step))
    assert found.passed, f"{strategy.slug} at bar {found.bar} of {found.symbol}"


@pytest.mark.parametrize("slug", SHORT)
def test_decisions_are_the_same_when_the_future_is_hidden(slug: str) -> None:
    bare = get_strategy(slug)
    params = bare.params_type(**SHORT[slug])
    both = world()
    strategy = of_several_calendars(bare)
    assert np.isfinite(decide(strategy, params, both)).any()
    cut_anywhere(strategy, params, both, 40 if slug == "pairs" else 11)


def test_allocations_are_estimated_at_closes_of_the_first_calendar() -> None:
    strategy = of_several_calendars(ALLOCATION)
    params = AllocationParams(
        method="inverse-volatility", lookback=20, rebalance="weekly", most=0.5
    )
    both = world(ragged=False)
    weights = decide(strategy, params, both)
    assert (np.nansum(np.abs(weights) > 0, axis=0) > 0).all()
    cut_anywhere(strategy, params, both, 25)
    plain, apart = twins()
    joined = decide(strategy, params, apart)
    np.testing.assert_array_equal(joined, decide(ALLOCATION, params, plain))


@pytest.mark.parametrize("slug", ["sma-crossover", "rules", "long-short"])
def test_overlays_move_at_closes_of_the_first_calendar_and_see_no_future(slug: str) -> None:
    bare = get_strategy(slug)
    params = bare.params_type(**SHORT[slug])
    both = world(ragged=False)
    strategy = of_several_calendars(bare, OVERLAYS)
    cut_anywhere(strategy, params, both)
    scaled, alone = (
        carried(decide(each, params, both), both) for each in (strategy, of_several_calendars(bare))
    )
    known = np.isfinite(scaled) & (np.abs(alone) > 0)
    scale = np.where(known, scaled / np.where(known, alone, 1.0), NAN)
    rows = np.flatnonzero(known.any(axis=1))
    at_row = np.nanmax(scale[rows], axis=1)
    # one scale for all, closed instruments too
    np.testing.assert_allclose(np.nanmin(scale[rows], axis=1), at_row, rtol=1e-12)
    moved = rows[1:][np.abs(np.diff(at_row)) > 1e-9]
    assert len(moved) > 3
    if slug == "sma-crossover":  # has an opinion at every close
        assert set(moved.tolist()) <= set(at_closes(both)[0].tolist())


def test_a_strategy_that_peeks_through_the_closes_is_caught() -> None:
    """The seeded fault: tomorrow's close at today's."""
    honest = get_strategy("momentum")

    def peeks(panel: Panel, _params: Any) -> np.ndarray:
        after = np.vstack([panel.close[1:], panel.close[-1:]])
        return np.asarray(np.where(after > panel.close, 0.2, 0.0))

    both = world()
    params = honest.params_type()
    found = truncation_check(
        of_several_calendars(replace(honest, targets=peeks)), params, both, cuts=range(9, 60, 3)
    )
    assert not found.passed


@pytest.mark.parametrize("overlays", [(), OVERLAYS], ids=["bare", "overlaid"])
@pytest.mark.parametrize("slug", SHORT)
def test_calendars_of_the_same_hours_are_as_one(slug: str, overlays: tuple[Overlay, ...]) -> None:
    plain, apart = twins()
    bare = get_strategy(slug)
    params = bare.params_type(**SHORT[slug])
    alone = decide(overlaid(bare, overlays), params, plain)
    joined = decide(of_several_calendars(bare, overlays), params, apart)
    np.testing.assert_array_equal(carried(joined, apart), alone)
    assert np.isfinite(alone).any()


def test_and_so_are_their_fills() -> None:
    plain, apart = twins()
    strategy = get_strategy("rotation")
    params = strategy.params_type(**SHORT["rotation"])
    account = Account(10_000.0, lot=0.0)
    found = simulate(apart, decide(of_several_calendars(strategy), params, apart), account)
    alone = simulate(plain, decide(strategy, params, plain), account)
    assert len(alone.fills) > 5
    assert found.fills.equals(alone.fills) and found.curve.equals(alone.curve)


def test_a_decision_of_the_desk_is_traded_at_each_instruments_own_next_open() -> None:
    """Decided on a Friday evening: the coin is bought at midnight, the others on Monday."""
    both = world(ragged=False)
    rows, _ = at_closes(both)
    friday = 5 + int(np.argmax(np.diff(rows)[5:30]))
    switch = get_strategy("buy-and-hold")

    def targets(panel: Panel, _params: Any) -> np.ndarray:
        decided = np.arange(panel.n_bars)[:, None] >= friday
        return np.where(decided, np.full(panel.close.shape, 0.1), NAN)

    strategy = of_several_calendars(replace(switch, family="desk", targets=targets))
    decided = decide(strategy, switch.params_type(), both)
    found = simulate(both, decided, Account(10_000.0, lot=0.0)).fills
    first = found.groupby("symbol")["bar"].min()
    at = rows[friday]
    for j, symbol in enumerate(both.symbols):
        opens = np.flatnonzero(np.isfinite(both.begun[:, j]))
        assert first[symbol] == opens[opens > at][0]
    assert len(first) == 7 and len(set(first)) > 1


@pytest.mark.parametrize("slug", ORDERS)
def test_orders_are_decided_at_an_instruments_own_closes_from_its_own_bars(slug: str) -> None:
    strategy = get_strategy(slug)
    params = strategy.params_type(**ORDERS[slug])
    account = Account(10_000.0, lot=0.0)
    assert strategy.start is not None
    both = world(ragged=False)
    run = simulate_events(both, strategy.start(both.symbols, params), account)
    assert run.simulation.fills["symbol"].nunique() == 7
    columns = {name: j for j, name in enumerate(both.symbols)}
    for placed in run.placed:
        for order in placed.orders:
            assert np.isfinite(both.close[placed.bar, columns[order.symbol]])
    cut_anywhere(replace(strategy, targets=decided_weights(strategy, account)), params, both, 15)
    plain, apart = twins()
    one, other = (
        simulate_events(bars, strategy.start(bars.symbols, params), account).simulation
        for bars in (plain, apart)
    )
    assert one.fills.equals(other.fills) and len(one.fills) > 5


def test_a_market_that_is_closed_has_missed_no_bars() -> None:
    """Hours of a coin are none of a stock's: its position stays overnight."""
    stock = on("XNYS", random_panel(1, 14, 2, ragged=False), "AB", 7)
    stock.close[9:, 1] = NAN
    both = join([stock, on("24/7", random_panel(2, 80, 1, ragged=False), "C", 24)])
    missed = bars_missed(both)
    last = int(np.flatnonzero(both.close_ts == stock.close_ts[-1])[0])
    assert both.n_bars > 40
    assert np.nanmax(missed[:, 0]) == 0.0 and missed[last, 1] == 5.0

"""What must hold in every run, whatever the data: checked on random panels and targets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terminal.backtest.account import Account
from terminal.backtest.costs import FREE, Costs
from terminal.backtest.engine import Simulation, simulate
from terminal.backtest.trades import round_trips
from terminal.market.adjust import forward_adjusted, last_known
from terminal.market.panel import FloatArray, Panel
from tests.terminal.backtest.panels import examples, panels, random_panel, random_targets, seeds

COSTS = Costs(
    commission_per_share=0.002, commission_bps=3.0, commission_minimum=0.5, slippage_bps=5.0
)
CAPITAL = 25_000.0
runs = examples(60)


def run(
    bars: Panel,
    targets: FloatArray,
    *,
    long_only: bool = True,
    fractional: bool = False,
    costs: Costs = COSTS,
) -> Simulation:
    return simulate(
        bars,
        targets,
        Account(capital=CAPITAL, lot=0.0 if fractional else 1.0, long_only=long_only),
        costs,
    )


def signed(found: Simulation) -> np.ndarray:
    frame = found.fills
    return frame["quantity"].where(frame["side"] == "buy", -frame["quantity"]).to_numpy()


@runs
@given(panels(), seeds, st.booleans(), st.booleans())
def test_cash_and_positions_make_the_equity_of_every_bar(
    bars: Panel, seed: int, long_only: bool, fractional: bool
) -> None:
    """Rebuilt from the list of fills alone: no number of the engine's own books is trusted."""
    targets = random_targets(seed, bars, long_only=long_only)
    found = run(bars, targets, long_only=long_only, fractional=fractional)
    cash, units = CAPITAL, np.zeros(bars.n_instruments)
    names = {name: j for j, name in enumerate(bars.symbols)}
    columns = found.fills["symbol"].map(names).to_numpy(dtype=int)
    quantity, bar = signed(found), found.fills["bar"].to_numpy()
    paid = quantity * found.fills["price"].to_numpy() + found.fills["commission"].to_numpy()
    marks = last_known(bars.close * np.cumprod(bars.split, axis=0)) / np.cumprod(bars.split, axis=0)
    for t in range(bars.n_bars):
        units *= bars.split[t]
        here = np.flatnonzero(bar == t)
        lieu = here[found.fills["reason"].iloc[here].eq("cash in lieu")]
        held = units.copy()  # what a split leaves is paid out before dividends are
        np.add.at(held, columns[lieu], quantity[lieu])
        cash += float(held @ bars.dividend[t])
        np.add.at(units, columns[here], quantity[here])
        cash -= float(paid[here].sum())
        np.testing.assert_allclose(found.positions.iloc[t], units, rtol=1e-9, atol=1e-6)
        equity = cash + float(np.where(np.abs(units) > 1e-9, units * marks[t], 0.0).sum())
        assert found.curve["cash"].iloc[t] == pytest.approx(cash, rel=1e-9, abs=1e-6)
        assert found.curve["equity"].iloc[t] == pytest.approx(equity, rel=1e-9, abs=1e-6)


@runs
@given(panels(), seeds, st.booleans())
def test_long_only_cash_is_never_negative_and_neither_are_positions(
    bars: Panel, seed: int, fractional: bool
) -> None:
    found = run(bars, 1.5 * random_targets(seed, bars), fractional=fractional)
    assert (found.curve["cash"] >= -1e-6).all()
    assert (found.positions.to_numpy() >= 0).all()


@runs
@given(panels(), seeds, st.booleans())
def test_costs_are_never_negative_and_fills_are_never_better_than_the_market(
    bars: Panel, seed: int, long_only: bool
) -> None:
    found = run(bars, random_targets(seed, bars, long_only=long_only), long_only=long_only)
    assert (found.fills[["commission", "slippage", "quantity", "price"]] >= 0).all(axis=None)
    worse = (found.fills["price"] - found.fills["reference_price"]) * np.sign(signed(found))
    assert (worse >= 0).all()
    for name in ("commission", "slippage"):
        by_bar = found.fills.groupby("ts")[name].sum().reindex(found.curve.index, fill_value=0.0)
        np.testing.assert_allclose(found.curve[name], by_bar, atol=1e-9)


@runs
@given(panels(), seeds)
def test_whole_units_stay_whole_through_splits(bars: Panel, seed: int) -> None:
    held = run(bars, random_targets(seed, bars)).positions.to_numpy()
    np.testing.assert_allclose(held, np.round(held), atol=1e-9)


@runs
@given(panels(), seeds, st.integers(2, 80))
def test_what_happens_later_changes_nothing_before(bars: Panel, seed: int, cut: int) -> None:
    """The engine itself does not look ahead: a shorter run is the beginning of the longer one.

    Instruments that miss their last bars before the cut are left out: that data ends there is
    known only in the shorter run.
    """
    cut = min(cut, bars.n_bars)
    if not np.isfinite(bars.close[cut - 1]).all():
        bars = replace(bars, close=np.where(np.isfinite(bars.close[cut - 1]), bars.close, np.nan))
    targets = random_targets(seed, bars)
    whole, part = run(bars, targets), run(bars.truncated(cut), targets[:cut])
    for name in ("equity", "cash", "commission"):
        assert part.curve[name].tolist() == whole.curve[name].tolist()[:cut]
    assert part.positions.to_numpy().tolist() == whole.positions.to_numpy()[:cut].tolist()


@runs
@given(panels(), seeds)
def test_no_fill_before_the_bar_after_its_decision(bars: Panel, seed: int) -> None:
    """Each fill of bar t follows from targets up to t - 1: changing row t changes nothing in t."""
    targets = random_targets(seed, bars)
    found = run(bars, targets)
    orders = found.fills[found.fills["reason"] == "order"]
    assert (orders["bar"] >= 1).all()
    for t in {int(bar) for bar in orders["bar"]} & {1, bars.n_bars // 2, bars.n_bars - 1}:
        other = targets.copy()
        other[t:] = np.random.default_rng(seed).random(other[t:].shape) / bars.n_instruments
        again = run(bars, other)
        assert again.curve["equity"].tolist()[: t + 1] == found.curve["equity"].tolist()[: t + 1]


@runs
@given(panels(ragged=False, events=False), seeds, st.booleans())
def test_a_split_changes_nothing_but_the_number_of_units(
    bars: Panel, seed: int, long_only: bool
) -> None:
    split = np.ones(bars.close.shape)
    split[bars.n_bars // 2] = 4.0
    scale = np.cumprod(split, axis=0)
    divided = replace(
        bars,
        split=split,
        close=bars.close / scale,
        open=bars.open / scale,
        high=bars.high / scale,
        low=bars.low / scale,
    )
    targets = random_targets(seed, bars, long_only=long_only)
    costs = Costs(commission_bps=3.0, slippage_bps=5.0)
    plain = run(bars, targets, fractional=True, long_only=long_only, costs=costs)
    other = run(divided, targets, fractional=True, long_only=long_only, costs=costs)
    np.testing.assert_allclose(other.curve["equity"], plain.curve["equity"], rtol=1e-9)


@runs
@given(panels(), seeds, st.booleans(), st.booleans())
def test_round_trips_add_up_to_the_change_of_equity(
    bars: Panel, seed: int, long_only: bool, fractional: bool
) -> None:
    targets = random_targets(seed, bars, long_only=long_only)
    found = run(bars, targets, long_only=long_only, fractional=fractional)
    trades = round_trips(bars, found.fills)
    gained = found.curve["equity"].iloc[-1] - CAPITAL
    assert trades["pnl"].sum() == pytest.approx(gained, rel=1e-7, abs=1e-5)
    paid = found.fills["commission"].sum() + found.fills["slippage"].sum()
    assert trades["costs"].sum() == pytest.approx(paid, rel=1e-7, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_whole_units_converge_to_fractions_as_capital_grows(seed: int) -> None:
    bars = random_panel(seed, events=False)
    targets = random_targets(seed, bars)
    apart = []
    for capital in (1e4, 1e6, 1e8):
        whole, exact = (
            simulate(
                bars, targets, Account(capital=capital, lot=0.0 if fractional else 1.0), FREE
            ).curve
            for fractional in (False, True)
        )
        apart.append(float((whole["equity"] / exact["equity"] - 1).abs().max()))
    assert apart[0] > apart[1] > apart[2] and apart[2] < 1e-6


@runs
@given(seeds, st.integers(2, 200))
def test_a_free_fully_invested_run_earns_what_the_price_does(seed: int, n_bars: int) -> None:
    bars = random_panel(seed, n_bars, 1, ragged=False, events=False)
    found = run(bars, np.ones((n_bars, 1)), fractional=True, costs=FREE)
    # bought at the first open after the first close; a gap up is paid by buying fewer units
    bought = min(CAPITAL / bars.close[0, 0], CAPITAL / bars.open[1, 0])
    left = CAPITAL - bought * bars.open[1, 0]
    np.testing.assert_allclose(
        found.curve["equity"].iloc[1:], left + bought * bars.close[1:, 0], rtol=1e-12
    )


@pytest.mark.parametrize("seed", range(5))
def test_reinvested_dividends_earn_the_total_return_that_strategies_see(seed: int) -> None:
    """Held through dividends and splits, re-stated each bar, a run follows the adjusted price.

    Dividends are cash for a day before they are reinvested: the difference is that day's return.
    """
    bars = random_panel(seed, 120, 1, ragged=False)
    targets = np.ones((120, 1))
    targets[1::2] = np.nan  # stated again every second bar: dividends are reinvested
    found = run(bars, targets, fractional=True, costs=FREE)
    seen = forward_adjusted(bars).close[:, 0]
    earned = found.curve["equity"].iloc[-1] / found.curve["equity"].iloc[1]
    assert earned == pytest.approx(seen[-1] / seen[1], rel=5e-3)

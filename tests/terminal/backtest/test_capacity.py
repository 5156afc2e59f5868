"""Capacity in closed form, and what is known when."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from terminal.backtest.account import Account
from terminal.backtest.capacity import capacity, liquidity_before
from terminal.backtest.costs import Costs
from terminal.backtest.engine import simulate
from tests.terminal.backtest.panels import panel, random_panel, random_targets

CAPITAL, N = 1e6, 50
INDEX = pd.bdate_range("2024-01-01 14:30", periods=N, tz="UTC", name="ts")


def steady(growth: float, traded: float, impact: float = 0.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Equity that grows alike in every bar, in each of which a share `traded` of it is traded."""
    equity = CAPITAL * (1 + growth) ** np.arange(1, N + 1)
    before = equity / (1 + growth)
    fills = pd.DataFrame(
        {
            "ts": INDEX,
            "symbol": "A",
            "quantity": before * traded / 100.0,
            "notional": before * traded,
            "impact": before * impact,
        }
    )
    return pd.DataFrame({"equity": equity}, index=INDEX), fills


@pytest.mark.parametrize("y", [0.5, 1.0, 2.0])
def test_closed_form_of_a_steady_strategy(y: float) -> None:
    """1 + g - sqrt(k) d = 1 at k = (g / d)^2, d = Y sigma sqrt(Q / V) times the share traded."""
    growth, traded, sigma, share = 0.001, 0.2, 0.02, 0.01
    curve, fills = steady(growth, traded)
    liquidity = np.stack([np.full(N, sigma), fills["quantity"] / share])
    found = capacity(
        curve, fills, liquidity, np.arange(N), capital=CAPITAL, y=y, periods=252.0,
        risk_free_rate=0.0, benchmark_return=(1 + growth / 2) ** N - 1,
    )  # fmt: skip
    assert found is not None
    drag = y * sigma * np.sqrt(share) * traded
    assert found.total_return == pytest.approx(CAPITAL * (growth / drag) ** 2, rel=1e-5)
    assert found.sharpe == pytest.approx(found.total_return, rel=1e-5)
    assert found.benchmark == pytest.approx(CAPITAL * (growth / 2 / drag) ** 2, rel=1e-5)
    assert found.participation == pytest.approx(share) and found.known == 1.0
    left = [value for value in found.cagr if value is not None]
    assert left == sorted(left, reverse=True) and left[-1] < 0 < left[0]


def test_impact_that_was_paid_is_not_counted_twice() -> None:
    """At the run's own capital, a run that paid the law earns what it earned."""
    traded, sigma, share = 0.2, 0.02, 0.01
    drag = sigma * np.sqrt(share) * traded
    curve, fills = steady(0.001, traded, impact=drag)
    liquidity = np.stack([np.full(N, sigma), fills["quantity"] / share])
    found = capacity(
        curve, fills, liquidity, np.arange(N), capital=CAPITAL, y=1.0, periods=252.0,
        risk_free_rate=0.0, benchmark_return=None,
    )  # fmt: skip
    assert found is not None and found.benchmark is None
    assert found.total_return == pytest.approx(CAPITAL * ((0.001 + drag) / drag) ** 2, rel=1e-5)


def test_it_is_the_square_root_law_of_the_engine_itself() -> None:
    """Impact paid by the engine at Y = 1, fill by fill, is what is added here at k = 1."""
    bars = random_panel(6, 120, 2, ragged=False, events=False)
    costs = Costs(impact_root=1.0)
    done = simulate(bars, np.nan_to_num(random_targets(6, bars)), Account(1e4), costs)
    sigma, volume = liquidity_before(bars, done.fills, bars.ts.astype("datetime64[D]"))
    known = volume > 0
    law = sigma * np.sqrt(done.fills["quantity"] / np.where(known, volume, np.inf))
    reference = done.fills["reference_price"] * done.fills["quantity"]
    paid = (law * reference).to_numpy()[known]
    assert known.sum() > 20
    assert done.fills["impact"].to_numpy()[known] == pytest.approx(paid, rel=1e-9)


def test_nothing_is_known_of_what_comes_after_a_fill() -> None:
    bars = random_panel(6, 120, 2, ragged=False, events=False)
    done = simulate(bars, np.nan_to_num(random_targets(6, bars)), Account(1e4))
    days = bars.ts.astype("datetime64[D]")
    whole = liquidity_before(bars, done.fills, days)
    early = done.fills[done.fills["bar"] < 60]
    part = liquidity_before(bars.truncated(60), early, days[:60])
    np.testing.assert_array_equal(part, whole[:, : len(early)])


def test_without_volumes_there_is_no_capacity() -> None:
    bars = panel([10.0, 11.0, 12.0])
    done = simulate(bars, np.ones((3, 1)), Account(1e4))
    liquidity = liquidity_before(bars, done.fills, bars.ts)
    assert not liquidity.any()
    assert capacity(
        done.curve, done.fills, liquidity, bars.ts, capital=1e4, y=1.0, periods=252.0,
        risk_free_rate=0.0, benchmark_return=None,
    ) is None  # fmt: skip

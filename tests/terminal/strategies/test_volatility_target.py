"""Volatility target: the portfolio's own volatility, and a scale that does not fidget."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from terminal.market.panel import FloatArray
from terminal.strategies import volatility_target
from terminal.strategies.volatility_target import (
    VolatilityTarget,
    portfolio_volatility,
    within_band,
)
from tests.terminal.backtest.panels import NAN, panel, random_panel


def overlay(**more: Any) -> VolatilityTarget:
    return VolatilityTarget(**{"target": 0.1, "window": 20, **more})


def test_volatility_is_that_of_the_covariance_matrix() -> None:
    """sqrt(w' S w), with numpy's own covariance at every bar."""
    bars = random_panel(1, 80, 4, ragged=False, events=False)
    weights = np.random.default_rng(2).normal(size=(80, 4))
    found = portfolio_volatility(bars.close, weights, 20)
    returns = bars.close[1:] / bars.close[:-1] - 1
    assert np.isnan(found[:20]).all()
    for row in range(20, 80):
        covariance = np.cov(returns[row - 20 : row].T)
        assert found[row] == pytest.approx(np.sqrt(weights[row] @ covariance @ weights[row]))


def test_blocks_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    bars = random_panel(1, 150, 3)
    weights = np.where(np.isfinite(bars.close), 0.3, 0.0)
    whole = portfolio_volatility(bars.close, weights, 10)
    monkeypatch.setattr(volatility_target, "BLOCK", 7)
    np.testing.assert_allclose(portfolio_volatility(bars.close, weights, 10), whole)
    assert np.isfinite(whole).any()


def test_it_is_unknown_while_one_that_is_held_has_too_few_returns() -> None:
    close = random_panel(3, 60, 2, ragged=False, events=False).close
    close[:30, 1] = NAN
    both = portfolio_volatility(close, np.full((60, 2), 0.5), 10)
    assert np.flatnonzero(np.isfinite(both)).tolist() == list(range(40, 60))
    first = portfolio_volatility(close, np.tile([0.5, 0.0], (60, 1)), 10)
    assert np.flatnonzero(np.isfinite(first)).tolist() == list(range(10, 60))
    assert np.isnan(portfolio_volatility(np.full((60, 1), 10.1), np.ones((60, 1)), 10)).all()


def test_after_a_missing_bar_the_whole_move_counts_at_once() -> None:
    close = np.array([[10, 11, NAN, 12.1, 12.1, 13.31]]).T
    found = portfolio_volatility(close, np.ones((6, 1)), 4)
    assert found[5] == pytest.approx(np.std([0, 0.1, 0, 0.1], ddof=1))


def test_the_scale_moves_only_beyond_its_band() -> None:
    wanted = np.array([NAN, 1.0, 1.05, 0.95, 1.2, 1.15, 1.3, NAN, 0.5])
    gross = np.full(9, 0.1)
    assert within_band(wanted, gross, 1.0, 0.1).tolist()[1:] == [1, 1, 1, 1.2, 1.2, 1.2, 1.2, 0.5]
    assert within_band(wanted, gross, 1.0, 0.0).tolist()[1:7] == wanted[1:7].tolist()


def test_the_exposure_never_passes_its_cap_whatever_the_band() -> None:
    wanted = np.array([2.0, 2.0, NAN, 1.0])
    gross = np.array([0.5, 0.52, 0.8, 1.0])
    found = within_band(wanted, gross, 1.0, 0.5)
    assert (found * gross <= 1 + 1e-12).all()
    assert found.tolist() == [2.0, 1 / 0.52, 1.25, 1.0]


def calm_then_wild(rows: int = 400) -> FloatArray:
    """Closes of two instruments, 5 % a year first, then 40 %."""
    generator = np.random.default_rng(5)
    size = np.where(np.arange(rows) < rows // 2, 0.05, 0.4)[:, None] / np.sqrt(252)
    return np.asarray(100 * np.cumprod(1 + size * generator.normal(size=(rows, 2)), axis=0))


def test_the_realised_volatility_is_near_the_target_in_calm_and_in_wild_markets() -> None:
    close = calm_then_wild(2000)
    weights = np.full(close.shape, 0.5)
    scale = overlay(cap=10.0, window=60).scale(panel(close), weights)
    returns = (close[1:] / close[:-1] - 1) @ [0.5, 0.5]
    scaled = returns * scale[:-1]
    for part in (slice(100, 990), slice(1100, 1990)):
        assert np.std(scaled[part]) * np.sqrt(252) == pytest.approx(0.1, rel=0.15)
    assert np.std(returns[1100:]) / np.std(returns[100:990]) > 6


def test_a_scale_is_rarely_moved_and_never_beyond_the_cap() -> None:
    close = calm_then_wild()
    scale = overlay().scale(panel(close), np.full(close.shape, 0.25))
    assert np.isnan(scale[:20]).all() and np.isfinite(scale[20:]).all()
    assert np.nanmax(scale) == 2.0  # 0.5 gross up to the cap of 1
    assert np.count_nonzero(np.diff(scale[20:])) < 40
    restless = overlay(band=0.0).scale(panel(close), np.full(close.shape, 0.25))
    assert np.count_nonzero(np.diff(restless[20:])) > 150


def test_nothing_held_keeps_the_scale() -> None:
    close = calm_then_wild()
    weights = np.full(close.shape, 0.5)
    weights[100:300] = 0.0
    scale = overlay().scale(panel(close), weights)
    assert (scale[100:300] == scale[99]).all() and scale[300] < scale[99]


def test_the_year_is_that_of_the_panels_calendar() -> None:
    close = calm_then_wild()
    weights = np.full(close.shape, 0.5)
    stocks = overlay(cap=10.0).scale(panel(close), weights)
    always = overlay(cap=10.0).scale(replace(panel(close), calendar="24/7"), weights)
    assert always[20] / stocks[20] == pytest.approx(np.sqrt(252 / 365))


def test_fifteen_minute_bars_of_a_large_universe_take_seconds() -> None:
    generator = np.random.default_rng(1)
    close = 50 * np.exp(np.cumsum(generator.normal(0, 0.002, (29_484, 46)), axis=0))
    start = time.perf_counter()
    found = portfolio_volatility(close, np.full(close.shape, 1 / 46), 60)
    assert time.perf_counter() - start < 5
    assert np.isfinite(found[60:]).all()

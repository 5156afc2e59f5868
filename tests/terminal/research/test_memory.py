"""Autocorrelation, half-life and stationarity against statsmodels and known processes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from statsmodels.tsa.stattools import acf

from terminal.research.memory import (
    WORDS,
    Stationarity,
    Verdict,
    autocorrelation,
    half_life,
    stationarity,
)


def autoregression(r: float, n: int, seed: int = 0) -> np.ndarray:
    """x_t = r x_t-1 + noise."""
    noise = np.random.default_rng(seed).normal(size=n)
    out = np.zeros(n)
    for t in range(1, n):
        out[t] = r * out[t - 1] + noise[t]
    return out


def test_autocorrelation_is_statsmodels_also_with_gaps() -> None:
    series = autoregression(0.7, 300)
    np.testing.assert_allclose(autocorrelation(series, 12), acf(series, nlags=12, fft=False)[1:])
    series[[20, 21, 150]] = np.nan
    # statsmodels divides each lag by its own pairs of known values; only the number differs
    found = autocorrelation(series, 1)[0]
    known = np.where(np.isfinite(series), series - np.nanmean(series), 0.0)
    assert found == pytest.approx(float(known[1:] @ known[:-1]) / float(known @ known))


def test_autocorrelation_of_nothing_is_nothing() -> None:
    assert np.isnan(autocorrelation(np.ones(50), 3)).all()
    assert np.isnan(autocorrelation(np.array([1.0, np.nan]), 3)).all()
    assert np.isfinite(autocorrelation(np.arange(4.0), 6)).sum() == 3


def test_half_life_of_an_autoregression() -> None:
    assert half_life(autoregression(0.9, 40_000)) == pytest.approx(
        math.log(0.5) / math.log(0.9), rel=0.1
    )
    assert half_life(autoregression(-0.5, 500)) == 0.0
    assert math.isnan(half_life(np.ones(10)))


def test_the_two_tests_tell_a_steady_series_from_one_that_wanders() -> None:
    steady = stationarity(autoregression(0.5, 800))
    assert steady.verdict is Verdict.STATIONARY and steady.adf < 0.01 and steady.kpss == 0.1
    walk = stationarity(autoregression(1.0, 800, seed=4))
    assert walk.verdict is Verdict.WANDERING and walk.kpss < 0.02
    moved = autoregression(0.2, 800)
    moved[400:] += 2.0
    assert stationarity(moved).verdict is Verdict.MIXED


def test_every_combination_has_its_words() -> None:
    cases = {
        (0.01, 0.1): Verdict.STATIONARY,
        (0.01, 0.01): Verdict.MIXED,
        (0.5, 0.01): Verdict.WANDERING,
        (0.5, 0.1): Verdict.UNCLEAR,
        (math.nan, 0.1): Verdict.UNKNOWN,
    }
    for (adf, kpss), verdict in cases.items():
        assert Stationarity(adf, kpss, 100).verdict is verdict
    assert set(WORDS) == set(Verdict)


def test_too_short_and_unchanging_series_are_unknown_not_wrong() -> None:
    assert stationarity(np.ones(500)).verdict is Verdict.UNKNOWN
    assert stationarity(np.arange(10.0)).n == 10

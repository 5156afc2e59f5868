"""The information coefficient against scipy, and what it finds of planted and of no signal."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from terminal.research.information import (
    FEWEST_INSTRUMENTS,
    Mode,
    by_bar,
    by_instrument,
    by_year,
    information,
)
from terminal.research.outcomes import forward_returns


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    """Values with ties and gaps, (80, 7)."""
    rng = np.random.default_rng(11)
    x = np.round(rng.normal(size=(80, 7)), 1)
    y = x + rng.normal(size=(80, 7))
    x[rng.random((80, 7)) < 0.1] = np.nan
    y[rng.random((80, 7)) < 0.1] = np.nan
    return x, y


def test_both_forms_are_spearmans_correlation(pair: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = pair
    over_bars, over_instruments = by_instrument(x, y), by_bar(x, y)
    for j in range(7):
        both = np.isfinite(x[:, j]) & np.isfinite(y[:, j])
        assert over_bars[j] == pytest.approx(spearmanr(x[both, j], y[both, j]).statistic)
    for t in range(80):
        both = np.isfinite(x[t]) & np.isfinite(y[t])
        if both.sum() < FEWEST_INSTRUMENTS:
            assert np.isnan(over_instruments[t])
        else:
            assert over_instruments[t] == pytest.approx(spearmanr(x[t, both], y[t, both]).statistic)


def test_a_feature_that_never_changes_has_no_coefficient() -> None:
    y = np.random.default_rng(0).normal(size=(60, 6))
    assert np.isnan(by_bar(np.ones((60, 6)), y)).all()
    found = information(np.ones((60, 6)), y, 1, Mode.THROUGH)
    assert np.isnan(found.estimate.mean) and found.estimate.n == 0


@pytest.mark.parametrize("mode", list(Mode))
def test_a_planted_signal_is_found_within_its_interval(mode: Mode) -> None:
    rng = np.random.default_rng(13)
    returns = rng.normal(size=(3000, 8))
    truth = 0.1
    feature = truth * returns + np.sqrt(1 - truth**2) * rng.normal(size=returns.shape)
    found = information(feature, returns, 1, mode)
    n = 8 if mode is Mode.ACROSS else 3000
    # mean of Spearman's coefficient of n bivariate normal pairs (Moran 1948)
    rank_truth = 6 / (np.pi * (n + 1)) * (np.arcsin(truth) + (n - 2) * np.arcsin(truth / 2))
    assert found.estimate.low < rank_truth < found.estimate.high
    assert found.estimate.sure and found.positive > 0.5


@pytest.mark.parametrize("mode", list(Mode))
def test_noise_is_believed_about_as_seldom_as_the_interval_says(mode: Mode) -> None:
    """A slow feature and overlapping returns: the case in which naive errors are far too small."""
    rng = np.random.default_rng(17)
    believed = 0
    for seed in range(30):
        close = np.exp(np.cumsum(0.01 * rng.normal(size=(700, 6)), axis=0))
        slow = np.cumsum(rng.normal(size=(700, 6)), axis=0)
        slow[30:] -= slow[:-30].copy()
        found = information(slow, forward_returns(close, 10), 10, mode, seed)
        believed += found.estimate.sure
    assert believed <= 6


def test_instruments_that_move_together_are_not_many_observations() -> None:
    rng = np.random.default_rng(19)
    x, y = rng.normal(size=(500, 1)), rng.normal(size=(500, 1))
    one = information(x, y, 1, Mode.THROUGH).estimate
    ten = information(np.repeat(x, 10, axis=1), np.repeat(y, 10, axis=1), 1, Mode.THROUGH).estimate
    assert ten.mean == pytest.approx(one.mean)
    assert ten.error == pytest.approx(one.error, rel=0.01)


def test_years_stand_for_themselves() -> None:
    y = np.random.default_rng(2).normal(size=(200, 6))
    x = np.vstack([y[:100], -y[100:]])
    year = np.repeat([2020, 2021], 100)
    for mode in Mode:
        assert by_year(x, y, year, mode) == [
            (2020, pytest.approx(1.0), 100),
            (2021, pytest.approx(-1.0), 100),
        ]

"""Sizes: by hand, within their caps, smaller in bad regimes and beside what repeats."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.portfolio.sizing import (
    correlation_scaled,
    fixed_fraction,
    kelly,
    kelly_bet,
    kelly_weights,
    regime_multiplier,
    room_beside,
    volatility_target,
)
from tests.terminal.portfolio.examples import covariance

SIGMA = covariance()


def test_the_stop_costs_the_fraction() -> None:
    found = fixed_fraction(0.01, np.array([0.05, 0.002]), most=0.5)
    assert found == pytest.approx([0.2, 0.5])
    assert fixed_fraction(0.01, 0.05, multiplier=0.5) == pytest.approx(0.1)
    with pytest.raises(InputError, match="distance to the stop must be above zero"):
        fixed_fraction(0.01, 0.0)


def test_the_whole_has_the_volatility_that_is_asked_for() -> None:
    w = np.array([0.5, -0.2, 0.3, 0.1, 0.1, 0.2])
    found = volatility_target(w, SIGMA, 0.005, most=2.0)
    assert np.sqrt(found @ SIGMA @ found) == pytest.approx(0.005)
    assert found / found[0] == pytest.approx(w / w[0])
    half = volatility_target(w, SIGMA, 0.005, most=2.0, multiplier=0.5)
    assert half == pytest.approx(found / 2)
    capped = volatility_target(w, SIGMA, 1.0, most=1.0)
    assert np.abs(capped).sum() == pytest.approx(1.0)
    assert volatility_target(np.zeros(6), SIGMA, 0.01).tolist() == [0.0] * 6


def test_kelly_by_hand() -> None:
    assert kelly_bet(0.6, 1.0) == pytest.approx(0.2, abs=1e-15)
    assert kelly_bet(0.4, 1.0) == 0.0
    assert kelly(0.08, 0.04, fraction=0.5, most=2.0) == pytest.approx(1.0)
    assert kelly(0.08, 0.04, most=0.4) == 0.4 and kelly(-0.08, 0.04, most=0.4) == -0.4
    with pytest.raises(InputError, match=r"probability is 1.2; allowed: 0 to 1"):
        kelly_bet(1.2, 1.0)
    with pytest.raises(InputError, match=r"variance is 0"):
        kelly(0.1, 0.0)


def test_kelly_of_several_is_the_closed_form_and_grows_the_most() -> None:
    mean = np.linspace(0.0001, 0.0008, 6)
    full = kelly_weights(mean, SIGMA, fraction=1.0, most=99, gross=999, long_only=False)
    assert full == pytest.approx(np.linalg.solve(SIGMA, mean), rel=1e-6)
    half = kelly_weights(
        mean, SIGMA, fraction=1.0, most=99, gross=999, long_only=False, multiplier=0.5
    )
    assert half == pytest.approx(full / 2, rel=1e-6)

    def growth(w: np.ndarray) -> float:
        return float(mean @ w - w @ SIGMA @ w / 2)

    capped = kelly_weights(mean, SIGMA, fraction=1.0, most=0.4)
    assert capped.sum() <= 1 + 1e-9 and capped.min() >= 0 and capped.max() <= 0.4 + 1e-9
    cut = np.clip(full, 0, 0.4)
    assert growth(capped) >= growth(cut / max(1.0, cut.sum()))
    assert kelly_weights(mean, SIGMA, multiplier=0.0).tolist() == [0.0] * 6


def test_a_hedge_finds_more_room_than_a_repetition() -> None:
    matrix = 1e-4 * np.array([[1.0, 0.9, -0.9], [0.9, 1.0, -0.8], [-0.9, -0.8, 1.0]])
    held = np.array([0.5, 0.0, 0.0])
    same, hedge = (room_beside(held, matrix, k, 0.008) for k in (1, 2))
    assert 0 < same < hedge
    for column, size in ((1, same), (2, hedge)):
        whole = held + size * np.eye(3)[column]
        assert np.sqrt(whole @ matrix @ whole) == pytest.approx(0.008)
    short = room_beside(held, matrix, 1, 0.008, side=-1.0)
    assert short < -same
    assert room_beside(held, matrix, 1, 0.004) == 0.0


def test_positions_that_are_one_bet_are_made_smaller() -> None:
    sizes = np.array([0.1, 0.1, 0.1, 0.1])
    assert correlation_scaled(sizes, np.eye(4)) == pytest.approx(sizes)
    assert correlation_scaled(sizes, np.ones((4, 4))) == pytest.approx(sizes / 2)
    against = sizes * [1, -1, 1, -1]
    assert correlation_scaled(against, np.ones((4, 4))) == pytest.approx(against)


def test_a_regime_without_a_multiplier_is_named() -> None:
    assert regime_multiplier("calm", {"calm": 1.0, "storm": 0.3}) == 1.0
    with pytest.raises(InputError, match=r"no multiplier for the regime 'fog'; given: calm"):
        regime_multiplier("fog", {"calm": 1.0})
    with pytest.raises(InputError, match="multiplier is -1"):
        regime_multiplier("calm", {"calm": -1.0})

"""Bollinger and Keltner bands on prices where the right decision is plain."""

from __future__ import annotations

import numpy as np
import pytest
import talib

from terminal.errors import InputError
from terminal.params import validate
from terminal.strategies.bands import (
    AT_THE_BAND,
    BollingerParams,
    BollingerReversionParams,
    KeltnerParams,
    bollinger_breakout_targets,
    bollinger_reversion_targets,
    bollinger_score,
    keltner_targets,
)
from terminal.strategies.indicators import average_true_range, ema
from tests.terminal.backtest.panels import panel, random_panel

NAN = float("nan")


def test_the_score_is_beyond_two_exactly_where_the_close_is_outside_the_bands() -> None:
    close = random_panel(3, 300, 1, ragged=False, events=False).close
    upper, _, lower = talib.BBANDS(close[:, 0], 20, 1.5, 1.5)
    score = bollinger_score(close, 20)[:, 0]
    np.testing.assert_array_equal(score[19:] > 1.5, close[19:, 0] > upper[19:])
    np.testing.assert_array_equal(score[19:] < -1.5, close[19:, 0] < lower[19:])
    assert (np.abs(score[19:]) > 1.5).sum() > 20


def test_breakout_enters_above_the_band_and_leaves_below_the_average() -> None:
    """Window 5, width 1.5. Scores by hand: 10 10.2 10 10.2 13 -> mean 10.68, sd 1.164: 1.99."""
    bars = panel([10, 10.2, 10, 10.2, 13, 13.2, 13.1, 11, 11])
    score = bollinger_score(bars.close, 5)[:, 0]
    assert score[4] == pytest.approx((13 - 10.68) / 1.16344, abs=1e-3)
    assert 0 < score[6] < 1.5 and score[7] < 0
    found = bollinger_breakout_targets(bars, BollingerParams(window=5, deviations=1.5))[:, 0]
    np.testing.assert_array_equal(found, [NAN] * 4 + [1, 1, 1, 0, 0])


def test_reversion_waits_until_the_close_is_back_inside() -> None:
    bars = panel([10, 10.2, 10, 10.2, 7, 7.5, 9.9, 10])
    score = bollinger_score(bars.close, 5)[:, 0]
    assert score[4] < -1.5 < score[5] < 0 < score[6]
    params = BollingerReversionParams(window=5, deviations=1.5)
    found = bollinger_reversion_targets(bars, params)[:, 0]
    np.testing.assert_array_equal(found, [NAN] * 4 + [0, 1, 0, 0])
    at_once = BollingerReversionParams(window=5, deviations=1.5, trigger=AT_THE_BAND)
    found = bollinger_reversion_targets(bars, at_once)[:, 0]
    np.testing.assert_array_equal(found, [NAN] * 4 + [1, 1, 0, 0])


def test_short_is_the_mirror_of_long() -> None:
    values = 100 + np.cumsum(np.random.default_rng(5).normal(0, 1, 200))
    for targets, params in (
        (bollinger_breakout_targets, BollingerParams()),
        (bollinger_reversion_targets, BollingerReversionParams()),
        (keltner_targets, KeltnerParams(multiple=1.0)),
    ):
        one = targets(panel(values), params)  # type: ignore[operator]
        mirrored = targets(panel(300 - values), params)  # type: ignore[operator]
        np.testing.assert_array_equal(one, -mirrored)
        assert {-1.0, 0.0, 1.0} <= set(one[np.isfinite(one)])


def test_keltner_is_its_definition_bar_by_bar() -> None:
    bars = random_panel(11, 200, 1, ragged=False, events=False)
    params = KeltnerParams(window=8, range_window=5, multiple=1.2)
    middle = ema(bars.close, 8)[:, 0]
    width = 1.2 * average_true_range(bars.high, bars.low, bars.close, 5)[:, 0]
    found = keltner_targets(bars, params)[:, 0]
    side = 0
    for t in range(7, 200):
        away = bars.close[t, 0] - middle[t]
        if side * away < 0:
            side = 0
        if abs(away) > width[t]:
            side = int(np.sign(away))
        assert found[t] == side, t
    assert np.isnan(found[:7]).all()


@pytest.mark.parametrize("targets", [bollinger_breakout_targets, bollinger_reversion_targets])
def test_a_price_that_never_moves_is_neither_bought_nor_sold(targets: object) -> None:
    found = targets(panel([100.1] * 60), BollingerReversionParams())[:, 0]  # type: ignore[operator]
    assert (found[19:] == 0).all()
    assert (keltner_targets(panel([100.1] * 60), KeltnerParams())[19:] == 0).all()


def test_the_exit_must_be_nearer_than_the_band() -> None:
    with pytest.raises(InputError, match="Exit is 2 and band width 2") as caught:
        validate(BollingerParams, {"leave": 2.0})
    assert caught.value.field == "leave"

"""Features that TA-Lib does not have, against numbers a person can check."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from terminal.features.catalogue import FEATURES, get_feature
from terminal.features.feature import Bars, Feature, Scope
from terminal.params import validate
from tests.terminal.features.bars import make_bars


def value(slug: str, bars: Bars, **params: Any) -> np.ndarray:
    feature = get_feature(slug)
    return feature.compute(bars, validate(feature.params_type, params))


@pytest.fixture(scope="module")
def walk() -> Bars:
    generator = np.random.default_rng(4)
    close = 50 * np.exp(np.cumsum(generator.normal(0, 0.01, 400)))
    open_ = np.append(close[0], close[:-1]) * np.exp(generator.normal(0, 0.003, 400))
    high = np.maximum(open_, close) * 1.004
    low = np.minimum(open_, close) * 0.995
    volume = generator.integers(100, 900, 400).astype(float)
    return make_bars(close, open=open_, high=high, low=low, volume=volume)


def frame(bars: Bars) -> pd.DataFrame:
    return pd.DataFrame({n: getattr(bars, n) for n in ("open", "high", "low", "close", "volume")})


def equal(found: np.ndarray, wanted: pd.Series, least: int) -> None:
    both = np.isfinite(wanted.to_numpy())
    assert both.sum() >= least
    assert np.isfinite(found).sum() == both.sum()
    np.testing.assert_allclose(found[both], wanted.to_numpy()[both], rtol=1e-8, atol=1e-12)


def test_an_ichimoku_line_is_the_middle_of_its_own_window_and_not_shifted() -> None:
    n = 60
    high, low = np.arange(n) + 2.0, np.arange(n) + 0.0
    bars = make_bars(np.arange(n) + 1.0, high=high, low=low)
    # last 9 bars: highs up to 61, lows from 51: middle 56; close 60; true range 2 (high - low)
    assert value("ichimoku-conversion", bars)[-1] == pytest.approx((60 - 56.0) / 2)
    # last 26: 61 and 34: 47.5; last 52: 61 and 8: 34.5
    assert value("ichimoku-base", bars)[-1] == pytest.approx((60 - 47.5) / 2)
    assert value("ichimoku-cross", bars)[-1] == pytest.approx((56 - 47.5) / 2)
    span_a = (56 + 47.5) / 2
    assert value("ichimoku-cloud", bars)[-1] == pytest.approx((60 - span_a) / 2)
    assert value("ichimoku-thickness", bars)[-1] == pytest.approx((span_a - 34.5) / 2)


def test_a_crossover_is_one_on_its_bar_and_its_age_grows_from_there() -> None:
    close = [10, 10, 10, 10, 9, 8, 7, 8, 10, 12, 12, 12.0]
    bars = make_bars(close)
    # means of 2 and 4: 2-bar mean first exceeds the other at the bar of 10 (9 against 8.25)
    cross = value("sma-cross", bars, fast=2, slow=4)
    assert cross[8] == 1.0
    assert cross[[9, 10, 11]].tolist() == [0.0, 0.0, 0.0]
    age = value("sma-cross-age", bars, fast=2, slow=4) * 500
    assert age[8:].tolist() == pytest.approx([0, 1, 2, 3])


def test_a_price_high_with_a_lower_indicator_is_a_divergence_below_zero() -> None:
    strong = 100 + 2.0 * np.arange(20)
    weak = strong[-1] + np.cumsum(np.tile([-0.8, 1.0], 30))  # to a new high, by halting steps
    bars = make_bars(np.append(strong, weak))
    found = value("rsi-divergence", bars, window=10, over=69)
    assert bars.close[-1] == bars.close.max()
    assert found[-1] < -0.3


def test_bands_inside_the_channel_are_a_squeeze_and_its_age_is_counted(walk: Bars) -> None:
    f = frame(walk)
    before = f.close.shift()
    span = np.maximum(f.high, before) - np.minimum(f.low, before)
    wilder = span.iloc[1:].ewm(alpha=1 / 20, adjust=False).mean()
    ratio = value("squeeze", walk)
    last = 2 * f.close.rolling(20).std(ddof=0).iloc[-1] / (1.5 * wilder.iloc[-1])
    assert ratio[-1] == pytest.approx(last, rel=1e-6)
    age = value("squeeze-age", walk)
    for t in range(30, 400):
        inside = ratio[t] < 1
        assert (age[t] > 0) == inside
        assert abs(age[t]) == 1 or abs(age[t]) == abs(age[t - 1]) + 1


def test_range_estimators_are_the_papers(walk: Bars) -> None:
    f = frame(walk)
    span, body = np.log(f.high / f.low), np.log(f.close / f.open)
    gap = np.log(f.open / f.close.shift())
    rs = np.log(f.high / f.close) * np.log(f.high / f.open)
    rs = rs + np.log(f.low / f.close) * np.log(f.low / f.open)
    equal(value("parkinson", walk), np.sqrt((span**2).rolling(20).mean() / (4 * math.log(2))), 381)
    each = span**2 / 2 - (2 * math.log(2) - 1) * body**2
    equal(value("garman-klass", walk), np.sqrt(each.rolling(20).mean()), 381)
    equal(value("rogers-satchell", walk), np.sqrt(rs.rolling(20).mean()), 381)
    k = 0.34 / (1.34 + 21 / 19)
    total = gap.rolling(20).var() + k * body.rolling(20).var() + (1 - k) * rs.rolling(20).mean()
    equal(value("yang-zhang", walk), np.sqrt(total), 380)


def test_range_estimators_find_the_volatility_of_a_fine_walk() -> None:
    """390 steps a bar of known volatility; ranges seen at steps are a little too small."""
    steps = np.random.default_rng(0).normal(0, 0.01 / math.sqrt(390), (3000, 390))
    path = np.cumsum(steps, axis=1)
    start = np.append(0.0, np.cumsum(path[:-1, -1]))
    whole = start[:, None] + np.hstack([np.zeros((3000, 1)), path])
    prices = np.exp(whole)
    bars = make_bars(
        prices[:, -1], open=prices[:, 0], high=prices.max(axis=1), low=prices.min(axis=1),
        start="1990-01-02",
    )  # fmt: skip
    for slug in ("parkinson", "garman-klass", "rogers-satchell", "yang-zhang", "realised"):
        assert value(slug, bars, window=1500)[-1] == pytest.approx(0.01, rel=0.06), slug


def test_flows_of_volume_are_shares_of_it() -> None:
    close = [10, 11, 10, 12, 12.0]
    bars = make_bars(close, high=[12, 12, 12, 12, 12.0], low=[8.0] * 5, volume=[5, 1, 2, 3, 4.0])
    # signed volume of the last four bars: 1 - 2 + 3 + 0, of all their volume 10
    assert value("on-balance", bars, window=4)[-1] == pytest.approx(0.2)
    # close locations 0.5, 0, 1, 1 times volumes 1, 2, 3, 4
    assert value("money-flow", bars, window=4)[-1] == pytest.approx(7.5 / 10)
    assert value("volume-ratio", bars, window=4)[-1] == pytest.approx(4 / 2.5)
    assert value("vwma-gap", bars, window=4)[-1] == pytest.approx(
        12 / ((11 * 1 + 10 * 2 + 12 * 3 + 12 * 4) / 10) - 1
    )


def test_kyle_lambda_finds_the_impact_that_made_the_prices() -> None:
    generator = np.random.default_rng(1)
    sign = generator.choice([-1.0, 1.0], 400)
    volume = generator.integers(50, 150, 400).astype(float)
    close = 100 * np.exp(np.cumsum(1e-5 * sign * volume))
    found = value("kyle-lambda", make_bars(close, volume=volume), window=200)
    assert found[-1] == pytest.approx(1e-5 * volume[-200:].mean(), rel=1e-9)


def test_roll_finds_the_spread_of_a_bouncing_price() -> None:
    """The value stands still and trades alternate at random between bid and ask."""
    side = np.random.default_rng(2).choice([-1.0, 1.0], 4000)
    bars = make_bars(100 + 0.05 * side, start="2000-01-03")
    assert value("roll-spread", bars, window=2000)[-1] == pytest.approx(0.1 / 100, rel=0.05)


def test_amihud_and_zero_returns_of_a_small_case() -> None:
    close = np.array([10, 11, 11, 10.0])
    bars = make_bars(close, volume=[1, 2, 3, 4.0])
    traded = close * np.array([1, 2, 3, 4.0])
    size = np.abs(np.diff(np.log(close)))
    wanted = (size[1:] / traded[2:]).mean() * traded[2:].mean()
    assert value("amihud", bars, window=2)[-1] == pytest.approx(wanted)
    assert value("zero-returns", bars, window=3)[-1] == pytest.approx(1 / 3)


def test_session_features_begin_anew_each_day() -> None:
    from terminal.market.timeframe import Timeframe

    n = 7 * 3
    close = np.arange(n) + 100.0
    bars = make_bars(
        close, open=close - 0.5, high=close + 1, low=close - 1, volume=np.full(n, 2.0),
        timeframe=Timeframe.HOUR_1,
    )  # fmt: skip
    place = np.arange(n) % 7
    opens = close - place - 0.5
    np.testing.assert_allclose(value("session-return", bars), np.log(close / opens))
    lows, highs = opens + 0.5 - 1, close + 1
    np.testing.assert_allclose(value("session-place", bars), (close - lows) / (highs - lows))
    gap = value("opening-gap", bars)
    assert np.isnan(gap[:7]).all()
    np.testing.assert_allclose(gap[7:], np.log(opens[7:] / (opens[7:] - 0.5)))
    mean_since_open = np.array([close[t - place[t] : t + 1].mean() for t in range(n)])
    found = value("vwap-gap", bars)
    np.testing.assert_allclose(found[14:], (close - mean_since_open)[14:] / 2.0)


def test_stationary_features_against_pandas(walk: Bars) -> None:
    log = np.log(frame(walk).close)
    rolling = log.rolling(63)
    equal(value("price-zscore", walk), (log - rolling.mean()) / rolling.std(ddof=0), 338)
    equal(value("demeaned", walk, window=63), log - rolling.mean(), 338)
    returns = log.diff()
    wanted = returns.rolling(63).corr(returns.shift())
    equal(value("autocorrelation", walk), wanted, 336)

    def rest(y: np.ndarray) -> float:
        x = np.arange(len(y))
        residual = y - np.polyval(np.polyfit(x, y, 1), x)
        return float(residual[-1] / residual.std())

    equal(value("detrended", walk, window=63), rolling.apply(rest, raw=True), 338)


def test_the_dickey_fuller_statistic_is_statsmodels(walk: Bars) -> None:
    from statsmodels.tsa.stattools import adfuller

    log = np.log(walk.close)
    wanted = adfuller(log[-101:], maxlag=0, regression="c", autolag=None)[0]
    assert value("root-distance", walk, window=100)[-1] == pytest.approx(wanted, rel=1e-9)


OWN = [slug for slug in FEATURES if get_feature(slug).scope is Scope.INSTRUMENT]


@pytest.mark.parametrize("family", sorted({get_feature(slug).family for slug in OWN}))
def test_a_constant_price_gives_numbers_or_nothing_but_never_infinity(family: str) -> None:
    """Also without volume, and on no bar, one bar and a short history."""
    for slug in OWN:
        feature: Feature = get_feature(slug)
        if feature.family != family:
            continue
        params = feature.params_type()
        for n in (0, 1, 2, 5, 300):
            still = make_bars(np.full(n, 20.0), volume=np.zeros(n))
            found = feature.compute(still, params)
            assert found.shape == (n,)
            assert not np.isinf(found).any(), slug
        first = feature.warmup(params)
        walk = make_bars(20 + np.sin(np.arange(max(first, 1))), volume=np.full(max(first, 1), 3.0))
        if first > 0:
            assert not np.isfinite(feature.compute(walk, params)[:first]).any(), slug


def test_the_warm_up_of_every_light_feature_is_where_its_values_begin(walk: Bars) -> None:
    late = {"sma-cross-age"}  # waits for the first crossing
    by_session = {"opening-gap", "pivot-gap", "session-high-gap", "session-low-gap"}
    for slug in OWN:
        feature = get_feature(slug)
        if feature.heavy or slug in late | by_session:
            continue
        params = feature.params_type()
        found = feature.compute(walk, params)
        assert int(np.isfinite(found).argmax()) == feature.warmup(params), slug
        assert np.isfinite(found[feature.warmup(params) :]).all(), slug

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe
from terminal.strategies.rules.catalogue import FEATURES
from terminal.strategies.rules.rule_set import Feature
from tests.terminal.backtest.panels import panel, random_panel
from tests.terminal.strategies.rules.made import feature

every = pytest.mark.parametrize("name", FEATURES)


def intraday(n_days: int = 5) -> Panel:
    """Hourly bars of the first sessions of 2024 with volume that varies."""
    calendar = get_calendar("XNYS")
    ts = calendar.grid("2024-01-02", "2024-01-31", Timeframe.HOUR_1)[: 7 * n_days]
    made = random_panel(5, len(ts), 2, ragged=False, events=False)
    volume = np.random.default_rng(1).integers(100, 900, made.close.shape).astype(float)
    close_ts = calendar.bar_close(ts, Timeframe.HOUR_1)
    return replace(made, ts=ts, close_ts=close_ts, volume=volume, timeframe=Timeframe.HOUR_1)


def column(name: str, bars: Panel, **numbers: float) -> np.ndarray:
    return feature(name, **numbers).values(bars)[:, 0]


@every
def test_the_first_value_comes_exactly_when_the_warm_up_is_over(name: str) -> None:
    bars = intraday()
    made = feature(name)
    for values in made.values(bars).T:
        assert np.isnan(values[: made.warmup]).all()
        assert np.isfinite(values[made.warmup :]).all()


@every
def test_a_feature_does_not_know_the_future_and_leaves_its_panel_alone(name: str) -> None:
    bars = random_panel(9, 60, 3)
    before = bars.close.copy()
    whole = feature(name).values(bars)
    for cut in (7, 23, 59):
        np.testing.assert_allclose(
            feature(name).values(bars.truncated(cut)), whole[:cut], rtol=1e-9, atol=1e-9
        )
    np.testing.assert_array_equal(bars.close, before)
    assert np.isnan(whole[np.isnan(bars.close)]).all()


@every
def test_a_feature_says_what_it_is(name: str) -> None:
    kind = FEATURES[name]
    defaults = Feature(name, tuple((s.name, float(s.default)) for s in kind.params))
    assert kind.title and kind.place and "{" not in defaults.words
    for spec in kind.params:
        assert spec.low is not None and spec.high is not None and spec.title
        assert spec.low <= float(spec.default) <= spec.high


def test_windows_against_pandas() -> None:
    bars = intraday()
    close = pd.Series(bars.close[:, 0])
    high, volume = pd.Series(bars.high[:, 0]), pd.Series(bars.volume[:, 0])
    mean, spread = close.rolling(6).mean(), close.rolling(6).std(ddof=0)
    expected = {
        "sma": mean,
        "bollinger-upper": mean + 1.5 * spread,
        "bollinger-lower": mean - 1.5 * spread,
        "bollinger-b": (close - mean + 1.5 * spread) / (3 * spread),
        "rolling-high": high.rolling(6).max(),
        "donchian-high": high.rolling(6).max().shift(1),
        "volume-mean": volume.rolling(6).mean(),
        "rate-of-change": 100 * (close / close.shift(6) - 1),
        "z-score": (close - mean) / close.rolling(6).std(ddof=1),
    }
    for name, values in expected.items():
        found = column(name, bars, window=6, deviations=1.5)
        np.testing.assert_allclose(found, values, rtol=1e-9, err_msg=name)


def test_volatility_is_in_percent_a_year() -> None:
    close = 100 * np.cumprod(np.tile([1.01, 1 / 1.01], 20))
    values = column("volatility", panel(close), window=10)
    returns = close[1:] / close[:-1] - 1
    assert values[-1] == pytest.approx(100 * np.std(returns[-10:], ddof=1) * np.sqrt(252))


def test_the_histogram_is_line_less_signal() -> None:
    bars = intraday()
    line, signal = column("macd-line", bars), column("macd-signal", bars)
    np.testing.assert_allclose(column("macd-histogram", bars), line - signal)


def test_the_calendar_is_the_exchange_s() -> None:
    bars = intraday()
    stamps = pd.DatetimeIndex(bars.close_ts, tz="UTC").tz_convert("America/New_York")
    assert column("day-of-week", bars).tolist() == [stamp.isoweekday() for stamp in stamps]
    minutes = [stamp.hour * 60 + stamp.minute - 570 for stamp in stamps]
    assert column("minutes-since-open", bars).tolist() == minutes
    assert np.isnan(column("minutes-since-open", random_panel(1))).all()


def test_closes_alone_stand_for_high_and_low() -> None:
    bars = panel([3.0, 5.0, 4.0])
    assert column("high", bars).tolist() == column("low", bars).tolist() == [3, 5, 4]
    assert np.isnan(column("open", bars)).all()

"""Where TA-Lib has the function, a feature is TA-Lib's value in units without a price."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import talib

from terminal.features.across_bars import bar_known
from terminal.features.catalogue import get_feature
from terminal.features.feature import Bars
from terminal.features.measures import linear_weights
from terminal.features.own_bars import instrument_bars
from terminal.params import validate
from tests.terminal.features.panels import smooth_panel

Case = tuple[str, dict[str, Any], Callable[[Bars], np.ndarray]]


def hlc(b: Bars) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return b.high, b.low, b.close


def hlcv(b: Bars) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    return b.high, b.low, b.close, b.volume


def atr14(b: Bars) -> np.ndarray:
    return talib.ATR(*hlc(b), 14)


def mean_volume(b: Bars, n: int) -> np.ndarray:
    return talib.SMA(b.volume, n)


CASES: list[Case] = [
    ("sma-gap", {"window": 30}, lambda b: b.close / talib.SMA(b.close, 30) - 1),
    ("ema-gap", {"window": 10}, lambda b: b.close / talib.EMA(b.close, 10) - 1),
    ("wma-gap", {"window": 30}, lambda b: b.close / talib.WMA(b.close, 30) - 1),
    ("dema-gap", {"window": 20}, lambda b: b.close / talib.DEMA(b.close, 20) - 1),
    ("tema-gap", {"window": 20}, lambda b: b.close / talib.TEMA(b.close, 20) - 1),
    ("trima-gap", {"window": 10}, lambda b: b.close / talib.TRIMA(b.close, 10) - 1),
    ("trima-gap", {"window": 9}, lambda b: b.close / talib.TRIMA(b.close, 9) - 1),
    ("kama-gap", {"window": 10}, lambda b: b.close / talib.KAMA(b.close, 10) - 1),
    ("t3-gap", {"window": 5}, lambda b: b.close / talib.T3(b.close, 5, 0.7) - 1),
    ("hma-gap", {"window": 16}, lambda b: b.close / talib.HMA(b.close, 16) - 1),
    (
        "sma-spread",
        {"fast": 5, "slow": 20},
        lambda b: (talib.SMA(b.close, 5) - talib.SMA(b.close, 20)) / atr14(b),
    ),
    ("macd", {}, lambda b: 100 * talib.MACD(b.close)[0] / b.close),
    ("macd-signal", {}, lambda b: 100 * talib.MACD(b.close)[1] / b.close),
    ("macd-histogram", {}, lambda b: 100 * talib.MACD(b.close)[2] / b.close),
    ("plus-di", {}, lambda b: talib.PLUS_DI(*hlc(b), 14)),
    ("minus-di", {}, lambda b: talib.MINUS_DI(*hlc(b), 14)),
    ("adx", {}, lambda b: talib.ADX(*hlc(b), 14)),
    ("adxr", {}, lambda b: talib.ADXR(*hlc(b), 14)),
    ("aroon-down", {}, lambda b: talib.AROON(b.high, b.low, 14)[0]),
    ("aroon-up", {}, lambda b: talib.AROON(b.high, b.low, 14)[1]),
    ("aroon-oscillator", {}, lambda b: talib.AROONOSC(b.high, b.low, 14)),
    ("regression-slope", {}, lambda b: talib.LINEARREG_SLOPE(np.log(b.close), 20)),
    ("regression-gap", {}, lambda b: np.log(b.close) - talib.LINEARREG(np.log(b.close), 20)),
    ("parabolic-gap", {}, lambda b: (b.close - talib.SAR(b.high, b.low, 0.02, 0.2)) / atr14(b)),
    (
        "supertrend-gap",
        {"window": 10, "multiple": 3.0},
        lambda b: (b.close - talib.SUPERTREND(*hlc(b), 10, 3.0)[0]) / talib.ATR(*hlc(b), 10),
    ),
    ("efficiency", {}, lambda b: talib.ER(b.close, 14)),
    ("vortex", {}, lambda b: np.subtract(*talib.VORTEX(*hlc(b), 14))),
    ("roc", {"window": 14}, lambda b: talib.ROC(b.close, 14)),
    ("momentum-atr", {"window": 14}, lambda b: talib.MOM(b.close, 14) / atr14(b)),
    ("rsi", {}, lambda b: talib.RSI(b.close, 14)),
    ("stoch-fast", {}, lambda b: talib.STOCHF(*hlc(b), 14, 1)[0]),
    ("stoch-k", {}, lambda b: talib.STOCH(*hlc(b), 14, 3, 0, 3, 0)[0]),
    ("stoch-d", {}, lambda b: talib.STOCH(*hlc(b), 14, 3, 0, 3, 0)[1]),
    ("stoch-rsi", {}, lambda b: talib.STOCHRSI(b.close, 14, 14, 1, 0)[0]),
    ("williams-r", {}, lambda b: talib.WILLR(*hlc(b), 14)),
    ("cci", {}, lambda b: talib.CCI(*hlc(b), 20)),
    ("cmo", {}, lambda b: talib.CMO(b.close, 14)),
    ("ultimate", {}, lambda b: talib.ULTOSC(*hlc(b), 7, 14, 28)),
    ("tsi", {}, lambda b: talib.TSI(b.close, 25, 13)),
    ("trix", {}, lambda b: talib.TRIX(b.close, 14)),
    ("awesome", {}, lambda b: talib.AO(b.high, b.low) / atr14(b)),
    ("elder-bull", {}, lambda b: (b.high - talib.EMA(b.close, 14)) / atr14(b)),
    ("elder-bear", {}, lambda b: (b.low - talib.EMA(b.close, 14)) / atr14(b)),
    (
        "balance-of-power",
        {},
        lambda b: talib.SMA(talib.BOP(b.open, b.high, b.low, b.close), 14),
    ),
    ("qstick", {}, lambda b: talib.SMA(b.close - b.open, 10) / atr14(b)),
    ("intraday-momentum", {}, lambda b: talib.IMI(b.open, b.close, 14)),
    ("natr", {}, lambda b: talib.NATR(*hlc(b), 14)),
    ("true-range", {}, lambda b: talib.TRANGE(*hlc(b)) / atr14(b)),
    (
        "bollinger-width",
        {},
        lambda b: np.subtract(*talib.BBANDS(b.close, 20, 2, 2, 0)[::2]) / talib.SMA(b.close, 20),
    ),
    (
        "bollinger-place",
        {},
        lambda b: (
            (b.close - talib.BBANDS(b.close, 20, 2, 2, 0)[2])
            / np.subtract(*talib.BBANDS(b.close, 20, 2, 2, 0)[::2])
        ),
    ),
    (
        "donchian-width",
        {},
        lambda b: (talib.MAX(b.high, 20) - talib.MIN(b.low, 20)) / atr14(b),
    ),
    (
        "keltner-width",
        {},
        lambda b: 4 * talib.ATR(*hlc(b), 10) / talib.EMA(b.close, 20),
    ),
    ("mass-index", {}, lambda b: talib.MASSI(b.high, b.low)),
    ("chaikin-volatility", {}, lambda b: talib.CVI(b.high, b.low, 10)),
    ("money-flow", {}, lambda b: talib.CMF(*hlcv(b), 20)),
    ("money-flow-index", {}, lambda b: talib.MFI(*hlcv(b), 14)),
    (
        "chaikin-oscillator",
        {},
        lambda b: talib.ADOSC(*hlcv(b), 3, 10) / mean_volume(b, 20),
    ),
    (
        "force-index",
        {"window": 13},
        lambda b: (
            talib.EMA(np.diff(b.close, prepend=np.nan) * b.volume, 13)
            / (atr14(b) * mean_volume(b, 20))
        ),
    ),
    ("vwma-gap", {}, lambda b: b.close / talib.VWMA(b.close, b.volume, 20) - 1),
    ("volume-trend", {}, lambda b: 100 * (talib.EMA(b.volume, 12) / talib.EMA(b.volume, 26) - 1)),
    (
        "price-volume-correlation",
        {},
        lambda b: talib.CORREL(np.diff(np.log(b.close), prepend=np.nan), b.volume, 20),
    ),
    (
        "realised",
        {},
        lambda b: talib.STDDEV(np.diff(np.log(b.close), prepend=np.nan), 20) * np.sqrt(20 / 19),
    ),
]


@pytest.fixture(scope="module")
def bars() -> Bars:
    panel = smooth_panel(700, 1)
    return instrument_bars(panel, 0, bar_known(panel))[0]


@pytest.mark.parametrize(
    ("slug", "params", "expected"), CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)]
)
def test_a_feature_is_talibs_value(
    bars: Bars, slug: str, params: dict[str, Any], expected: Callable[[Bars], np.ndarray]
) -> None:
    feature = get_feature(slug)
    found = feature.compute(bars, validate(feature.params_type, params))
    wanted = expected(bars)
    both = np.isfinite(found) & np.isfinite(wanted)
    # none starts later than TA-Lib does, whose averages of averages may wait longer
    assert np.isfinite(found)[np.isfinite(wanted)].all()
    assert both.sum() > 600
    np.testing.assert_allclose(found[both], wanted[both], rtol=1e-9, atol=1e-10)


def test_linear_weights_are_those_of_a_weighted_average() -> None:
    assert linear_weights(3).tolist() == pytest.approx([3 / 6, 2 / 6, 1 / 6])

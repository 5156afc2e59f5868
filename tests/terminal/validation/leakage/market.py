"""A simulated market with a gap and a dividend, honest features of it, and two dozen leaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pandas as pd

from terminal.features.frame import FeatureFrame
from terminal.labels.labels import Labels
from terminal.labels.triple_barrier import TRIPLE_BARRIER, TripleBarrierParams
from terminal.market.adjust import backward_adjusted, forward_adjusted
from terminal.market.calendars import get_calendar
from terminal.market.panel import FloatArray, Panel
from terminal.market.panels import build_panel
from terminal.market.simulate import SimulationSpec, dataset, simulate

Column = Callable[[Panel], FloatArray]


@cache
def market() -> Panel:
    """Four stocks, four months of 15-minute bars; one is halted once and pays once."""
    calendar = get_calendar("XNYS")
    spec = SimulationSpec(seed=5, start=date(2024, 1, 2), end=date(2024, 5, 3), n_symbols=4)
    parts = list(simulate(spec, calendar))
    about = dataset(spec)
    actions = pd.concat([part.actions.assign(symbol=part.symbol) for part in parts])
    panel = build_panel(
        about, {part.symbol: part.bars for part in parts}, actions, about.timeframe, calendar
    )
    gap = slice(1500, 1512)
    holes = {}
    for name in ("open", "high", "low", "close", "volume"):
        values = getattr(panel, name).copy()
        values[gap, 0] = np.nan
        holes[name] = values
    dividend = panel.dividend.copy()
    dividend[2100, 0] = 0.05 * panel.close[2099, 0]
    return replace(panel, **holes, dividend=dividend)


@cache
def market_labels() -> Labels:
    return TRIPLE_BARRIER.make(market(), LABEL)


LABEL = TripleBarrierParams(horizon=12, span=50)


def frame_of(panel: Panel, columns: Mapping[str, Column]) -> FeatureFrame:
    values = np.stack([make(panel).T for make in columns.values()], axis=2).astype(np.float32)
    return FeatureFrame(tuple(columns), panel.symbols, panel.ts, panel.close_ts, values)


def rolling(values: FloatArray, window: int, how: Callable[..., FloatArray]) -> FloatArray:
    out = np.full_like(values, np.nan)
    view = np.lib.stride_tricks.sliding_window_view(values, window, axis=0)
    out[window - 1 :] = how(view, axis=-1)
    return out


def logs(panel: Panel) -> FloatArray:
    return np.log(forward_adjusted(panel).close)


def moves(panel: Panel) -> FloatArray:
    return np.diff(logs(panel), axis=0, prepend=np.nan)


def momentum(panel: Panel, window: int) -> FloatArray:
    out = np.full_like(panel.close, np.nan)
    out[window:] = logs(panel)[window:] - logs(panel)[:-window]
    return out


def later(values: FloatArray, bars: int) -> FloatArray:
    out = np.full_like(values, np.nan)
    out[:-bars] = values[bars:]
    return out


def every(values: np.ndarray, panel: Panel) -> FloatArray:
    return np.repeat(values[:, None].astype(float), panel.n_instruments, axis=1)


def day_of(panel: Panel) -> np.ndarray:
    return np.unique(panel.ts.astype("datetime64[D]"), return_inverse=True)[1]


HONEST: dict[str, Column] = {
    "momentum 1": lambda p: momentum(p, 1),
    "momentum 10": lambda p: momentum(p, 10),
    "momentum 50": lambda p: momentum(p, 50),
    "volatility 10": lambda p: rolling(moves(p), 10, np.std),
    "volatility 50": lambda p: rolling(moves(p), 50, np.std),
    "over average": lambda p: logs(p) - rolling(logs(p), 20, np.mean),
    "below high": lambda p: logs(p) - rolling(logs(p), 30, np.max),
    "level": lambda p: forward_adjusted(p).close,
    "size": lambda p: np.abs(moves(p)),
    "range": lambda p: np.log(p.high / p.low),
    "range 20": lambda p: rolling(np.log(p.high / p.low) ** 2, 20, np.mean),
    "place in bar": lambda p: (p.close - p.low) / np.maximum(p.high - p.low, 1e-9),
    "volume": lambda p: np.log(p.volume + 1.0),
    "hour": lambda p: every(p.close_ts.astype("datetime64[m]").astype(int) % 1440, p),
    "rank": lambda p: np.argsort(np.argsort(moves(p), axis=1), axis=1).astype(float),
}


def _label(panel: Panel) -> FloatArray:
    labels = TRIPLE_BARRIER.make(panel, LABEL)
    out = np.full(panel.close.shape, np.nan)
    out[labels.bar, labels.instrument] = labels.label
    return out


def _noise(panel: Panel) -> FloatArray:
    # per bar, so that cut data gets the same draws
    return np.random.default_rng(0).standard_normal(panel.close.shape)


def _filled(panel: Panel, backward: bool) -> FloatArray:
    frame = pd.DataFrame(panel.close)
    return (frame.bfill() if backward else frame.interpolate()).to_numpy()


def _of_group(values: FloatArray, group: np.ndarray, how: str) -> FloatArray:
    return pd.DataFrame(values).groupby(group).transform(how).to_numpy()


def _trend(panel: Panel) -> FloatArray:
    x = np.arange(panel.n_bars)
    y = pd.DataFrame(logs(panel)).ffill().bfill().to_numpy()
    return y - np.stack([np.polyval(np.polyfit(x, own, 1), x) for own in y.T], axis=1)


def _smooth(panel: Panel) -> FloatArray:
    filled = pd.DataFrame(logs(panel)).ffill().bfill().to_numpy()
    waves = np.fft.rfft(filled, axis=0)
    waves[len(waves) // 10 :] = 0.0
    return logs(panel) - np.fft.irfft(waves, n=len(filled), axis=0)


def _beta(panel: Panel) -> FloatArray:
    own = np.nan_to_num(moves(panel))
    market = own.mean(axis=1)
    return own - np.outer(market, (own.T @ market) / (market @ market))


def _hourly_mean_label(panel: Panel) -> FloatArray:
    hour = panel.close_ts.astype("datetime64[h]").astype(int) % 24
    return _of_group(_label(panel), hour, "mean")


def _regime(panel: Panel) -> FloatArray:
    level = rolling(moves(panel), 50, np.std)
    return (level > np.nanquantile(level, 0.7, axis=0)).astype(float)


def _backward_average(panel: Panel) -> FloatArray:
    frame = pd.DataFrame(logs(panel)[::-1]).ffill()
    return logs(panel) - frame.ewm(span=10).mean().to_numpy()[::-1]


LEAKS: dict[str, Column] = {
    "next return": lambda p: later(moves(p), 1),
    "shifted by one bar": lambda p: later(logs(p), 1),
    "momentum five bars on": lambda p: later(momentum(p, 10), 5),
    "centred mean": lambda p: later(rolling(logs(p), 11, np.mean), 5) - logs(p),
    "centred median": lambda p: later(rolling(logs(p), 7, np.median), 3) - logs(p),
    "full-sample score": lambda p: (logs(p) - np.nanmean(logs(p), 0)) / np.nanstd(logs(p), 0),
    "full-sample range": lambda p: (
        (p.close - np.nanmin(p.close, 0)) / (np.nanmax(p.close, 0) - np.nanmin(p.close, 0))
    ),
    "full-sample rank": lambda p: pd.DataFrame(p.close).rank(pct=True).to_numpy(),
    "gap filled from the future": lambda p: _filled(p, backward=True),
    "gap drawn through": lambda p: _filled(p, backward=False),
    "label": _label,
    "label in noise": lambda p: _label(p) + _noise(p),
    "volatility to come": lambda p: later(rolling(moves(p), 10, np.std), 10),
    "close of the open hour": lambda p: _of_group(
        p.close, p.ts.astype("datetime64[h]").astype(int), "last"
    ),
    "today's high": lambda p: _of_group(p.high, day_of(p), "max") / p.close,
    "share of today's volume": lambda p: p.volume / _of_group(p.volume, day_of(p), "sum"),
    "residual of a full-sample beta": _beta,
    "detrended at once": _trend,
    "smoothed both ways": _smooth,
    "average run backward": _backward_average,
    "adjusted for later dividends": lambda p: backward_adjusted(p).close,
    "what the others do next": lambda p: (
        later(moves(p), 1).mean(axis=1, keepdims=True) + np.zeros(p.close.shape)
    ),
    "mean label of the hour": _hourly_mean_label,
    "regime by full-sample quantile": _regime,
}

WITH_A_TRACE = (
    "next return",
    "momentum five bars on",
    "centred mean",
    "centred median",
    "label",
    "label in noise",
    "volatility to come",
    "what the others do next",
)
"""Leaks that correlations show even where nobody says how the feature was computed."""

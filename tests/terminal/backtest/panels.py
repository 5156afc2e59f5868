"""Panels made by hand, and random ones with everything that real data does to an engine."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from terminal.market.panel import FloatArray, Panel
from terminal.market.timeframe import Timeframe

DAY = np.timedelta64(24, "h")
MONDAY = np.datetime64("2024-01-01T14:30", "ns")
NAN = float("nan")
Events = Mapping[tuple[int, int], float]


def panel(
    close: Sequence[Any] | FloatArray,
    open: Sequence[Any] | FloatArray | None = None,
    *,
    high: Sequence[Any] | FloatArray | None = None,
    low: Sequence[Any] | FloatArray | None = None,
    split: Events | None = None,
    dividend: Events | None = None,
    ts: np.ndarray | None = None,
    symbols: Sequence[str] = (),
    timeframe: Timeframe = Timeframe.DAY_1,
) -> Panel:
    """Daily bars, a row a bar; a flat list is one instrument. Without `open`: closes only.

    Events by (row, column). High and low default to the larger and smaller of open and close.
    """
    closes = _table(close)
    opens = np.full_like(closes, np.nan) if open is None else _table(open)
    highs = np.maximum(opens, closes) if high is None else _table(high)
    lows = np.minimum(opens, closes) if low is None else _table(low)
    splits, dividends = np.ones_like(closes), np.zeros_like(closes)
    for place, value in (split or {}).items():
        splits[place] = value
    for place, value in (dividend or {}).items():
        dividends[place] = value
    times = weekdays(len(closes)) if ts is None else ts
    return Panel(
        timeframe=timeframe,
        calendar="XNYS",
        symbols=tuple(symbols) or tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[: closes.shape[1]]),
        ts=times,
        close_ts=times + np.timedelta64(390, "m"),
        open=opens,
        high=highs,
        low=lows,
        close=closes,
        volume=np.full_like(closes, np.nan if open is None else 1000.0),
        split=splits,
        dividend=dividends,
    )


def _table(values: Sequence[Any] | FloatArray) -> FloatArray:
    table = np.array(values, dtype=np.float64)
    return table[:, None] if table.ndim == 1 else table


def weekdays(count: int) -> np.ndarray:
    """Opens of that many weekdays from Monday 2024-01-01 on."""
    day = np.arange(count)
    return MONDAY + (day // 5 * 7 + day % 5) * DAY


@dataclass(frozen=True, repr=False)
class RandomPanel(Panel):
    """A panel that a failing test names by its seed and shape, not by all its numbers."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # hypothesis prints with this
        printer.text(f"random_panel({self.dataset}, *{self.close.shape})")


def random_panel(
    seed: int,
    n_bars: int = 60,
    n_instruments: int = 3,
    *,
    close_only: bool = False,
    ragged: bool = True,
    events: bool = True,
    volatility: float = 0.03,
) -> Panel:
    """Late starts, early ends, missing bars, splits and dividends."""
    generator = np.random.default_rng(seed)
    shape = (n_bars, n_instruments)
    close = 50 * np.exp(np.cumsum(generator.normal(0, volatility, shape), axis=0))
    open_ = close * np.exp(generator.normal(0, volatility / 2, shape))
    split, dividend = np.ones(shape), np.zeros(shape)
    if events:
        split[generator.random(shape) < 0.02] = 2.0
        split[generator.random(shape) < 0.01] = 0.1
        paid = generator.random(shape) < 0.03
        scale = np.cumprod(split, axis=0)
        close, open_ = close / scale, open_ / scale
        dividend[paid] = 0.01 * close[paid]
    if ragged:
        close[generator.random(shape) < 0.05] = np.nan
        for column in range(n_instruments):
            if generator.random() < 0.4:
                close[: generator.integers(0, n_bars // 2 + 1), column] = np.nan
            if generator.random() < 0.4:
                close[generator.integers(n_bars // 2, n_bars) :, column] = np.nan
    open_[np.isnan(close)] = np.nan
    high = np.maximum(open_, close) * (1 + generator.random(shape) * 0.01)
    low = np.minimum(open_, close) * (1 - generator.random(shape) * 0.01)
    if close_only:
        open_ = high = low = np.full(shape, np.nan)
    made = panel(close, open_, high=high, low=low)
    return RandomPanel(**{**vars(made), "split": split, "dividend": dividend, "dataset": str(seed)})


def intraday(bars: Panel, per_session: int) -> Panel:
    """The same bars, so many hours of them in a session."""
    at = np.arange(bars.n_bars)
    hour = np.timedelta64(1, "h")
    ts = weekdays(bars.n_bars // per_session + 1)[at // per_session] + at % per_session * hour
    return replace(bars, ts=ts, close_ts=ts + hour, timeframe=Timeframe.HOUR_1)


def random_targets(seed: int, like: Panel, *, long_only: bool = True) -> FloatArray:
    """Weights that change now and then, add up to at most 1, and are silent (NaN) at times."""
    generator = np.random.default_rng(seed)
    shape = like.close.shape
    weights = generator.random(shape) / shape[1]
    if not long_only:
        weights *= generator.choice([-1.0, 1.0], shape)
    weights[generator.random(shape) < 0.2] = 0.0
    rows = np.maximum.accumulate(
        np.where(generator.random(shape) < 0.3, np.arange(shape[0])[:, None], 0), axis=0
    )
    out = np.take_along_axis(weights, rows, axis=0)
    out[generator.random(shape) < 0.1] = np.nan
    return np.asarray(out)


def examples(count: int) -> settings:
    """That many random cases, the same each time; `ENGINE_EXAMPLES` asks for another number."""
    count = int(os.environ.get("ENGINE_EXAMPLES", count))
    return settings(max_examples=count, deadline=None, derandomize=True)


seeds = st.integers(0, 2**32 - 1)


@st.composite
def panels(draw: st.DrawFn, **options: Any) -> Panel:
    """Hypothesis strategy over `random_panel`."""
    return random_panel(
        draw(seeds),
        draw(st.integers(2, 80)),
        draw(st.integers(1, 5)),
        close_only=options.get("close_only", draw(st.booleans())),
        ragged=options.get("ragged", draw(st.booleans())),
        events=options.get("events", draw(st.booleans())),
        volatility=options.get("volatility", 0.03),
    )

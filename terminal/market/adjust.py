"""Split and dividend adjustment, derived from raw prices, never stored over them.

Two directions. *Forward* starts at 1 on the first bar, so that row t depends only on events up to
t: what strategies may see. *Backward* ends at 1 on the last bar, so that the newest price is the
quoted one: what charts show; earlier rows change with every later event, so nothing is decided on
it.

A split of ratio s multiplies units by s at the open of its bar; a dividend of d per (post-split)
unit goes ex there. Holding through bar t's open turns one unit worth P[t-1] into s units plus s * d
cash. Reinvested at the previous close, as the CRSP adjustment factor does, the value of the old
holding grows by s / (1 - s * d / P[t-1]) relative to price.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel

OF_PRICES = ("open", "high", "low", "close", "begun")
CELLS_AT_ONCE = 2**16
"""Bars times instruments of a stretch: what is needed on the way fits the processor's cache."""


def growth_of_units(split: FloatArray, dividend: FloatArray, close: FloatArray) -> FloatArray:
    """Factor by which one unit grows at each bar's open; 1 where nothing happens.

    Parameters
    ----------
    split, dividend, close : float64 (n_bars, n_instruments), raw.
    """
    return _growth(split, dividend, last_known(close, before=True))


def _growth(split: FloatArray, dividend: FloatArray, previous: FloatArray) -> FloatArray:
    """`growth_of_units` where the last price before each bar is known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = 1.0 - split * dividend / previous
    # A payment of the whole price or more, or one before any price, is a data error (the import
    # reports it): such a dividend is not reinvested, as no price would make sense of it.
    return np.asarray(split / np.where(np.isfinite(ratio) & (ratio > 0), ratio, 1.0))


def dividend_ratio(previous_close: float | None, dividend: float) -> float:
    """1 - D / P[t-1]: what a dividend (or a spin-off's value) leaves of the price before it.

    Raises
    ------
    InputError : there is no previous price, or the payment is as large as that.
    """
    if previous_close is None or not previous_close > 0:
        raise InputError("There is no price before the dividend.", field="dividend")
    ratio = 1.0 - dividend / previous_close
    if not ratio > 0:
        raise InputError(
            f"A dividend of {dividend:g} on a price of {previous_close:g} leaves nothing.",
            field="dividend",
            remedy="Check the amount, and whether prices and dividends are in the same units.",
        )
    return ratio


def last_known(values: FloatArray, *, before: bool = False) -> FloatArray:
    """The newest finite value up to each row (with `before`: up to the row before)."""
    rows = np.where(np.isfinite(values), np.arange(len(values))[:, None], -1)
    rows = np.maximum.accumulate(rows, axis=0)
    if before:
        rows = np.vstack([np.full((1, values.shape[1]), -1, dtype=rows.dtype), rows[:-1]])
    known = np.take_along_axis(values, np.maximum(rows, 0), axis=0)
    return np.where(rows >= 0, known, np.nan)


def forward_adjusted(panel: Panel) -> Panel:
    """Total-return prices, point in time: row t uses events up to t. Volume per original unit.

    Made in stretches of rows: arrays that are needed on the way only would be as large as five of
    those that stay, and what a process has once held it hardly gives back.
    """
    n = panel.n_instruments
    raw = {name: getattr(panel, name) for name in OF_PRICES if getattr(panel, name) is not None}
    prices = {name: np.empty(values.shape) for name, values in raw.items()}
    volume = np.empty(panel.volume.shape)
    known, units, splits = np.full((1, n), np.nan), np.ones(n), np.ones(n)
    rows = max(1, CELLS_AT_ONCE // max(1, n))
    for begin in range(0, panel.n_bars, rows):
        part = slice(begin, begin + rows)
        closes = last_known(np.vstack([known, panel.close[part]]))
        growth = _growth(panel.split[part], panel.dividend[part], closes[:-1])
        growth[0] *= units
        price = np.cumprod(growth, axis=0)
        ratio = np.array(panel.split[part])
        ratio[0] *= splits
        np.cumprod(ratio, axis=0, out=ratio)
        for name, values in raw.items():
            np.multiply(values[part], price, out=prices[name][part])
        np.divide(panel.volume[part], ratio, out=volume[part])
        known, units, splits = closes[-1:], price[-1], ratio[-1]
    return _adjusted(panel, {**prices, "volume": volume})


def backward_adjusted(panel: Panel) -> Panel:
    """Total-return prices for display: the last bar is as quoted, earlier ones are scaled."""
    units = np.cumprod(growth_of_units(panel.split, panel.dividend, panel.close), axis=0)
    splits = np.cumprod(panel.split, axis=0)
    return _scaled(panel, units / units[-1], splits / splits[-1])


def _scaled(panel: Panel, price: np.ndarray, split: np.ndarray) -> Panel:
    raw = {name: getattr(panel, name) for name in OF_PRICES if getattr(panel, name) is not None}
    prices = {name: values * price for name, values in raw.items()}
    return _adjusted(panel, {**prices, "volume": panel.volume / split})


def _adjusted(panel: Panel, arrays: dict[str, Any]) -> Panel:
    """With these arrays and without events: one number seen at every place, read-only."""
    shape = panel.close.shape
    return replace(
        panel,
        split=np.broadcast_to(np.float64(1.0), shape),
        dividend=np.broadcast_to(np.float64(0.0), shape),
        adjustment="split_dividend",
        **arrays,
    )

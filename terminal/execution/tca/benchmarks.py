"""Averages of the market while an order was worked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from terminal.execution.tca.shortfall import ZERO

FloatArray = npt.NDArray[np.float64]


def vwap(prices: Sequence[Decimal], volumes: Sequence[Decimal]) -> Decimal | None:
    """Volume-weighted average of prices; None where nothing traded."""
    whole = sum(volumes, ZERO)
    if whole <= 0:
        return None
    return sum((p * v for p, v in zip(prices, volumes, strict=True)), ZERO) / whole


def twap(prices: Sequence[Decimal]) -> Decimal | None:
    """Average of prices that stand for equal times; None where there are none."""
    return sum(prices, ZERO) / len(prices) if prices else None


def within(
    ts: npt.NDArray[np.datetime64],
    close_ts: npt.NDArray[np.datetime64],
    bars: tuple[FloatArray, FloatArray, FloatArray],
    volume: FloatArray,
    start: datetime,
    end: datetime,
) -> tuple[Decimal | None, Decimal | None]:
    """(VWAP, TWAP) of bars between two moments; None: no bar, or no volume.

    A bar stands for its mean of high, low and close; one that lies partly within counts by its
    part.

    Parameters
    ----------
    ts, close_ts : (n,) UTC. bars : high, low and close, (n,) each, as traded. volume : (n,).
    start, end : UTC; the same moment means the bar it lies in.
    """
    first, last = (np.datetime64(at.replace(tzinfo=None), "ns") for at in (start, end))
    opens, closes = ts.astype("datetime64[ns]"), close_ts.astype("datetime64[ns]")
    if last <= first:
        share = ((opens <= first) & (first < closes)).astype(np.float64)
    else:
        inside = np.minimum(closes, last) - np.maximum(opens, first)
        share = np.clip(_seconds(inside) / _seconds(closes - opens), 0.0, 1.0)
    price = np.mean(bars, axis=0)
    known = (share > 0.0) & np.isfinite(price)
    weight, price = share[known] * _seconds(closes - opens)[known], price[known]
    traded = share[known] * np.nan_to_num(volume[known])
    return _average(price, traded), _average(price, weight)


def _seconds(durations: Any) -> FloatArray:
    return np.asarray(durations / np.timedelta64(1, "s"), dtype=np.float64)


def _average(price: FloatArray, weight: FloatArray) -> Decimal | None:
    if not len(weight) or weight.sum() <= 0.0:
        return None
    return Decimal(repr(round(float(price @ weight / weight.sum()), 9)))

"""Features that look ahead, one plainly and one by a hair."""

from __future__ import annotations

from typing import Any

import numpy as np

from terminal.features.declare import NoParams, Window, entry
from terminal.features.feature import Bars
from terminal.market.panel import FloatArray


@entry(
    "trend",
    "tomorrow",
    "Next close",
    "ratio",
    "none",
    flows=False,
    warmup=lambda _: 0,
    memory=lambda _: 0,
)
def tomorrow(b: Bars, p: NoParams) -> FloatArray:
    """The next bar's close over this one's."""
    return np.append(b.close[1:], np.nan) / b.close


@entry(
    "trend",
    "whole-mean",
    "Distance from the mean of all",
    "ratio",
    "none",
    flows=False,
    warmup=lambda _: 0,
    memory=lambda _: None,
)
def whole_mean(b: Bars, p: NoParams) -> FloatArray:
    """Close over the mean of the whole sample."""
    return b.close / b.close.mean()


@entry(
    "trend",
    "own",
    "Own mean",
    "ratio",
    "numpy",
    Window,
    flows=False,
    warmup=lambda p: p.window - 1,
    memory=lambda p: p.window - 1,
)
def own(b: Bars, p: Any) -> FloatArray:
    """A windowed mean written without a flow."""
    out = np.full(len(b), np.nan)
    for t in range(p.window - 1, len(b)):
        out[t] = b.close[t - p.window + 1 : t + 1].mean()
    return b.close / out

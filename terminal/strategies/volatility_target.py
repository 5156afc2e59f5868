"""Volatility target: an overlay that gives the portfolio the same volatility at all times.

The volatility is the ex-ante one: of what the weights of now would have returned lately, which is
the square root of w' S w with S the window's covariance (Harvey et al. 2018, Journal of Portfolio
Management 45; Moreira and Muir 2017, JF 72, scale by the variance).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from terminal.market.panel import FloatArray, Panel
from terminal.params import param
from terminal.strategies.volatility import STILL, bars_per_year, own_returns

BLOCK = 2048  # bars worked on at once, which bounds the memory


@dataclass(frozen=True)
class VolatilityTarget:
    """Weights scaled to a stated volatility of the portfolio, up to a largest exposure."""

    title: ClassVar[str] = "Volatility target"
    description: ClassVar[str] = (
        "Holds more in calm markets and less in wild ones, so that the risk stays alike."
    )

    target: float = param(
        0.0,
        title="Annual volatility",
        low=0,
        high=2,
        step=0.01,
        help="The portfolio is scaled to this, 0.10 for 10 % a year; 0: off.",
    )
    window: int = param(
        60,
        title="Window",
        low=10,
        high=1000,
        step=1,
        unit="bars",
        help="The volatility is that of the weights of now over these bars. Until every instrument "
        "held has as many, the scale stays as it is.",
    )
    cap: float = param(
        1.0,
        title="Largest exposure",
        low=0.1,
        high=10,
        step=0.1,
        help="Long and short weights together are never scaled above this share of the equity; "
        "above 1 the account must allow leverage.",
    )
    band: float = param(
        0.1,
        title="Band",
        low=0,
        high=1,
        step=0.01,
        help="The scale moves when it is off by more than this share of itself: 0.1 lets 10 % "
        "pass, so that trades are few; 0 trades on every bar.",
    )

    @property
    def on(self) -> bool:
        return self.target > 0

    @property
    def warmup(self) -> int:
        return self.window

    def scale(self, panel: Panel, standing: FloatArray) -> FloatArray:
        gross = np.abs(standing).sum(axis=1)
        annual = portfolio_volatility(panel.close, standing, self.window)
        annual *= np.sqrt(bars_per_year(panel))
        wanted = np.full(len(gross), np.nan)
        known = np.isfinite(annual) & (gross > 0)
        wanted[known] = np.minimum(self.target / annual[known], self.cap / gross[known])
        return within_band(wanted, gross, self.cap, self.band)


def within_band(wanted: FloatArray, gross: FloatArray, cap: float, band: float) -> FloatArray:
    """The scale that follows `wanted` when it is off by more than `band`, or `gross` beyond `cap`.

    All (n_bars,); where `wanted` is NaN the scale stands.
    """
    out = np.full(len(wanted), np.nan)
    held = np.nan
    for t, (new, size) in enumerate(zip(wanted.tolist(), gross.tolist(), strict=True)):
        if new == new and not abs(new - held) <= band * held:
            held = new
        if held * size > cap * (1.0 + 1e-9):
            held = cap / size
        out[t] = held
    return out


def portfolio_volatility(close: FloatArray, weights: FloatArray, window: int) -> FloatArray:
    """(n_bars,) standard deviation (ddof 1) of the last `window` returns at the weights of now.

    Equal to the square root of w' S w, S being the sample covariance of the window. A missing bar
    counts as a return of 0 and the next one carries the whole move.

    Parameters
    ----------
    close, weights : float64 (n_bars, n_instruments); every weight is finite.

    NaN where an instrument with a weight has had fewer than `window` returns, and where the
    portfolio does not move.
    """
    returns = own_returns(close)
    known = np.isfinite(returns)
    enough = np.cumsum(known, axis=0) >= window
    usable = (enough | (weights == 0.0)).all(axis=1)
    usable[: window - 1] = False
    returns = np.where(known, returns, 0.0)
    out = np.full(len(close), np.nan)
    for start in range(window - 1, len(close), BLOCK):
        stop = min(start + BLOCK, len(close))
        windows = np.lib.stride_tricks.sliding_window_view(
            returns[start - window + 1 : stop], window, axis=0
        )
        past = np.einsum("tiw,ti->tw", windows, weights[start:stop])
        out[start:stop] = past.std(axis=1, ddof=1)
    return np.where(usable & (out > STILL), out, np.nan)

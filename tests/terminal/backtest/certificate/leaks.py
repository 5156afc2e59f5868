"""Strategies that cheat, and honest ones close to cheating. They live here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from terminal.market.panel import FloatArray, Panel
from terminal.strategies.strategy import Strategy

Targets = Callable[[Panel, Any], FloatArray]


@dataclass(frozen=True)
class NoParams:
    """A strategy without parameters."""


def strategy_of(targets: Targets, warmup: int = 5) -> Strategy:
    return Strategy("t", "Test", "test", "Only here.", NoParams, lambda params: warmup, targets)


def rises(panel: Panel, params: Any) -> FloatArray:
    """Honest: long what has risen in this bar."""
    before = pd.DataFrame(panel.close).ffill().shift(1).to_numpy()
    return (panel.close > before) / panel.n_instruments


def falls(panel: Panel, params: Any) -> FloatArray:
    """Honest: long what has fallen in this bar."""
    before = pd.DataFrame(panel.close).ffill().shift(1).to_numpy()
    return (panel.close < before) / panel.n_instruments


def closes_near_its_own_high(panel: Panel, params: Any) -> FloatArray:
    """Honest at the close: the bar's own high is known by then."""
    return (panel.close > 0.995 * panel.high) / panel.n_instruments


def will_rise(panel: Panel, params: Any) -> FloatArray:
    """One bar of look-ahead."""
    after = pd.DataFrame(panel.close).bfill().shift(-1).to_numpy()
    return (after > panel.close) / panel.n_instruments


def next_high(panel: Panel, params: Any) -> FloatArray:
    """The next bar's high is not known at this one's close."""
    after = np.vstack([panel.high[1:], panel.high[-1:]])
    return (after > 1.01 * panel.close) / panel.n_instruments


def z_of_the_whole_sample(panel: Panel, params: Any) -> FloatArray:
    """Cheap or dear by the mean and deviation of all bars, later ones included."""
    score = (panel.close - np.nanmean(panel.close, axis=0)) / np.nanstd(panel.close, axis=0)
    return np.nan_to_num(score < 0) / panel.n_instruments


def threshold_fitted_on_all(panel: Panel, params: Any) -> FloatArray:
    """Of several thresholds the one that earned most in the whole sample, from the start."""
    returns = np.nan_to_num(pd.DataFrame(panel.close).pct_change(fill_method=None).to_numpy())
    ahead = np.vstack([returns[1:], 0 * returns[:1]])
    levels = np.quantile(returns, np.linspace(0.05, 0.95, 31))
    earned = [(ahead * (returns > level)).sum() for level in levels]
    return (returns > levels[int(np.argmax(earned))]) / panel.n_instruments


def remembering() -> Targets:
    """A look-ahead of one bar that keeps its first answer about a history and repeats it.

    With later bars hidden the history begins as before, and so the answer is the one from memory.
    """
    kept: dict[bytes, FloatArray] = {}

    def targets(panel: Panel, params: Any) -> FloatArray:
        begins = np.nan_to_num(panel.close[:2]).tobytes()
        if begins not in kept:
            kept[begins] = will_rise(panel, params)
        return kept[begins][: panel.n_bars]

    return targets


def constant(panel: Panel, params: Any) -> FloatArray:
    """Honest and never changing."""
    return np.full(panel.close.shape, 1.0 / panel.n_instruments)

"""Leaks the checker plants itself: a test that cannot find these proves nothing by its silence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from terminal.features.frame import FeatureFrame
from terminal.labels.labels import Labels
from terminal.market.adjust import forward_adjusted
from terminal.market.panel import FloatArray, Panel
from terminal.validation.leakage.replay import Compute
from terminal.validation.leakage.report import Test

MARK = "planted: "
PLANTED: dict[str, Test] = {
    "the next return": Test.FUTURE,
    "centred mean": Test.FUTURE,
    "volatility to come": Test.FUTURE,
    "the label": Test.TARGET,
    "the label in noise": Test.TARGET,
    "one bar too far": Test.REPLAY,
    "full-sample score": Test.REPLAY,
    "rank over all time": Test.REPLAY,
}


def with_columns(frame: FeatureFrame, added: dict[str, FloatArray]) -> FeatureFrame:
    """A frame with more columns, each (n_bars, n_instruments)."""
    more = np.stack([values.T for values in added.values()], axis=2).astype(np.float32)
    return replace(
        frame,
        columns=(*frame.columns, *added),
        values=np.concatenate([frame.values, more], axis=2),
    )


def planted_in_frame(frame: FeatureFrame, panel: Panel, labels: Labels, seed: int) -> FeatureFrame:
    """The leaks that the statistical tests must find."""
    close = forward_adjusted(panel).close
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(close)
    moves = np.diff(logs, axis=0, append=np.nan)  # row t holds the move to t + 1
    noise = np.random.default_rng(seed).standard_normal(close.shape)
    spread = float(np.nanstd(moves)) or 1.0
    label = np.full(close.shape, np.nan)
    label[labels.bar, labels.instrument] = labels.label
    around = np.mean([np.roll(logs, -k, axis=0) for k in range(-3, 4)], axis=0)
    size = np.abs(moves)
    ahead = np.mean([np.roll(size, -k, axis=0) for k in range(5)], axis=0)
    added = {
        "the next return": moves + 0.5 * spread * noise,
        "centred mean": around - logs,
        "volatility to come": ahead,
        "the label": label,
        "the label in noise": label + ((labels.label.std() if len(labels) else 0.0) or 1.0) * noise,
    }
    return with_columns(frame, {MARK + name: values for name, values in added.items()})


def planting(compute: Compute) -> Compute:
    """The same features, and leaks that the replay must find."""

    def leaky(panel: Panel) -> FeatureFrame:
        close = panel.close
        known = np.isfinite(close)
        count = np.maximum(known.sum(axis=0), 1)
        centred = close - np.where(known, close, 0.0).sum(axis=0) / count
        spread = np.sqrt(np.where(known, centred**2, 0.0).sum(axis=0) / count)
        score = centred / np.where(spread > 0, spread, 1.0)
        ahead = np.vstack([close[1:], close[-1:]]) / close - 1.0
        order = np.argsort(np.argsort(close, axis=0), axis=0) / len(close)
        added = {
            "one bar too far": ahead,
            "full-sample score": score,
            "rank over all time": np.where(known, order, np.nan),
        }
        return with_columns(compute(panel), {MARK + name: v for name, v in added.items()})

    return leaky

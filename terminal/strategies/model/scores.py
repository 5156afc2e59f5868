"""From what a model answers to one score a bar: -1 (down for certain) to 1 (up for certain)."""

from __future__ import annotations

import numpy as np

from terminal.features.frame import FeatureFrame
from terminal.market.panel import FloatArray
from terminal.models.model import Fitted, Task

BLOCK = 256
"""Bars answered at once by a sequence model, counted from bar 0 and padded, so that a row's last
digit does not depend on how many rows came with it."""


EXPECTED, BET = "expected class", "bet size"


def scores(
    model: Fitted, answers: FloatArray, spread: float, measure: str = EXPECTED
) -> FloatArray:
    """float64 (n,) in -1 .. 1.

    Of classes: their expected value, with the lowest class at -1 and the highest at 1; or the size
    of a bet on the likeliest (López de Prado 2018, 10.3). Of a number: the number in units of
    `spread`, cut at -1 and 1.
    """
    if model.task is Task.NUMBER:
        return np.clip(answers[:, 0] / spread, -1.0, 1.0)
    if measure == BET:
        from terminal.models.bet_size import size_of_answers

        return size_of_answers(model.classes, answers)
    low, high = float(model.classes.min()), float(model.classes.max())
    scaled = 2.0 * (model.classes - low) / (high - low) - 1.0
    return np.asarray(answers @ scaled)


def score_rows(
    model: Fitted,
    frame: FeatureFrame,
    first: int,
    until: int,
    spread: float,
    measure: str = EXPECTED,
) -> FloatArray:
    """Scores float64 (until - first, n_instruments) of rows first .. until - 1.

    NaN where none of the features is known, which is where an instrument has no bar, and for a
    sequence model where one of its window is not.
    """
    n_instruments = len(frame.symbols)
    out = np.full((until - first, n_instruments), np.nan)
    if model.length == 1:
        for column in range(n_instruments):
            rows = frame.values[column, first:until]
            known = np.isfinite(rows).any(axis=1)
            if known.any():
                out[known, column] = scores(model, model.predict(rows[known]), spread, measure)
        return out
    for begin in range(first - first % BLOCK, until, BLOCK):
        bars = np.arange(begin, begin + BLOCK)
        inside = (bars >= first) & (bars < until)
        clipped = np.minimum(bars, until - 1)
        for column in range(n_instruments):
            windows = frame.windows(clipped, np.full(BLOCK, column), model.length)
            known = inside & np.isfinite(windows).all(axis=(1, 2))
            if not known.any():
                continue
            windows[~known] = 0.0
            found = scores(model, model.predict(windows), spread, measure)
            out[bars[known] - first, column] = found[known]
    return out

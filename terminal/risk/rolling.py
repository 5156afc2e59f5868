"""Value at risk as it would have been stated each day, from the returns before that day."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.special import ndtri, stdtrit

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.risk.book import STILL
from terminal.risk.conditional_volatility import DECAY, exponential
from terminal.risk.value_at_risk import Method, cutoff_of, degrees_of_freedom

WINDOW = 250
REFIT = 21
TESTED = (
    Method.HISTORICAL,
    Method.FILTERED,
    Method.NORMAL,
    Method.STUDENT,
    Method.CORNISH_FISHER,
)
"""Methods that are backtested; Monte Carlo over one period is the normal one but for luck."""


def rolling_var(
    returns: FloatArray,
    method: Method,
    level: float,
    window: int = WINDOW,
    *,
    decay: float = DECAY,
) -> FloatArray:
    """Forecasts for rows `window` ... T - 1 of float64 (T,): (T - window,), losses positive.

    Row t rests on rows before t only. The t's degrees of freedom are fitted anew every 21 rows.

    Raises
    ------
    InputError : not one row follows the window, or the method is not among `TESTED`.
    """
    if len(returns) <= window or window < 20:
        raise InputError(
            f"{len(returns)} returns leave no forecast after a window of {window}.",
            field="window",
            remedy="Use a window of 20 or more and a longer history.",
        )
    cutoff = cutoff_of(level)
    if method is Method.FILTERED:
        path = exponential(returns, decay).path
        surprises = sliding_window_view(returns / path, window)[:-1]
        return np.asarray(-_quantile(surprises, cutoff) * path[window:])
    past = sliding_window_view(returns, window)[:-1]
    if method is Method.HISTORICAL:
        return -_quantile(past, cutoff)
    mean, deviation = past.mean(axis=1), past.std(axis=1)
    if method is Method.NORMAL:
        return np.asarray(-mean - float(ndtri(cutoff)) * deviation)
    if method is Method.STUDENT:
        return np.asarray(-mean - _student_quantiles(past, cutoff) * deviation)
    if method is Method.CORNISH_FISHER:
        scaled = (past - mean[:, None]) / np.maximum(deviation, STILL)[:, None]
        squares = scaled * scaled
        s, k = (squares * scaled).mean(axis=1), (squares * squares).mean(axis=1) - 3.0
        z = float(ndtri(cutoff))
        q = z + (z * z - 1.0) * s / 6.0 + (z**3 - 3.0 * z) * k / 24.0
        q -= (2.0 * z**3 - 5.0 * z) * s * s / 36.0
        return np.asarray(-mean - q * deviation)
    raise InputError(f"{method} is not backtested.", field="method")


def _quantile(rows: FloatArray, cutoff: float) -> FloatArray:
    """Linear quantile of each row, by one partial sort."""
    place = (rows.shape[1] - 1) * cutoff
    below = int(place)
    above = min(below + 1, rows.shape[1] - 1)
    part = np.partition(rows, (below, above), axis=1)
    return np.asarray(part[:, below] + (part[:, above] - part[:, below]) * (place - below))


def _student_quantiles(past: FloatArray, cutoff: float) -> FloatArray:
    """Quantile of the t of unit variance at each row, its freedom as of the last fit."""
    out = np.empty(len(past))
    for start in range(0, len(past), REFIT):
        freedom = degrees_of_freedom(np.asarray(past[start]))
        if math.isinf(freedom):
            value = float(ndtri(cutoff))
        else:
            value = float(stdtrit(freedom, cutoff)) * math.sqrt((freedom - 2.0) / freedom)
        out[start : start + REFIT] = value
    return out

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
    """Forecasts at one level; see `rolling_vars`."""
    return rolling_vars(returns, method, (level,), window, decay=decay)[0]


def rolling_vars(
    returns: FloatArray,
    method: Method,
    levels: tuple[float, ...],
    window: int = WINDOW,
    *,
    decay: float = DECAY,
) -> tuple[FloatArray, ...]:
    """Forecasts for rows `window` ... T - 1 of float64 (T,) at each level: (T - window,), losses
    positive.

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
    cutoffs = [cutoff_of(level) for level in levels]
    if method is Method.FILTERED:
        path = exponential(returns, decay).path
        surprises = sliding_window_view(returns / path, window)[:-1]
        return tuple(-q * path[window:] for q in _quantiles(surprises, cutoffs))
    past = sliding_window_view(returns, window)[:-1]
    if method is Method.HISTORICAL:
        return tuple(-q for q in _quantiles(past, cutoffs))
    mean, deviation = past.mean(axis=1), past.std(axis=1)
    if method is Method.NORMAL:
        return tuple(np.asarray(-mean - float(ndtri(c)) * deviation) for c in cutoffs)
    if method is Method.STUDENT:
        freedoms = [degrees_of_freedom(np.asarray(past[k])) for k in range(0, len(past), REFIT)]
        return tuple(
            np.asarray(-mean - _student_quantile(freedoms, c, len(past)) * deviation)
            for c in cutoffs
        )
    if method is Method.CORNISH_FISHER:
        scaled = (past - mean[:, None]) / np.maximum(deviation, STILL)[:, None]
        squares = scaled * scaled
        s, k = (squares * scaled).mean(axis=1), (squares * squares).mean(axis=1) - 3.0
        found = []
        for cutoff in cutoffs:
            z = float(ndtri(cutoff))
            q = z + (z * z - 1.0) * s / 6.0 + (z**3 - 3.0 * z) * k / 24.0
            q -= (2.0 * z**3 - 5.0 * z) * s * s / 36.0
            found.append(np.asarray(-mean - q * deviation))
        return tuple(found)
    raise InputError(f"{method} is not backtested.", field="method")


def _quantiles(rows: FloatArray, cutoffs: list[float]) -> list[FloatArray]:
    """Linear quantiles of each row, by one partial sort."""
    places = [(rows.shape[1] - 1) * cutoff for cutoff in cutoffs]
    at = [(int(p), min(int(p) + 1, rows.shape[1] - 1), p - int(p)) for p in places]
    part = np.partition(rows, sorted({k for a, b, _ in at for k in (a, b)}), axis=1)
    return [np.asarray(part[:, a] + (part[:, b] - part[:, a]) * share) for a, b, share in at]


def _student_quantile(freedoms: list[float], cutoff: float, count: int) -> FloatArray:
    """Quantile of the t of unit variance at each row, its freedom as of the last fit."""
    values = [
        float(ndtri(cutoff))
        if math.isinf(v)
        else float(stdtrit(v, cutoff)) * math.sqrt((v - 2.0) / v)
        for v in freedoms
    ]
    return np.repeat(values, REFIT)[:count]

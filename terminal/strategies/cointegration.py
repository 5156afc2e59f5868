"""Cointegration in one window of prices: Engle and Granger's test of pairs, Johansen's of a basket.

Arrays are float64 (n_rows, n_series) of log prices, without gaps. Deterministic terms: a constant
in the cointegrating relation, none in the differences.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, eigh

from terminal.market.panel import FloatArray

SAME_SERIES = 1e-8
"""A smaller part of a series' variance left unexplained by another means that both are the same."""


@dataclass(frozen=True)
class EngleGranger:
    """Every ordered pair of a window; all arrays are (n_series, n_series), [y, x].

    Attributes
    ----------
    beta : hedge ratio, slope of the regression of y on x and a constant.
    statistic : t-statistic of the augmented Dickey-Fuller regression of its residuals; the more
        negative, the surer the pair returns to its mean. NaN on the diagonal, where a series does
        not move, and where two series are the same.
    """

    beta: FloatArray
    statistic: FloatArray


def engle_granger(logs: FloatArray, lags: int) -> EngleGranger:
    """Engle and Granger's two-step test (1987, Econometrica 55) of all ordered pairs at once.

    Residuals e = y - beta x - alpha; then de_t = g e_{t-1} + sum_i f_i de_{t-i} + u_t over `lags`
    differences, without a constant; the statistic is that of g. Every sum the regressions need is
    a bilinear form in the series, so that one matrix product per pair of regressors serves all
    pairs: the residuals are never formed.
    """
    centred = logs - logs.mean(axis=0)
    steps = np.diff(centred, axis=0)
    n = logs.shape[1]
    rows = len(steps) - lags
    # the ADF equation's series on the same rows: level, lagged differences, and last the regressand
    parts = [centred[lags:-1]]
    parts += [steps[lags - i : len(steps) - i] for i in range(1, lags + 1)]
    parts.append(steps[lags:])
    squares = centred.T @ centred
    own = np.diagonal(squares)
    moves = own > 0
    beta = np.where(moves, squares, 0.0) / np.where(moves, own, 1.0)
    moments = np.empty((n, n, len(parts), len(parts)))
    for p, left in enumerate(parts):
        for q, right in enumerate(parts):
            cross = left.T @ right  # [i, j] = sum of left of series i times right of series j
            of_y, of_x = np.diagonal(cross)[:, None], np.diagonal(cross)[None, :]
            moments[:, :, p, q] = of_y - beta * (cross + cross.T) + beta**2 * of_x
    left_over = own[:, None] - beta * squares
    usable = (left_over > SAME_SERIES * own[:, None]) & moves[:, None] & moves[None, :]
    usable &= ~np.eye(n, dtype=bool)
    statistic = np.full((n, n), np.nan)
    if usable.any():
        statistic[usable] = _t_statistic(moments[usable], rows)
    return EngleGranger(beta, statistic)


def _t_statistic(moments: FloatArray, rows: int) -> FloatArray:
    """t of the first regressor, from the cross moments of regressors and, last, regressand."""
    k = moments.shape[-1] - 1
    of_regressors, with_target = moments[:, :k, :k], moments[:, :k, k]
    # scaled to a unit diagonal, so that levels and differences of any size invert alike
    scale = np.sqrt(np.diagonal(of_regressors, axis1=1, axis2=2))
    well = (scale > 0).all(axis=1)
    scale = np.where(scale > 0, scale, 1.0)
    scaled = of_regressors / (scale[:, :, None] * scale[:, None, :])
    well &= np.linalg.det(scaled) > SAME_SERIES
    inverse = np.linalg.inv(np.where(well[:, None, None], scaled, np.eye(k)))
    coefficients = np.einsum("npq,nq->np", inverse, with_target / scale)
    residual = moments[:, k, k] - np.einsum("np,np->n", coefficients, with_target / scale)
    variance = residual / (rows - k) * inverse[:, 0, 0]
    well &= variance > 0
    return np.where(well, coefficients[:, 0], np.nan) / np.sqrt(np.where(well, variance, 1.0))


def p_value(statistic: float) -> float:
    """Of an Engle-Granger statistic of two series (MacKinnon 1994, JBES 12, response surface)."""
    from statsmodels.tsa.adfvalues import mackinnonp

    return float(mackinnonp(statistic, regression="c", N=2))


@dataclass(frozen=True)
class Johansen:
    """Johansen's trace test of one window.

    Attributes
    ----------
    trace : (n_series,) statistic of "no more than r relations", r = 0, 1, ...
    critical : (n_series, 3) critical values at 90, 95 and 99 %.
    vector : (n_series,) the relation of the largest eigenvalue, absolute values adding up to 1,
        the first series' weight positive.
    """

    trace: FloatArray
    critical: FloatArray
    vector: FloatArray


def johansen(logs: FloatArray, lags: int) -> Johansen | None:
    """Johansen (1991, Econometrica 59), eq. (2.11)-(2.14); None where the series are dependent.

    Parameters
    ----------
    logs : at most 12 series, for which critical values are known.
    lags : lagged differences in the error-correction model.
    """
    from statsmodels.tsa.coint_tables import c_sjt

    levels = logs - logs.mean(axis=0)
    steps = np.diff(levels, axis=0)
    rows = len(steps) - lags
    now = steps[lags:]
    # level one bar before each difference; the lagged differences are regressed out of both
    before = levels[lags:-1]
    if lags:
        past = np.hstack([steps[lags - i : len(steps) - i] for i in range(1, lags + 1)])
        past = past - past.mean(axis=0)
    else:
        past = np.zeros((rows, 0))
    now, before = (
        _without(now - now.mean(axis=0), past),
        _without(before - before.mean(axis=0), past),
    )
    of_levels, of_steps = before.T @ before / rows, now.T @ now / rows
    if _dependent(of_levels) or _dependent(of_steps):
        return None
    together = before.T @ now / rows
    try:
        explained = together @ np.linalg.solve(of_steps, together.T)
        values, vectors = eigh((explained + explained.T) / 2, of_levels)
    except LinAlgError:
        return None
    order = np.argsort(values)[::-1]
    eigenvalues = np.clip(values[order], 0.0, 1.0 - 1e-15)
    logs_left = np.log1p(-eigenvalues)
    trace = -rows * np.cumsum(logs_left[::-1])[::-1]
    vector = vectors[:, order[0]]
    size = np.abs(vector).sum()
    if not (np.isfinite(trace).all() and np.isfinite(size) and size > 0):
        return None
    vector = vector / size * (1.0 if vector[0] >= 0 else -1.0)
    n = logs.shape[1]
    critical = np.array([c_sjt(n - r, 0) for r in range(n)], dtype=np.float64)
    return Johansen(trace, critical, vector)


def _dependent(moments: FloatArray) -> bool:
    """Whether a series does not move or is nearly a combination of the others."""
    own = np.sqrt(np.diagonal(moments))
    if not (own > 0).all():
        return True
    correlation = moments / own[:, None] / own
    return bool(np.linalg.eigvalsh(correlation)[0] < SAME_SERIES)


def _without(values: FloatArray, past: FloatArray) -> FloatArray:
    """Residuals of the regression of `values` on `past`."""
    if not past.shape[1]:
        return values
    return np.asarray(values - past @ np.linalg.lstsq(past, values, rcond=None)[0])

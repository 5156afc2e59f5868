"""Fractional differencing with a window of fixed width (López de Prado 2018, chapter 5).

(1 - B)^d x = sum of w[j] x[t-j], w[0] = 1, w[j] = -w[j-1] (d - j + 1) / j; the window ends before
the first weight smaller than a threshold. Order d is chosen on training data and handed on as a
number: a choice on all data would look ahead.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np

from terminal.errors import InputError
from terminal.features.flow import known_from
from terminal.features.kernels import windows
from terminal.market.panel import FloatArray

ORDERS = tuple(round(0.05 * step, 2) for step in range(1, 21))


@lru_cache(maxsize=128)
def ffd_weights(d: float, threshold: float = 1e-4, longest: int = 20_000) -> FloatArray:
    """Weights, newest first, float64 (n,): snippet 5.3, `getWeights_FFD`, the other way round."""
    weights = [1.0]
    while len(weights) < longest:
        following = -weights[-1] * (d - len(weights) + 1) / len(weights)
        if abs(following) < threshold:
            break
        weights.append(following)
    made = np.array(weights)
    made.setflags(write=False)
    return made


def ffd(series: FloatArray, d: float, threshold: float = 1e-4, threads: int = 1) -> FloatArray:
    """Fractional differences of many series, float64 (k, n) like `series`; NaN before the window.

    A value that is not known is skipped, as everywhere in the catalogue.
    """
    weights = ffd_weights(d, threshold)
    values = np.ascontiguousarray(series, dtype=np.float64)
    out = np.empty_like(values)

    def one(i: int) -> None:
        begin = known_from(values[i])
        state = np.zeros((1, 2 + 2 * len(weights)))
        if begin >= 0:
            out[i, :begin] = np.nan
            windows.weighted_history(values[i, begin:], state[0], weights, out[i, begin:])
        else:
            windows.weighted(values[i : i + 1], state, weights, out[i : i + 1])

    if threads > 1:
        with ThreadPoolExecutor(max_workers=threads) as pool:
            list(pool.map(one, range(len(values))))
    else:
        for i in range(len(values)):
            one(i)
    return out


def smallest_d(
    series: FloatArray,
    *,
    significance: float = 0.05,
    threshold: float = 1e-4,
    orders: Sequence[float] = ORDERS,
) -> float:
    """The smallest order whose differences pass the ADF test (one lag, constant; snippet 5.4).

    Parameters
    ----------
    series : float64 (n,), log prices of the training period only.
    significance : largest p value that counts as stationary.

    Raises
    ------
    InputError : no order passes, or the series is too short to test any.
    """
    from statsmodels.tsa.stattools import adfuller

    known = series[np.isfinite(series)]
    tested = False
    for d in orders:
        differences = ffd(known[None, :], d, threshold)[0]
        differences = differences[np.isfinite(differences)]
        if len(differences) < 50 or np.ptp(differences) == 0.0:
            continue
        tested = True
        if adfuller(differences, maxlag=1, regression="c", autolag=None)[1] < significance:
            return d
    if not tested:
        raise InputError(
            f"{len(known)} known values are too few to test any order of differencing.",
            field="series",
            remedy="Use a longer training period, or a larger smallest weight.",
        )
    raise InputError(
        f"No order up to {max(orders):g} passes the ADF test at {significance:g}.",
        field="d",
        remedy="Use returns (d = 1) or a longer training period.",
    )

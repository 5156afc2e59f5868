"""How much each event counts: events that overlap tell the same story twice.

López de Prado (2018), chapter 4. Concurrency is counted instrument by instrument, over the rows
bar .. end of each event, both inclusive.
"""

from __future__ import annotations

import numba
import numpy as np

from terminal.errors import InputError
from terminal.labels.labels import IntArray
from terminal.market.panel import FloatArray


def uniqueness_python(
    bar: IntArray, end: IntArray, instrument: IntArray, alive: FloatArray, out: FloatArray
) -> None:
    """`alive` is float64 (n_rows + 1, n_instruments) of zeros and is used up; fills `out`."""
    for i in range(len(bar)):
        alive[bar[i], instrument[i]] += 1.0
        alive[end[i] + 1, instrument[i]] -= 1.0
    count, total = np.zeros(alive.shape[1]), np.zeros(alive.shape[1])
    for t in range(alive.shape[0]):  # becomes the sum of 1 / c over the rows before t
        for j in range(alive.shape[1]):
            count[j] += alive[t, j]
            alive[t, j] = total[j]
            if count[j] > 0.0:
                total[j] += 1.0 / count[j]
    for i in range(len(bar)):
        spread = alive[end[i] + 1, instrument[i]] - alive[bar[i], instrument[i]]
        out[i] = spread / (end[i] - bar[i] + 1)


_uniqueness = numba.njit(cache=True, nogil=True, error_model="numpy")(uniqueness_python)


def concurrency(bar: IntArray, end: IntArray, instrument: IntArray, n_rows: int) -> FloatArray:
    """c_t, how many events are alive in each row: float64 (n_instruments, n_rows), snippet 4.1."""
    n_instruments = int(instrument.max()) + 1 if len(instrument) else 0
    steps = np.zeros((n_instruments, n_rows + 1))
    np.add.at(steps, (instrument, bar), 1.0)
    np.add.at(steps, (instrument, end + 1), -1.0)
    return np.asarray(np.cumsum(steps, axis=1)[:, :-1])


def average_uniqueness(bar: IntArray, end: IntArray, instrument: IntArray) -> FloatArray:
    """ū_i, the mean of 1 / c_t over an event's rows, float64 (n,) in (0, 1]; snippet 4.2.

    Parameters
    ----------
    bar, end, instrument : int64 (n,), rows of the panel (inclusive) and column.
    """
    out = np.empty(len(bar))
    if len(bar):
        alive = np.zeros((int(end.max()) + 2, int(instrument.max()) + 1))
        _uniqueness(bar, end, instrument, alive, out)
    return out


def return_attribution(
    close: FloatArray, bar: IntArray, end: IntArray, instrument: IntArray
) -> FloatArray:
    """w_i = |Σ_t r_t / c_t| over an event's rows, scaled to mean 1, float64 (n,); snippet 4.10.

    Parameters
    ----------
    close : float64 (n_bars, n_instruments), adjusted; r are log returns from one known close to
        the next, r at `bar` included as in the book.
    """
    if not len(bar):
        return np.empty(0)
    logs = np.log(close)
    known = np.isfinite(logs)
    rows = np.maximum.accumulate(np.where(known, np.arange(len(logs))[:, None], -1), axis=0)
    filled = np.where(rows >= 0, np.take_along_axis(logs, np.maximum(rows, 0), axis=0), np.nan)
    returns = np.nan_to_num(np.diff(filled, axis=0, prepend=np.nan))
    alive = concurrency(bar, end, instrument, len(close))
    share = returns.T[: len(alive)] / np.maximum(alive, 1.0)
    sums = np.concatenate([np.zeros((len(share), 1)), np.cumsum(share, axis=1)], axis=1)
    weight = np.abs(sums[instrument, end + 1] - sums[instrument, bar])
    return scaled(weight)


def time_decay(uniqueness: FloatArray, last_weight: float) -> FloatArray:
    """Piecewise-linear decay over the sum of uniqueness, float64 (n,); snippet 4.11.

    Parameters
    ----------
    uniqueness : float64 (n,), average uniqueness in the order of time; the newest event gets 1.
    last_weight : what the oldest tends to: 1 no decay, 0 linear to nothing, below 0 that oldest
        share gets nothing at all.

    Raises
    ------
    InputError : last_weight is -1 or less, which would leave no event.
    """
    if last_weight <= -1.0:
        raise InputError(
            f"The weight of the oldest events is {last_weight:g}; it must be above -1.",
            field="last_weight",
            remedy="Use 1 for no decay, or -0.5 to forget the oldest half.",
        )
    if not len(uniqueness):
        return np.empty(0)
    age = np.cumsum(uniqueness)
    if last_weight >= 0:
        slope = (1.0 - last_weight) / age[-1]
    else:
        slope = 1.0 / ((last_weight + 1.0) * age[-1])
    return np.asarray(np.maximum(1.0 - slope * age[-1] + slope * age, 0.0))


def sequential_bootstrap(
    bar: IntArray, end: IntArray, instrument: IntArray, size: int, seed: int
) -> IntArray:
    """Positions drawn with replacement, each the likelier the less it repeats what is drawn.

    int64 (size,), snippet 4.5; see `terminal.labels.bootstrap`.
    """
    from terminal.labels.bootstrap import draw

    return draw(bar, end, instrument, size, seed)


def scaled(weight: FloatArray) -> FloatArray:
    """Weights with mean 1; all 1 where they sum to nothing."""
    total = float(weight.sum())
    if not total > 0.0:
        return np.ones(len(weight))
    return np.asarray(weight * (len(weight) / total))

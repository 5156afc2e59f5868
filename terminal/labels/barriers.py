"""Which of three barriers an event's price meets first, bar by bar: the loop of snippets 3.2 - 3.5.

Everything is flat as in `OwnBars`. A decision at the close of bar k is filled at `fill[k]`, in bar
k + delay: at its own close (delay 0, as in the book), or in the next bar (delay 1, as the engine
trades). That one rule serves entry and exit. Barriers watched by high and low are orders instead:
filled inside the bar, at its open where it gaps through, and where both lie within the bar the
worse is taken (`terminal.backtest.kernel.exits` does the same).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from terminal.labels.labels import IntArray
from terminal.market.panel import FloatArray

INCOMPLETE = 2
"""Value of `touched` where the data ends before the outcome is known."""


def touch_python(
    first: int, stop: int,  # instruments
    at: IntArray, begins: IntArray, side: npt.NDArray[np.int8],
    start: IntArray, row: IntArray,
    open_: FloatArray, high: FloatArray, low: FloatArray, close: FloatArray,
    fill: FloatArray, delay: int, room: int,
    unit: FloatArray, target: float, loss: float, horizon: int,
    last: IntArray, last_row: IntArray, by_close: bool,
    end: IntArray, price: FloatArray, touched: npt.NDArray[np.int8],
) -> None:  # fmt: skip
    """Writes the panel row of the end, the exit price and the barrier of each event.

    The events of instrument j are begins[j] <= i < begins[j + 1]; `at` is the bar of each.
    `last` and `last_row` (empty where positions may stay overnight) hold the last bar of each
    bar's session and the row at which that session is over, -1 where it is not. `room` is the
    number of bars to the first close that comes after the entry.
    """
    for j in range(first, stop):
        limit = start[j + 1]
        for i in range(begins[j], begins[j + 1]):
            k = at[i]
            touched[i] = 2
            end[i] = -1
            price[i] = np.nan
            if k + max(delay, 1) >= limit:
                continue
            entry = fill[k]
            upper, lower = np.inf, -np.inf
            up, down = (target, loss) if side[i] > 0 else (loss, target)
            if up > 0.0:
                upper = entry * (1.0 + up * unit[k])
            if down > 0.0:
                lower = entry * (1.0 - down * unit[k])
            vertical = k + horizon
            closing = -1  # the bar whose close ends it because the session does
            if len(last) > 0:
                closing = last[k + delay]
                vertical = min(vertical, closing)
            met = 0
            u = k + 1
            while u <= vertical and u < limit:
                if by_close:
                    if close[u] >= upper:
                        met = 1
                    elif close[u] <= lower:
                        met = -1
                    if met != 0:
                        break
                else:
                    if open_[u] <= lower:
                        met, price[i] = -1, open_[u]
                    elif open_[u] >= upper:
                        met, price[i] = 1, open_[u]
                    elif side[i] > 0:
                        if low[u] <= lower:
                            met, price[i] = -1, lower
                        elif high[u] >= upper:
                            met, price[i] = 1, upper
                    else:
                        if high[u] >= upper:
                            met, price[i] = 1, upper
                        elif low[u] <= lower:
                            met, price[i] = -1, lower
                    if met != 0:
                        end[i] = row[u]
                        break
                u += 1
            if met == 0:
                u = vertical
            if met == 0 or by_close:
                # at its own close, a barrier or the horizon needs no end of the session
                by_session = u == closing and (delay > 0 or (met == 0 and u < k + horizon))
                if by_session:
                    if last_row[u] < 0 or u < k + room:
                        continue
                    price[i], end[i] = close[u], last_row[u]
                elif u + delay < limit:
                    price[i], end[i] = fill[u], row[u + delay]
                else:
                    continue
            touched[i] = met if side[i] > 0 else -met


_touch = numba.njit(cache=True, nogil=True, error_model="numpy")(touch_python)


@dataclass(frozen=True)
class Prices:
    """What barriers are watched on: flat arrays as in `OwnBars`, and the price of a decision.

    fill : float64 (n,), price at which a decision at each close is filled, NaN where it never is.
    delay : bars from the decision to the fill, 0 or 1. room : to the first close after the fill.
    last, last_row : session ends as in `touch_python`; empty where they do not matter.
    """

    start: IntArray
    row: IntArray
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    fill: FloatArray
    delay: int
    room: int
    last: IntArray
    last_row: IntArray


def touch(
    prices: Prices,
    at: IntArray,
    side: npt.NDArray[np.int8],
    unit: FloatArray,
    *,
    target: float,
    loss: float,
    horizon: int,
    by_close: bool,
    threads: int = 2,
) -> tuple[IntArray, FloatArray, npt.NDArray[np.int8]]:
    """End row (int64), exit price (float64) and barrier (int8) of each event, all (n_events,).

    Parameters
    ----------
    at : int64 (n_events,), ascending positions in the flat bars.
    side : int8 (n_events,), 1 or -1; a target lies in the direction of the side.
    unit : float64 (n,), size of one multiple (a volatility) at each bar, as simple return.
    target, loss : multiples; 0 switches a barrier off. horizon : bars.
    by_close : barriers are watched on closes; else on highs and lows.
    """
    n = len(at)
    begins = np.searchsorted(at, prices.start).astype(np.int64)
    end, price = np.empty(n, dtype=np.int64), np.empty(n)
    touched = np.empty(n, dtype=np.int8)

    def work(first: int, stop: int) -> None:
        _touch(
            first, stop, at, begins, side, prices.start, prices.row, prices.open, prices.high,
            prices.low, prices.close, prices.fill, prices.delay, prices.room, unit, target, loss,
            horizon, prices.last, prices.last_row, by_close, end, price, touched,
        )  # fmt: skip

    instruments = len(prices.start) - 1
    parts = min(max(threads, 1), instruments)
    # cut where the events are, not the instruments
    cuts = np.searchsorted(begins, np.linspace(0, n, parts + 1)[1:-1]).tolist()
    bounds = [0, *cuts, instruments]
    if parts == 1:
        work(0, instruments)
    else:
        with ThreadPoolExecutor(parts) as pool:
            list(pool.map(work, bounds[:-1], bounds[1:]))
    return end, price, touched

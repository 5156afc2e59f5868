"""The sequential bootstrap: draw events so that they overlap as little as chance allows.

López de Prado (2018), section 4.5: the probability of event i is its average uniqueness given what
is already drawn, δ_i = ū_i / Σ ū. A draw changes the uniqueness of the few events that overlap
it, so those alone are computed again; a Fenwick tree holds the sums to draw from. The book's loop
(snippet 4.5) computes every event at every draw.
"""

from __future__ import annotations

import numba
import numpy as np

from terminal.labels.labels import IntArray
from terminal.market.panel import FloatArray


def draw_python(
    bar: IntArray, end: IntArray, instrument: IntArray, longest: int,
    uniforms: FloatArray, alive: FloatArray, out: IntArray,
) -> None:  # fmt: skip
    """Fills `out` with positions of events in the order of (instrument, bar).

    alive : float64 (n_instruments, n_rows), zeros: how often each row is drawn.
    longest : rows of the longest event.
    """
    n = len(bar)
    value = np.ones(n)
    tree = np.zeros(n + 1)
    for i in range(1, n + 1):
        tree[i] += 1.0
        above = i + (i & -i)
        if above <= n:
            tree[above] += tree[i]
    top = 1
    while top * 2 <= n:
        top *= 2
    for d in range(len(uniforms)):
        total, i = 0.0, n
        while i > 0:
            total += tree[i]
            i -= i & -i
        wanted = uniforms[d] * total
        chosen, step = 0, top
        while step > 0:
            if chosen + step <= n and tree[chosen + step] <= wanted:
                chosen += step
                wanted -= tree[chosen]
            step //= 2
        chosen = min(chosen, n - 1)
        out[d] = chosen
        j = instrument[chosen]
        for t in range(bar[chosen], end[chosen] + 1):
            alive[j, t] += 1.0
        first = chosen
        while first > 0 and instrument[first - 1] == j and bar[first - 1] + longest > bar[chosen]:
            first -= 1
        i = first
        while i < n and instrument[i] == j and bar[i] <= end[chosen]:
            if end[i] >= bar[chosen]:
                unique = 0.0
                for t in range(bar[i], end[i] + 1):
                    unique += 1.0 / (1.0 + alive[j, t])
                unique /= end[i] - bar[i] + 1
                change = unique - value[i]
                value[i] = unique
                k = i + 1
                while k <= n:
                    tree[k] += change
                    k += k & -k
            i += 1


_draw = numba.njit(cache=True, nogil=True, error_model="numpy")(draw_python)


def draw(bar: IntArray, end: IntArray, instrument: IntArray, size: int, seed: int) -> IntArray:
    """`size` positions of events, int64, the same for the same seed.

    Parameters
    ----------
    bar, end, instrument : int64 (n,), rows (inclusive) and column of each event, in any order.
    """
    out = np.empty(size, dtype=np.int64)
    if size == 0 or not len(bar):
        return out[:0]
    order = np.lexsort((bar, instrument))
    alive = np.zeros((int(instrument.max()) + 1, int(end.max()) + 1))
    uniforms = np.random.default_rng(seed).random(size)
    longest = int((end - bar).max()) + 1
    _draw(bar[order], end[order], instrument[order], longest, uniforms, alive, out)
    return np.asarray(order[out])


def draw_probabilities(
    bar: IntArray, end: IntArray, instrument: IntArray, drawn: IntArray
) -> FloatArray:
    """δ of the next draw after the positions `drawn`, float64 (n,), summing to 1.

    The definition, event by event: for teaching and for tests.
    """
    unique = np.empty(len(bar))
    for i in range(len(bar)):
        rows = np.arange(bar[i], end[i] + 1)
        same = drawn[instrument[drawn] == instrument[i]]
        covered = (bar[same][:, None] <= rows) & (rows <= end[same][:, None])
        unique[i] = np.mean(1.0 / (1.0 + covered.sum(axis=0)))
    return np.asarray(unique / unique.sum())

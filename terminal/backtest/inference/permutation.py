"""Does the entry rule know when to be in the market, or would any other moments have done?

The positions are laid over the returns at other times: as many entries, held as long, in other
bars. A strategy that earns from being invested at all earns as much in every arrangement, so that
only its timing counts. `weights[t]` is what is held while `returns[t]` accrues: a decision made on
the close of a bar stands in the row of the bar after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from terminal.backtest.inference.inputs import count, finite
from terminal.backtest.inference.p_values import p_value
from terminal.backtest.inference.resampling import CHUNK, IntArray
from terminal.backtest.return_metrics import TINY
from terminal.errors import InputError
from terminal.market.panel import FloatArray

LEAST = 20
"""Bars below which hardly any other arrangement exists."""

Statistic = Callable[[FloatArray], FloatArray]
BoolArray = npt.NDArray[np.bool_]


def sharpe_of_rows(returns: FloatArray) -> FloatArray:
    """Sharpe ratio per period of each row of (rows, n); 0 of one that never changes."""
    deviation = returns.std(axis=1, ddof=1)
    still = deviation < TINY
    return np.where(still, 0.0, returns.mean(axis=1) / np.where(still, 1.0, deviation))


def mean_of_rows(returns: FloatArray) -> FloatArray:
    """Mean return of each row of (rows, n)."""
    return np.asarray(returns.mean(axis=1))


class Rearrangement(Protocol):
    """Other moments for the same positions."""

    def positions(self, invested: BoolArray, n_samples: int, seed: int) -> Iterator[IntArray]:
        """One sample (n,) after another: which row of the weights is held in bar t.

        Row n stands for holding nothing. The order of the instruments' weights within a row is
        kept, so that what was held together stays together.

        Parameters
        ----------
        invested : bool (n,), whether anything is held in a bar.
        """
        ...


@dataclass(frozen=True)
class CircularShifts:
    """All positions moved by one number of bars; what passes the end comes in at the start.

    It keeps every run and gap (but at the seam), and works for a strategy that is always invested.
    There are n - 1 shifts: where more samples are asked for, every shift is taken once.
    """

    def positions(self, invested: BoolArray, n_samples: int, seed: int) -> Iterator[IntArray]:
        """`Rearrangement.positions`: shifts without repetition."""
        n = invested.size
        bars = np.arange(n)
        for shift in np.random.default_rng(seed).permutation(n - 1)[:n_samples] + 1:
            yield np.roll(bars, shift)


@dataclass(frozen=True)
class ShuffledEntries:
    """Entries at random, each held as long as before, with at least one bar between them.

    An entry here is a run of bars in which anything is held; every arrangement of the runs and of
    the idle bars is equally likely. A strategy that is always invested has no other arrangement.
    """

    def positions(self, invested: BoolArray, n_samples: int, seed: int) -> Iterator[IntArray]:
        """`Rearrangement.positions`: runs and idle bars in random order.

        Raises
        ------
        InputError : nothing can be arranged otherwise.
        """
        n = invested.size
        edges = np.diff(invested, prepend=False, append=False).nonzero()[0]
        starts, ends = edges[::2], edges[1::2]
        # a run takes the idle bar behind it along: it holds the costs of the exit, and keeps
        # entries apart; a run at the end of the sample takes the row of nothing, n
        idle = n + 1 - int((ends - starts + 1).sum())
        if not starts.size or starts.size + idle < 2:
            raise InputError(
                "is invested in every bar, or in none: no other entries are possible.",
                field="weights",
                remedy="Use circular shifts.",
            )
        first = np.concatenate([starts, np.full(idle, n)])
        lengths = np.concatenate([ends - starts + 1, np.ones(idle, dtype=np.int64)])
        generator = np.random.default_rng(seed)
        bars = np.arange(n + 1)
        for _ in range(n_samples):
            order = generator.permutation(first.size)
            length = lengths[order]
            begins = np.cumsum(length) - length
            yield (np.repeat(first[order] - begins, length) + bars)[:n]


@dataclass(frozen=True)
class PermutationTest:
    """H0: the moments of the positions have nothing to do with the returns.

    Attributes
    ----------
    observed : the statistic of the strategy as it traded.
    p_value : (1 + arrangements at least as good) / (1 + arrangements).
    drawn : float64 (n_samples,), the statistic of each arrangement.
    """

    observed: float
    p_value: float
    drawn: FloatArray

    @property
    def sentence(self) -> str:
        """The finding in words."""
        better = round(self.p_value * (1 + self.drawn.size)) - 1
        meaning = (
            "the moments of entry add something"
            if self.p_value <= 0.05
            else "the moments of entry are not distinguishable from random ones"
        )
        return (
            f"Of {self.drawn.size:,} arrangements of the same positions at other times {better:,} "
            f"did as well or better (p = {self.p_value:.3f}): {meaning}."
        )


def entry_permutation(
    weights: FloatArray,
    returns: FloatArray,
    *,
    costs: FloatArray | None = None,
    rearrangement: Rearrangement | None = None,
    statistic: Statistic = sharpe_of_rows,
    seed: int,
    n_samples: int = 1_000,
) -> PermutationTest:
    """Compare a strategy with its own positions at other times.

    Exact where positions without knowledge would be as likely at any other time; approximate where
    they answer to volatility and a calm decade meets a wild year. The p-value is that of
    `p_values`.

    Parameters
    ----------
    weights : float64 (n_bars, n_instruments), fractions of equity held while `returns` accrue.
    returns : float64 (n_bars, n_instruments), simple returns; 0 where there is no bar.
    costs : float64 (n_bars,), fractions of equity; they move with the positions that caused them.
    rearrangement : which other moments; circular shifts where not given.
    statistic : of the portfolio's returns, higher is better.
    n_samples : arrangements to draw.

    Raises
    ------
    InputError : fewer than 20 bars, other shapes, a value that is no number, weights that never
        change, or no other arrangement.
    """
    r = finite(returns, "returns", ndim=2, least=LEAST)
    w = finite(weights, "weights", ndim=2, least=LEAST)
    if w.shape != r.shape:
        raise InputError(f"has shape {w.shape} where returns have {r.shape}.", field="weights")
    paid = np.zeros(len(r)) if costs is None else finite(costs, "costs")
    if paid.size != len(r):
        raise InputError(f"has {paid.size} rows where returns have {len(r)}.", field="costs")
    count(n_samples, 1, "n_samples")
    if (w == w[0]).all():
        raise InputError(
            "is the same in every bar: there is no timing to test.",
            field="weights",
            remedy="Compare the strategy with its benchmark instead.",
        )
    scheme = CircularShifts() if rearrangement is None else rearrangement
    observed = float(statistic((np.einsum("tj,tj->t", w, r) - paid)[np.newaxis])[0])
    held = np.vstack([w, np.zeros(w.shape[1])])
    paid = np.append(paid, 0.0)
    chunks: list[FloatArray] = []
    rows: list[FloatArray] = []
    most = max(1, CHUNK // len(r))
    for at in scheme.positions((w != 0.0).any(axis=1), n_samples, seed):
        if isinstance(scheme, CircularShifts):
            rows.append(_shifted(w, r, int(at[0])) - paid[at])
        else:
            rows.append(np.einsum("tj,tj->t", held[at], r) - paid[at])
        if len(rows) == most:
            chunks.append(statistic(np.stack(rows)))
            rows = []
    if rows:
        chunks.append(statistic(np.stack(rows)))
    drawn = np.concatenate(chunks)
    if not math.isfinite(observed) or not np.isfinite(drawn).all():
        raise InputError("has no value for these returns.", field="statistic")
    return PermutationTest(observed, p_value(observed, drawn), drawn)


def _shifted(weights: FloatArray, returns: FloatArray, first: int) -> FloatArray:
    """Portfolio returns when bar 0 holds row `first`, bar 1 the next one, and so on around.

    The same sums as by positions, without a copy of the weights: a sixth of the time.
    """
    n = len(returns)
    return np.concatenate(
        [
            np.einsum("tj,tj->t", weights[first:], returns[: n - first]),
            np.einsum("tj,tj->t", weights[:first], returns[n - first :]),
        ]
    )

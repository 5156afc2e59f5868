"""Probability of backtest overfitting: does the best trial of one half stay good in the other?

Combinatorially symmetric cross-validation: Bailey, Borwein, Lopez de Prado and Zhu, "The
Probability of Backtest Overfitting" (2015), section 2. The bars are cut into S blocks; every half
of the blocks is in-sample once, its complement out-of-sample. The performance of a trial in a half
is its Sharpe ratio per period (mean / standard deviation, ddof 1).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations, islice

import numpy as np

from terminal.backtest.inference.inputs import count, finite
from terminal.backtest.return_metrics import TINY
from terminal.errors import InputError
from terminal.market.panel import FloatArray

MAX_BLOCKS = 20
"""20 blocks have 184,756 halves; two more would have 705,432 and say the same."""
CHUNK = 2**18
"""Values of one array at a time (halves × trials)."""


@dataclass(frozen=True)
class Overfitting:
    """What cross-validation found; arrays have one value for each half that was in-sample.

    Attributes
    ----------
    pbo : share of halves whose best trial was at or below the median in the other half.
    logits : log(w / (1 - w)), w the rank out-of-sample of the best trial / (n_trials + 1).
    chosen : int64, the column that was best in-sample.
    in_sample, out_of_sample : Sharpe ratio per period of the chosen trial in each half.
    slope, intercept : of out_of_sample regressed on in_sample (performance degradation); None
        where in_sample does not vary.
    probability_of_loss : share of halves in which the chosen trial lost out-of-sample.
    """

    pbo: float
    logits: FloatArray
    chosen: np.ndarray
    in_sample: FloatArray
    out_of_sample: FloatArray
    slope: float | None
    intercept: float | None
    probability_of_loss: float
    n_blocks: int
    n_trials: int

    @property
    def n_combinations(self) -> int:
        """Halves examined: S choose S/2."""
        return len(self.logits)

    @property
    def sentence(self) -> str:
        """The finding in words."""
        if self.pbo >= 0.5:
            meaning = "choosing the best trial here is no better than choosing blindly"
        elif self.pbo >= 0.1:
            meaning = "the choice of the best trial owes part of its success to chance"
        else:
            meaning = "the best trial of one period tends to stay good in the other"
        return (
            f"Probability of overfitting {100.0 * self.pbo:.0f} % over {self.n_trials:,} trials "
            f"and {self.n_combinations:,} splits: {meaning}."
        )


def probability_of_overfitting(returns: FloatArray, n_blocks: int = 16) -> Overfitting:
    """Cross-validate the choice of the best trial over every half of the bars.

    Bars that do not fill equal blocks are left out at the start. A half in which a trial does not
    move has performance 0: it earned nothing and risked nothing.

    Parameters
    ----------
    returns : float64 (n_bars, n_trials), returns of every trial that was made, on the same bars.
    n_blocks : S, even, from 2 to 20.

    Raises
    ------
    InputError : fewer than 2 trials or 2 bars a block, a return that is no number, a trial that
        earns the same in every bar, or an odd number of blocks.
    """
    s = count(n_blocks, 2, "n_blocks")
    if s % 2 or s > MAX_BLOCKS:
        raise InputError(f"is {s}; it must be even and at most {MAX_BLOCKS}.", field="n_blocks")
    r = finite(returns, "returns", ndim=2, least=2 * s)
    if r.shape[1] < 2:
        raise InputError("has one trial; a choice takes at least 2.", field="returns")
    r = r[r.shape[0] % s :]
    constant = (np.ptp(r, axis=0) < TINY) & (np.abs(r[0]) >= TINY)
    if constant.any():
        raise InputError(
            f"has the same return in every bar in trial {int(constant.argmax())}.", field="returns"
        )
    sums, squares, size = _block_sums(r, s)
    found = [_half(members, sums, squares, size) for members in _halves(s, r.shape[1])]
    chosen, rank, inside, outside = (np.concatenate(part) for part in zip(*found, strict=True))
    w = rank / (r.shape[1] + 1)
    logits = np.log(w / (1.0 - w))
    slope, intercept = _line(inside, outside)
    return Overfitting(
        pbo=float(np.mean(logits <= 0)),
        logits=logits,
        chosen=chosen,
        in_sample=inside,
        out_of_sample=outside,
        slope=slope,
        intercept=intercept,
        probability_of_loss=float(np.mean(outside < 0)),
        n_blocks=s,
        n_trials=r.shape[1],
    )


def _halves(s: int, n_trials: int) -> Iterator[FloatArray]:
    """Chunks (rows, S) of 0 and 1: which blocks are in-sample."""
    members = combinations(range(s), s // 2)
    rows = max(1, CHUNK // max(s, n_trials))
    while chunk := list(islice(members, rows)):
        out = np.zeros((len(chunk), s))
        columns = np.fromiter(chain.from_iterable(chunk), dtype=np.int64)
        out[np.repeat(np.arange(len(chunk)), s // 2), columns] = 1.0
        yield out


def _block_sums(r: FloatArray, s: int) -> tuple[FloatArray, FloatArray, int]:
    """Sums of returns and of squares by block and trial, in standard deviations of the trial."""
    deviation = r.std(axis=0)
    # a Sharpe ratio has no scale; with all trials at one, sums of squares do not cancel
    scaled = (r / np.where(deviation < TINY, 1.0, deviation)).reshape(s, -1, r.shape[1])
    return scaled.sum(axis=1), (scaled**2).sum(axis=1), scaled.shape[1] * s // 2


def _half(
    members: FloatArray, sums: FloatArray, squares: FloatArray, size: int
) -> tuple[np.ndarray, FloatArray, FloatArray, FloatArray]:
    """The best trial of each half, its rank in the other, and its Sharpe ratio in both."""
    inside = _sharpe(members @ sums, members @ squares, size)
    outside = _sharpe((1.0 - members) @ sums, (1.0 - members) @ squares, size)
    chosen = inside.argmax(axis=1)
    rows = np.arange(len(members))
    own = outside[rows, chosen]
    lower = (outside < own[:, np.newaxis]).sum(axis=1)
    equal = (outside == own[:, np.newaxis]).sum(axis=1)
    return chosen, lower + (equal + 1) / 2.0, inside[rows, chosen], own


def _sharpe(total: FloatArray, square: FloatArray, size: int) -> FloatArray:
    mean = total / size
    variance = np.maximum(square - size * mean**2, 0.0) / (size - 1)
    still = variance < 1e-13  # of a whole trial it is 1: the rest is rounding
    return np.where(still, 0.0, mean / np.sqrt(np.where(still, 1.0, variance)))


def _line(x: FloatArray, y: FloatArray) -> tuple[float | None, float | None]:
    """Slope and intercept of least squares."""
    centred = x - x.mean()
    spread = float(centred @ centred)
    if math.sqrt(spread / x.size) < TINY:
        return None, None
    slope = float(centred @ (y - y.mean())) / spread
    return slope, float(y.mean() - slope * x.mean())

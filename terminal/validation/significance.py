"""Is an out-of-sample score better than luck? Two answers, the more doubtful one counts.

Outcomes that overlap, and instruments that move together, make events far fewer than they look.
Both answers respect that:

- The **stationary bootstrap** (Politis and Romano 1994, J. Am. Stat. Assoc. 89, 1303-1313) draws
  whole stretches of bars, all instruments with them. The score is a mean of one number an event
  (its influence), so a draw is a mean over bars; the spread of 2,000 draws gives the standard
  error, and Student's t with one degree of freedom a block an interval.
- **Shifts in time**: predictions stay, labels are moved round by every number of bars beyond a
  block. What is left is luck with everything it shares with the truth but the alignment. All shifts
  are computed at once by a Fourier transform.

Predictions from k-fold or combinatorial splits are *crossed*: fold j trains what is tested on k,
and k what is tested on j. Without skill the score is then a sum of products s_j s_k of which each
stands there twice, so that its variance is twice what looking at the predictions alone would say;
`crossed` allows for it. Walk-forward predictions and those of a period held out need no allowance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.stats import t

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.validation.ranges import IntArray

DRAWS = 2000
LEAST_BLOCKS = 8
BLOCK_HORIZONS = 5


@dataclass(frozen=True)
class Significance:
    """A score, what luck would make of it, and where the truth may lie.

    Attributes
    ----------
    estimate, low, high : of the score; the interval holds the truth with probability `level`.
    null : the score without skill. error : standard error.
    p_bootstrap, p_shift : one-sided, of no skill; p_shift is NaN where it was not asked for.
    blocks : independent stretches of bars, about. block : their mean length in bars.
    """

    estimate: float
    low: float
    high: float
    null: float
    error: float
    p_bootstrap: float
    p_shift: float
    level: float
    blocks: float
    block: int

    @property
    def p_value(self) -> float:
        """The larger of both."""
        return float(np.nanmax([self.p_bootstrap, self.p_shift]))

    def better_than_luck(self, alpha: float = 0.01) -> bool:
        """Whether both answers say so."""
        return self.p_value < alpha

    @property
    def words(self) -> str:
        """One sentence."""
        verdict = "better than luck" if self.better_than_luck() else "no better than luck"
        return (
            f"{self.estimate:.4f} ({self.level:.0%} interval {self.low:.4f} to {self.high:.4f}, "
            f"without skill {self.null:.4f}): {verdict}, p = {self.p_value:.4f} from about "
            f"{self.blocks:.0f} independent stretches of {self.block} bars."
        )


def block_length(bar: IntArray, end: IntArray) -> int:
    """Mean block in bars: five horizons, or T^(1/3) if longer, but at least eight blocks.

    Raises
    ------
    InputError : fewer than eight horizons of bars; says both numbers.
    """
    if not len(bar):
        raise InputError("There are no predictions to judge.", field="predictions")
    span = int(bar[-1] - bar[0]) + 1
    horizon = int(np.median(end - bar))
    longest = int(np.ceil(np.quantile(end - bar, 0.95)))
    if span < LEAST_BLOCKS * max(longest, 1):
        raise InputError(
            f"Outcomes take up to {longest} bars and only {span} bars were predicted; "
            f"{LEAST_BLOCKS * longest} are needed to tell skill from luck.",
            field="predictions",
            remedy="Test on more data, or use a shorter horizon.",
        )
    wanted = max(BLOCK_HORIZONS * max(horizon, 1), longest, round(span ** (1.0 / 3.0)))
    return int(min(wanted, span // LEAST_BLOCKS))


def judge(
    influence: FloatArray,
    bar: IntArray,
    weight: FloatArray,
    block: int,
    *,
    null: float,
    p_shift: float = float("nan"),
    crossed: bool = False,
    level: float = 0.99,
    seed: int = 0,
) -> Significance:
    """The interval and p-value of a weighted mean of influences over dependent bars.

    Two known shortfalls of the bootstrap variance are made good: a sample's own mean is subtracted
    (1 - 1 / blocks), and blocks of five horizons cut through overlap (1 - 1 / 15).
    """
    estimate = float(np.average(influence, weights=weight))
    rows = bar - bar[0]
    n = int(rows[-1]) + 1
    # deviations from the estimate: a ratio of sums, linearised
    share = weight / weight.sum()
    apart = np.bincount(rows, weights=share * (influence - estimate), minlength=n)
    sums = np.empty(DRAWS)
    _draw_sums(
        np.concatenate([[0.0], np.cumsum(np.concatenate([apart, apart]))]),
        n,
        1.0 / block,
        int(np.random.default_rng(seed).integers(0, 2**32)),
        sums,
    )
    blocks = n / block
    kept = (1.0 - 1.0 / blocks) * (1.0 - 1.0 / (3.0 * BLOCK_HORIZONS))
    error = float(np.sqrt(np.mean(np.square(sums)) / kept * (2.0 if crossed else 1.0)))
    degrees = max(blocks - 1.0, 1.0)
    reach = error * float(t.ppf(0.5 + level / 2.0, degrees))
    p = float(t.sf((estimate - null) / error, degrees)) if error > 0 else float(estimate <= null)
    return Significance(
        estimate=estimate,
        low=estimate - reach,
        high=estimate + reach,
        null=null,
        error=error,
        p_bootstrap=p,
        p_shift=p_shift,
        level=level,
        blocks=blocks,
        block=block,
    )


def shift_p_value(
    a: FloatArray,
    b: FloatArray,
    bar: IntArray,
    instrument: IntArray,
    weight: FloatArray,
    block: int,
) -> float:
    """Share of shifts of `b` against `a` in time whose Σ w a b / Σ w is as large as unshifted.

    a, b : standardised float64 (n,). Shifts of less than a block are left out; they are not luck.
    """
    columns, place = np.unique(instrument, return_inverse=True)
    rows = bar - bar[0]
    n = int(rows[-1]) + 1
    length = next_fast_len(n, real=True)
    total, common = np.zeros(n), np.zeros(n)
    for j in range(len(columns)):
        own = place == j
        first, second = np.zeros(n), np.zeros(n)
        here, there = np.zeros(n), np.zeros(n)
        first[rows[own]], here[rows[own]] = weight[own] * a[own], weight[own]
        second[rows[own]], there[rows[own]] = b[own], 1.0
        total += _circular(first, second, length)
        common += _circular(here, there, length)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = total / common
    luck = mean[block : n - block + 1]
    luck = luck[np.isfinite(luck) & (common[block : n - block + 1] > 0.1 * common[0])]
    return float((1 + (luck >= mean[0] - 1e-12).sum()) / (1 + len(luck)))


def _circular(a: FloatArray, b: FloatArray, length: int) -> FloatArray:
    """Σ_t a_t b_{(t + s) mod n} for every shift s, float64 (n,)."""
    n = len(a)
    if length != n:  # a linear correlation of twice the length, folded
        length = next_fast_len(2 * n, real=True)
        full = irfft(np.conj(rfft(a, length)) * rfft(np.concatenate([b, b]), length), length)
        # b repeated: shifts 0 .. n - 1 lie whole within it
        return np.asarray(full[:n])
    return np.asarray(irfft(np.conj(rfft(a, length)) * rfft(b, length), length))


def draw_sums_python(total: FloatArray, n: int, chance: float, seed: int, out: FloatArray) -> None:
    """Sums of resampled bars; `total` are the running sums of the bars written twice."""
    np.random.seed(seed)
    for d in range(len(out)):
        found, left = 0.0, n
        while left > 0:
            begin = np.random.randint(0, n)
            length = min(np.random.geometric(chance), left)
            left -= length
            while length > 0:
                part = min(length, n)
                found += total[begin + part] - total[begin]
                length -= part
        out[d] = found


_draw_sums = numba.njit(cache=True, nogil=True, error_model="numpy")(draw_sums_python)


def warm_up() -> None:
    """Compile the draws, or load them from the cache, before somebody waits for them."""
    bars = np.arange(16)
    judge(np.cos(bars), bars, np.ones(16), 2, null=0.0)

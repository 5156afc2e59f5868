"""What else could have happened: the same trades in another order, or returns like these again.

A model draws series of simple returns; `simulate` compounds them from a wealth of 1. Trades are
given as their profit over the equity before their entry, one after another: trades that overlap
are treated as if they had not. What is drawn is no more varied than what happened: a simulation
knows no crash that neither the returns nor the model hold.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
import pandas as pd

from terminal.backtest.inference.block_length import chosen_block_length
from terminal.backtest.inference.inputs import above, count, finite, moving, share
from terminal.backtest.inference.resampling import CHUNK, StationaryBlocks, sample_positions
from terminal.backtest.inference.wealth_paths import BAND_POINTS, LEVELS, WealthPaths, follow
from terminal.backtest.return_metrics import SAME_HIGH
from terminal.errors import InputError
from terminal.market.panel import FloatArray

LEAST = 20
"""Returns from which a distribution can be fitted."""
DEGREES = 2.05, 200.0
"""Degrees of freedom looked at: at 2 the variance is infinite, from 200 the tails are normal."""


class ReturnModel(Protocol):
    """A way to draw series of returns."""

    words: ClassVar[str]
    """What one sample is, after a number: "orders of the same trades"."""

    def draw(self, n_samples: int, length: int, seed: int) -> Iterator[FloatArray]:
        """Chunks (rows, length) of simple returns; `n_samples` rows in all."""
        ...


@dataclass(frozen=True)
class Reshuffled:
    """Each return (or trade) at most once, in random order: the end is the same, not the way."""

    returns: FloatArray
    words: ClassVar[str] = "other orders of the same returns"

    def __post_init__(self) -> None:
        finite(self.returns, "returns", least=2)

    def draw(self, n_samples: int, length: int, seed: int) -> Iterator[FloatArray]:
        """`ReturnModel.draw`.

        Raises
        ------
        InputError : `length` is more than there are returns.
        """
        n = self.returns.size
        if length > n:
            raise InputError(f"is {length}; only {n} returns can be shuffled.", field="length")
        generator = np.random.default_rng(seed)
        for rows in _chunks(n_samples, n):
            # a random order of each row, by the same draws however rows are chunked
            at = np.broadcast_to(np.arange(n), (rows, n))
            yield self.returns[generator.permuted(at, axis=1)[:, :length]]


@dataclass(frozen=True)
class Resampled:
    """Returns drawn again by the stationary bootstrap; blocks of 1 for trades.

    `block_length` is the mean length of a block; that which fits the returns where not given.
    """

    returns: FloatArray
    block_length: float | None = None
    words: ClassVar[str] = "series drawn from the same returns"

    def __post_init__(self) -> None:
        chosen_block_length(finite(self.returns, "returns", least=2), self.block_length)

    def draw(self, n_samples: int, length: int, seed: int) -> Iterator[FloatArray]:
        """`ReturnModel.draw`."""
        blocks = StationaryBlocks(chosen_block_length(self.returns, self.block_length))
        n = self.returns.size
        for positions in sample_positions(blocks, n, n_samples, seed, length):
            yield self.returns[positions]


@dataclass(frozen=True)
class NormalReturns:
    """Independent normal returns, `mean` and `deviation` per period."""

    mean: float
    deviation: float
    words: ClassVar[str] = "series of normal returns"

    def __post_init__(self) -> None:
        above(self.mean, -math.inf, "mean")
        above(self.deviation, 0.0, "deviation")

    @classmethod
    def fitted(cls, returns: FloatArray) -> NormalReturns:
        """With the mean and the standard deviation (ddof 1) of returns (n,).

        Raises
        ------
        InputError : fewer than 20 returns, one that is no number, or returns that never change.
        """
        r = moving(returns, "returns", least=LEAST)
        return cls(float(r.mean()), float(r.std(ddof=1)))

    def draw(self, n_samples: int, length: int, seed: int) -> Iterator[FloatArray]:
        """`ReturnModel.draw`."""
        generator = np.random.default_rng(seed)
        for rows in _chunks(n_samples, length):
            yield self.mean + self.deviation * generator.standard_normal((rows, length))


@dataclass(frozen=True)
class StudentReturns:
    """Independent returns with fat tails: Student's t with `degrees` of freedom, above 2.

    `mean` and `deviation` are those of the returns, not location and scale of the t: the model
    differs from the normal one in its tails only.
    """

    mean: float
    deviation: float
    degrees: float
    words: ClassVar[str] = "series of returns with fat tails"

    def __post_init__(self) -> None:
        above(self.mean, -math.inf, "mean")
        above(self.deviation, 0.0, "deviation")
        above(self.degrees, 2.0, "degrees")

    @classmethod
    def fitted(cls, returns: FloatArray) -> StudentReturns:
        """Mean and deviation (ddof 1) of returns (n,), degrees by maximum likelihood given both.

        Raises
        ------
        InputError : fewer than 20 returns, one that is no number, or returns that never change.
        """
        r = moving(returns, "returns", least=LEAST)
        mean, deviation = float(r.mean()), float(r.std(ddof=1))
        squared = ((r - mean) / deviation) ** 2

        def loss(log_degrees: float) -> float:
            v = math.exp(log_degrees)
            constant = math.lgamma((v + 1.0) / 2.0) - math.lgamma(v / 2.0) - 0.5 * math.log(v - 2.0)
            tails = (v + 1.0) / 2.0 * float(np.log1p(squared / (v - 2.0)).mean())
            return tails - float(constant)

        bounds = tuple(math.log(v) for v in DEGREES)
        from scipy.optimize import minimize_scalar  # not with the pages' process

        found = minimize_scalar(loss, bounds=bounds, method="bounded")
        return cls(mean, deviation, math.exp(float(found.x)))

    def draw(self, n_samples: int, length: int, seed: int) -> Iterator[FloatArray]:
        """`ReturnModel.draw`."""
        scale = self.deviation * math.sqrt((self.degrees - 2.0) / self.degrees)
        generator = np.random.default_rng(seed)
        for rows in _chunks(n_samples, length):
            yield self.mean + scale * generator.standard_t(self.degrees, (rows, length))


def _chunks(n_samples: int, length: int) -> Iterator[int]:
    most = max(1, CHUNK // length)
    for done in range(0, n_samples, most):
        yield min(most, n_samples - done)


@dataclass(frozen=True)
class Simulation:
    """What `simulate` found; `paths` holds the arrays of the charts, wealth starting from 1."""

    words: str
    length: int
    paths: WealthPaths

    @property
    def n_samples(self) -> int:
        return self.paths.final.size

    @property
    def probability_of_loss(self) -> float:
        """Share of samples that end below where they began."""
        return float(np.mean(self.paths.final < 1.0 - SAME_HIGH))

    def probability_of_drawdown(self, depth: float) -> float:
        """Share of samples that at some time stand `depth` (0 to 1) or more below their high.

        Raises
        ------
        InputError : a depth not within (0, 1).
        """
        return float(np.mean(self.paths.max_drawdown <= SAME_HIGH - share(depth, "depth")))

    def final_quantile(self, level: float) -> float:
        """Wealth that a share `level` of the samples does not exceed."""
        return float(np.quantile(self.paths.final, share(level, "level")))

    def drawdown_quantile(self, level: float) -> float:
        """Maximum drawdown, <= 0, that a share `level` of the samples reaches or falls below."""
        return float(np.quantile(self.paths.max_drawdown, share(level, "level")))

    @property
    def sentence(self) -> str:
        """The finding in words."""
        low, middle, high = (self.final_quantile(level) - 1.0 for level in (0.05, 0.5, 0.95))
        ends = f"all end at {_percent(middle)}"
        if high - low > SAME_HIGH:
            ends = (
                f"{_chance(self.probability_of_loss)} end with a loss; half end above "
                f"{_percent(middle)}, nine in ten between {_percent(low)} and {_percent(high)}"
            )
        return (
            f"Of {self.n_samples:,} {self.words} {ends}; one in twenty falls "
            f"{_percent(-self.drawdown_quantile(0.05))} or more below its high on the way."
        )


def _percent(value: float) -> str:
    return f"{round(100.0 * value) + 0.0:,.0f} %".replace("-", "−")  # + 0.0: no −0


def _chance(share_of_samples: float) -> str:
    """Whole per cents, never rounded to certainty."""
    if share_of_samples < 0.01:
        return "below 1 %"
    return "above 99 %" if share_of_samples > 0.99 else _percent(share_of_samples)


def simulate(
    model: ReturnModel,
    length: int,
    *,
    seed: int,
    n_samples: int = 2_000,
    levels: tuple[float, ...] = LEVELS,
    max_points: int = BAND_POINTS,
) -> Simulation:
    """Draw `n_samples` series of `length` returns (or trades) and compound them.

    Raises
    ------
    InputError : a parameter outside its range.
    """
    count(length, 1, "length")
    count(n_samples, 1, "n_samples")
    drawn = model.draw(n_samples, length, seed)
    return Simulation(model.words, length, follow(drawn, n_samples, length, levels, max_points))


def returns_on_equity(trades: pd.DataFrame, equity: pd.Series, initial: float) -> FloatArray:
    """Profit of each trade over the equity before its entry, in the order of the exits: (n,).

    Parameters
    ----------
    trades : `pnl`, `entry_ts` and `exit_ts` of `terminal.backtest.result`.
    equity : as of each bar's close, indexed by the bar's open.
    initial : equity before the first bar.

    Raises
    ------
    InputError : there was no equity left before an entry.
    """
    ordered = trades.sort_values("exit_ts", kind="stable")
    known = np.concatenate([[initial], equity.to_numpy(dtype=np.float64)])
    # an entry within bar t is paid from what the close of bar t - 1 left
    before = known[equity.index.searchsorted(ordered["entry_ts"])]
    if not (before > 0).all():
        raise InputError("was used up before a trade was entered.", field="equity")
    return np.asarray(ordered["pnl"].to_numpy(dtype=np.float64) / before)

"""How far a run can be told from luck, as it is stored: made once, read by page and report.

Everything that does not depend on the number of trials is here; the deflated Sharpe ratio, which
does, is made anew from `estimate` for the ledger's count at the run and for today's. The work is
bounded by the numbers of values below, not by time, so that a seed gives the same evidence on any
machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from terminal.backtest.held import Held
from terminal.backtest.inference.assessment import assess
from terminal.backtest.inference.bootstrap import Interval
from terminal.backtest.inference.monte_carlo import (
    Resampled,
    Reshuffled,
    ReturnModel,
    Simulation,
    StudentReturns,
    simulate,
)
from terminal.backtest.inference.permutation import PermutationTest, entry_permutation
from terminal.backtest.inference.sharpe import SharpeEstimate, estimate_sharpe
from terminal.backtest.inference.verdict import MIN_RETURNS, Verdict, judge, judge_estimate
from terminal.backtest.return_metrics import sharpe
from terminal.errors import InputError
from terminal.market.panel import FloatArray

BOOTSTRAP_VALUES = 8_000_000
"""Returns drawn for the intervals: 2,000 samples of 2,500 sessions take 0.14 s."""
SIMULATED_VALUES = 2_500_000
"""Returns drawn by each simulation: 1,000 samples of 2,500 sessions take 0.1 s."""
PERMUTED_VALUES = 1_000_000_000
"""Weights laid over returns: 737 arrangements of 46 instruments by 29,484 bars take 0.7 s."""
MOST_SAMPLES, FEWEST_SAMPLES = 2_000, 400
MOST_ARRANGEMENTS, FEWEST_ARRANGEMENTS = 1_000, 99
FEWEST_TRADES = 20
DEPTHS = tuple(round(0.05 * k, 2) for k in range(1, 20))
"""Depths of a drawdown whose probability is stored."""
POINTS = 160
"""Points of a fan: what a chart shows, and bands beside a curve need no more."""
BINS = 41
DIGITS = 6


@dataclass(frozen=True)
class Arrangements:
    """The permutation test of the entry rule, its drawn values as a histogram.

    observed : Sharpe ratio per bar, as held; counts stand between neighbouring edges.
    """

    observed: float
    p_value: float
    n_drawn: int
    edges: tuple[float, ...]
    counts: tuple[int, ...]
    sentence: str


@dataclass(frozen=True)
class Fan:
    """One simulation: bands of wealth from 1, and how often it went wrong.

    Attributes
    ----------
    key, title, unit : what was drawn; `unit` is "sessions" or "trades".
    after, levels, bands : quantiles of wealth after so many units, a row a level.
    loss : share of samples that end below where they began.
    drawdowns : share that at some time stand `DEPTHS` or more below their high.
    final : wealth that a share `levels` of the samples does not exceed.
    """

    key: str
    title: str
    unit: str
    n_samples: int
    length: int
    after: tuple[int, ...]
    levels: tuple[float, ...]
    bands: tuple[tuple[float, ...], ...]
    loss: float
    drawdowns: tuple[float, ...]
    final: tuple[float, ...]
    sentence: str


@dataclass(frozen=True)
class Evidence:
    """What the returns, positions and trades of a run say about luck.

    Attributes
    ----------
    n_returns, periods : returns judged, one a session, and how many make a year.
    estimate : the Sharpe ratio and its moments; None where the returns allow no verdict.
    intervals : by key of `headline.HEADLINE`, at 95 %.
    block_length : mean block of the bootstrap, in sessions.
    arrangements : None where there is no timing to test; `notes` says why.
    """

    n_returns: int
    periods: float
    estimate: SharpeEstimate | None
    intervals: Mapping[str, Interval]
    block_length: float | None
    n_samples: int
    seed: int
    arrangements: Arrangements | None
    fans: tuple[Fan, ...]
    notes: tuple[str, ...] = ()

    def verdict(self, n_trials: int, sharpe_variance: float | None) -> Verdict:
        """The judgement after `n_trials`.

        Parameters
        ----------
        sharpe_variance : of the trials' annual Sharpe ratios; None: that of independent trials
            without skill on returns like these is taken.
        """
        if self.estimate is None:
            return judge(np.zeros(min(self.n_returns, MIN_RETURNS)), 1.0, n_trials, seed=0)
        variance = None if sharpe_variance is None else sharpe_variance / self.periods
        interval = self.intervals["sharpe"]
        return judge_estimate(self.estimate, self.periods, n_trials, variance, interval)


def evidence(
    returns: FloatArray,
    trades: FloatArray,
    held: Held,
    *,
    periods: float,
    risk_free_rate: float,
    seed: int,
) -> Evidence:
    """Judge a run.

    Parameters
    ----------
    returns : float64 (n,), one a session, the first against the capital.
    trades : float64 (m,), profit of each over the equity before its entry, in order of the exits.
    periods : sessions in a year; risk_free_rate : annual, simple.

    Raises
    ------
    InputError : a return is no number.
    """
    found = assess(
        returns,
        periods,
        1,
        seed=seed,
        risk_free_rate=risk_free_rate,
        n_samples=_samples(BOOTSTRAP_VALUES, len(returns)),
    )
    excess = returns - risk_free_rate / periods
    known = len(returns) >= MIN_RETURNS and sharpe(excess, 1.0) is not None
    arrangements, notes = _arrangements(held, seed)
    return Evidence(
        n_returns=len(returns),
        periods=periods,
        estimate=estimate_sharpe(excess, periods) if known else None,
        intervals=found.intervals,
        block_length=found.block_length,
        n_samples=found.n_samples,
        seed=seed,
        arrangements=arrangements,
        fans=_fans(returns, trades, seed) if known else (),
        notes=notes,
    )


def _samples(values: int, length: int) -> int:
    return min(MOST_SAMPLES, max(FEWEST_SAMPLES, values // max(1, length)))


def _arrangements(held: Held, seed: int) -> tuple[Arrangements | None, tuple[str, ...]]:
    used = (held.weights != 0.0).any(axis=0)
    if not used.any():
        return None, ("Nothing was ever held: there is no timing to test.",)
    weights, returns = held.weights[:, used], held.returns[:, used]
    wanted = min(MOST_ARRANGEMENTS, max(FEWEST_ARRANGEMENTS, PERMUTED_VALUES // weights.size))
    try:
        test = entry_permutation(weights, returns, costs=held.costs, seed=seed, n_samples=wanted)
    except InputError as error:
        return None, (f"Moments of entry not tested: the series of positions {error.message}",)
    return _kept(test), ()


def _kept(test: PermutationTest) -> Arrangements:
    low = min(float(test.drawn.min()), test.observed)
    high = max(float(test.drawn.max()), test.observed)
    counts, edges = np.histogram(test.drawn, bins=BINS, range=(low, high))
    return Arrangements(
        test.observed,
        test.p_value,
        test.drawn.size,
        tuple(edges.tolist()),
        tuple(counts.tolist()),
        test.sentence,
    )


def _fans(returns: FloatArray, trades: FloatArray, seed: int) -> tuple[Fan, ...]:
    models: list[tuple[str, str, str, ReturnModel, int]] = [
        ("returns", "Returns drawn again", "sessions", Resampled(returns), len(returns)),
        ("student", "Returns with fat tails", "sessions", StudentReturns.fitted(returns),
         len(returns)),
    ]  # fmt: skip
    if len(trades) >= FEWEST_TRADES and (trades > -1.0).all():
        models += [
            ("trades", "Trades drawn again", "trades", Resampled(trades, 1.0), len(trades)),
            ("order", "Trades in another order", "trades", Reshuffled(trades), len(trades)),
        ]
    return tuple(
        _fan(
            key,
            title,
            unit,
            simulate(
                model,
                length,
                seed=seed,
                n_samples=_samples(SIMULATED_VALUES, length),
                max_points=POINTS,
            ),
        )
        for key, title, unit, model, length in models
    )


def _fan(key: str, title: str, unit: str, made: Simulation) -> Fan:
    paths = made.paths
    said = (
        replace(made, words=made.words.replace("returns", "trades")) if unit == "trades" else made
    )
    return Fan(
        key=key,
        title=title,
        unit=unit,
        n_samples=made.n_samples,
        length=made.length,
        after=tuple(paths.after.tolist()),
        levels=paths.levels,
        bands=tuple(_rounded(band) for band in paths.bands),
        loss=made.probability_of_loss,
        drawdowns=tuple(made.probability_of_drawdown(depth) for depth in DEPTHS),
        final=_rounded(np.quantile(paths.final, paths.levels)),
        sentence=said.sentence,
    )


def _rounded(values: FloatArray) -> tuple[float, ...]:
    """Six digits: a chart shows three, and the file is read with every page."""
    return tuple(float(f"{value:.{DIGITS}g}") for value in values)

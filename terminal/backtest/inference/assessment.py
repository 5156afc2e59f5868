"""What a page says of one run: the verdict, and an interval around every headline measure.

Both are read from the same bootstrap samples, so that a page never shows two intervals of one
Sharpe ratio.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from terminal.backtest.inference.bootstrap import Interval, confidence_intervals
from terminal.backtest.inference.inputs import above, count, finite
from terminal.backtest.inference.verdict import CONFIDENCE, MIN_RETURNS, Verdict, judge
from terminal.errors import InputError
from terminal.market.panel import FloatArray


@dataclass(frozen=True)
class Assessment:
    """How far the figures of a run can be told from luck.

    Attributes
    ----------
    verdict : Sharpe ratio, its probabilities and track record lengths, and sentences.
    intervals : by key of `headline.HEADLINE`, at 95 %; empty where the returns are too few.
    block_length : mean length of a block of the bootstrap; None where there was none.
    n_samples, seed : of the bootstrap.
    """

    verdict: Verdict
    intervals: Mapping[str, Interval]
    block_length: float | None
    n_samples: int
    seed: int

    @property
    def sentence(self) -> str:
        """The finding in words."""
        return self.verdict.sentences[0]


def assess(
    returns: FloatArray,
    periods_per_year: float,
    n_trials: int,
    trial_sharpes_variance: float | None = None,
    *,
    seed: int,
    risk_free_rate: float = 0.0,
    n_samples: int = 2_000,
) -> Assessment:
    """Judge a run and put an interval around each of its headline measures.

    Intraday series: reduce them to one return a session first, as the measures are.

    Parameters
    ----------
    returns : float64 (n,), simple returns, `periods_per_year` of which make a year.
    n_trials : backtests made in search of this one, itself included.
    trial_sharpes_variance : variance of the trials' Sharpe ratios per period (not annual). Where
        it is unknown, that of independent trials without skill on returns like these is taken.
    seed, n_samples : of the bootstrap; the same seed gives the same assessment.
    risk_free_rate : annual and simple; Sharpe and Sortino ratios are of the returns above it.

    Raises
    ------
    InputError : a return is no number, or a parameter is outside its range.
    """
    r = finite(returns, "returns", least=0)
    above(periods_per_year, 0.0, "periods_per_year")
    count(n_samples, 100, "n_samples")
    if not abs(risk_free_rate) < 1.0:
        raise InputError(
            f"is {risk_free_rate}; it must be a fraction between -1 and 1.", field="risk_free_rate"
        )
    found = None
    if r.size >= MIN_RETURNS:
        found = confidence_intervals(
            r,
            periods_per_year,
            seed=seed,
            n_samples=n_samples,
            confidence=CONFIDENCE,
            risk_free_rate=risk_free_rate,
        )
    verdict = judge(
        r - risk_free_rate / periods_per_year,
        periods_per_year,
        n_trials,
        trial_sharpes_variance,
        seed=seed,
        n_samples=n_samples,
        sharpe_interval=None if found is None else found.by_metric["sharpe"],
    )
    return Assessment(
        verdict=verdict,
        intervals={} if found is None else found.by_metric,
        block_length=None if found is None else found.block_length,
        n_samples=n_samples,
        seed=seed,
    )

"""One judgement of a backtest's returns: the figures, and sentences that say what they mean."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from terminal.backtest.inference import normal
from terminal.backtest.inference.bootstrap import Interval, confidence_intervals
from terminal.backtest.inference.inputs import above, count, finite
from terminal.backtest.inference.sharpe import (
    SharpeEstimate,
    deflated_sharpe,
    estimate_sharpe,
    expected_maximum_sharpe,
    minimum_track_record,
    probabilistic_sharpe,
)
from terminal.backtest.inference.significance import sharpe_variance
from terminal.backtest.return_metrics import sharpe
from terminal.errors import InputError
from terminal.market.panel import FloatArray

MIN_RETURNS = 20
"""Below this the normal approximations and the bootstrap have nothing to work on."""
CONFIDENCE = 0.95
WEAK = 0.90
FOREVER = 100
"""Years: a longer record is no advice."""

Standing = Literal["no verdict", "luck", "weak", "skill"]


@dataclass(frozen=True)
class Verdict:
    """What the returns say; every figure is None when `standing` is "no verdict".

    Attributes
    ----------
    standing : "skill" from a deflated Sharpe of 0.95, "weak" from 0.90, else "luck".
    sharpe, sharpe_low, sharpe_high : annual, with the bounds of the 95 % BCa interval.
    psr : confidence that the true Sharpe ratio is above 0 (2012 formula), one trial assumed.
    psr_autocorrelated : the same by the 2025 formula, with the autocorrelation of the returns.
    dsr : confidence that it is above `luck_sharpe`, the annual Sharpe ratio that the best of
        `n_trials` without skill is expected to show.
    min_track_record, min_track_record_deflated : returns needed to be 95 % sure that it is above
        0, or above `luck_sharpe`; None where no number suffices.
    sentences : the findings in words, the most important first.
    """

    standing: Standing
    n_returns: int
    n_trials: int
    sentences: tuple[str, ...]
    sharpe: float | None = None
    sharpe_low: float | None = None
    sharpe_high: float | None = None
    psr: float | None = None
    psr_autocorrelated: float | None = None
    dsr: float | None = None
    luck_sharpe: float | None = None
    min_track_record: float | None = None
    min_track_record_deflated: float | None = None


def judge(
    returns: FloatArray,
    periods_per_year: float,
    n_trials: int,
    trial_sharpes_variance: float | None = None,
    *,
    seed: int,
    n_samples: int = 2_000,
    sharpe_interval: Interval | None = None,
) -> Verdict:
    """Judge returns in excess of the risk-free rate, knowing how many variants were tried.

    Parameters
    ----------
    returns : float64 (n,), one a period.
    n_trials : backtests made in search of this one, itself included.
    trial_sharpes_variance : variance of the trials' Sharpe ratios per period (not annual). Where
        it is unknown, that of independent trials without skill on returns like these is taken.
    seed, n_samples : of the bootstrap; the same seed gives the same verdict.
    sharpe_interval : of the annual Sharpe ratio at 95 %, where it has been estimated already.

    Raises
    ------
    InputError : a return is no number, or a parameter is outside its range.
    """
    r = finite(returns, "returns", least=0)
    periods = above(periods_per_year, 0.0, "periods_per_year")
    count(n_trials, 1, "n_trials")
    count(n_samples, 100, "n_samples")
    if trial_sharpes_variance is not None and not trial_sharpes_variance >= 0:
        raise InputError(
            f"is {trial_sharpes_variance}; a variance is at least 0.",
            field="trial_sharpes_variance",
        )
    if r.size < MIN_RETURNS:
        few = f"{_returns(r.size)}: too few for a verdict, which takes at least {MIN_RETURNS}."
        return Verdict("no verdict", r.size, n_trials, (few,))
    if sharpe(r, 1.0) is None:
        still = "The returns never change: without risk there is no Sharpe ratio, and no verdict."
        return Verdict("no verdict", r.size, n_trials, (still,))
    if sharpe_interval is None:
        intervals = confidence_intervals(
            r, periods, seed=seed, n_samples=n_samples, confidence=CONFIDENCE, metrics=("sharpe",)
        )
        sharpe_interval = intervals.by_metric["sharpe"]
    estimate = estimate_sharpe(r, periods)
    return judge_estimate(estimate, periods, n_trials, trial_sharpes_variance, sharpe_interval)


def judge_estimate(
    estimate: SharpeEstimate,
    periods: float,
    n_trials: int,
    variance: float | None,
    interval: Interval,
) -> Verdict:
    """`judge` for a Sharpe ratio that has been estimated: what more trials change of a verdict.

    Parameters
    ----------
    variance : of the trials' Sharpe ratios per period; None where it is unknown.
    interval : of the annual Sharpe ratio at 95 %.
    """
    low, high = interval.bca or (None, None)
    moments = estimate.skewness, estimate.kurtosis
    rho = estimate.autocorrelation
    assumed = sharpe_variance(0.0, estimate.n, *moments, autocorrelation=rho)
    spread = assumed if variance is None else variance
    luck = expected_maximum_sharpe(n_trials, spread)
    dsr = deflated_sharpe(estimate.per_period, estimate.n, *moments, n_trials, spread)
    made = Verdict(
        standing="skill" if dsr >= CONFIDENCE else "weak" if dsr >= WEAK else "luck",
        n_returns=estimate.n,
        n_trials=n_trials,
        sentences=(),
        sharpe=estimate.annual,
        sharpe_low=low,
        sharpe_high=high,
        psr=probabilistic_sharpe(estimate.per_period, 0.0, estimate.n, *moments),
        psr_autocorrelated=float(normal.cdf(estimate.per_period / math.sqrt(assumed))),
        dsr=dsr,
        luck_sharpe=luck * math.sqrt(periods),
        min_track_record=minimum_track_record(estimate.per_period, 0.0, *moments),
        min_track_record_deflated=minimum_track_record(estimate.per_period, luck, *moments),
    )
    sentences = (
        _headline(made),
        *_expected_luck(made, assumed=variance is None),
        _alone(made, rho),
        _track_record(made, periods),
    )
    return replace(made, sentences=sentences)


def _headline(v: Verdict) -> str:
    bounds = "no interval"
    if v.sharpe_low is not None and v.sharpe_high is not None:
        bounds = f"95 % {_signed(v.sharpe_low)} … {_signed(v.sharpe_high)}"
    meaning = {
        "luck": "not distinguishable from luck",
        "weak": f"weak evidence of skill, short of {CONFIDENCE:.2f}",
        "skill": "more than luck alone explains",
        "no verdict": "",
    }[v.standing]
    if v.sharpe is not None and v.sharpe <= 0:
        meaning = "no sign of skill"
    return (
        f"Sharpe {_signed(v.sharpe)} ({bounds}); after {_trials(v.n_trials)} the deflated Sharpe "
        f"is {_confidence(v.dsr)}: {meaning}."
    )


def _expected_luck(v: Verdict, assumed: bool) -> tuple[str, ...]:
    if v.n_trials == 1:
        return (
            "The deflation counts one trial: every further variant that was tried and is not "
            "counted makes the figure too kind.",
        )
    why = ", taking them as independent because their spread is unknown" if assumed else ""
    return (
        f"The best of {_trials(v.n_trials)} without skill would be expected to show a Sharpe of "
        f"{_signed(v.luck_sharpe)}{why}.",
    )


def _alone(v: Verdict, rho: float) -> str:
    return (
        f"Seen alone, the confidence that the true Sharpe is above zero is {_confidence(v.psr)} "
        f"(2012 formula), or {_confidence(v.psr_autocorrelated)} with the autocorrelation of "
        f"{_signed(rho)} (2025 formula)."
    )


def _track_record(v: Verdict, periods: float) -> str:
    if v.min_track_record is None:
        return "A Sharpe that is not above zero does not become one with a longer record."
    needed, goal = v.min_track_record_deflated, "above what luck among the trials would show"
    if v.n_trials == 1:
        needed, goal = v.min_track_record, "above zero"
    if needed is None:
        return "It is below what luck among the trials would show: no longer record changes that."
    if needed > FOREVER * periods:
        return f"To be 95 % sure that it is {goal} takes more than {FOREVER} years of this kind."
    return (
        f"To be 95 % sure that it is {goal} takes {_returns(math.ceil(needed))} "
        f"({needed / periods:,.1f} years) of this kind; there are {v.n_returns:,}."
    )


def _signed(value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")  # + 0.0: no −0.00


def _confidence(value: float | None) -> str:
    """Two decimals, never rounded up to certainty."""
    if value is None:
        return "unknown"
    return "above 0.99" if value > 0.99 else "below 0.01" if value < 0.01 else f"{value:.2f}"


def _trials(n: int) -> str:
    return f"{n:,} trial{'' if n == 1 else 's'}"


def _returns(n: int) -> str:
    return f"{n:,} return{'' if n == 1 else 's'}"

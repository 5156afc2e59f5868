"""Can answers be told from luck? Their long/short profit, deflated by all that was tried.

The profit is that of a plain rule, before costs: at every so-many-th bar, as many as an outcome may
take, hold each event's side until its outcome, equal weights. Periods do not overlap, so that their
Sharpe ratio is one of independent looks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from terminal.backtest.inference.sharpe import deflated_sharpe, estimate_sharpe
from terminal.errors import InputError
from terminal.labels.labels import Labels
from terminal.market.panel import FloatArray
from terminal.models.model import Task

META_CLASSES = (0.0, 1.0)


@dataclass(frozen=True)
class Profit:
    """The plain rule's profit on the out-of-sample period, and what luck would have made.

    Attributes
    ----------
    periods : number of periods that do not overlap. mean : return of a period.
    sharpe : annual. trials : combinations and trainings tried with models on this data so far.
    deflated : probability that the Sharpe ratio beats the best expected of so many trials without
        skill (Bailey and López de Prado 2014); None where it cannot be known.
    """

    periods: int
    mean: float
    sharpe: float | None
    trials: int
    deflated: float | None


def sides(predicted: FloatArray, classes: FloatArray, labels: Labels, meta: bool) -> FloatArray:
    """-1, 0 or 1 for each event: long above the middle of the classes (0 for a number), short
    below; of a meta-label the side it judges, where it is more likely right than wrong."""
    if meta:
        return np.where(predicted > 0.5, labels.side.astype(np.float64), 0.0)
    middle = 0.5 * float(classes.min() + classes.max()) if len(classes) else 0.0
    return np.asarray(np.sign(predicted - middle))


def period_returns(labels: Labels, side: FloatArray, horizon: int) -> tuple[FloatArray, float]:
    """(mean of side · outcome of each period, bars from one period to the next).

    A period begins at the first bar with events that is `horizon` bars or more after the one
    before, so that no two share a bar of outcome. float64 (n_periods,).
    """
    bars, place = np.unique(labels.bar, return_inverse=True)
    begins = []
    at = 0
    while at < len(bars):
        begins.append(at)
        at = int(np.searchsorted(bars, bars[at] + max(horizon, 1)))
    taken = np.bincount(place, weights=np.abs(side), minlength=len(bars))[begins]
    total = np.bincount(place, weights=side * labels.outcome, minlength=len(bars))[begins]
    step = float(np.diff(bars[begins]).mean()) if len(begins) > 1 else float(max(horizon, 1))
    return np.asarray(total / np.maximum(taken, 1.0)), step


def judge_profit(
    returns: FloatArray, periods_a_year: float, trials: int, variance: float | None
) -> Profit:
    """The Sharpe ratio of period returns, deflated.

    Parameters
    ----------
    variance : of the annual Sharpe ratios of the trials; None: that of a Sharpe ratio without
        skill, 1 / n a period.
    """
    mean = float(returns.mean()) if len(returns) else 0.0
    try:
        found = estimate_sharpe(returns, periods_a_year)
    except InputError:
        return Profit(len(returns), mean, None, trials, None)
    each = 1.0 / found.n if variance is None else variance / periods_a_year
    deflated = deflated_sharpe(
        found.per_period, found.n, found.skewness, found.kurtosis, float(max(trials, 1)), each
    )
    known = deflated if math.isfinite(deflated) else None
    return Profit(found.n, mean, found.annual, trials, known)


def is_meta(task: Task, needs_side: bool) -> bool:
    """Whether a label judges a side that was taken before."""
    return task is Task.CLASSES and needs_side

"""How well predictions order outcomes, and an interval that knows how outcomes overlap.

Classes are judged by the concordance of ordered classes: of two events with different labels, the
probability that the one with the higher label was given the higher expected value, ties counted
half. Of two classes that is the area under the ROC curve, and chance is 0.5. Numbers are judged by
the rank correlation of Spearman, chance is 0.

The interval is that of a statistic of dependent events: the influence of every event (of DeLong et
al. 1988 for the area) is summed by bar, because events of one bar share its news, and the variance
of the sum over time is that of Newey and West (1987) with twice the horizon as lags, because
outcomes of neighbouring bars overlap. Student's t with 1.5 bars / lags degrees of freedom (the
equivalent degrees of the Bartlett window; Priestley 1981, 6.2.3) allows for few independent bars.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from terminal.labels.labels import IntArray
from terminal.market.panel import FloatArray
from terminal.models.model import Task

AUC, RANK = "AUC", "rank correlation"


@dataclass(frozen=True)
class Score:
    """A score with its interval.

    Attributes
    ----------
    name : AUC or RANK. value, error : the score and its standard error; NaN where there is none.
    chance : what a guess scores. low, high : the interval at `confidence`.
    n : events. degrees : of freedom of the interval.
    """

    name: str
    value: float
    error: float
    chance: float
    low: float
    high: float
    confidence: float
    n: int
    degrees: float

    @property
    def above_chance(self) -> bool:
        """Whether the whole interval is better than a guess."""
        return math.isfinite(self.low) and self.low > self.chance

    @property
    def words(self) -> str:
        """`AUC 0.512 (95 % 0.497 … 0.528)`."""
        if not math.isfinite(self.value):
            return f"{self.name} unknown: too few different outcomes"
        shown = f"{self.name} {self.value:.3f}"
        if not math.isfinite(self.low):
            return f"{shown} (no interval: too few bars)"
        percent = f"{100 * self.confidence:.4g}"
        return f"{shown} ({percent} % {self.low:.3f} … {self.high:.3f})"


def score(
    task: Task,
    y: FloatArray,
    predicted: FloatArray,
    bar: IntArray,
    horizon: int,
    confidence: float = 0.95,
) -> Score:
    """The score of predictions.

    Parameters
    ----------
    y : labels (n,). predicted : one number an event (n,), the higher the higher the label.
    bar : int64 (n,), ascending rows. horizon : bars an outcome may take.
    """
    known = np.isfinite(predicted)
    y, predicted, bar = y[known], predicted[known], bar[known]
    name, chance = (AUC, 0.5) if task is Task.CLASSES else (RANK, 0.0)
    value, influence = (
        concordance(y, predicted) if task is Task.CLASSES else rank_correlation(y, predicted)
    )
    nan = float("nan")
    if not math.isfinite(value):
        return Score(name, nan, nan, chance, nan, nan, confidence, len(y), nan)
    error, degrees = clustered_error(influence, bar, 2 * horizon)
    if not math.isfinite(error):
        return Score(name, value, nan, chance, nan, nan, confidence, len(y), nan)
    reach = error * float(stats.t.ppf(0.5 + confidence / 2.0, degrees))
    floor = 0.0 if task is Task.CLASSES else -1.0
    low, high = max(floor, value - reach), min(1.0, value + reach)
    return Score(name, value, error, chance, low, high, confidence, len(y), degrees)


def concordance(y: FloatArray, predicted: FloatArray) -> tuple[float, FloatArray]:
    """(C, influence of each event): C = Σ wins / pairs over pairs of different labels.

    With w_i the comparisons event i wins, m_i those it takes part in and P all pairs,
    C = Σ w_i / 2P and the influence is (w_i - C m_i) / P, which sums to 0.
    """
    classes, place = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        return float("nan"), np.zeros(len(y))
    sizes = np.bincount(place)
    parts = [np.sort(predicted[place == k]) for k in range(len(classes))]
    wins = np.zeros(len(y))
    for k in range(len(classes)):
        own = predicted[place == k]
        won = np.zeros(len(own))
        for other, values in enumerate(parts):
            if other == k:
                continue
            below = np.searchsorted(values, own, side="left")
            up_to = np.searchsorted(values, own, side="right")
            won += 0.5 * (below + up_to) if other < k else len(values) - 0.5 * (below + up_to)
        wins[place == k] = won
    total = float(len(y))
    pairs = 0.5 * (total * total - float((sizes.astype(np.float64) ** 2).sum()))
    value = float(wins.sum() / (2.0 * pairs))
    compared = total - sizes[place]
    return value, (wins - value * compared) / pairs


def rank_correlation(y: FloatArray, predicted: FloatArray) -> tuple[float, FloatArray]:
    """(ρ, influence of each event): (zx zy - ρ (zx² + zy²) / 2) / n of standardised ranks."""
    a, b = stats.rankdata(y), stats.rankdata(predicted)
    if len(y) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan"), np.zeros(len(y))
    a, b = (a - a.mean()) / a.std(), (b - b.mean()) / b.std()
    value = float(a @ b / len(y))
    return value, (a * b - 0.5 * value * (a * a + b * b)) / len(y)


def clustered_error(influence: FloatArray, bar: IntArray, lags: int) -> tuple[float, float]:
    """(standard error, degrees of freedom) of a sum of influences; NaN with fewer than 3 bars."""
    if not len(bar):
        return float("nan"), float("nan")
    first = int(bar.min())
    by_bar = np.bincount(bar - first, weights=influence)
    n = len(by_bar)
    lags = max(0, min(lags, n - 1))
    if len(np.unique(bar)) < 3:
        return float("nan"), float("nan")
    variance = float(by_bar @ by_bar)
    for lag in range(1, lags + 1):
        variance += 2.0 * (1.0 - lag / (lags + 1.0)) * float(by_bar[lag:] @ by_bar[:-lag])
    degrees = max(1.0, 1.5 * n / (lags + 1.0))
    if not variance > 0.0:
        return float("nan"), degrees
    # the influences were centred on the sample's own score
    return math.sqrt(variance * n / max(n - lags, 1)), degrees

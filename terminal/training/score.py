"""How well predictions order outcomes, with an interval and a second opinion on luck.

Classes are judged by the concordance of ordered classes: of two events with different labels, the
probability that the one with the higher label was given the higher expected value, ties counted
half. Of two classes that is the area under the ROC curve, and chance is 0.5. Numbers are judged by
the rank correlation of Spearman, chance is 0.

The interval comes from whole stretches of bars drawn again (`terminal.validation.significance`), by
the influence of every event (of DeLong et al. 1988 for the area); the second opinion from labels
shifted in time against the predictions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from terminal.errors import InputError
from terminal.labels.labels import Labels
from terminal.market.panel import FloatArray
from terminal.models.model import Task
from terminal.validation.significance import block_length, judge, shift_p_value

AUC, RANK = "AUC", "rank correlation"


SHIFT_LEVEL = 0.05
"""Share of shifts in time that may do as well as the truth."""


@dataclass(frozen=True)
class Score:
    """A score with its interval.

    Attributes
    ----------
    name : AUC or RANK. value, error : the score and its standard error; NaN where there is none.
    chance : what a guess scores. low, high : the interval at `confidence`.
    p_shift : share of labels shifted in time that score as well; NaN where it was not asked for.
    n : events. blocks : independent stretches of bars, about.
    """

    name: str
    value: float
    error: float
    chance: float
    low: float
    high: float
    confidence: float
    p_shift: float
    n: int
    blocks: float

    @property
    def above_chance(self) -> bool:
        """Whether the whole interval is better than a guess, and shifted labels do worse."""
        shifted = math.isnan(self.p_shift) or self.p_shift < SHIFT_LEVEL
        return math.isfinite(self.low) and self.low > self.chance and shifted

    @property
    def words(self) -> str:
        """`AUC 0.512 (95 % 0.497 … 0.528)`."""
        if not math.isfinite(self.value):
            return f"{self.name} unknown: too few different outcomes"
        shown = f"{self.name} {self.value:.3f}"
        if not math.isfinite(self.low):
            return f"{shown} (no interval: too few bars for such long outcomes)"
        percent = f"{100 * self.confidence:.4g}"
        return f"{shown} ({percent} % {self.low:.3f} … {self.high:.3f})"


def score(
    task: Task,
    labels: Labels,
    predicted: FloatArray,
    confidence: float = 0.95,
    *,
    shifts: bool = True,
    crossed: bool = False,
) -> Score:
    """The score of predictions.

    Parameters
    ----------
    labels : events in the order of `bar`. predicted : one number an event (n,), the higher the
        higher the label; NaN is left out.
    shifts : ask for the second opinion too.
    crossed : whether tested events were trained on for other tests (k-fold, combinatorial), which
        doubles the variance that luck has.
    """
    known = np.isfinite(predicted)
    y, made = labels.label[known], predicted[known]
    bar, end = labels.bar[known], labels.end[known]
    name, chance = (AUC, 0.5) if task is Task.CLASSES else (RANK, 0.0)
    value, influence = measured(task, y, made)
    nan = float("nan")
    none = Score(name, value, nan, chance, nan, nan, confidence, nan, len(y), nan)
    if not math.isfinite(value):
        return none
    try:
        block = block_length(bar, end)
    except InputError:
        return none  # too few bars to tell: no interval, and nothing passes
    even = np.ones(len(y))
    p_shift = nan
    if shifts:
        p_shift = shift_p_value(
            _standard(made), _standard(y), bar, labels.instrument[known], even, block
        )
    found = judge(
        value + len(y) * influence,
        bar,
        even,
        block,
        null=chance,
        crossed=crossed,
        level=confidence,
        seed=0,
    )
    floor = 0.0 if task is Task.CLASSES else -1.0
    return Score(
        name=name,
        value=value,
        error=found.error,
        chance=chance,
        low=max(floor, found.low),
        high=min(1.0, found.high),
        confidence=confidence,
        p_shift=p_shift,
        n=len(y),
        blocks=found.blocks,
    )


def measured(task: Task, y: FloatArray, predicted: FloatArray) -> tuple[float, FloatArray]:
    """(score, influence of each event, which sum to 0); NaN where outcomes are all alike."""
    return concordance(y, predicted) if task is Task.CLASSES else rank_correlation(y, predicted)


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


def _standard(values: FloatArray) -> FloatArray:
    ranks = stats.rankdata(values)
    spread = float(ranks.std())
    return np.asarray((ranks - ranks.mean()) / spread) if spread > 0 else np.zeros(len(ranks))

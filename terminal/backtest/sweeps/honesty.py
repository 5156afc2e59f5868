"""What the best of a sweep is worth, given how many were tried to find it.

The deflated Sharpe ratio takes the number of trials from the ledger and the spread of the trials'
Sharpe ratios from all points of the sweep. Overfitting by cross-validation and the reality check
need the returns themselves; they are made for the best points and as many at random, and the
sentences say how many that were. Where a test cannot be made, a sentence says why.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from terminal.backtest.inference.assessment import assess
from terminal.backtest.inference.comparison import superior_predictive_ability
from terminal.backtest.inference.overfitting import probability_of_overfitting
from terminal.errors import InputError
from terminal.market.panel import FloatArray

MOST_COLUMNS = 200
"""Best points, and as many at random, whose returns are looked at."""
BLOCKS = 16, 10, 6
"""Numbers of blocks to try, the finest for which each block has `LEAST_BLOCK` sessions."""
LEAST_BLOCK = 20
SURE = 0.05
"""P-value below which the best is better than the benchmark."""
BLIND = 0.5
"""Probability of overfitting from which the choice is no better than a blind one."""


@dataclass(frozen=True)
class Honesty:
    """Figures and the sentences that say what they mean.

    headline, sure : the finding in a few words, after the most sceptical of the tests, and whether
        none of them objects.
    standing : of `inference.verdict.Verdict`. pbo, spa, reality_check : None where not computed.
    columns : combinations whose returns were looked at.
    """

    headline: str
    sure: bool
    standing: str
    n_trials: int
    sharpe: float | None
    dsr: float | None
    luck_sharpe: float | None
    pbo: float | None
    spa: float | None
    reality_check: float | None
    columns: int
    sentences: tuple[str, ...]


def looked_at(scores: Mapping[int, float], seed: int, most: int = MOST_COLUMNS) -> list[int]:
    """Positions whose returns the tests read: the best first, then some of the rest at random."""
    known = [position for position, value in scores.items() if math.isfinite(value)]
    ranked = sorted(known, key=lambda position: (-scores[position], position))
    rest = sorted(ranked[most:])
    drawn = np.random.default_rng(seed).permutation(len(rest))[:most]
    return ranked[:most] + [rest[k] for k in sorted(drawn)]


def judge_sweep(
    returns: FloatArray,
    sharpes: Sequence[float],
    n_trials: int,
    periods: float,
    *,
    seed: int,
    risk_free_rate: float = 0.0,
    benchmark: FloatArray | None = None,
) -> Honesty:
    """Judge the best combination of a sweep.

    Parameters
    ----------
    returns : float64 (n_sessions, n_columns) of the positions of `looked_at`, the best first.
    sharpes : annual Sharpe ratio of every point that has one.
    n_trials : runs of this strategy family on this data so far, those of the sweep included.
    benchmark : float64 (n_sessions,), what the reality check measures against; None: staying out.
    """
    spread = float(np.var(sharpes, ddof=1)) / periods if len(sharpes) > 1 else None
    judged = assess(
        returns[:, 0],
        periods,
        max(n_trials, len(sharpes), 1),
        spread,
        seed=seed,
        risk_free_rate=risk_free_rate,
    )
    verdict = judged.verdict
    sentences = [f"Best combination: {verdict.sentences[0]}", *verdict.sentences[1:]]
    pbo = _overfitting(returns, sentences)
    reality = _reality(returns, benchmark, seed, sentences)
    if returns.shape[1] < len(sharpes):
        sentences.append(
            f"The last two tests look at {returns.shape[1]:,} of {len(sharpes):,} combinations: "
            f"the best {MOST_COLUMNS:,} and as many of the rest, drawn at random."
        )
    headline, sure = headline_of(verdict.standing, pbo, reality[0], benchmark is not None)
    return Honesty(
        headline=headline,
        sure=sure,
        standing=verdict.standing,
        n_trials=verdict.n_trials,
        sharpe=verdict.sharpe,
        dsr=verdict.dsr,
        luck_sharpe=verdict.luck_sharpe,
        pbo=pbo,
        spa=reality[0],
        reality_check=reality[1],
        columns=returns.shape[1],
        sentences=tuple(sentences),
    )


def headline_of(
    standing: str, pbo: float | None, spa: float | None, benchmarked: bool
) -> tuple[str, bool]:
    """(the finding in a few words, whether no test objects)."""
    if standing != "skill":
        words = {
            "weak": "weak evidence of skill",
            "luck": "not distinguishable from luck",
            "no verdict": "no verdict",
        }[standing]
        return words, False
    if spa is not None and spa >= SURE:
        than = "the benchmark" if benchmarked else "staying out"
        return f"it earns more than luck explains, but not more than {than}", False
    if pbo is not None and pbo >= BLIND:
        return "the strategy earns, but which combination is best cannot be told", False
    return "more than luck explains", True


def _overfitting(returns: FloatArray, sentences: list[str]) -> float | None:
    size = len(returns) // LEAST_BLOCK
    blocks = next((count for count in BLOCKS if count <= size), 2)
    try:
        found = probability_of_overfitting(returns, blocks)
    except InputError as error:
        sentences.append(f"Probability of overfitting: not computed, because it {error.message}")
        return None
    sentences.append(found.sentence)
    return found.pbo


def _reality(
    returns: FloatArray, benchmark: FloatArray | None, seed: int, sentences: list[str]
) -> tuple[float | None, float | None]:
    against = "staying out of the market" if benchmark is None else "the benchmark"
    try:
        found = superior_predictive_ability(returns, benchmark, seed=seed)
    except InputError as error:
        sentences.append(f"Reality check: not computed, because it {error.message}")
        return None, None
    meaning = "better than" if found.spa < SURE else "not distinguishable from"
    sentences.append(
        f"Against {against}, with all these trials taken into account (Hansen's SPA, p = "
        f"{found.spa:.2f}; White's reality check, p = {found.reality_check:.2f}), the best is "
        f"{meaning} it."
    )
    return found.spa, found.reality_check

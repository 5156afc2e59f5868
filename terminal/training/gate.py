"""May this model be registered? Three questions, each answered in a sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from terminal.training.request import GateRequest
from terminal.training.score import Score


@dataclass(frozen=True)
class Check:
    """One question of the gate."""

    name: str
    passed: bool
    words: str


@dataclass(frozen=True)
class Verdict:
    """What the gate says."""

    passed: bool
    checks: tuple[Check, ...]

    @property
    def words(self) -> str:
        """One sentence: the first reason against, or the score that spoke for it."""
        against = [check for check in self.checks if not check.passed]
        return (against or list(self.checks))[0].words


def confidence_for(gate: GateRequest, looks: int) -> float:
    """Confidence of the out-of-sample interval when the period has been looked at `looks` times,
    this one included: (1 - a)^(1 / looks) for a confidence of 1 - a (Šidák 1967)."""
    if not gate.count_trainings:
        return gate.confidence
    return float(gate.confidence ** (1.0 / max(looks, 1)))


def decide(
    gate: GateRequest,
    outside: Score,
    scores: Sequence[float],
    of: str,
    pooled: Score,
    leaks: Sequence[str],
    looks: int,
) -> Verdict:
    """The verdict.

    Parameters
    ----------
    outside : of the out-of-sample period, at `confidence_for`.
    scores : of cross-validation's paths, or of its folds where they make one path; of : "paths" or
        "folds". pooled : score of the mean over paths. leaks : findings of the leakage checker.
    """
    checks = (
        _outside(outside, looks),
        _agreement(gate, scores, of, pooled),
        _leaks(leaks),
    )
    return Verdict(all(check.passed for check in checks), checks)


def _outside(outside: Score, looks: int) -> Check:
    seen = f" This period was looked at {looks} times; the interval allows for it." * (looks > 1)
    if outside.above_chance:
        words = f"{outside.words} out of sample: better than luck.{seen}"
    elif math.isfinite(outside.high) and outside.high < outside.chance:
        words = f"{outside.words} out of sample: worse than a guess.{seen}"
    else:
        words = f"{outside.words} out of sample: not distinguishable from luck.{seen}"
    return Check("out-of-sample", outside.above_chance, words)


def _agreement(gate: GateRequest, scores: Sequence[float], of: str, pooled: Score) -> Check:
    known = np.array([value for value in scores if math.isfinite(value)])
    share = float((known > pooled.chance).mean()) if len(known) else 0.0
    enough = share >= gate.paths
    passed = enough and pooled.above_chance
    one = f"{share:.0%} of {len(known)} {of}"
    if passed:
        words = f"Cross-validation agrees: {pooled.words}, {one} better than chance."
    elif not pooled.above_chance:
        words = f"Cross-validation does not agree: {pooled.words}."
    else:
        words = (
            f"Cross-validation does not agree: {one} better than chance, {gate.paths:.0%} wanted."
        )
    return Check("cross-validation", passed, words)


def _leaks(leaks: Sequence[str]) -> Check:
    if not leaks:
        return Check("leakage", True, "The leakage checker found nothing.")
    more = f" and {len(leaks) - 1} more" if len(leaks) > 1 else ""
    return Check("leakage", False, f"The leakage checker found something: {leaks[0]}{more}")

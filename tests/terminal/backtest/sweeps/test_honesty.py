"""The judgement at the end of a sweep."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.backtest.sweeps.honesty import headline_of, judge_sweep, looked_at


def made(n: int, skill: float, seed: int = 1) -> tuple[np.ndarray, list[float]]:
    """n strategies without skill, the first with a daily mean of `skill` at 1 % volatility."""
    returns = np.random.default_rng(seed).normal(0.0, 0.01, (600, n))
    returns[:, 0] += skill
    sharpes = [float(s) for s in returns.mean(axis=0) / returns.std(axis=0, ddof=1) * 252**0.5]
    order = np.argsort([-s for s in sharpes], kind="stable")
    return returns[:, order], sharpes


def test_the_best_of_many_without_skill_is_called_luck() -> None:
    returns, sharpes = made(100, 0.0)
    found = judge_sweep(returns, sharpes, 100, 252.0, seed=1)
    assert found.standing == "luck" and found.n_trials == 100
    assert found.spa is not None and found.spa > 0.05
    assert found.pbo is not None and found.pbo > 0.2
    assert "not distinguishable" in " ".join(found.sentences)


def test_skill_is_seen_through_as_many_trials() -> None:
    returns, sharpes = made(100, 0.004)
    found = judge_sweep(returns, sharpes, 100, 252.0, seed=1)
    assert found.standing == "skill"
    assert found.spa is not None and found.spa < 0.05
    assert found.pbo is not None and found.pbo < 0.1
    assert any("better than it" in sentence for sentence in found.sentences)


def test_more_trials_in_the_ledger_make_the_same_result_less_sure() -> None:
    returns, sharpes = made(50, 0.0015)
    few = judge_sweep(returns, sharpes, 50, 252.0, seed=1)
    many = judge_sweep(returns, sharpes, 50_000, 252.0, seed=1)
    assert few.dsr is not None and many.dsr is not None and few.dsr > many.dsr
    assert many.n_trials == 50_000


def test_the_ledger_never_counts_fewer_than_the_sweep_ran() -> None:
    returns, sharpes = made(50, 0.0)
    assert judge_sweep(returns, sharpes, 3, 252.0, seed=1).n_trials == 50


def test_a_test_that_cannot_be_made_says_why() -> None:
    returns, sharpes = made(1, 0.001)
    found = judge_sweep(returns, sharpes, 1, 252.0, seed=1)
    assert found.pbo is None
    assert any("Probability of overfitting: not computed" in words for words in found.sentences)


def test_the_best_and_some_at_random_are_looked_at_and_the_sentence_says_how_many() -> None:
    scores = {k: float(k % 97) for k in range(1_000)} | {1_000: float("nan")}
    found = looked_at(scores, seed=5, most=20)
    assert len(found) == 40 and len(set(found)) == 40 and 1_000 not in found
    assert found == looked_at(scores, seed=5, most=20) != looked_at(scores, seed=6, most=20)
    assert min(scores[k] for k in found[:20]) >= max(
        scores[k] for k in scores if k not in found[:20] and k != 1_000
    )
    returns, sharpes = made(30, 0.0)
    assert any(
        "look at 10 of 30" in words
        for words in judge_sweep(returns[:, :10], sharpes, 30, 252.0, seed=1).sentences
    )


def test_a_benchmark_replaces_staying_out() -> None:
    returns, sharpes = made(20, 0.0)
    found = judge_sweep(returns, sharpes, 20, 252.0, seed=1, benchmark=returns[:, 0] + 0.01)
    assert found.spa == pytest.approx(1.0, abs=0.05)
    assert any("Against the benchmark" in words for words in found.sentences)


@pytest.mark.parametrize(
    ("standing", "pbo", "spa", "words", "sure"),
    [
        ("skill", 0.05, 0.01, "more than luck explains", True),
        ("skill", None, None, "more than luck explains", True),
        ("skill", 0.05, 0.40, "not more than the benchmark", False),
        ("skill", 0.70, 0.01, "which combination is best cannot be told", False),
        ("luck", 0.05, 0.01, "not distinguishable from luck", False),
    ],
)
def test_the_headline_follows_the_most_sceptical_test(
    standing: str, pbo: float | None, spa: float | None, words: str, sure: bool
) -> None:
    headline, found = headline_of(standing, pbo, spa, benchmarked=True)
    assert words in headline and found is sure

"""The verdict: its figures, its words, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from terminal.backtest import return_metrics as m
from terminal.backtest.inference.sharpe import estimate_sharpe, probabilistic_sharpe
from terminal.backtest.inference.significance import sharpe_significance
from terminal.backtest.inference.verdict import Verdict, judge
from terminal.errors import InputError
from tests.terminal.backtest.inference.noise import noise, remembering


def quick(r: np.ndarray, n_trials: int = 1, variance: float | None = None) -> Verdict:
    return judge(r, 252.0, n_trials, variance, seed=1, n_samples=300)


def test_the_figures_are_those_of_the_single_functions() -> None:
    r = noise(3, 1_000, mean=0.0007)
    found, estimate = quick(r), estimate_sharpe(r, 252.0)
    assert found.sharpe == pytest.approx(m.sharpe(r, 252.0))
    assert found.psr == found.dsr  # of one trial
    moments = estimate.skewness, estimate.kurtosis
    assert found.psr == probabilistic_sharpe(estimate.per_period, 0.0, 1_000, *moments)
    corrected = sharpe_significance(
        estimate.per_period,
        1_000,
        alternative=0.1,
        autocorrelation=estimate.autocorrelation,
    )
    assert found.psr_autocorrelated == pytest.approx(corrected.psr)
    assert found.sharpe_low is not None and found.sharpe_high is not None
    assert found.sharpe_low < found.sharpe < found.sharpe_high  # type: ignore[operator]


def test_a_lucky_strategy_among_many_is_called_luck_in_words() -> None:
    trials = np.random.default_rng(1).standard_normal((1_000, 137)) * 0.01
    sharpes = trials.mean(axis=0) / trials.std(axis=0, ddof=1)
    best = trials[:, sharpes.argmax()]
    found = quick(best, 137, float(sharpes.var(ddof=1)))
    assert found.standing == "luck" and found.psr is not None and found.psr > 0.99
    assert "after 137 trials the deflated Sharpe is 0." in found.sentences[0]
    assert found.sentences[0].endswith("not distinguishable from luck.")
    assert found.sentences[0].startswith(f"Sharpe {found.sharpe:.2f} (95 % ")
    assert found.sentences[1].startswith("The best of 137 trials without skill")
    # the same strategy, had it been the only one
    assert quick(best).standing == "skill"


def test_a_planted_edge_is_called_skill() -> None:
    found = quick(noise(5, 2_500, mean=0.0012), 20)
    assert found.standing == "skill" and "more than luck alone explains" in found.sentences[0]
    assert found.min_track_record is not None and found.min_track_record < 2_500


def test_evidence_between_the_marks_is_called_weak() -> None:
    for scale in np.linspace(0.2, 1.5, 200):
        r = noise(1, 500)
        r = r - r.mean() + scale * 0.001
        found = quick(r) if 0.9 <= quick_dsr(r) < 0.95 else None
        if found is not None:
            assert found.standing == "weak" and "weak evidence" in found.sentences[0]
            return
    pytest.fail("no strength between the marks was tried")


def quick_dsr(r: np.ndarray) -> float:
    e = estimate_sharpe(r, 252.0)
    return probabilistic_sharpe(e.per_period, 0.0, e.n, e.skewness, e.kurtosis)


def test_without_a_known_spread_of_trials_that_of_luck_is_assumed_and_said() -> None:
    r = noise(3, 1_000, mean=0.0007)
    unknown = quick(r, 50)
    rho = estimate_sharpe(r, 1.0).autocorrelation
    known = quick(r, 50, (1 + rho) / (1 - rho) / 1_000)
    assert unknown.dsr == pytest.approx(known.dsr)
    assert "their spread is unknown" in unknown.sentences[1]
    assert "unknown" not in known.sentences[1]


def test_a_losing_strategy_shows_no_sign_of_skill_at_any_length() -> None:
    found = quick(noise(2, 500, mean=-0.002), 5)
    assert found.sentences[0].endswith("no sign of skill.")
    assert "−" in found.sentences[0] and found.min_track_record is None
    assert "does not become one with a longer record" in found.sentences[-1]


def test_a_record_that_can_never_be_long_enough_is_not_counted_in_years() -> None:
    r = noise(3, 1_000)
    r = r - r.mean() + 0.0004
    assert "no longer record changes that" in quick(r, 1_000).sentences[-1]
    assert "more than 100 years" in quick(r - 0.00039).sentences[-1]


def test_returns_that_remember_are_corrected_for_it() -> None:
    r = remembering(1, 1_000, rho=0.5)
    r = r - r.mean() + 0.0006
    found = quick(r)
    assert found.psr is not None and found.psr_autocorrelated is not None
    assert found.psr_autocorrelated < found.psr - 0.02
    assert "autocorrelation of 0.48" in found.sentences[2]


def test_a_sharpe_ratio_that_many_samples_lack_has_no_interval_in_words() -> None:
    once = np.zeros(100)
    once[40] = 0.01
    found = quick(once)
    assert found.sharpe is not None and found.sharpe_low is None and found.sharpe_high is None
    assert "(no interval)" in found.sentences[0]


def test_certainty_is_never_rounded_up() -> None:
    found = quick(noise(1, 2_000, mean=0.005))
    assert "deflated Sharpe is above 0.99" in found.sentences[0]


def test_the_same_seed_gives_the_same_verdict() -> None:
    r = noise(1, 400, mean=0.001)
    assert quick(r, 7) == quick(r, 7)
    other = judge(r, 252.0, 7, seed=2, n_samples=300)
    assert other.sharpe == quick(r, 7).sharpe and other.sharpe_low != quick(r, 7).sharpe_low


@pytest.mark.parametrize(
    ("returns", "words"),
    [
        (np.empty(0), "0 returns: too few"),
        (np.array([0.1]), "1 return: too few"),
        (noise(1, 19), "19 returns: too few for a verdict, which takes at least 20"),
        (np.zeros(100), "never change"),
        (np.full(100, 0.001), "never change"),
    ],
)
def test_returns_that_allow_no_verdict_say_why(returns: np.ndarray, words: str) -> None:
    found = quick(returns)
    assert found.standing == "no verdict" and words in found.sentences[0]
    assert found.sharpe is None and found.dsr is None and found.n_returns == returns.size


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"returns": np.array([0.1, math.nan])}, "returns"),
        ({"periods_per_year": 0.0}, "periods_per_year"),
        ({"n_trials": 0}, "n_trials"),
        ({"trial_sharpes_variance": -1.0}, "trial_sharpes_variance"),
        ({"trial_sharpes_variance": math.nan}, "trial_sharpes_variance"),
        ({"n_samples": 10}, "n_samples"),
    ],
)
def test_a_wrong_input_is_refused_by_name(change: dict[str, object], field: str) -> None:
    given = {"returns": noise(1), "periods_per_year": 252.0, "n_trials": 1, "seed": 1} | change
    with pytest.raises(InputError) as caught:
        judge(**given)  # type: ignore[arg-type]
    assert caught.value.field == field

"""One call for a page: the verdict and the intervals agree, and say why there are none."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from terminal.backtest.inference.assessment import Assessment, assess
from terminal.backtest.inference.bootstrap import confidence_intervals
from terminal.backtest.inference.headline import HEADLINE
from terminal.backtest.inference.verdict import judge
from terminal.errors import InputError
from tests.terminal.backtest.inference.noise import noise
from tests.terminal.backtest.return_series import walk


def quick(r: np.ndarray, n_trials: int = 137, **how: float) -> Assessment:
    return assess(r, 252.0, n_trials, seed=3, n_samples=200, **how)  # type: ignore[arg-type]


def test_it_is_the_verdict_and_the_intervals_of_the_single_functions() -> None:
    r = walk(1)
    found = quick(r)
    assert found.verdict == judge(r, 252.0, 137, seed=3, n_samples=200)
    single = confidence_intervals(r, 252.0, seed=3, n_samples=200)
    assert found.intervals == single.by_metric and tuple(found.intervals) == HEADLINE
    assert found.block_length == single.block_length
    assert found == quick(r)


@pytest.mark.parametrize("rate", [0.0, 0.04])
def test_the_sharpe_ratio_has_one_interval_above_the_risk_free_rate(rate: float) -> None:
    r = walk(1)
    found = quick(r, risk_free_rate=rate)
    excess = judge(r - rate / 252.0, 252.0, 137, seed=3, n_samples=200)
    assert found.verdict.sharpe == excess.sharpe
    assert (found.verdict.sharpe_low, found.verdict.sharpe_high) == found.intervals["sharpe"].bca
    bounds = excess.sharpe_low, excess.sharpe_high
    assert found.intervals["sharpe"].bca == pytest.approx(bounds, rel=1e-6)
    # the money made is not in excess of anything
    total = found.intervals["total_return"].estimate
    assert total == pytest.approx(np.prod(1.0 + r) - 1.0)


def test_the_sentence_is_the_one_a_person_understands() -> None:
    r = noise(4, 750)
    r = r - r.mean() + 0.0008
    assert re.fullmatch(
        r"Sharpe \d\.\d\d \(95 % −?\d\.\d\d … \d\.\d\d\); after 137 trials the deflated Sharpe is "
        r"0\.\d\d: not distinguishable from luck\.",
        quick(r).sentence,
    )


@pytest.mark.parametrize("n", [0, 1, 19])
def test_too_few_returns_have_no_interval_and_a_sentence(n: int) -> None:
    found = quick(noise(1, n))
    assert found.verdict.standing == "no verdict" and "too few" in found.sentence
    assert found.intervals == {} and found.block_length is None


def test_returns_that_never_change_have_a_return_but_no_sharpe_ratio() -> None:
    found = quick(np.full(100, 0.001))
    assert found.verdict.standing == "no verdict" and "never change" in found.sentence
    assert found.intervals["sharpe"].estimate is None
    assert found.intervals["total_return"].estimate == pytest.approx(1.001**100 - 1.0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"returns": np.array([0.1, math.nan])}, "returns"),
        ({"periods_per_year": math.inf}, "periods_per_year"),
        ({"n_trials": 0}, "n_trials"),
        ({"trial_sharpes_variance": -1.0}, "trial_sharpes_variance"),
        ({"n_samples": 10}, "n_samples"),
        ({"risk_free_rate": 4.0}, "risk_free_rate"),
        ({"risk_free_rate": math.nan}, "risk_free_rate"),
    ],
)
def test_a_wrong_input_is_refused_by_name(change: dict[str, object], field: str) -> None:
    given = {"returns": noise(1), "periods_per_year": 252.0, "n_trials": 1, "seed": 1} | change
    with pytest.raises(InputError) as caught:
        assess(**given)  # type: ignore[arg-type]
    assert caught.value.field == field

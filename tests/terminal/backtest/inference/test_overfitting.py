"""Cross-validated overfitting: the published examples, a slow enumeration, noise and an edge."""

from __future__ import annotations

import math
import tracemalloc
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from terminal.backtest.inference import overfitting
from terminal.backtest.inference.overfitting import probability_of_overfitting
from terminal.errors import InputError
from terminal.market.panel import FloatArray
from tests.terminal.market.reference import cases

PBO = [item for item in cases("afml") if str(item.id).startswith(("pbo-", "absent"))]


@pytest.mark.parametrize("case", PBO)
def test_the_published_cases(case: dict, shared_dir: Path) -> None:  # type: ignore[type-arg]
    asked, expected = case["inputs"], case["expected"]
    if "data" in asked:
        returns = pd.read_csv(shared_dir / "reference" / asked["data"]).to_numpy(dtype=float)
    else:
        returns = np.random.default_rng(1).standard_normal((64, 3))
    found = probability_of_overfitting(returns, asked["S"])
    ours = {
        "n_combinations": found.n_combinations,
        "pbo": found.pbo,
        "prob_oos_loss": found.probability_of_loss,
        "mean_logit": float(found.logits.mean()),
        "slope": found.slope,
        "intercept": found.intercept,
    }
    tolerance = case["tolerance"].get("abs", 0.0)
    assert {key: ours[key] for key in expected} == pytest.approx(expected, abs=tolerance)


def slowly(r: FloatArray, s: int) -> list[tuple[int, float, float, float]]:
    """The definition: chosen trial, logit, Sharpe inside and outside, one half after another."""
    blocks = np.split(r[len(r) % s :], s)
    out = []
    for members in combinations(range(s), s // 2):
        inside = np.concatenate([blocks[k] for k in members])
        outside = np.concatenate([blocks[k] for k in range(s) if k not in members])
        a, b = (x.mean(axis=0) / x.std(axis=0, ddof=1) for x in (inside, outside))
        best = int(a.argmax())
        w = stats.rankdata(b)[best] / (r.shape[1] + 1)
        out.append((best, math.log(w / (1 - w)), a[best], b[best]))
    return out


@settings(derandomize=True, deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    n_bars=st.integers(16, 60),
    n_trials=st.integers(2, 7),
    s=st.sampled_from([2, 4, 6, 8]),
    scale=st.sampled_from([1e-6, 1.0, 1e4]),
)
def test_vectorised_is_the_definition(
    seed: int, n_bars: int, n_trials: int, s: int, scale: float
) -> None:
    r = scale * (np.random.default_rng(seed).standard_normal((n_bars, n_trials)) + 0.2)
    found = probability_of_overfitting(r, s)
    chosen, logits, inside, outside = (np.array(part) for part in zip(*slowly(r, s), strict=True))
    assert (found.chosen == chosen).all()
    assert found.logits == pytest.approx(logits)
    assert found.in_sample == pytest.approx(inside)
    assert found.out_of_sample == pytest.approx(outside)
    line = stats.linregress(inside, outside)
    assert (found.slope, found.intercept) == pytest.approx((line.slope, line.intercept))


def test_small_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    r = np.random.default_rng(1).standard_normal((64, 5))
    whole = probability_of_overfitting(r, 8)
    monkeypatch.setattr(overfitting, "CHUNK", 40)
    cut = probability_of_overfitting(r, 8)
    assert (cut.logits == whole.logits).all() and cut.slope == whole.slope


def test_choosing_among_noise_is_choosing_blindly() -> None:
    found = [
        probability_of_overfitting(np.random.default_rng(seed).standard_normal((320, 30)), 10).pbo
        for seed in range(40)
    ]
    # a whole series that is good in one half is the worse in the other: slightly above a half
    assert 0.42 < np.mean(found) < 0.62


def test_a_planted_edge_stays_good_outside() -> None:
    r = np.random.default_rng(1).standard_normal((640, 30))
    r[:, 11] += 0.35
    found = probability_of_overfitting(r)
    assert found.pbo < 0.01 and (found.chosen == 11).mean() > 0.99
    assert found.probability_of_loss < 0.01
    assert "tends to stay good" in found.sentence and "12,870 splits" in found.sentence


def test_trials_fitted_to_one_stretch_are_overfitted() -> None:
    """Planted: every trial earns in its own stretch what it loses in the rest."""
    r = 0.1 * np.random.default_rng(1).standard_normal((160, 16)) - 1 / 15
    for k in range(16):
        r[10 * k : 10 * k + 10, k] += 16 / 15
    found = probability_of_overfitting(r, 16)
    assert found.pbo > 0.9 and found.probability_of_loss > 0.9
    assert "no better than choosing blindly" in found.sentence


def test_a_trial_that_does_not_trade_ranks_as_earning_nothing() -> None:
    r = np.random.default_rng(1).standard_normal((80, 3)) * 0.01
    r[:, 1] = 0.0
    r[:, (0, 2)] -= 0.02
    found = probability_of_overfitting(r, 4)
    assert (found.chosen == 1).all() and found.pbo == 0.0
    assert (found.in_sample == 0.0).all() and found.slope is None


def test_many_trials_need_little_memory() -> None:
    r = np.random.default_rng(1).standard_normal((500, 400))
    tracemalloc.start()
    probability_of_overfitting(r, 14)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6  # all halves at once would take 11 MB an array, ten arrays


@pytest.mark.parametrize(
    ("returns", "s", "words"),
    [
        (np.ones((100, 3)), 7, "even"),
        (np.ones((100, 3)), 22, "at most 20"),
        (np.ones((100, 3)), 0, "at least 2"),
        (np.ones((15, 3)), 8, "at least 16"),
        (np.ones((100, 1)), 4, "at least 2"),
        (np.ones(100), 4, "2 expected"),
        (np.full((100, 2), np.nan), 4, "row 1"),
        (np.column_stack([np.arange(100.0), np.full(100, 0.1)]), 4, "every bar in trial 1"),
    ],
)
def test_a_wrong_input_is_refused(returns: FloatArray, s: int, words: str) -> None:
    with pytest.raises(InputError, match=words):
        probability_of_overfitting(returns, s)

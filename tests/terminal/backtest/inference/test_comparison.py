"""The best of a sweep against a benchmark: arch, simulated noise, planted edges."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from arch.bootstrap import SPA
from scipy import stats

from terminal.backtest.inference.comparison import superior_predictive_ability
from terminal.backtest.inference.p_values import p_value
from terminal.errors import InputError
from terminal.market.panel import FloatArray
from tests.terminal.backtest.inference.noise import noise, remembering


def sweep(seed: int, n: int = 300, k: int = 8, common: float = 0.5) -> FloatArray:
    generator = np.random.default_rng(seed)
    return 0.01 * (generator.standard_normal((n, k)) + common * generator.standard_normal((n, 1)))


def by_arch(r: FloatArray, benchmark: FloatArray, block: int) -> dict[str, float]:
    """arch compares losses; its statistic is the mean, not divided by its error."""
    peer = SPA(-benchmark, -r, block_size=block, reps=4_000, studentize=True, seed=1)
    peer.compute()
    return dict(peer.pvalues)


@pytest.mark.parametrize("shift", [0.0, 0.0004, 0.001])
def test_the_reality_check_is_that_of_arch(shift: float) -> None:
    r, benchmark = sweep(1), noise(9, 300, deviation=0.003)
    r[:, 2] += shift
    ours = superior_predictive_ability(r, benchmark, seed=2, n_samples=4_000, block_length=4.0)
    assert ours.reality_check == pytest.approx(by_arch(r, benchmark, 4)["upper"], abs=0.03)


def test_of_trials_with_equal_errors_all_three_p_values_are_those_of_arch() -> None:
    """Columns that are rotations of one series have the same variance, up to their ends."""
    one = remembering(3, 600, rho=0.3)
    r = np.column_stack([np.roll(one, 70 * k) for k in range(8)])
    r = r - r.mean(axis=0) + np.array([0.0005, 0.0003, 0.0, 0.0, -0.0003, -0.0003, -0.005, -0.009])
    ours = superior_predictive_ability(r, seed=2, n_samples=4_000, block_length=5.0)
    theirs = by_arch(r, np.zeros(600), 5)
    found = {"lower": ours.spa_lower, "consistent": ours.spa, "upper": ours.spa_upper}
    assert found == pytest.approx(theirs, abs=0.03)
    assert ours.spa < ours.spa_upper - 0.02  # the two bad trials are left out


def test_p_values_of_sweeps_without_skill_are_about_uniform() -> None:
    found = [
        superior_predictive_ability(
            sweep(seed, n=200, k=5), seed=seed, n_samples=200, block_length=1.0
        )
        for seed in range(200)
    ]
    for name in ("reality_check", "spa"):
        p = np.array([getattr(one, name) for one in found])
        assert stats.kstest(p, "uniform").pvalue > 0.01, name
        assert 0.01 < np.mean(p <= 0.05) < 0.10, name


def test_a_planted_edge_is_found_and_named() -> None:
    r = sweep(1, n=500)
    r[:, 5] += 0.0025
    found = superior_predictive_ability(r, seed=1)
    assert found.best == 5 and found.spa < 0.01 and found.reality_check < 0.01
    assert found.spa_lower <= found.spa <= found.spa_upper
    assert found == superior_predictive_ability(r, seed=1)


def test_wild_bad_trials_hide_an_edge_from_the_reality_check_but_not_from_hansen() -> None:
    r = sweep(1, n=500)
    r[:, 5] += 0.0025
    wild = noise(3, 500, deviation=0.2)[:, np.newaxis] + 0.1 * sweep(4, 500, 4) - 0.02
    found = superior_predictive_ability(np.hstack([r, wild]), seed=1)
    assert found.spa < 0.02 and found.reality_check > 0.2


def test_a_benchmark_that_earns_as_much_leaves_nothing_superior() -> None:
    r = sweep(1, n=500, k=4, common=0.0) + 0.0025
    assert superior_predictive_ability(r, seed=1).spa < 0.01
    assert superior_predictive_ability(r, noise(2, 500, mean=0.0025), seed=1).spa > 0.05


def test_trials_that_are_the_benchmark_are_left_out() -> None:
    benchmark = noise(2, 300)
    r = np.column_stack([benchmark, benchmark + sweep(1, 300, 1)[:, 0]])
    assert superior_predictive_ability(r, benchmark, seed=1).best == 1
    with pytest.raises(InputError, match="no trial that differs"):
        superior_predictive_ability(r[:, :1], benchmark, seed=1)


def test_many_trials_need_little_memory() -> None:
    r = sweep(1, n=250, k=2_000)
    tracemalloc.start()
    superior_predictive_ability(r, seed=1, block_length=2.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # the returns take 4 MB; the means of all samples at once would take 16 MB, several times over
    assert 8e6 < peak < 40e6


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"benchmark": noise(1, 10)}, "benchmark: has 10 rows where returns have 300"),
        ({"benchmark": np.full(300, np.nan)}, "benchmark: row 1"),
        ({"returns": noise(1)}, "2 expected"),
        ({"returns": sweep(1, n=19)}, "at least 20"),
        ({"n_samples": 0}, "n_samples"),
        ({"block_length": 0.0}, "block_length"),
        ({"block_length": 151.0}, "half of the 300 bars"),
        ({"block_length": np.nan}, "block_length"),
    ],
)
def test_a_wrong_input_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        superior_predictive_ability(**{"returns": sweep(1), "seed": 1} | change)  # type: ignore[arg-type]


def test_a_p_value_counts_equals_and_is_never_zero() -> None:
    drawn = np.array([1.0, 2.0, 3.0, 3.0 - 1e-14])
    assert p_value(3.0, drawn) == 3 / 5
    assert p_value(9.0, drawn) == 1 / 5
    assert p_value(0.0, drawn) == 1.0

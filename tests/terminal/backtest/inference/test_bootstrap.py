"""Intervals of the headline measures and bands of the curve."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from arch.bootstrap import IIDBootstrap
from scipy import stats

from terminal.backtest import return_metrics as m
from terminal.backtest.inference.bootstrap import (
    bca_bounds,
    confidence_intervals,
    equity_bands,
    percentile_bounds,
)
from terminal.backtest.inference.headline import HEADLINE
from terminal.errors import InputError
from tests.terminal.backtest.inference.noise import noise, remembering
from tests.terminal.backtest.return_series import walk


def test_the_estimates_are_the_projects_own_measures() -> None:
    r = walk(1)
    found = confidence_intervals(r, 252.0, seed=1, n_samples=200)
    assert tuple(found.by_metric) == HEADLINE
    assert found.by_metric["sharpe"].estimate == pytest.approx(m.sharpe(r, 252.0))
    assert found.by_metric["max_drawdown"].estimate == pytest.approx(m.max_drawdown(r))
    for key, interval in found.by_metric.items():
        assert interval.percentile is not None and interval.bca is not None, key
        assert interval.percentile[0] < interval.percentile[1]
        assert interval.bca[0] < interval.bca[1]


def test_the_same_seed_gives_the_same_intervals_and_another_others() -> None:
    first, again, other = (
        confidence_intervals(walk(1), 252.0, seed=seed, n_samples=200) for seed in (5, 5, 6)
    )
    assert first.by_metric == again.by_metric
    assert first.by_metric != other.by_metric


def test_percentile_and_bca_bounds_are_those_of_scipy_and_arch() -> None:
    """Independent draws of a skewed sample; their resampling differs, hence the tolerance."""
    r = np.random.default_rng(1).exponential(0.01, 120) - 0.008
    ours = confidence_intervals(r, 1.0, seed=1, n_samples=20_000, block_length=1.0)

    def volatility(x: np.ndarray, axis: int = -1) -> np.ndarray:
        return np.std(x, axis=axis, ddof=1)

    found = ours.by_metric["volatility"]
    for method, bounds in (("percentile", found.percentile), ("BCa", found.bca)):
        theirs = stats.bootstrap(
            (r,), volatility, n_resamples=20_000, method=method, rng=np.random.default_rng(2)
        ).confidence_interval
        assert bounds == pytest.approx(tuple(theirs), rel=0.02)
    peer = IIDBootstrap(r, seed=3).conf_int(volatility, reps=20_000, method="bca").ravel()
    assert found.bca == pytest.approx(tuple(peer), rel=0.02)


def test_bca_of_given_samples_is_the_formula_by_hand() -> None:
    samples = np.arange(1.0, 1_001.0)
    assert percentile_bounds(samples, 0.9) == pytest.approx((50.95, 950.05))
    # neither bias nor acceleration: the percentiles
    even = np.array([1.0, 2.0, 3.0])
    assert bca_bounds(samples, 500.5, even, 0.9) == pytest.approx((50.95, 950.05))
    # bias alone: both bounds move by 2 z0 on the normal scale
    z0 = stats.norm.ppf(0.6)
    at = stats.norm.cdf(2 * z0 + stats.norm.ppf([0.05, 0.95]))
    assert bca_bounds(samples, 600.5, even, 0.9) == pytest.approx(tuple(np.quantile(samples, at)))
    # samples all on one side say nothing about the bias
    assert bca_bounds(samples, 0.5, even, 0.9) is None
    assert bca_bounds(samples, 2_000.0, even, 0.9) is None


@pytest.mark.parametrize("n", [200, 307, 777])
def test_the_jackknife_leaves_out_each_group_of_neighbours_once(n: int) -> None:
    r = walk(2, n)
    found = confidence_intervals(r, 252.0, seed=1, n_samples=300, block_length=2.0)
    edges = np.linspace(0, n, min(200, n // 2) + 1).astype(int)
    groups = np.split(np.arange(n), edges[1:-1])
    for key, measure in (("max_drawdown", m.max_drawdown), ("total_return", m.total_return)):
        left_out = np.array([measure(np.delete(r, group)) for group in groups], dtype=float)
        byhand = bca_bounds(found.samples[key], float(measure(r) or 0.0), left_out, 0.95)
        assert found.by_metric[key].bca == pytest.approx(byhand, rel=1e-9)


def test_the_interval_of_a_sharpe_ratio_covers_the_truth_about_as_often_as_it_says() -> None:
    truth, hits = 0.1, 0
    for seed in range(200):
        r = noise(seed, 300, mean=truth * 0.01)
        found = confidence_intervals(
            r, 1.0, seed=seed, n_samples=400, confidence=0.9, metrics=("sharpe",)
        )
        low, high = found.by_metric["sharpe"].bca or (1.0, 0.0)
        hits += low <= truth <= high
    assert 165 <= hits <= 195  # 180 expected, deviation 4


def test_blocks_keep_the_memory_of_returns_that_single_draws_lose() -> None:
    r = remembering(1, 2_000, rho=0.5)
    spread = [
        np.std(
            confidence_intervals(
                r, 1.0, seed=1, n_samples=500, block_length=length, metrics=("sharpe",)
            ).samples["sharpe"]
        )
        for length in (None, 1.0)
    ]
    # the long-run deviation of an AR(1) of 0.5 is sqrt(3) times that of single draws
    assert 1.4 < spread[0] / spread[1] < 1.9


def test_a_measure_without_a_value_has_no_interval() -> None:
    never_falls = np.abs(noise(1, 100)) + 1e-4
    found = confidence_intervals(never_falls, 252.0, seed=1, n_samples=200).by_metric
    assert found["calmar"].estimate is None and found["calmar"].bca is None
    assert found["max_drawdown"].estimate == 0.0
    assert found["max_drawdown"].percentile == (0.0, 0.0) == found["max_drawdown"].bca
    still = confidence_intervals(np.full(50, 0.001), 252.0, seed=1, n_samples=200)
    assert still.by_metric["sharpe"].estimate is None and still.block_length == 1.0


def test_a_measure_that_many_samples_lack_has_an_estimate_but_no_interval() -> None:
    one_fall = np.full(30, 0.01)
    one_fall[7] = -0.02
    found = confidence_intervals(one_fall, 252.0, seed=1, n_samples=500).by_metric["calmar"]
    assert found.estimate is not None and found.percentile is None and found.bca is None


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"returns": np.array([0.1, np.inf])}, "returns"),
        ({"returns": np.array([0.1])}, "returns"),
        ({"periods": 0.0}, "periods_per_year"),
        ({"confidence": 1.0}, "confidence"),
        ({"n_samples": 0}, "n_samples"),
        ({"block_length": 0.2}, "block_length"),
        ({"metrics": ("beauty",)}, "metrics"),
    ],
)
def test_a_wrong_input_is_refused_by_name(wrong: dict[str, object], field: str) -> None:
    given = {"returns": walk(1), "periods": 252.0, "seed": 1} | wrong
    with pytest.raises(InputError) as caught:
        confidence_intervals(**given)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_many_samples_of_a_long_series_need_little_memory() -> None:
    r = noise(1, 30_000)
    tracemalloc.start()
    confidence_intervals(r, 252.0, seed=1, n_samples=60, block_length=10.0)
    equity_bands(r, seed=1, n_samples=60, block_length=10.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # chunks are bounded, and what is kept of a sample is 7 measures and 2,000 points
    assert peak < 60e6


# bands


def test_bands_are_ordered_start_at_one_and_hold_the_curve_of_ordinary_returns() -> None:
    r = walk(1)
    found = equity_bands(r, seed=1, n_samples=500)
    assert found.after.tolist() == list(range(r.size + 1))
    assert (found.bands[:, 0] == 1.0).all()
    assert (np.diff(found.bands, axis=0) >= 0).all()
    assert found.actual == pytest.approx(m.wealth(r))
    inside = (found.actual >= found.bands[0]) & (found.actual <= found.bands[-1])
    assert inside.mean() > 0.7


def test_the_last_band_is_the_quantile_of_the_sampled_total_returns() -> None:
    r = walk(1)
    ends = confidence_intervals(r, 252.0, seed=4, n_samples=300).samples["total_return"]
    found = equity_bands(r, seed=4, n_samples=300, levels=(0.1, 0.9), max_points=7)
    assert found.after[[0, -1]].tolist() == [0, r.size] and found.after.size == 7
    assert found.bands[:, -1] == pytest.approx(1.0 + np.quantile(ends, (0.1, 0.9)))


@pytest.mark.parametrize("wrong", [{"levels": (0.0, 0.5)}, {"max_points": 1}, {"n_samples": 0}])
def test_bands_refuse_a_wrong_parameter(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        equity_bands(walk(1), seed=1, **wrong)  # type: ignore[arg-type]
    assert caught.value.field == next(iter(wrong))

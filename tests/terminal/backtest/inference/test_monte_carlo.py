"""Simulated futures: closed forms, every order of few trades, moments and tails of the models."""

from __future__ import annotations

import math
import tracemalloc
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from terminal.backtest import return_metrics as m
from terminal.backtest.inference.bootstrap import equity_bands
from terminal.backtest.inference.monte_carlo import (
    NormalReturns,
    Resampled,
    Reshuffled,
    ReturnModel,
    StudentReturns,
    returns_on_equity,
    simulate,
)
from terminal.errors import InputError
from terminal.market.panel import FloatArray
from tests.terminal.backtest.inference.noise import noise, remembering
from tests.terminal.backtest.return_series import walk


def models(r: FloatArray) -> list[ReturnModel]:
    return [Reshuffled(r), Resampled(r), NormalReturns.fitted(r), StudentReturns.fitted(r)]


EVERY = pytest.mark.parametrize("model", models(walk(1, 300)), ids=lambda x: type(x).__name__)


def drawn(model: ReturnModel, n_samples: int, length: int, seed: int = 1) -> FloatArray:
    return np.concatenate(list(model.draw(n_samples, length, seed)))


# every model


@EVERY
def test_the_figures_are_those_of_the_drawn_series(model: ReturnModel) -> None:
    found = simulate(model, 300, seed=3, n_samples=200)
    series = drawn(model, 200, 300, seed=3)
    assert series.shape == (200, 300)
    assert found.paths.final == pytest.approx([m.wealth(row)[-1] for row in series])
    deepest = np.array([m.max_drawdown(row) or 0.0 for row in series])
    assert found.paths.max_drawdown == pytest.approx(deepest)
    lost = [row.prod() < 1 - 1e-12 for row in 1.0 + series]
    assert found.probability_of_loss == pytest.approx(np.mean(lost))
    assert found.probability_of_drawdown(0.2) == pytest.approx(np.mean(deepest <= -0.2))
    assert found.paths.bands[:, -1] == pytest.approx(
        [found.final_quantile(level) for level in found.paths.levels]
    )
    assert found.drawdown_quantile(0.5) == pytest.approx(np.median(deepest))


@EVERY
def test_the_same_seed_gives_the_same_simulation_and_another_another(model: ReturnModel) -> None:
    one, again, other = (drawn(model, 20, 100, seed) for seed in (5, 5, 6))
    assert (one == again).all() and (one != other).any()
    # the first samples do not depend on how many there are, nor on the chunks
    assert (drawn(model, 3_000, 100, 5)[:20] == one).all()


@EVERY
@settings(derandomize=True, deadline=None, max_examples=10)
@given(depths=st.lists(st.floats(0.001, 0.999), min_size=2, max_size=8).map(sorted))
def test_deeper_falls_are_never_likelier(model: ReturnModel, depths: list[float]) -> None:
    found = simulate(model, 100, seed=1, n_samples=50)
    chances = [found.probability_of_drawdown(depth) for depth in depths]
    assert chances == sorted(chances, reverse=True)


# trades


def test_all_orders_of_few_trades_come_equally_often() -> None:
    trades = np.array([0.5, -0.4, 0.1, -0.2])
    found = simulate(Reshuffled(trades), 4, seed=1, n_samples=12_000)
    assert found.paths.final == pytest.approx(np.full(12_000, 1.5 * 0.6 * 1.1 * 0.8))
    assert found.probability_of_loss == 1.0
    orders = [m.max_drawdown(np.array(order)) or 0.0 for order in permutations(trades)]
    for depth in (0.3, 0.45, 0.51):
        share = np.mean(np.array(orders) <= -depth)
        assert found.probability_of_drawdown(depth) == pytest.approx(share, abs=0.02)
    assert "all end at −21 %" in found.sentence
    assert "one in twenty falls 52 % or more" in found.sentence


def test_some_of_the_trades_are_drawn_once_at_the_most() -> None:
    found = drawn(Reshuffled(np.arange(1.0, 7.0)), 6_000, 2)
    pairs, counts = np.unique(found, axis=0, return_counts=True)
    assert len(pairs) == 30 and (pairs[:, 0] != pairs[:, 1]).all()
    assert stats.chisquare(counts).pvalue > 0.01


def test_an_even_bet_drawn_again_is_the_binomial_distribution() -> None:
    found = simulate(Resampled(np.array([0.1, -0.1]), 1.0), 10, seed=1, n_samples=20_000)
    # a loss needs as many losing bets as winning ones, or more
    assert found.probability_of_loss == pytest.approx(stats.binom.sf(4, 10, 0.5), abs=0.01)
    assert found.paths.final.mean() == pytest.approx(1.0, abs=0.01)


def trade(entry: int, leave: int, pnl: float) -> dict[str, object]:
    day = pd.Timestamp("2024-01-01", tz="UTC")
    return {
        "entry_ts": day + pd.Timedelta(days=entry),
        "exit_ts": day + pd.Timedelta(days=leave),
        "pnl": pnl,
    }


def test_a_trade_earns_on_the_equity_before_its_entry_in_the_order_of_exits() -> None:
    index = pd.date_range("2024-01-01", periods=4, tz="UTC")
    equity = pd.Series([90.0, 80.0, 40.0, 50.0], index=index)
    trades = pd.DataFrame([trade(0, 3, 10.0), trade(2, 2, 8.0), trade(1, 1, -9.0)])
    # entries: before bar 2 (80 left), before bar 1 (90 left), before the first bar (100)
    found = returns_on_equity(trades, equity, 100.0)
    assert found == pytest.approx([-9.0 / 90.0, 8.0 / 80.0, 10.0 / 100.0])
    with pytest.raises(InputError, match="used up"):
        returns_on_equity(trades, equity - 90.0, 100.0)


# returns


def test_normal_returns_end_where_the_lognormal_distribution_says() -> None:
    model = NormalReturns(mean=0.0004, deviation=0.01)
    found = simulate(model, 252, seed=1, n_samples=8_000)
    assert found.paths.final.mean() == pytest.approx(1.0004**252, rel=0.01)
    drift, spread = 252 * (0.0004 - 0.01**2 / 2), 0.01 * math.sqrt(252)
    assert found.probability_of_loss == pytest.approx(stats.norm.cdf(-drift / spread), abs=0.02)
    for level in (0.05, 0.5, 0.95):
        exact = math.exp(drift + spread * stats.norm.ppf(level))
        assert found.final_quantile(level) == pytest.approx(exact, rel=0.015)
    # at each bar of the fan too
    middle = found.paths.bands[found.paths.levels.index(0.5)]
    assert middle == pytest.approx(np.exp(drift * found.paths.after / 252), rel=0.01)


def test_the_drawdown_of_a_walk_without_drift_is_that_of_brownian_motion() -> None:
    """Expected fall sqrt(pi / 2) sigma sqrt(T) (Magdon-Ismail and others 2004)."""
    found = simulate(NormalReturns(0.0, 1e-4), 4_000, seed=1, n_samples=2_000)
    in_deviations = -found.paths.max_drawdown.mean() / (1e-4 * math.sqrt(4_000))
    # a walk seen at steps falls less than one seen always: 2 * 0.5826 / sqrt(n)
    assert in_deviations == pytest.approx(
        math.sqrt(math.pi / 2) - 2 * 0.5826 / 4_000**0.5, rel=0.02
    )


def test_fat_tails_have_the_same_deviation_and_the_distribution_of_t() -> None:
    r = walk(1, 4_000)
    fitted = StudentReturns.fitted(r)
    assert (fitted.mean, fitted.deviation) == pytest.approx((r.mean(), r.std(ddof=1)))
    series = drawn(StudentReturns(0.001, 0.02, 6.0), 100, 2_000)
    assert series.mean() == pytest.approx(0.001, abs=2e-4)
    assert series.std() == pytest.approx(0.02, rel=0.02)
    standard = (series.ravel()[:20_000] - 0.001) / (0.02 * math.sqrt(4 / 6))
    assert stats.kstest(standard, "t", args=(6.0,)).pvalue > 0.01


@pytest.mark.parametrize("degrees", [3.0, 5.0, 12.0])
def test_degrees_of_freedom_are_the_likeliest_ones(degrees: float) -> None:
    r = 0.01 * np.random.default_rng(1).standard_t(degrees, 20_000)
    fitted = StudentReturns.fitted(r)
    assert fitted.degrees == pytest.approx(degrees, rel=0.15)

    def likelihood(v: float) -> float:
        scale = fitted.deviation * math.sqrt((v - 2) / v)
        return float(stats.t.logpdf(r, v, fitted.mean, scale).sum())

    best = likelihood(fitted.degrees)
    assert all(best > likelihood(v) for v in fitted.degrees * np.array([0.9, 0.97, 1.03, 1.1]))


def test_returns_without_tails_are_fitted_as_normal_ones() -> None:
    for r in (noise(1, 5_000), np.random.default_rng(1).random(500)):
        assert StudentReturns.fitted(r).degrees > 50


def test_blocks_keep_runs_of_losses_that_independent_draws_break() -> None:
    r = remembering(1, 1_500, rho=0.5)
    r = r - r.mean()
    falls = [
        simulate(model, 1_500, seed=1, n_samples=300).drawdown_quantile(0.5)
        for model in (Resampled(r), Resampled(r, 1.0), NormalReturns.fitted(r))
    ]
    assert falls[0] < 1.3 * falls[1]  # both negative
    assert falls[1] == pytest.approx(falls[2], rel=0.12)


def test_the_fan_of_resampled_returns_is_that_of_the_equity_bands() -> None:
    r = walk(1)
    one = equity_bands(r, seed=4, n_samples=200)
    other = simulate(Resampled(r), r.size, seed=4, n_samples=200).paths
    assert (one.bands == other.bands).all() and (one.after == other.after).all()


# words, memory, refusals


def test_the_sentence_says_chances_without_certainty() -> None:
    rising = simulate(NormalReturns(0.01, 0.001), 100, seed=1, n_samples=200).sentence
    assert rising.startswith("Of 200 series of normal returns below 1 % end with a loss; half end ")
    falling = simulate(NormalReturns(-0.01, 0.001), 100, seed=1, n_samples=200).sentence
    assert "above 99 % end with a loss; half end above −63 %" in falling


def test_many_long_series_need_little_memory() -> None:
    tracemalloc.start()
    simulate(NormalReturns(0.0, 0.01), 30_000, seed=1, n_samples=300, max_points=500)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6  # all series at once would take 72 MB


@pytest.mark.parametrize(
    "kind", [Reshuffled, Resampled, NormalReturns.fitted, StudentReturns.fitted]
)
@pytest.mark.parametrize("r", [np.array([0.1]), np.array([0.1, np.nan] * 20), np.ones((30, 2))])
def test_returns_that_are_too_few_or_no_numbers_are_refused(kind: object, r: FloatArray) -> None:
    with pytest.raises(InputError) as caught:
        kind(r)  # type: ignore[operator]
    assert caught.value.field == "returns"


@pytest.mark.parametrize("kind", [NormalReturns, StudentReturns])
@pytest.mark.parametrize("r", [noise(1, 19), np.full(50, 0.001)])
def test_no_distribution_is_fitted_to_few_returns_or_one_value(kind: type, r: FloatArray) -> None:
    with pytest.raises(InputError, match="returns"):
        kind.fitted(r)  # type: ignore[attr-defined]


def test_returns_that_never_change_end_in_one_place() -> None:
    for model in (Reshuffled(np.full(30, 0.01)), Resampled(np.full(30, 0.01))):
        found = simulate(model, 30, seed=1, n_samples=10)
        assert found.paths.final == pytest.approx(np.full(10, 1.01**30))
        assert found.probability_of_drawdown(0.001) == 0.0


@pytest.mark.parametrize(
    ("made", "field"),
    [
        (lambda: NormalReturns(math.nan, 0.01), "mean"),
        (lambda: NormalReturns(0.0, 0.0), "deviation"),
        (lambda: StudentReturns(0.0, 0.01, 2.0), "degrees"),
        (lambda: Resampled(noise(1, 40), 21.0), "block_length"),
        (lambda: simulate(Reshuffled(noise(1, 40)), 41, seed=1), "length"),
        (lambda: simulate(NormalReturns(0.0, 1.0), 0, seed=1), "length"),
        (lambda: simulate(NormalReturns(0.0, 1.0), 9, seed=1, n_samples=0), "n_samples"),
        (lambda: simulate(NormalReturns(0.0, 1.0), 9, seed=1, levels=(1.5,)), "levels"),
        (
            lambda: simulate(NormalReturns(0.0, 1.0), 9, seed=1).probability_of_drawdown(0.0),
            "depth",
        ),
        (lambda: simulate(NormalReturns(0.0, 1.0), 9, seed=1).final_quantile(1.0), "level"),
    ],
)
def test_a_parameter_outside_its_range_is_refused_by_name(made: object, field: str) -> None:
    with pytest.raises(InputError) as caught:
        made()  # type: ignore[operator]
    assert caught.value.field == field

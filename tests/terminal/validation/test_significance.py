"""Luck must not pass, a planted signal must, and the interval must cover its known strength."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from terminal.errors import InputError
from terminal.validation import significance
from terminal.validation.combinatorial import CombinatorialPurged
from terminal.validation.paths import recombine
from terminal.validation.scores import auc, information_coefficient
from terminal.validation.significance import (
    Significance,
    block_length,
    draw_sums_python,
    judge,
    shift_p_value,
)
from terminal.validation.skill import (
    area_significance,
    gain_significance,
    information_significance,
)

HORIZON, BARS, STOCKS = 10, 1500, 4
BAR = np.repeat(np.arange(BARS), STOCKS)
STOCK = np.tile(np.arange(STOCKS), BARS)
END = BAR + HORIZON


def smooth(random: np.random.Generator, columns: int, shared: float) -> np.ndarray:
    """Overlapping outcomes: sums over the horizon of news, a part of it shared by all stocks."""
    news = random.standard_normal((BARS + HORIZON, columns))
    news = np.sqrt(shared) * random.standard_normal((len(news), 1)) + np.sqrt(1 - shared) * news
    total = np.cumsum(news, axis=0)
    return (total[HORIZON:] - total[:-HORIZON]) / np.sqrt(HORIZON)


def slow(random: np.random.Generator, columns: int) -> np.ndarray:
    """Features that move as slowly as real ones."""
    made = lfilter(
        [np.sqrt(1 - 0.95**2)], [1, -0.95], random.standard_normal((BARS, columns)), axis=0
    )
    return np.asarray(made)


def out_of_sample(features: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Least squares by purged cross-validation of four groups, two at a time: (3, n)."""
    splits = list(CombinatorialPurged(4, 2, HORIZON).split(BAR, END))
    predictions = []
    for split in splits:
        x = features[split.train]
        predictions.append(features[split.test] @ np.linalg.solve(x.T @ x, x.T @ y[split.train]))
    return recombine(splits, predictions, len(y))


def test_on_pure_noise_no_model_is_better_than_luck_for_20_seeds() -> None:
    for seed in range(20):
        random = np.random.default_rng(seed)
        y = smooth(random, STOCKS, 0.3).ravel()
        features = np.stack([slow(random, STOCKS).ravel() for _ in range(8)], axis=1)
        made = out_of_sample(features, y)
        found = information_significance(made, y, BAR, END, STOCK, crossed=True, seed=seed)
        assert not found.better_than_luck(), (seed, found.words)
        area = area_significance(made[0], (y > 0) * 1.0, BAR, END, STOCK, crossed=True, seed=seed)
        assert not area.better_than_luck(), (seed, area.words)


def test_a_planted_signal_is_found_and_its_strength_lies_in_the_interval_for_20_seeds() -> None:
    """Found 20 times of 20. A 99 % interval misses once in a hundred: 19 of 20 at least cover."""
    strength = 0.3
    expected = 6.0 / np.pi * np.arcsin(strength / 2.0)  # rank correlation of a normal pair
    covered, areas_covered = 0, 0
    for seed in range(20):
        random = np.random.default_rng(100 + seed)
        signal = slow(random, STOCKS)
        noise = smooth(random, STOCKS, 0.3)
        y = (strength * signal + np.sqrt(1 - strength**2) * noise).ravel()
        made = signal.ravel()  # known: the model's own noise is no part of the interval
        found = information_significance(made, y, BAR, END, STOCK, seed=seed)
        covered += found.low <= expected <= found.high
        area = area_significance(made, (y > 0) * 1.0, BAR, END, STOCK, seed=seed)
        areas_covered += area.low <= AREA <= area.high
        features = np.stack([made, slow(random, STOCKS).ravel()], axis=1)
        fitted = information_significance(
            out_of_sample(features, y), y, BAR, END, STOCK, crossed=True
        )
        assert fitted.better_than_luck(), (seed, fitted.words)
        assert area.better_than_luck(), (seed, area.words)
    assert covered >= 19
    assert areas_covered >= 19


def _area_of_strength(strength: float) -> float:
    random = np.random.default_rng(0)
    x = random.standard_normal(400_000)
    y = strength * x + np.sqrt(1 - strength**2) * random.standard_normal(400_000)
    return auc((y > 0) * 1.0, x)


AREA = _area_of_strength(0.3)


def test_crossed_predictions_need_twice_the_variance() -> None:
    """Each fold trains the others: taken for granted, luck would pass far too often."""
    plain, crossed = [], []
    for seed in range(60):
        random = np.random.default_rng(1000 + seed)
        y = smooth(random, STOCKS, 0.3).ravel()
        features = np.stack([slow(random, STOCKS).ravel() for _ in range(4)], axis=1)
        made = out_of_sample(features, y)[0]
        for found, allowed in ((plain, False), (crossed, True)):
            one = judge_correlation(made, y, allowed)
            found.append(one.estimate / one.error)
    assert np.std(plain) > 1.3
    assert np.std(crossed) < 1.25


def judge_correlation(made: np.ndarray, y: np.ndarray, crossed: bool) -> Significance:
    a, b = (made - made.mean()) / made.std(), (y - y.mean()) / y.std()
    value = float((a * b).mean())
    influence = value + a * b - value * (a * a + b * b) / 2.0
    block = block_length(BAR, END)
    return judge(influence, BAR, np.ones(len(y)), block, null=0.0, crossed=crossed)


def test_the_interval_covers_as_often_as_it_says() -> None:
    """80 % intervals of a mean of overlapping outcomes whose truth is 0, 150 times."""
    inside = 0
    for seed in range(150):
        random = np.random.default_rng(seed)
        gain = smooth(random, STOCKS, 0.3).ravel()
        found = gain_significance(gain, BAR, END, level=0.8, seed=seed)
        inside += found.low <= 0.0 <= found.high
    assert 0.71 <= inside / 150 <= 0.89
    plain = gain.std() / np.sqrt(len(gain))
    assert found.error > 2.5 * plain  # what counting events as independent would claim


def test_the_scores_are_those_of_the_measures() -> None:
    random = np.random.default_rng(1)
    y = smooth(random, STOCKS, 0.3).ravel()
    made = y + 3.0 * random.standard_normal(len(y))
    weight = random.uniform(0.5, 2.0, len(y))
    found = information_significance(made, y, BAR, END, STOCK, weight=weight)
    assert found.estimate == pytest.approx(information_coefficient(y, made, weight))
    up = (y > 0) * 1.0
    area = area_significance(made, up, BAR, END, STOCK, weight=weight)
    assert area.estimate == pytest.approx(auc(up, made, weight))
    gain = gain_significance(made, BAR, END, weight=weight)
    assert gain.estimate == pytest.approx(np.average(made, weights=weight))
    assert "better than luck, p = 0.0" in found.words
    assert found.p_value == max(found.p_bootstrap, found.p_shift)


def test_shifts_are_all_tried_by_the_definition() -> None:
    random = np.random.default_rng(2)
    bar = np.sort(random.integers(0, 60, 90))
    stock = random.integers(0, 2, 90)
    keys = np.unique(bar * 2 + stock, return_index=True)[1]
    bar, stock = bar[keys], stock[keys]
    a, b = random.standard_normal(len(bar)), random.standard_normal(len(bar))
    weight = random.uniform(0.5, 2.0, len(bar))
    rows = bar - bar[0]
    n, means, commons = int(rows[-1]) + 1, [], []
    for shift in range(n):
        total = common = 0.0
        for i in range(len(bar)):
            at = np.flatnonzero((rows == (rows[i] + shift) % n) & (stock == stock[i]))
            for k in at:
                total += weight[i] * a[i] * b[k]
                common += weight[i]
        means.append(total / common if common else np.nan)
        commons.append(common)
    luck = np.array(
        [m for s, m in enumerate(means) if 5 <= s <= n - 5 and commons[s] > 0.1 * commons[0]]
    )
    expected = (1 + (luck >= means[0]).sum()) / (1 + len(luck))
    assert shift_p_value(a, b, bar, stock, weight, 5) == pytest.approx(expected)


def test_the_compiled_draws_spread_as_the_plain_ones() -> None:
    moves = np.random.default_rng(3).standard_normal(200)
    moves -= moves.mean()
    total = np.concatenate([[0.0], np.cumsum(np.concatenate([moves, moves]))])
    fast, slow_ = np.empty(1500), np.empty(1500)
    significance._draw_sums(total, 200, 0.1, 5, fast)
    state = np.random.get_state()
    draw_sums_python(total, 200, 0.1, 5, slow_)
    np.random.set_state(state)
    assert fast.std() == pytest.approx(slow_.std(), rel=0.1)
    assert abs(fast.mean() - slow_.mean()) < 4 * fast.std() / np.sqrt(750)


def test_too_few_bars_are_refused_with_the_numbers() -> None:
    bar = np.arange(60)
    with pytest.raises(InputError, match="take up to 10 bars and only 60 bars were predicted; 80"):
        block_length(bar, bar + 10)
    with pytest.raises(InputError, match="no predictions"):
        block_length(bar[:0], bar[:0])
    with pytest.raises(InputError, match="All labels are alike"):
        area_significance(np.arange(60.0), np.ones(60), bar, bar + 1, bar * 0)

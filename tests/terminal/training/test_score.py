"""Scores against sklearn, scipy and by hand; what chance looks like."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from terminal.labels.labels import Labels
from terminal.models.model import Task
from terminal.training.score import concordance, rank_correlation, score


def labels_of(y: np.ndarray, instruments: int = 1, horizon: int = 1) -> Labels:
    n = len(y)
    bar = np.arange(n, dtype=np.int64) // instruments
    instrument = np.arange(n, dtype=np.int64) % instruments
    zero = np.zeros(n)
    signs = np.zeros(n, dtype=np.int8)
    return Labels(bar, instrument, bar + horizon, zero, y, signs, np.ones(n), signs + 1)


def test_of_two_classes_the_concordance_is_the_area_under_the_curve() -> None:
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 300).astype(float)
    predicted = np.round(y * 0.3 + random.normal(size=300), 1)  # with ties
    value, influence = concordance(y, predicted)
    assert value == pytest.approx(roc_auc_score(y, predicted), abs=1e-12)
    assert influence.sum() == pytest.approx(0.0, abs=1e-12)


def test_of_three_classes_it_is_the_share_of_pairs_in_order() -> None:
    y = np.array([-1.0, 0.0, 1.0, 1.0])
    predicted = np.array([0.1, 0.3, 0.3, 0.0])
    # pairs of different labels: (-1,0) won, (-1,1a) won, (-1,1b) lost, (0,1a) tied, (0,1b) lost
    assert concordance(y, predicted)[0] == pytest.approx(2.5 / 5)
    assert np.isnan(concordance(np.ones(4), predicted)[0])


def test_the_rank_correlation_is_spearmans() -> None:
    random = np.random.default_rng(1)
    y = random.normal(size=200)
    predicted = np.round(y + random.normal(size=200), 1)
    assert rank_correlation(y, predicted)[0] == pytest.approx(
        stats.spearmanr(y, predicted).statistic, abs=1e-12
    )


def test_a_signal_of_known_strength_lies_in_the_interval_and_is_above_chance() -> None:
    """Of normal classes one apart by d, the true area is Phi(d / sqrt 2)."""
    truth = stats.norm.cdf(0.5 / np.sqrt(2))
    held = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        y = random.integers(0, 2, 1200).astype(float)
        found = score(Task.CLASSES, labels_of(y, 2), 0.5 * y + random.normal(size=1200))
        held += found.low <= truth <= found.high
        assert found.above_chance
    assert held >= 17  # 19 of 20 on average


def test_overlapping_outcomes_are_fewer_independent_looks_and_widen_the_interval() -> None:
    """Against the error of independent events, 1 / sqrt(n)."""
    errors = []
    for seed in range(6):
        random = np.random.default_rng(seed)
        outcome = np.convolve(random.normal(size=1219), np.ones(20), mode="valid")
        slow = np.convolve(random.normal(size=1229), np.ones(30), mode="valid")
        found = score(Task.NUMBER, labels_of(outcome, horizon=20), slow)
        assert found.blocks <= 1200 / 20
        errors.append(found.error)
    assert np.mean(errors) > 2.5 / np.sqrt(1200)


def test_without_enough_bars_there_is_no_interval_and_nothing_is_above_chance() -> None:
    y = np.array([0.0, 1.0] * 20)
    found = score(Task.CLASSES, labels_of(y, horizon=30), y)
    assert found.value == 1.0
    assert np.isnan(found.low)
    assert not found.above_chance
    assert "no interval" in found.words


def test_a_score_says_itself_as_a_person_reads_it() -> None:
    random = np.random.default_rng(5)
    y = random.integers(0, 2, 400).astype(float)
    found = score(Task.CLASSES, labels_of(y), random.normal(size=400))
    assert found.words == f"AUC {found.value:.3f} (95 % {found.low:.3f} … {found.high:.3f})"


def test_periods_follow_one_another_without_sharing_a_bar_however_sparse_events_are() -> None:
    from terminal.training.significance import period_returns

    bar = np.arange(0, 520, 26)  # once a session, while outcomes take 21 bars
    zero = np.zeros(len(bar), dtype=np.int64)
    labels = Labels(
        bar=bar, instrument=zero, end=bar + 21, outcome=np.full(len(bar), 0.01),
        label=np.ones(len(bar)), touched=zero.astype(np.int8), weight=np.ones(len(bar)),
        side=np.ones(len(bar), np.int8),
    )  # fmt: skip
    returns, step = period_returns(labels, np.ones(len(bar)), 21)
    assert len(returns) == 20 and step == 26.0
    assert returns == pytest.approx(0.01)
    assert len(period_returns(labels, np.ones(len(bar)), 40)[0]) == 10

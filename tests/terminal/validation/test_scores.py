"""Measures against scikit-learn and scipy, and by hand where those have none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    f1_score,
    log_loss,
    mean_squared_error,
    roc_auc_score,
)

from terminal.errors import InputError
from terminal.validation.combinatorial import CombinatorialPurged
from terminal.validation.scores import (
    CLASS_MEASURES,
    auc,
    information_coefficient,
    measures_for,
    per_path,
    per_split,
    scores,
)

NUMBER = np.empty(0)
RANDOM = np.random.default_rng(0)
N = 400
WEIGHT = RANDOM.uniform(0.2, 3.0, N)


@pytest.mark.parametrize("classes", [(0.0, 1.0), (-1.0, 0.0, 1.0)])
def test_classes_are_measured_as_scikit_learn_does(classes: tuple[float, ...]) -> None:
    k = np.array(classes)
    y = RANDOM.choice(k, N, p=[0.6, 0.4] if len(k) == 2 else [0.3, 0.5, 0.2])
    made = RANDOM.dirichlet(np.ones(len(k)), N) + 0.3 * (y[:, None] == k)
    made /= made.sum(axis=1, keepdims=True)
    found = scores(y, made, k, WEIGHT)
    chosen = k[made.argmax(axis=1)]
    hit = (y[:, None] == k).astype(float)
    expected = {
        "log-loss": log_loss(y, made, sample_weight=WEIGHT),
        "brier": float(np.average(np.square(made - hit).sum(axis=1), weights=WEIGHT)),
        "accuracy": accuracy_score(y, chosen, sample_weight=WEIGHT),
        "f1": f1_score(y, chosen, average="macro", sample_weight=WEIGHT),
        "auc": roc_auc_score(y, made[:, 1], sample_weight=WEIGHT)
        if len(k) == 2
        else roc_auc_score(hit, made, average="weighted", sample_weight=WEIGHT, multi_class="ovr"),
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-9), name
    if len(k) == 2:
        assert found["brier"] == pytest.approx(
            2.0 * brier_score_loss(y, made[:, 1], sample_weight=WEIGHT)
        )
    assert set(found) == {measure.slug for measure in measures_for(k)}


def test_numbers_are_measured_as_scikit_learn_and_scipy_do() -> None:
    y = RANDOM.standard_normal(N).round(1)
    made = (y + RANDOM.standard_normal(N)).round(1)  # with ties
    found = scores(y, made, NUMBER)
    assert found["mse"] == pytest.approx(mean_squared_error(y, made))
    assert found["ic"] == pytest.approx(spearmanr(y, made).statistic)
    weighted = scores(y, made[:, None], NUMBER, WEIGHT)
    assert weighted["mse"] == pytest.approx(mean_squared_error(y, made, sample_weight=WEIGHT))


def test_a_weight_of_two_is_the_event_twice() -> None:
    y, made = np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.2, 0.7, 0.1, 0.4])
    twice = np.array([0, 0, 1, 2, 3])
    weight = np.array([2.0, 1.0, 1.0, 1.0])
    assert auc(y, made, weight) == pytest.approx(auc(y[twice], made[twice]))


def test_auc_by_hand_with_a_tie() -> None:
    # pairs (positive, negative): (.7, .2) right, (.7, .4) right, (.4, .2) right, (.4, .4) half
    assert auc(np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.7, 0.4, 0.2, 0.4])) == 3.5 / 4


def test_what_has_no_answer_is_nan() -> None:
    two = np.array([0.0, 1.0])
    one_kind = scores(np.ones(3), np.full((3, 2), 0.5), two)
    assert np.isnan(one_kind["auc"])
    assert np.isnan(one_kind["ic"])
    assert one_kind["log-loss"] == pytest.approx(np.log(2.0))
    nothing = scores(np.ones(2), np.full((2, 2), np.nan), two)
    assert set(nothing) == {m.slug for m in CLASS_MEASURES}
    assert all(np.isnan(value) for value in nothing.values())
    assert np.isnan(information_coefficient(np.array([1.0]), np.array([1.0])))
    assert np.isfinite(scores(np.ones(1), np.array([[1.0, 0.0]]), two)["log-loss"])


def test_wrong_shapes_and_foreign_labels_are_refused() -> None:
    with pytest.raises(InputError, match="2 labels need predictions of shape 2 × 2, not 2 × 3"):
        scores(np.ones(2), np.ones((2, 3)), np.array([0.0, 1.0]))
    with pytest.raises(InputError, match="none of the classes"):
        scores(np.full(2, 0.5), np.ones((2, 2)), np.array([0.0, 1.0]))


def test_splits_and_paths_are_measured_on_their_own_events() -> None:
    bar = np.arange(60)
    y = RANDOM.standard_normal(60)
    splits = list(CombinatorialPurged(4, 2).split(bar, bar))
    predictions = [y[split.test] * (1 if k % 2 else -1) for k, split in enumerate(splits)]
    by_split = per_split(splits, predictions, y, NUMBER)
    assert [round(found["ic"]) for found in by_split] == [-1, 1, -1, 1, -1, 1]
    by_path = per_path(splits, predictions, y, NUMBER)
    assert len(by_path) == 3
    # path 0 tests the groups in the splits (0,1), (0,1), (0,2), (0,3)
    first = np.concatenate([-y[:30], y[30:45], -y[45:]])
    assert by_path[0]["mse"] == pytest.approx(np.mean(np.square(y - first)))

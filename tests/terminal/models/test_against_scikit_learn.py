"""Linear models, forests and calibrators against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model import Ridge as SklearnRidge

from terminal.models.calibration import TINY, fit_calibrator
from terminal.models.fitting import fit, predict
from terminal.models.model import FitContext, Task
from terminal.models.samples import Samples
from terminal.models.trees.forest import ForestModel, _arrays
from terminal.models.trees.forest_arrays import forest_mean_python
from tests.terminal.models.planted import QUICK, planted, with_labels


def weighted(samples: Samples) -> Samples:
    rng = np.random.default_rng(5)
    weight = rng.uniform(0.2, 3.0, len(samples))
    return with_labels(samples, weight=weight / weight.mean())


@pytest.mark.parametrize("n_classes", [2, 3])
def test_logistic_regression_has_scikit_learns_optimum(n_classes: int) -> None:
    train = weighted(planted(n_classes=n_classes))
    penalty = 0.05
    model = fit("logistic", train, None, {"penalty": penalty}, Task.CLASSES, FitContext())
    standard = model.standardiser.apply(train.rows()).astype(np.float64)
    # scikit-learn sums the loss; ours is a mean. Binary: C = 1 / (penalty Σ w)
    peer = LogisticRegression(C=1 / (penalty * train.weight.sum()), tol=1e-10, max_iter=5000)
    peer.fit(standard, train.y, sample_weight=train.weight)
    assert np.allclose(predict(model, train), peer.predict_proba(standard), atol=2e-5)
    if n_classes == 2:
        assert np.allclose(model.coefficients[:, 0], peer.coef_[0], atol=1e-5)


def test_ridge_regression_is_scikit_learns() -> None:
    train = weighted(planted(Task.NUMBER))
    model = fit("ridge", train, None, {"penalty": 0.3}, Task.NUMBER, FitContext())
    standard = model.standardiser.apply(train.rows()).astype(np.float64)
    peer = SklearnRidge(alpha=0.3 * train.weight.sum(), solver="cholesky")
    peer.fit(standard, train.y, sample_weight=train.weight)
    assert np.allclose(predict(model, train)[:, 0], peer.predict(standard), rtol=0, atol=1e-12)


@pytest.mark.parametrize("task", list(Task))
def test_a_forest_as_arrays_answers_as_scikit_learns_does(task: Task) -> None:
    train = weighted(planted(task, n_classes=3))
    forest = RandomForestRegressor if task is Task.NUMBER else RandomForestClassifier
    grown = forest(n_estimators=15, max_depth=6, min_samples_leaf=3, random_state=0)
    rows = train.rows()
    grown.fit(rows, train.y, sample_weight=train.weight)
    arrays = _arrays(grown)
    if task is Task.NUMBER:
        expected = grown.predict(rows)[:, None]
    else:
        expected = grown.predict_proba(rows)
    assert np.allclose(arrays.mean(rows), expected, rtol=0, atol=1e-12)
    few = rows[:20]
    slow = forest_mean_python(few, arrays.start, arrays.children_left, arrays.children_right,
                              arrays.feature, arrays.threshold, arrays.missing_go_to_left,
                              arrays.value)  # fmt: skip
    assert np.array_equal(arrays.mean(few), slow)
    for own, peer in zip(arrays.estimators_, grown.estimators_, strict=True):
        assert np.array_equal(own.tree_.children_left, peer.tree_.children_left)
        assert np.allclose(own.tree_.weighted_n_node_samples, peer.tree_.weighted_n_node_samples)


def test_a_forest_grown_in_steps_is_the_forest_grown_at_once() -> None:
    train = planted()
    params = QUICK["random-forest"] | {"trees": 25}
    model = fit("random-forest", train, None, params, Task.CLASSES, FitContext(seed=4))
    assert isinstance(model, ForestModel)
    own = model.params
    at_once = RandomForestClassifier(
        n_estimators=25, criterion="entropy", max_depth=own.depth, max_features=own.column_share,
        min_samples_leaf=own.min_rows_leaf, max_samples=own.row_share, random_state=4,
    ).fit(train.rows(), train.y, sample_weight=train.weight)  # fmt: skip
    assert np.allclose(predict(model, train), at_once.predict_proba(train.rows()), atol=1e-12)


def test_isotonic_calibration_is_scikit_learns() -> None:
    rng = np.random.default_rng(2)
    p = np.round(rng.uniform(0.01, 0.99, 400), 2)  # with ties
    happened = (rng.random(400) < p**2).astype(np.float64)
    weight = rng.uniform(0.5, 2.0, 400)
    own = fit_calibrator(p, happened, weight, "isotonic")
    peer = IsotonicRegression(out_of_bounds="clip").fit(p, happened, sample_weight=weight)
    asked = np.linspace(0, 1, 501)
    assert np.allclose(own.apply(asked), np.clip(peer.predict(asked), TINY, 1 - TINY), atol=1e-9)


def test_platts_sigmoid_is_scikit_learns_on_log_odds() -> None:
    from sklearn.calibration import _SigmoidCalibration

    rng = np.random.default_rng(3)
    odds = rng.normal(size=500)
    p = 1 / (1 + np.exp(-odds))
    happened = (rng.random(500) < 1 / (1 + np.exp(-(0.4 * odds - 0.5)))).astype(np.float64)
    own = fit_calibrator(p, happened, np.ones(500), "platt")
    peer = _SigmoidCalibration().fit(odds, happened)
    assert np.allclose(own.apply(p), peer.predict(odds), atol=1e-5)

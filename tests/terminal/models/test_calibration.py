"""Calibrated probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.errors import InputError
from terminal.models.calibrated import calibrate
from terminal.models.calibration import fit_calibrator
from terminal.models.fitting import fit, predict
from terminal.models.model import FitContext, Task
from tests.terminal.models.planted import parts, planted


def boasting(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Answers twice as sure as they should be, and what happened."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(size=n)
    happened = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(np.float64)
    return 1 / (1 + np.exp(-2 * odds)), happened


@pytest.mark.parametrize("method", ["isotonic", "platt"])
def test_answers_that_boast_are_brought_down_to_what_happens(method: str) -> None:
    p, happened = boasting(4000)
    own = fit_calibrator(p, happened, np.ones(4000), method)
    fresh, outcome = boasting(4000, seed=1)
    before, after = (np.mean((q - outcome) ** 2) for q in (fresh, own.apply(fresh)))
    assert after < before - 0.005
    sure = own.apply(fresh) > 0.8
    assert outcome[sure].mean() == pytest.approx(own.apply(fresh)[sure].mean(), abs=0.04)


@given(seed=st.integers(0, 1000), method=st.sampled_from(["isotonic", "platt"]))
@settings(max_examples=25, deadline=None)
def test_a_calibrator_never_falls_and_never_is_certain(seed: int, method: str) -> None:
    p, happened = boasting(60, seed)
    if happened.min() == happened.max():
        return
    found = fit_calibrator(p, happened, np.ones(60), method).apply(np.linspace(0, 1, 101))
    assert np.all(np.diff(found) >= -1e-15)
    assert found.min() > 0
    assert found.max() < 1


def test_too_little_to_calibrate_by_is_refused() -> None:
    with pytest.raises(InputError, match="49 events are too few"):
        fit_calibrator(*boasting(49), np.ones(49), "platt")
    p, _ = boasting(60)
    with pytest.raises(InputError, match="Only one outcome"):
        fit_calibrator(p, np.ones(60), np.ones(60), "isotonic")
    with pytest.raises(InputError, match="Only a classifier"):
        number = fit("ridge", planted(Task.NUMBER), None, {}, Task.NUMBER, FitContext())
        calibrate(number, np.ones((60, 1)), np.ones(60), np.ones(60))


def test_three_classes_are_calibrated_each_and_sum_to_1() -> None:
    train, _, test = parts(planted(n_classes=3))
    model = fit("logistic", train, None, {"penalty": 1e-6}, Task.CLASSES, FitContext())
    own = calibrate(model, predict(model, train), train.y, train.weight, "platt")
    answers = predict(own, test)
    assert answers.shape == (len(test), 3)
    assert np.allclose(answers.sum(axis=1), 1.0)
    assert own.kind == "calibrated"
    assert own.columns == model.columns

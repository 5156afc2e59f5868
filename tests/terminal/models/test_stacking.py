"""Stacking: weights out of fold, members of any length, and how differently they err."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from terminal.errors import InputError
from terminal.models.diversity import diversity
from terminal.models.fitting import fit, predict
from terminal.models.model import FitContext, Task, inputs_of
from terminal.models.stack import Stack
from terminal.models.stacking import mixture
from tests.terminal.models.planted import QUICK, Watched, parts, planted


def test_diversity_of_two_models_by_hand() -> None:
    # both right 4 times, both wrong once, only the first right 3 times, only the second twice
    right = np.array([[1, 1]] * 4 + [[0, 0]] + [[1, 0]] * 3 + [[0, 1]] * 2, dtype=bool)
    error = np.where(right, 0.2, 0.9) + np.arange(10)[:, None] * np.array([0.01, 0.02])
    own = diversity(right, error)
    assert own.q[0, 1] == own.q[1, 0] == pytest.approx((4 * 1 - 3 * 2) / (4 * 1 + 3 * 2))
    assert own.disagreement[0, 1] == pytest.approx(5 / 10)
    assert own.double_fault[0, 1] == pytest.approx(1 / 10)
    assert own.double_fault[0, 0] == pytest.approx(3 / 10)
    assert own.correlation[0, 1] == pytest.approx(np.corrcoef(error.T)[0, 1])


def test_models_that_never_err_alike_have_no_q_to_speak_of() -> None:
    own = diversity(np.ones((5, 2), dtype=bool), np.arange(10.0).reshape(5, 2))
    assert np.isnan(own.q[0, 1])
    assert own.double_fault[0, 1] == 0


@pytest.mark.parametrize("task", list(Task))
def test_weights_are_those_of_the_best_mixture(task: Task) -> None:
    rng = np.random.default_rng(0)
    n, m = 400, 3
    weight = rng.uniform(0.5, 2, n)
    if task is Task.NUMBER:
        y = rng.normal(size=n)
        answers = np.stack([y + rng.normal(size=n) * s for s in (0.5, 0.7, 2.0)])[:, :, None]
        classes = np.empty(0)

        def loss(w: np.ndarray) -> float:
            return float(np.average((y - w @ answers[:, :, 0]) ** 2, weights=weight))
    else:
        y = rng.integers(0, 2, n).astype(float)
        sure = [np.clip(0.5 + (y - 0.5) * s + 0.2 * rng.normal(size=n), 0.02, 0.98)
                for s in (0.5, 0.4, 0.0)]  # fmt: skip
        answers = np.stack([np.column_stack([1 - p, p]) for p in sure])
        classes = np.array([0.0, 1.0])
        happened = answers[:, np.arange(n), y.astype(int)]

        def loss(w: np.ndarray) -> float:
            return float(-np.average(np.log(w @ happened), weights=weight))

    own = mixture(answers, y, weight, classes)
    assert own.min() >= 0
    assert own.sum() == pytest.approx(1.0, abs=1e-12)
    peer = minimize(loss, np.full(m, 1 / m), method="SLSQP", bounds=[(0, 1)] * m,
                    constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
                    options={"ftol": 1e-14, "maxiter": 500})  # fmt: skip
    assert loss(own) <= peer.fun + 1e-7
    assert np.allclose(own, peer.x, atol=2e-3)


def test_a_stack_of_rows_and_windows_mixes_its_members() -> None:
    train, valid, test = parts(planted())
    params = {"folds": 2, "gap": 4, "random_forest": False, "lightgbm": False, "catboost": True}
    watched = Watched()
    stack = fit("stacking", train, valid, params, Task.CLASSES, watched.context)
    assert isinstance(stack, Stack)
    assert [member.kind for member in stack.members] == ["logistic", "catboost"]
    expected = sum(
        w * predict(member, test) for w, member in zip(stack.weights, stack.members, strict=True)
    )
    assert np.allclose(predict(stack, test), expected, atol=1e-15)
    assert stack.diversity.q.shape == (2, 2)
    fractions = [step.fraction for step in watched.steps]
    assert fractions == sorted(fractions)


def test_a_stack_gives_each_member_the_newest_bars_it_looks_back_over() -> None:
    train, _, test = parts(planted())
    network = fit("lstm", train, None, QUICK["lstm"] | {"epochs": 1}, Task.CLASSES, FitContext())
    linear = fit("logistic", train, None, {}, Task.CLASSES, FitContext())
    like = fit("stacking", train, None, QUICK["stacking"], Task.CLASSES, FitContext())
    assert isinstance(like, Stack)
    signature = replace(like.signature, length=4)
    stack = Stack(signature, (linear, network), np.array([0.3, 0.7]), like.diversity)
    expected = 0.3 * predict(linear, test) + 0.7 * predict(network, test)
    assert np.allclose(stack.predict(inputs_of(stack, test)), expected, atol=1e-7)


def test_a_stack_of_one_is_refused() -> None:
    params = {"linear": True, "random_forest": False, "lightgbm": False}
    with pytest.raises(InputError, match="at least two models"):
        fit("stacking", planted(), None, params, Task.CLASSES, FitContext())

"""SHAP values: additive, equal to those of others, and as the axioms want them."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import shap

from terminal.errors import Cancelled, InputError
from terminal.explain.explainers import explainer_of
from terminal.explain.sampling import sampling_explainer
from terminal.explain.shap_values import NotAdditive, additivity, explain
from terminal.explain.tree_ensemble import Tree, prepare
from terminal.explain.tree_kernel import add_shap, in_blocks, out_of_blocks
from terminal.models.calibrated import calibrate
from terminal.models.model import Fitted, Task, inputs_of
from tests.terminal.explain.small import COLUMNS, fitted, samples

ROWS = np.arange(0, 1_000, 5)


def shown(model: Fitted, classes: int) -> np.ndarray:
    return inputs_of(model, samples(classes).take(ROWS))


@pytest.mark.parametrize("classes", [0, 2, 3])
@pytest.mark.parametrize("kind", ["lightgbm", "xgboost", "catboost", "random-forest"])
def test_trees_add_up_and_equal_the_shap_library(kind: str, classes: int) -> None:
    model = fitted(kind, classes)
    rows = shown(model, classes)
    made = explain(model, rows, rows, threads=2)
    assert made.exact and made.residual < (1e-5 if kind == "xgboost" else 1e-6)
    assert made.base + made.values.sum(axis=1) == pytest.approx(made.raw, abs=1e-5)
    if kind == "random-forest":
        return  # compared below with a brute force: the forest is arrays, which shap cannot read
    peer = shap.TreeExplainer(model.native).shap_values(rows)  # type: ignore[attr-defined]
    if isinstance(peer, list):
        peer = np.stack(peer, axis=-1)
    if peer.ndim == 3:
        peer = peer[..., -1] - peer[..., 0] if classes == 3 else peer[..., -1]
    assert made.values == pytest.approx(peer, abs=1e-5 if kind == "xgboost" else 1e-9)


def conditional(tree: Tree, row: np.ndarray, known: set[int], node: int = 0) -> float:
    """Expected answer of a tree when only `known` features are (Lundberg 2020, algorithm 1)."""
    if tree.left[node] < 0:
        return float(tree.value[node])
    left, right = int(tree.left[node]), int(tree.right[node])
    asked = int(tree.feature[node])
    if asked in known:
        value = row[asked]
        goes_left = (
            bool(tree.missing_left[node]) if np.isnan(value) else value <= tree.threshold[node]
        )
        return conditional(tree, row, known, left if goes_left else right)
    cover = float(tree.cover[node])
    return sum(
        float(tree.cover[side]) / cover * conditional(tree, row, known, side)
        for side in (left, right)
        if cover > 0.0
    )


def brute_force(trees: list[Tree], row: np.ndarray) -> np.ndarray:
    """Shapley's own formula: every set of features."""
    m = len(row)
    found = np.zeros(m)
    for i in range(m):
        others = [j for j in range(m) if j != i]
        for size in range(m):
            weight = math.factorial(size) * math.factorial(m - 1 - size) / math.factorial(m)
            for chosen in combinations(others, size):
                for tree in trees:
                    found[i] += weight * (
                        conditional(tree, row, {*chosen, i}) - conditional(tree, row, set(chosen))
                    )
    return found


def values_of(trees: list[Tree], rows: np.ndarray) -> np.ndarray:
    x = in_blocks(rows)
    phi = np.zeros_like(x)
    for group in prepare(trees).groups:
        add_shap(x, phi, *(getattr(group, name) for name in group.__dataclass_fields__))
    return out_of_blocks(phi, len(rows))


def grown(seed: int, depth: int = 5) -> Tree:
    """A random tree that asks features again, with missing values and a side nobody went to."""
    rng = np.random.default_rng(seed)
    nodes: list[list[float]] = []

    def grow(level: int, cover: float) -> int:
        here = len(nodes)
        nodes.append([-1, -1, -1, 0.0, 0, cover, float(rng.normal())])
        if level < depth and (level < 2 or rng.random() < 0.8):
            share = 0.0 if rng.random() < 0.1 else float(rng.uniform(0.05, 0.95))
            nodes[here][2:5] = [int(rng.integers(4)), float(rng.normal()), int(rng.integers(2))]
            nodes[here][0] = grow(level + 1, cover * share)
            nodes[here][1] = grow(level + 1, cover * (1 - share))
        return here

    grow(0, 100.0)
    table = np.array(nodes)
    return Tree(
        *(table[:, k].astype(np.int64) for k in range(3)), table[:, 3], table[:, 4].astype(bool),
        table[:, 5], table[:, 6],
    )  # fmt: skip


def test_the_kernel_equals_shapleys_formula_over_all_sets() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(11, 4))
    rows[rng.random(rows.shape) < 0.15] = np.nan
    for seed in range(6):
        trees = [grown(seed), grown(seed + 100, depth=3)]
        expected = np.array([brute_force(trees, row) for row in rows])
        assert values_of(trees, rows) == pytest.approx(expected, abs=1e-12)


def test_a_feature_that_no_tree_asks_has_no_value() -> None:
    made = explain(fitted("lightgbm"), shown(fitted("lightgbm"), 2), shown(fitted("lightgbm"), 2))
    assert not made.values[:, COLUMNS.index("dummy")].any()
    assert COLUMNS[made.order()[0]] in ("first", "second", "third")


def test_features_that_play_the_same_part_have_the_same_value() -> None:
    # both must be high for 1: x0 and x1 are symmetric, by tree and by cover
    def asks(first: int, second: int) -> Tree:
        return Tree(
            left=np.array([1, -1, 3, -1, -1]),
            right=np.array([2, -1, 4, -1, -1]),
            feature=np.array([first, -1, second, -1, -1]),
            threshold=np.zeros(5),
            missing_left=np.zeros(5, bool),
            cover=np.array([4.0, 2.0, 2.0, 1.0, 1.0]),
            value=np.array([0.0, 0.0, 0.0, 0.0, 1.0]),
        )

    (row,) = values_of([asks(0, 1), asks(1, 0)], np.array([[1.0, 1.0, 5.0]]))
    # one tree: 1 - 1/4 = 3/4 to share, in both trees together 3/2, equally
    assert row == pytest.approx([0.75, 0.75, 0.0])


@pytest.mark.parametrize(("kind", "classes"), [("logistic", 2), ("logistic", 3), ("ridge", 0)])
def test_linear_models_are_coefficient_times_distance_from_the_mean(
    kind: str, classes: int
) -> None:
    model = fitted(kind, classes)
    rows = shown(model, classes)
    made = explain(model, rows, rows)
    assert made.residual < 1e-6
    weights = {2: [1.0], 3: [-1.0, 0.0, 1.0], 0: [1.0]}[classes]
    slope = model.coefficients[0] @ weights / model.standardiser.scale[0]  # type: ignore[attr-defined]
    by_hand = slope * (rows[:, 0] - rows[:, 0].astype(np.float64).mean())
    assert made.values[:, 0] == pytest.approx(by_hand, abs=1e-5)
    assert made.values.mean(axis=0) == pytest.approx(np.zeros(5), abs=1e-6)


@pytest.mark.parametrize("kind", ["lstm", "transformer"])
def test_networks_state_how_far_they_miss(kind: str) -> None:
    model = fitted(kind)
    background = inputs_of(model, samples(2))
    rows = shown(model, 2)[:12]
    made = explain(model, rows, background)
    assert not made.exact and made.by_lag is not None
    assert made.values.shape == (12, 5) and made.by_lag.shape == (8, 5)
    assert made.residual < 0.01
    assert made.base + made.values.sum(axis=1) == pytest.approx(made.raw, abs=0.01)
    again = explain(model, rows, background)
    assert np.array_equal(made.values, again.values)


def test_a_stack_is_explained_by_sampling_and_says_how_sure_it_is() -> None:
    model = fitted("stacking")
    rows = shown(model, 2)[:40]
    made = explain(model, rows, rows)
    assert not made.exact and made.residual < 1e-9
    assert made.output == "probability of class 1" and "standard error" in made.method
    assert made.raw == pytest.approx(model.predict(rows)[:, 1])
    assert not made.values[:, COLUMNS.index("dummy")].any()  # it is the same in every event


def test_sampling_comes_near_the_exact_values_of_a_linear_model() -> None:
    model = fitted("ridge", 0)
    rows = shown(model, 0)
    # of a linear model every order gives the same: only the background differs
    exact = explain(model, rows[:20], rows[:1])
    sampled = sampling_explainer(model, rows[:1], 0, walks=2).values(rows[:20])
    assert sampled == pytest.approx(exact.values, abs=1e-5)


def test_a_calibrated_model_is_explained_before_its_calibration() -> None:
    inner = fitted("lightgbm")
    own = samples(2)
    model = calibrate(inner, inner.predict(own.rows()), own.y, own.weight)
    rows = shown(inner, 2)
    made = explain(model, rows, rows)
    assert np.array_equal(made.values, explain(inner, rows, rows).values)
    assert made.output == "log-odds of class 1, before calibration"


def test_the_log_odds_that_are_explained_are_the_models() -> None:
    for kind in ("lightgbm", "logistic", "lstm"):
        model = fitted(kind)
        rows = shown(model, 2)[:20]
        made = explain(model, rows, rows)
        chance = model.predict(rows)
        assert made.output == "log-odds of class 1"
        assert made.raw == pytest.approx(np.log(chance[:, 1] / chance[:, 0]), abs=1e-4)
    model = fitted("lightgbm", 3)
    made = explain(model, shown(model, 3), shown(model, 3))
    chance = model.predict(shown(model, 3))
    assert made.output == "log-odds of class 1 against class -1"
    assert made.raw == pytest.approx(np.log(chance[:, 2] / chance[:, 0]), abs=1e-4)


def test_chunks_and_threads_change_nothing_and_progress_only_rises() -> None:
    model = fitted("lightgbm")
    rows = np.concatenate([shown(model, 2)] * 8)
    told: list[float] = []
    made = explain(model, rows, rows, threads=2, progress=told.append)
    assert told == sorted(told) and told[-1] == 1.0 and len(told) > 2
    whole = explainer_of(model, rows, 0, 1).values(rows)
    assert np.array_equal(made.values, whole)


def test_a_cancel_ends_the_work_between_chunks() -> None:
    model = fitted("lightgbm")
    rows = np.concatenate([shown(model, 2)] * 20)

    def cancel(fraction: float) -> None:
        if fraction > 0.2:
            raise Cancelled("Cancelled by its owner.")

    for threads in (1, 2):
        with pytest.raises(Cancelled):
            explain(model, rows, rows, threads=threads, progress=cancel)


def test_values_that_do_not_add_up_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    from terminal.explain import shap_values

    model = fitted("lightgbm")
    rows = shown(model, 2)
    wrong = replace(explainer_of(model, rows, 0, 1), base=0.5)
    monkeypatch.setattr(shap_values, "explainer_of", lambda *_: wrong)
    with pytest.raises(NotAdditive, match="miss"):
        explain(model, rows, rows)
    assert additivity(np.array([[1.0, 2.0]]), 1.0, np.array([4.0])) == 0.0


def test_rows_of_another_width_and_no_rows_are_refused() -> None:
    model = fitted("lightgbm")
    rows = shown(model, 2)
    assert model.task is Task.CLASSES
    with pytest.raises(InputError, match=r"reads \(5\)"):
        explain(model, rows[:, :4], rows)
    with pytest.raises(InputError, match="no rows"):
        explain(model, rows[:0], rows)

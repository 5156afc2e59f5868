"""How each kind of model is explained.

Classes are explained in one number that adds up: of two classes the log-odds of the upper one, of
more the log-odds of the highest class against the lowest (the difference of their raw scores). A
forest answers in probabilities, so it is explained in these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from terminal.explain.tree_ensemble import Tree, TreeEnsemble, prepare
from terminal.explain.tree_kernel import add_shap, in_blocks, out_of_blocks
from terminal.explain.trees_of import forest_trees, lightgbm_trees, xgboost_trees
from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.model import Fitted, Task

DOUBLE, SINGLE = 1e-6, 1e-5
TREE_SHAP = "exact TreeSHAP, path dependent (Lundberg et al. 2020)"


@dataclass(frozen=True)
class Explainer:
    """Ready to explain rows.

    Attributes
    ----------
    values : of rows float32 (n, n_features), or windows (n, length, n_features): float64 of the
        same shape, or (n, n_features) where a feature's history is one thing.
    raw : of the same rows, float64 (n,).
    tolerance : largest residual that is rounding; None where the method estimates.
    parallel : `values` may be called by several threads at once.
    """

    method: str
    output: str
    base: float
    values: Callable[[Float32Array], FloatArray]
    raw: Callable[[Float32Array], FloatArray]
    tolerance: float | None = DOUBLE
    parallel: bool = True


def explainer_of(fitted: Fitted, background: Float32Array, seed: int, threads: int) -> Explainer:
    """The explainer of a fitted model; of a kind that is not known here (a stack), by sampling."""
    model: Any = fitted
    if fitted.kind in ("logistic", "ridge"):
        return _linear(model, background)
    if fitted.kind in _TREES:
        return _TREES[fitted.kind](model, threads)
    if fitted.kind in ("lstm", "transformer"):
        from terminal.explain.expected_gradients import network_explainer

        return network_explainer(model, background, seed, threads)
    if fitted.kind == "calibrated":  # a rising function of the model's own answer
        inner = explainer_of(model.model, background, seed, threads)
        return replace(inner, output=f"{inner.output}, before calibration")
    from terminal.explain.sampling import sampling_explainer

    return sampling_explainer(model, background, seed)


def class_weights(classes: FloatArray) -> tuple[float, ...]:
    """Weight of each class's raw score in the number that is explained."""
    return (-1.0, *[0.0] * (len(classes) - 2), 1.0)


def output_words(fitted: Fitted, unit: str = "log-odds") -> str:
    """What is explained, in words."""
    if fitted.task is Task.NUMBER:
        return "value"
    low, high = (f"{fitted.classes[k]:g}" for k in (0, -1))
    if len(fitted.classes) == 2:
        return f"{unit} of class {high}"
    against = "against" if unit == "log-odds" else "less that"
    return f"{unit} of class {high} {against} {'class' if unit == 'log-odds' else 'of class'} {low}"


def _scores(fitted: Fitted, found: Any) -> FloatArray:
    """Raw scores (n,) or (n, n_classes) as the one number."""
    scores = np.asarray(found, dtype=np.float64)
    if scores.ndim == 1:
        return scores
    if scores.shape[1] == 1:
        return scores[:, 0]
    return np.asarray(scores @ np.array(class_weights(fitted.classes)))


def _weights(fitted: Fitted) -> tuple[float, ...]:
    return class_weights(fitted.classes) if len(fitted.classes) > 2 else (1.0,)


def _of_trees(ensemble: TreeEnsemble) -> Callable[[Float32Array], FloatArray]:
    def values(rows: Float32Array) -> FloatArray:
        x = in_blocks(np.asarray(rows, dtype=np.float64))
        phi = np.zeros_like(x)
        for group in ensemble.groups:
            add_shap(x, phi, *(getattr(group, name) for name in group.__dataclass_fields__))
        return out_of_blocks(phi, len(rows))

    return values


def _lightgbm(model: Any, threads: int) -> Explainer:
    booster = model.native

    def raw(rows: Float32Array) -> FloatArray:
        return _scores(model, booster.predict(rows, raw_score=True, num_threads=threads))

    ensemble = lightgbm_trees(booster, _weights(model))
    if ensemble is not None:
        words = output_words(model)
        return Explainer(TREE_SHAP, words, ensemble.base, _of_trees(ensemble), raw)

    def native(rows: Float32Array) -> FloatArray:
        found = np.asarray(booster.predict(rows, pred_contrib=True, num_threads=threads))
        return _contributions(model, found.reshape(len(rows), -1, rows.shape[1] + 1))

    return _native(model, native, raw, DOUBLE)


def _xgboost(model: Any, threads: int) -> Explainer:
    import xgboost

    booster = model.native

    def matrix(rows: Float32Array) -> Any:
        return xgboost.DMatrix(rows, nthread=threads, feature_names=booster.feature_names)

    def raw(rows: Float32Array) -> FloatArray:
        return _scores(model, booster.predict(matrix(rows), output_margin=True))

    ensemble = xgboost_trees(booster, _weights(model))
    if ensemble is not None:
        words = output_words(model)
        return Explainer(TREE_SHAP, words, ensemble.base, _of_trees(ensemble), raw, SINGLE)

    def native(rows: Float32Array) -> FloatArray:
        found = np.asarray(booster.predict(matrix(rows), pred_contribs=True), dtype=np.float64)
        return _contributions(model, found.reshape(len(rows), -1, rows.shape[1] + 1))

    return _native(model, native, raw, SINGLE)


def _catboost(model: Any, threads: int) -> Explainer:
    from catboost import Pool

    native = model.native

    def raw(rows: Float32Array) -> FloatArray:
        found = native.predict(rows, prediction_type="RawFormulaVal", thread_count=threads)
        return _scores(model, found)

    def values(rows: Float32Array) -> FloatArray:
        found = native.get_feature_importance(
            Pool(rows), type="ShapValues", thread_count=threads, verbose=False
        )
        return _contributions(model, found.reshape(len(rows), -1, rows.shape[1] + 1))

    return _native(model, values, raw, DOUBLE)


def _native(
    model: Any,
    values: Callable[[Float32Array], FloatArray],
    raw: Callable[[Float32Array], FloatArray],
    tolerance: float,
) -> Explainer:
    """The library's own contributions; its base is what they leave of any row."""
    any_row = np.zeros((1, len(model.columns)), dtype=np.float32)
    base = float(raw(any_row)[0] - values(any_row).sum())
    words = output_words(model)
    return Explainer(f"{TREE_SHAP}, by {model.kind}", words, base, values, raw, tolerance, False)


def _contributions(model: Any, found: FloatArray) -> FloatArray:
    """(n, n_scores, n_features + 1), the base last, as (n, n_features) of the one number."""
    weights = _weights(model)
    parts = np.einsum("nkf,k->nf", found[:, :, :-1], np.asarray(weights[: found.shape[1]]))
    return np.asarray(parts)


def _forest(model: Any, threads: int) -> Explainer:
    weights = _weights(model)
    if model.task is Task.CLASSES and len(model.classes) == 2:
        weights = (0.0, 1.0)
    ensemble = forest_trees(model.native, weights)

    def raw(rows: Float32Array) -> FloatArray:
        answers = model.predict(rows)
        return np.asarray(answers @ np.asarray(weights))

    words = output_words(model, "probability")
    return Explainer(TREE_SHAP, words, ensemble.base, _of_trees(ensemble), raw)


def _linear(model: Any, background: Float32Array) -> Explainer:
    several = model.coefficients.shape[1] > 1
    weights = np.asarray(class_weights(model.classes) if several else (1.0,))
    slopes = model.coefficients @ weights
    mean = model.standardiser.apply(background).astype(np.float64).mean(axis=0)
    base = float(mean @ slopes + model.intercept @ weights)

    def values(rows: Float32Array) -> FloatArray:
        standard = model.standardiser.apply(rows).astype(np.float64)
        return np.asarray((standard - mean) * slopes)

    def raw(rows: Float32Array) -> FloatArray:
        return np.asarray(model.scores(rows) @ weights)

    method = (
        "exact: coefficient times distance from the background's mean "
        "(Štrumbelj and Kononenko 2014)"
    )
    return Explainer(method, output_words(model), base, values, raw)


_TREES: dict[str, Callable[[Any, int], Explainer]] = {
    "lightgbm": _lightgbm,
    "xgboost": _xgboost,
    "catboost": _catboost,
    "random-forest": _forest,
}


def warm_up() -> None:
    """Compile TreeSHAP, or load it from the cache, before somebody waits for it."""
    numbers, none = np.array([1.0, 0.5, 0.5]), np.array([-1, -1])
    stump = Tree(
        left=np.append(1, none),
        right=np.append(2, none),
        feature=np.zeros(3, dtype=np.int64),
        threshold=numbers,
        missing_left=np.zeros(3, dtype=np.bool_),
        cover=numbers,
        value=numbers,
    )
    _of_trees(prepare([stump]))(np.zeros((1, 1), dtype=np.float32))

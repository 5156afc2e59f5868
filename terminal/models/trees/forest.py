"""Random forest: grown by scikit-learn, kept and asked as plain arrays.

scikit-learn's own objects can only be stored by pickling or by lists of trusted classes. Arrays
say the same, can be checked, and answer without the library.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from terminal.errors import InputError
from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.model import FitContext, Progress, Task
from terminal.models.samples import Samples
from terminal.models.signature import Signature, Signed
from terminal.models.tensors import Expected, read_tensors, write_tensors
from terminal.models.trees.forest_arrays import ARRAYS, ForestArrays
from terminal.models.trees.kinds import ForestParams
from terminal.models.trees.targets import signature_of, target_of

FILE = "forest.safetensors"
STEPS = 20
BLOCK = 65_536


@dataclass(frozen=True)
class ForestModel(Signed):
    """native : the trees as arrays, with the names scikit-learn gives to them."""

    native: ForestArrays

    def predict(self, inputs: Float32Array) -> FloatArray:
        """float64 (n, n_classes) or (n, 1): the mean over the trees."""
        return self.native.mean(self.signature.checked(inputs))

    def save(self, folder: Path) -> Sequence[str]:
        """One safetensors file."""
        write_tensors(folder / FILE, {name: getattr(self.native, name) for name in ARRAYS})
        return (FILE,)


def fit(
    train: Samples, valid: Samples | None, params: ForestParams, task: Task, context: FitContext
) -> ForestModel:
    """Grow the trees in a few steps, so that they can be watched; `valid` only measures."""
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    signature = signature_of("random-forest", train, task, params)
    forest = RandomForestRegressor if task is Task.NUMBER else RandomForestClassifier
    grower = forest(
        n_estimators=0,
        criterion="squared_error" if task is Task.NUMBER else "entropy",
        max_depth=params.depth,
        min_samples_leaf=params.min_rows_leaf,
        max_features=float(params.column_share),
        max_samples=float(params.row_share),
        bootstrap=True,
        warm_start=True,
        n_jobs=context.threads,
        random_state=context.seed,
    )
    rows, target = train.rows(), target_of(signature, train)
    context.progress(Progress(0.0, 0))
    counts = np.unique(np.ceil(np.linspace(0, params.trees, STEPS + 1)[1:]).astype(int))
    for trees in counts:
        # the trees that are there stay, the new ones are those of one single fit
        grower.set_params(n_estimators=int(trees)).fit(rows, target, sample_weight=train.weight)
        if trees < params.trees:
            context.progress(Progress(trees / params.trees, int(trees)))
    model = ForestModel(signature, _arrays(grower))
    losses = [_loss(model, part) if part is not None else float("nan") for part in (train, valid)]
    context.progress(Progress(1.0, params.trees, *losses))
    return model


def _arrays(grown: Any) -> ForestArrays:
    trees = [estimator.tree_ for estimator in grown.estimators_]
    start = np.cumsum([0, *(tree.node_count for tree in trees)], dtype=np.int64)

    def joined(name: str, dtype: Any) -> Any:
        return np.concatenate([np.asarray(getattr(tree, name)) for tree in trees]).astype(dtype)

    value = joined("value", np.float64)[:, 0, :]
    if value.shape[1] > 1:
        value = value / value.sum(axis=1, keepdims=True)
    return ForestArrays(
        start=start,
        children_left=joined("children_left", np.int64),
        children_right=joined("children_right", np.int64),
        feature=joined("feature", np.int64),
        threshold=joined("threshold", np.float64),
        missing_go_to_left=joined("missing_go_to_left", np.uint8),
        weighted_n_node_samples=joined("weighted_n_node_samples", np.float64),
        value=np.ascontiguousarray(value),
    )


def _loss(model: ForestModel, samples: Samples) -> float:
    """Weighted log loss or mean squared error."""
    total = 0.0
    for start in range(0, len(samples), BLOCK):
        own = samples.take(np.arange(start, min(start + BLOCK, len(samples))))
        answers = model.predict(own.rows())
        if model.task is Task.NUMBER:
            errors = (own.y - answers[:, 0]) ** 2
        else:
            code = np.searchsorted(model.classes, own.y)
            errors = -np.log(np.maximum(answers[np.arange(len(own)), code], 1e-15))
        total += float(own.weight @ errors)
    return total / float(samples.weight.sum())


def load(folder: Path, signature: Signature) -> ForestModel:
    """From the arrays `save` wrote; InputError when they are no sound trees of this signature."""
    arrays = read_tensors(
        folder / FILE,
        {
            "start": Expected("int64", (None,)),
            **{name: Expected("int64", (None,)) for name in ("children_left", "children_right")},
            "feature": Expected("int64", (None,)),
            "threshold": Expected("float64", (None,)),
            "missing_go_to_left": Expected("uint8", (None,)),
            "weighted_n_node_samples": Expected("float64", (None,)),
            "value": Expected("float64", (None, signature.width)),
        },
    )
    forest = ForestArrays(**arrays)
    problem = forest.unsound(len(signature.columns))
    if problem:
        raise InputError(
            f"The model file {FILE} is refused: {problem}.",
            field=FILE,
            remedy="Export the model again.",
        )
    return ForestModel(signature, forest)

"""LightGBM: fit, and its own text format.

`deterministic` with a fixed number of threads: the same seed gives the same trees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from terminal.errors import InputError
from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.model import FitContext, Progress, Task
from terminal.models.samples import Samples
from terminal.models.signature import Signature, Signed
from terminal.models.trees.kinds import LightgbmParams
from terminal.models.trees.lightgbm_text import check_text, only_trees
from terminal.models.trees.targets import answers_of, signature_of, target_of

FILE = "lightgbm.txt"


@dataclass(frozen=True)
class LightgbmModel(Signed):
    """native : the `lightgbm.Booster`, its trees those of the best round."""

    native: Any
    threads: int = 1

    def predict(self, inputs: Float32Array) -> FloatArray:
        """float64 (n, n_classes) or (n, 1)."""
        rows = self.signature.checked(inputs)
        if not len(rows):
            return np.empty((0, self.signature.width))
        return answers_of(self.signature, self.native.predict(rows, num_threads=self.threads))

    def save(self, folder: Path) -> Sequence[str]:
        """LightGBM's text format."""
        (folder / FILE).write_text(only_trees(self.native.model_to_string()), encoding="ascii")
        return (FILE,)


def fit(
    train: Samples, valid: Samples | None, params: LightgbmParams, task: Task, context: FitContext
) -> LightgbmModel:
    """Boost until the rounds are used up or `valid` no longer improves."""
    signature = signature_of("lightgbm", train, task, params)
    settings = _settings(signature, params, context)
    data = _dataset(train, signature, settings)
    watched = {"train": data}
    callbacks: list[Any] = [_watch(params.rounds, context)]
    if valid is not None:
        watched["valid"] = _dataset(valid, signature, settings, reference=data)
        if params.patience:
            callbacks.append(_stop_early(params.patience))
    booster = lightgbm.train(
        settings,
        data,
        num_boost_round=params.rounds,
        valid_sets=list(watched.values()),
        valid_names=list(watched),
        callbacks=callbacks,
    )
    # read back from its own text: without the data, and the same after saving and loading
    text = only_trees(booster.model_to_string(num_iteration=booster.best_iteration or -1))
    return LightgbmModel(signature, lightgbm.Booster(model_str=text), context.threads)


def _settings(signature: Signature, params: LightgbmParams, context: FitContext) -> dict[str, Any]:
    if signature.task is Task.NUMBER:
        objective: dict[str, Any] = {"objective": "regression", "metric": "l2"}
    elif len(signature.classes) == 2:
        objective = {"objective": "binary", "metric": "binary_logloss"}
    else:
        objective = {
            "objective": "multiclass",
            "metric": "multi_logloss",
            "num_class": len(signature.classes),
        }
    return objective | {
        "learning_rate": params.learning_rate,
        "num_leaves": params.leaves,
        "max_depth": params.depth or -1,
        "min_data_in_leaf": params.min_rows_leaf,
        "bagging_fraction": params.row_share,
        "bagging_freq": 1 if params.row_share < 1 else 0,
        "feature_fraction": params.column_share,
        "lambda_l1": params.l1,
        "lambda_l2": params.l2,
        "max_bin": params.bins,
        "seed": context.seed,
        "num_threads": context.threads,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }


def _dataset(samples: Samples, signature: Signature, settings: dict[str, Any], **more: Any) -> Any:
    # names stay in the manifest: LightGBM's text cannot hold commas and brackets
    return lightgbm.Dataset(
        samples.rows(),
        label=target_of(signature, samples),
        weight=samples.weight,
        params={k: settings[k] for k in ("max_bin", "num_threads", "verbosity", "seed")},
        **more,
    )


def _watch(rounds: int, context: FitContext) -> Any:
    def watch(env: Any) -> None:
        loss = {name: float(value) for name, _, value, *_ in env.evaluation_result_list}
        step = env.iteration + 1
        nan = float("nan")
        context.progress(
            Progress(step / rounds, step, loss.get("train", nan), loss.get("valid", nan))
        )

    watch.order = 20  # type: ignore[attr-defined]  # before early stopping, which is 30
    return watch


def _stop_early(patience: int) -> Any:
    return lightgbm.early_stopping(patience, verbose=False)


def load(folder: Path, signature: Signature) -> LightgbmModel:
    """From LightGBM's text, after its structure is checked; InputError when it is not sound."""
    try:
        text = (folder / FILE).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{FILE} is not LightGBM text.", field=FILE) from error
    check_text(text, signature)
    try:
        booster = lightgbm.Booster(model_str=text)
    except lightgbm.basic.LightGBMError as error:
        raise InputError(f"LightGBM refuses {FILE}: {error}", field=FILE) from error
    return LightgbmModel(signature, booster)

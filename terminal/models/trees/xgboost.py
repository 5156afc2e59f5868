"""XGBoost: fit, and its own JSON format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import xgboost

from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.model import FitContext, Progress, Task
from terminal.models.samples import Samples
from terminal.models.signature import Signature, Signed
from terminal.models.trees.json_model import read_json, refused
from terminal.models.trees.kinds import XgboostParams
from terminal.models.trees.targets import answers_of, signature_of, target_of
from terminal.models.trees.xgboost_json import FILE, objective_of, sound_xgboost


@dataclass(frozen=True)
class XgboostModel(Signed):
    """native : the `xgboost.Booster`; text : the JSON it was read from, and is saved as."""

    native: Any
    text: bytes = field(repr=False)

    def predict(self, inputs: Float32Array) -> FloatArray:
        """float64 (n, n_classes) or (n, 1)."""
        rows = self.signature.checked(inputs)
        if not len(rows):
            return np.empty((0, self.signature.width))
        return answers_of(self.signature, self.native.inplace_predict(rows))

    def save(self, folder: Path) -> Sequence[str]:
        """XGBoost's JSON."""
        (folder / FILE).write_bytes(self.text)
        return (FILE,)


def fit(
    train: Samples, valid: Samples | None, params: XgboostParams, task: Task, context: FitContext
) -> XgboostModel:
    """Boost until the rounds are used up or `valid` no longer improves."""
    signature = signature_of("xgboost", train, task, params)
    data = _matrix(train, signature, params, context)
    watched = [(data, "train")]
    callbacks: list[Any] = [_Watch(params.rounds, context)]
    if valid is not None:
        watched.append((_matrix(valid, signature, params, context, ref=data), "valid"))
        if params.patience:
            callbacks.append(
                xgboost.callback.EarlyStopping(rounds=params.patience, data_name="valid")
            )
    booster = xgboost.train(
        _settings(signature, params, context),
        data,
        num_boost_round=params.rounds,
        evals=watched,
        callbacks=callbacks,
        verbose_eval=False,
    )
    if valid is not None and params.patience:
        booster = booster[: booster.best_iteration + 1]
    # only the trees up to the best round, and the same after saving and loading
    text = sound_xgboost(orjson.loads(bytes(booster.save_raw("json"))), signature)
    return XgboostModel(signature, _read(text, context.threads), text)


def _settings(signature: Signature, params: XgboostParams, context: FitContext) -> dict[str, Any]:
    objective: dict[str, Any] = {"objective": objective_of(signature)}
    if signature.task is Task.NUMBER:
        objective["eval_metric"] = "rmse"
    elif len(signature.classes) == 2:
        objective["eval_metric"] = "logloss"
    else:
        objective |= {"eval_metric": "mlogloss", "num_class": len(signature.classes)}
    return objective | {
        "tree_method": "hist",
        "learning_rate": params.learning_rate,
        "max_depth": params.depth,
        "min_child_weight": params.min_weight_leaf,
        "subsample": params.row_share,
        "colsample_bytree": params.column_share,
        "reg_lambda": params.l2,
        "reg_alpha": params.l1,
        "max_bin": params.bins,
        "seed": context.seed,
        "nthread": context.threads,
        "verbosity": 0,
    }


def _matrix(
    samples: Samples, signature: Signature, params: XgboostParams, context: FitContext, **more: Any
) -> Any:
    return xgboost.QuantileDMatrix(
        samples.rows(),
        label=target_of(signature, samples),
        weight=samples.weight,
        max_bin=params.bins,
        nthread=context.threads,
        **more,
    )


class _Watch(xgboost.callback.TrainingCallback):
    def __init__(self, rounds: int, context: FitContext) -> None:
        super().__init__()
        self._rounds, self._context = rounds, context

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        losses = [self._last(evals_log.get(part, {})) for part in ("train", "valid")]
        self._context.progress(Progress((epoch + 1) / self._rounds, epoch + 1, *losses))
        return False

    @staticmethod
    def _last(metrics: Any) -> float:
        for name, values in metrics.items():
            # the mean squared error, as with the other libraries
            return float(values[-1]) ** 2 if name == "rmse" else float(values[-1])
        return float("nan")


def _read(data: bytes, threads: int) -> Any:
    booster = xgboost.Booster({"nthread": threads})
    booster.load_model(bytearray(data))
    booster.set_param({"nthread": threads})
    return booster


def load(folder: Path, signature: Signature) -> XgboostModel:
    """From XGBoost's JSON, after its structure is checked; InputError when it is not sound."""
    text = sound_xgboost(read_json(folder / FILE), signature)
    try:
        return XgboostModel(signature, _read(text, 1), text)
    except xgboost.core.XGBoostError as error:
        raise refused(FILE, f"XGBoost says {str(error)[:200]!r}") from error

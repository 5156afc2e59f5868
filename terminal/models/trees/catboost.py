"""CatBoost: fit, and its own JSON format.

JSON, not CatBoost's binary form: its structure can be checked before the library reads it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import catboost
import numpy as np
from scipy.special import expit, softmax

from terminal.errors import InputError
from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.model import FitContext, Progress, Task
from terminal.models.samples import Samples
from terminal.models.signature import Signature, Signed
from terminal.models.trees.catboost_json import FILE, loss_name, sound_catboost
from terminal.models.trees.json_model import read_json, refused
from terminal.models.trees.kinds import CatboostParams
from terminal.models.trees.targets import answers_of, signature_of, target_of


@dataclass(frozen=True)
class CatboostModel(Signed):
    """native : the `catboost.CatBoost`; text : the JSON it was read from, and is saved as."""

    native: Any
    text: bytes = field(repr=False)
    threads: int = 1

    def predict(self, inputs: Float32Array) -> FloatArray:
        """float64 (n, n_classes) or (n, 1)."""
        rows = self.signature.checked(inputs)
        if not len(rows):
            return np.empty((0, self.signature.width))
        raw = self.native.predict(rows, prediction_type="RawFormulaVal", thread_count=self.threads)
        if self.task is Task.CLASSES:
            raw = softmax(raw, axis=1) if raw.ndim == 2 else expit(raw)
        return answers_of(self.signature, raw)

    def save(self, folder: Path) -> Sequence[str]:
        """CatBoost's JSON."""
        (folder / FILE).write_bytes(self.text)
        return (FILE,)


def fit(
    train: Samples, valid: Samples | None, params: CatboostParams, task: Task, context: FitContext
) -> CatboostModel:
    """Boost until the rounds are used up or `valid` no longer improves."""
    signature = signature_of("catboost", train, task, params)
    stops = valid is not None and params.patience > 0
    watch = _Watch(params.rounds, context)
    model = catboost.CatBoost(_settings(signature, params, context) | _stop(params, stops))
    try:
        model.fit(
            _pool(train, signature),
            eval_set=_pool(valid, signature) if valid is not None else None,
            callbacks=[watch],
        )
    except catboost.CatBoostError as error:
        raise InputError(f"CatBoost cannot learn from this: {error}", field="features") from error
    if watch.raised is not None:
        raise watch.raised
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        model.save_model(str(path), format="json")
        text = sound_catboost(read_json(path), signature)
    # read back from its own JSON: the same after saving and loading
    return CatboostModel(signature, _read(text), text, context.threads)


def _settings(signature: Signature, params: CatboostParams, context: FitContext) -> dict[str, Any]:
    return {
        "loss_function": loss_name(signature),
        "iterations": params.rounds,
        "learning_rate": params.learning_rate,
        "depth": params.depth,
        "l2_leaf_reg": params.l2,
        "bootstrap_type": "Bernoulli",
        "subsample": params.row_share,
        "rsm": params.column_share,
        "border_count": params.bins,
        "boosting_type": "Plain",
        "random_seed": context.seed,
        "thread_count": context.threads,
        "allow_writing_files": False,
        "logging_level": "Silent",
    }


def _stop(params: CatboostParams, stops: bool) -> dict[str, Any]:
    if not stops:
        return {"use_best_model": False}
    return {"use_best_model": True, "od_type": "Iter", "od_wait": params.patience}


def _pool(samples: Samples, signature: Signature) -> Any:
    return catboost.Pool(samples.rows(), label=target_of(signature, samples), weight=samples.weight)


class _Watch:
    """Reports each round. What the report raises is kept: CatBoost would wrap it in its own."""

    def __init__(self, rounds: int, context: FitContext) -> None:
        self._rounds, self._context = rounds, context
        self.raised: BaseException | None = None

    def after_iteration(self, info: Any) -> bool:
        metrics = info.metrics or {}
        losses = [self._last(metrics.get(part, {})) for part in ("learn", "validation")]
        try:
            self._context.progress(
                Progress(info.iteration / self._rounds, int(info.iteration), *losses)
            )
        except BaseException as error:  # noqa: BLE001  # raised again after `fit`
            self.raised = error
            return False
        return True

    @staticmethod
    def _last(metrics: Any) -> float:
        for name, values in metrics.items():
            return float(values[-1]) ** 2 if name == "RMSE" else float(values[-1])
        return float("nan")


def _read(text: bytes) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        path.write_bytes(text)
        model = catboost.CatBoost()
        model.load_model(str(path), format="json")
    return model


def load(folder: Path, signature: Signature) -> CatboostModel:
    """From CatBoost's JSON, after its structure is checked; InputError when it is not sound."""
    text = sound_catboost(read_json(folder / FILE), signature)
    try:
        return CatboostModel(signature, _read(text), text)
    except catboost.CatBoostError as error:
        raise refused(FILE, f"CatBoost says {str(error)[:200]!r}") from error

"""What a model is: how it is fitted, what it then answers, and what people are told about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from terminal.errors import InputError
from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.samples import Samples


class Task(StrEnum):
    """What is predicted: one of several classes, or a number."""

    CLASSES = "classes"
    NUMBER = "number"


@dataclass(frozen=True)
class Progress:
    """One step of fitting, for the eye and for loss curves.

    fraction : 0..1 of this fit. step : boosting round or epoch.
    train_loss, valid_loss : NaN where there is none.
    """

    fraction: float
    step: int
    train_loss: float = float("nan")
    valid_loss: float = float("nan")


def silent(_: Progress) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class FitContext:
    """What a fit needs besides its data.

    seed : of everything random. threads : at most. progress : called at every step; what it
    raises (a cancel) ends the fit. checkpoints : a folder to leave and resume from, or None.
    """

    seed: int = 0
    threads: int = 1
    progress: Callable[[Progress], None] = silent
    checkpoints: Path | None = None


class Fitted(Protocol):
    """A fitted model.

    Attributes
    ----------
    kind : slug of its `ModelKind`. classes : float64 (n_classes,) as in `Samples.y`, or empty.
    columns : the features it was fitted on, in their order.
    length : bars it looks back over: 1, or the window of a sequence model.
    params : what it was fitted with, of its kind's `params_type`.
    """

    @property
    def kind(self) -> str: ...
    @property
    def task(self) -> Task: ...
    @property
    def classes(self) -> FloatArray: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def length(self) -> int: ...
    @property
    def params(self) -> Any: ...

    def predict(self, inputs: Float32Array) -> FloatArray:
        """Of rows (n, n_features), or of windows (n, length, n_features) where length > 1:
        probabilities (n, n_classes) in the order of `classes`, or values (n, 1)."""
        ...

    def save(self, folder: Path) -> Sequence[str]:
        """Write native files (no pickle) into an empty folder; returns their names."""
        ...


@dataclass(frozen=True)
class ModelKind:
    """One entry of the catalogue of models.

    params_type : a frozen dataclass of `terminal.params.param` fields.
    fit : "module:name" of `fit(train, valid, params, task, context) -> Fitted`; `valid` is a
        purged later slice for early stopping, or None.
    load : "module:name" of `load(folder, signature) -> Fitted`; the `signature.Signature` is what
        the manifest says of the model, checked before.
    sequence : whether its fit reads windows. window : `window(params)` -> bars that each answer
        looks back over, the current one among them; 1 where it reads rows.
    """

    slug: str
    title: str
    family: str
    description: str
    params_type: type[Any]
    tasks: tuple[Task, ...]
    fit: str
    load: str
    sequence: bool = False
    window: Callable[[Any], int] = lambda _: 1
    loss: str = ""
    about: Mapping[str, str] = field(default_factory=dict)


def inputs_of(model: Fitted, samples: Samples) -> Float32Array:
    """What a fitted model reads of samples: rows, or windows of its length.

    Raises
    ------
    InputError : when the columns are not the model's, in its order.
    """
    check_columns(model.columns, samples.columns)
    return samples.rows() if model.length == 1 else samples.windows(model.length)


def check_columns(fitted_on: Sequence[str], given: Sequence[str]) -> None:
    """InputError naming the first column that is missing, unknown or out of place."""
    if tuple(given) == tuple(fitted_on):
        return
    missing = [name for name in fitted_on if name not in given]
    unknown = [name for name in given if name not in fitted_on]
    if missing:
        what = f"Column {missing[0]!r} is missing"
    elif unknown:
        what = f"Column {unknown[0]!r} is not one the model was fitted on"
    else:
        place = next(
            i for i, pair in enumerate(zip(given, fitted_on, strict=False)) if len(set(pair)) > 1
        )
        what = f"Column {given[place]!r} stands where {fitted_on[place]!r} should"
    raise InputError(
        f"{what}; the model knows {len(fitted_on)} columns, {len(given)} were given.",
        field="columns",
        remedy="Give the columns of the model in its order.",
    )


def expected_value(model: Fitted, answers: FloatArray) -> FloatArray:
    """Answers as one number each, float64 (n,): Σ class · probability, or the value itself."""
    if model.task is Task.NUMBER:
        return np.asarray(answers[:, 0])
    return np.asarray(answers @ model.classes)

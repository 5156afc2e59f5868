"""What a model answers and from what: the part of it that is known without loading its weights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from terminal.codec import to_json
from terminal.errors import InputError
from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.catalogue import get_model
from terminal.models.model import Fitted, Task
from terminal.params import validate

MAX_CLASSES = 32
MAX_COLUMNS = 4096
MAX_LENGTH = 4096


@dataclass(frozen=True)
class Signature:
    """See `terminal.models.model.Fitted` for the fields."""

    kind: str
    task: Task
    classes: FloatArray
    columns: tuple[str, ...]
    length: int
    params: Any

    @property
    def width(self) -> int:
        """Numbers in one answer: the classes' probabilities, or one value."""
        return len(self.classes) if self.task is Task.CLASSES else 1

    def checked(self, inputs: Float32Array) -> Float32Array:
        """Inputs of the shape the model reads, else InputError."""
        shape: tuple[int, ...] = (len(self.columns),)
        if self.length > 1:
            shape = (self.length, *shape)
        if inputs.shape[1:] != shape or inputs.ndim != len(shape) + 1:
            raise InputError(
                f"The model reads inputs of shape (n, {', '.join(map(str, shape))}); "
                f"{inputs.shape} was given.",
                field="columns",
                remedy="Give the columns of the model in its order.",
            )
        return np.ascontiguousarray(inputs, dtype=np.float32)


@dataclass(frozen=True)
class Signed:
    """A fitted model that answers for its signature; what it predicts is up to the subclass."""

    signature: Signature

    @property
    def kind(self) -> str:
        return self.signature.kind

    @property
    def task(self) -> Task:
        return self.signature.task

    @property
    def classes(self) -> FloatArray:
        return self.signature.classes

    @property
    def columns(self) -> tuple[str, ...]:
        return self.signature.columns

    @property
    def length(self) -> int:
        return self.signature.length

    @property
    def params(self) -> Any:
        return self.signature.params


def signature_of(model: Fitted) -> Signature:
    """The signature of any fitted model."""
    return Signature(
        model.kind, model.task, model.classes, model.columns, model.length, model.params
    )


def to_plain(signature: Signature) -> dict[str, Any]:
    """JSON values of a signature."""
    return {
        "kind": signature.kind,
        "task": signature.task.value,
        "classes": signature.classes.tolist(),
        "columns": list(signature.columns),
        "length": signature.length,
        "params": to_json(signature.params),
    }


def from_plain(data: Mapping[str, Any]) -> Signature:
    """The signature from what `to_plain` made, every field checked.

    Raises
    ------
    InputError : naming the field that is missing, of the wrong type or out of its range.
    """
    kind = get_model(_text(data, "kind"))
    try:
        task = Task(_text(data, "task"))
    except ValueError:
        raise _refused("task", "is neither classes nor number") from None
    if task not in kind.tasks:
        raise _refused("task", f"{task.value!r} is not one of {kind.slug}")
    classes = _numbers(data.get("classes"))
    if task is Task.CLASSES and not 2 <= len(classes) <= MAX_CLASSES:
        raise _refused("classes", f"must be 2 to {MAX_CLASSES}")
    if task is Task.NUMBER and len(classes):
        raise _refused("classes", "must be none for a number")
    if np.any(np.diff(classes) <= 0):
        raise _refused("classes", "must ascend")
    length = data.get("length")
    if isinstance(length, bool) or not isinstance(length, int) or not 1 <= length <= MAX_LENGTH:
        raise _refused("length", f"must be a whole number from 1 to {MAX_LENGTH}")
    params = data.get("params")
    if not isinstance(params, dict):
        raise _refused("params", "must be an object")
    made_with = validate(kind.params_type, params)
    own = getattr(made_with, "window", 1)
    if kind.family != "combination" and length != own:
        raise _refused("length", f"must be {own}")
    return Signature(kind.slug, task, classes, _columns(data), length, made_with)


def _columns(data: Mapping[str, Any]) -> tuple[str, ...]:
    columns = data.get("columns")
    if not isinstance(columns, list) or not 1 <= len(columns) <= MAX_COLUMNS:
        raise _refused("columns", f"must be a list of 1 to {MAX_COLUMNS} names")
    if not all(isinstance(name, str) and 0 < len(name) <= 500 for name in columns):
        raise _refused("columns", "must be names of at most 500 characters")
    if len(set(columns)) < len(columns):
        raise _refused("columns", "must differ from one another")
    return tuple(columns)


def _numbers(data: Any) -> FloatArray:
    known = isinstance(data, list) and all(
        isinstance(x, (int, float)) and not isinstance(x, bool) and math.isfinite(x) for x in data
    )
    if not known:
        raise _refused("classes", "must be a list of numbers")
    return np.asarray(data, dtype=np.float64)


def _text(data: Mapping[str, Any], field: str) -> str:
    value = data.get(field)
    if not isinstance(value, str):
        raise _refused(field, "must be text")
    return value


def _refused(field: str, what: str) -> InputError:
    return InputError(f"The model's {field} {what}.", field=field, remedy="Export it again.")

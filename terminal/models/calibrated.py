"""A classifier with calibrated probabilities: the model, and one calibrator a class.

Of two classes the second is calibrated and the first is the rest; of more, each against the others,
then scaled to a sum of 1 (Zadrozny, Elkan 2002).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from terminal.errors import InputError
from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.calibration import Calibrator, fit_calibrator
from terminal.models.catalogue import COMBINED, get_model, resolve
from terminal.models.combinations import CalibratedParams
from terminal.models.model import Fitted, Task
from terminal.models.signature import Signature, Signed, from_plain, signature_of, to_plain
from terminal.models.tensors import Arrays, Expected, read_tensors, write_tensors

MODEL, DESCRIPTION, FILE = "model", "calibrated.json", "calibration.safetensors"


@dataclass(frozen=True)
class Calibrated(Signed):
    """model : what is calibrated. calibrators : one of two classes, else one a class."""

    model: Fitted
    calibrators: tuple[Calibrator, ...]

    def predict(self, inputs: Float32Array) -> FloatArray:
        """float64 (n, n_classes)."""
        answers = self.model.predict(inputs)
        if len(self.calibrators) == 1:
            second = self.calibrators[0].apply(answers[:, 1])
            return np.column_stack([1.0 - second, second])
        each = [own.apply(answers[:, k]) for k, own in enumerate(self.calibrators)]
        found = np.column_stack(each)
        return np.asarray(found / found.sum(axis=1, keepdims=True))

    def save(self, folder: Path) -> Sequence[str]:
        """The model in a folder of its own, its signature, and the calibrators' points."""
        (folder / MODEL).mkdir()
        names = [f"{MODEL}/{name}" for name in self.model.save(folder / MODEL)]
        (folder / DESCRIPTION).write_bytes(orjson.dumps(to_plain(signature_of(self.model))))
        arrays: Arrays = {}
        for k, own in enumerate(self.calibrators):
            arrays |= {f"x.{k}": own.x, f"y.{k}": own.y}
        write_tensors(folder / FILE, arrays)
        return (*names, DESCRIPTION, FILE)


def calibrate(
    model: Fitted, answers: FloatArray, y: FloatArray, weight: FloatArray, method: str = "isotonic"
) -> Calibrated:
    """Calibrate a model by out-of-fold answers of models made as it was.

    Parameters
    ----------
    answers : (n, n_classes) for events that their models were not fitted on, in the order of
        `model.classes`. y, weight : (n,), as in `Samples`.

    Raises
    ------
    InputError : for a model of a number, or with too few events.
    """
    if model.task is not Task.CLASSES or model.kind in COMBINED:
        raise InputError(
            "Only a classifier that is not calibrated yet can be calibrated.",
            field="calibration",
            remedy="Choose a label with classes.",
        )
    chosen = [1] if len(model.classes) == 2 else range(len(model.classes))
    calibrators = tuple(
        fit_calibrator(answers[:, k], (y == model.classes[k]).astype(np.float64), weight, method)
        for k in chosen
    )
    signature = Signature(
        "calibrated",
        model.task,
        model.classes,
        model.columns,
        model.length,
        CalibratedParams(method),
    )
    return Calibrated(signature, model, calibrators)


def load(folder: Path, signature: Signature) -> Calibrated:
    """From what `save` wrote; InputError when the parts do not fit one another."""
    try:
        plain = orjson.loads((folder / DESCRIPTION).read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise _refused(f"{DESCRIPTION} is not JSON") from error
    if not isinstance(plain, dict):
        raise _refused(f"{DESCRIPTION} describes no model")
    inner = from_plain(plain)
    if inner.kind in COMBINED:
        raise _refused("a calibrated model cannot be calibrated again")
    same = (inner.task, inner.columns, inner.length) == (
        signature.task,
        signature.columns,
        signature.length,
    )
    if not same or not np.array_equal(inner.classes, signature.classes):
        raise _refused("its model answers something else")
    model: Fitted = resolve(get_model(inner.kind).load)(folder / MODEL, inner)
    count = 1 if len(signature.classes) == 2 else len(signature.classes)
    arrays = read_tensors(
        folder / FILE,
        {f"{name}.{k}": Expected("float64", (None,)) for name in "xy" for k in range(count)},
    )
    calibrators = tuple(Calibrator(arrays[f"x.{k}"], arrays[f"y.{k}"]) for k in range(count))
    for own in calibrators:
        _check(own, signature.params.method)
    return Calibrated(signature, model, calibrators)


def _check(own: Calibrator, method: str) -> None:
    if method == "platt":
        sound = len(own.x) == 0 and len(own.y) == 2 and own.y[0] >= 0
    else:
        rising = bool(np.all(np.diff(own.x) > 0) and np.all(np.diff(own.y) >= 0))
        sound = len(own.x) == len(own.y) >= 1 and rising
    if not sound:
        raise _refused("a calibrator does not rise")


def _refused(what: str) -> InputError:
    return InputError(
        f"The calibrated model is refused: {what}.",
        field=DESCRIPTION,
        remedy="Export the model again.",
    )

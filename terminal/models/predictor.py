"""One prediction at a time, as trading needs it: a vector of features in, a number out.

The same model as in batches, behind the checks that a lone vector needs: names in order, shape,
numbers that are not infinite. Answers equal those of a batch to 1e-6 (a library may sum in another
order), and of trees and linear models exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from terminal.errors import InputError
from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.model import check_columns, expected_value
from terminal.models.package import Package


@dataclass(frozen=True)
class Prediction:
    """value : the number predicted, or Σ class · probability.

    probabilities : float64 (n_classes,) in the order of the model's classes; empty for a number.
    """

    value: float
    probabilities: FloatArray


class Predictor:
    """Answers for one model, loaded once."""

    def __init__(self, package: Package) -> None:
        self.model = package.fitted
        self.columns = package.fitted.columns
        n_features = len(self.columns)
        length = self.model.length
        self._shape = (n_features,) if length == 1 else (length, n_features)
        self._is_class = len(self.model.classes) > 0

    def predict(self, features: npt.ArrayLike, columns: Sequence[str] | None = None) -> Prediction:
        """The answer for one bar.

        Parameters
        ----------
        features : (n_features,), or (length, n_features) with the newest bar last. NaN is "unknown"
            and allowed, but not of every feature of the newest bar.
        columns : their names, to be checked; None when the caller has done so.

        Raises
        ------
        InputError : for other columns or another order, another shape, an infinite value, or when
            nothing is known.
        """
        if columns is not None and columns is not self.columns:
            check_columns(self.columns, columns)
        given = np.asarray(features, dtype=np.float32)
        if given.shape != self._shape:
            raise InputError(
                f"The model reads features of shape {self._shape}; {given.shape} was given.",
                field="features",
                remedy="Give one row of features, or one window of a sequence model.",
            )
        self._check(given)
        answer = self.model.predict(given[None])
        if self._is_class:
            return Prediction(float(answer[0] @ self.model.classes), answer[0])
        return Prediction(float(answer[0, 0]), np.empty(0))

    def predict_many(self, inputs: Float32Array) -> tuple[FloatArray, FloatArray]:
        """Values (n,) and answers (n, n_classes) or (n, 1) of rows or windows."""
        if np.isinf(inputs).any():
            raise _infinite(self.columns, inputs)
        answers = self.model.predict(inputs)
        return expected_value(self.model, answers), answers

    def _check(self, given: Float32Array) -> None:
        if np.isfinite(given).all():
            return
        if np.isinf(given).any():
            raise _infinite(self.columns, given)
        if np.isnan(given if given.ndim == 1 else given[-1]).all():
            raise InputError(
                "No feature is known at this bar.",
                field="features",
                remedy="Wait until the warm-up is over.",
            )


def _infinite(columns: Sequence[str], given: Float32Array) -> InputError:
    name = columns[int(np.argmax(np.isinf(given).reshape(-1, len(columns)).any(axis=0)))]
    return InputError(
        f"Feature {name!r} is infinite.", field="features", remedy="Leave the bar out."
    )

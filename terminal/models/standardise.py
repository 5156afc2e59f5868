"""Fill and scale features by what the training events say, and by nothing else.

Unknown values become the median, then (x - mean) / standard deviation, then a bound on outliers.
The numbers are learned on training events only and belong to the model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray
from terminal.models.tensors import Arrays, Expected

CLIP = 10.0
"""Standard deviations beyond which a value counts no more."""


@dataclass(frozen=True)
class Standardiser:
    """fill, mean, scale : float64 (n_features,); scale > 0, and 1 where a feature is constant."""

    fill: FloatArray
    mean: FloatArray
    scale: FloatArray

    def apply(self, inputs: Float32Array) -> Float32Array:
        """Of (..., n_features), float32; no value is NaN."""
        standard = inputs - self.mean.astype(np.float32)
        with np.errstate(over="ignore"):  # beyond float32 is beyond the bound
            standard *= (1.0 / self.scale).astype(np.float32)
        fill = ((self.fill - self.mean) / self.scale).astype(np.float32)
        np.copyto(standard, fill, where=np.isnan(standard))
        return np.asarray(np.clip(standard, -CLIP, CLIP, out=standard))

    def arrays(self) -> Arrays:
        """Under the names that `read` expects."""
        return {f"standardiser.{n}": getattr(self, n) for n in ("fill", "mean", "scale")}

    @staticmethod
    def expected(n_features: int) -> dict[str, Expected]:
        """What `tensors.read_tensors` is to look for."""
        names = ("fill", "mean", "scale")
        return {f"standardiser.{name}": Expected("float64", (n_features,)) for name in names}

    @staticmethod
    def read(arrays: Arrays) -> Standardiser:
        """From the arrays of a file."""
        fill, mean, scale = (arrays[f"standardiser.{n}"] for n in ("fill", "mean", "scale"))
        return Standardiser(fill, mean, np.where(scale > 0, scale, 1.0))


def fit_standardiser(rows: Float32Array) -> Standardiser:
    """From rows (n, n_features) of training events; no column is NaN throughout."""
    n_features = rows.shape[1]
    fill, mean, scale = np.empty(n_features), np.empty(n_features), np.empty(n_features)
    for j in range(n_features):  # a column at a time: no second copy of all rows
        column = rows[:, j].astype(np.float64)
        known = column[~np.isnan(column)]
        fill[j] = np.median(known)
        mean[j] = known.mean()
        spread = known.std()
        scale[j] = spread if spread > 1e-12 * max(1.0, abs(mean[j])) else 1.0
    return Standardiser(fill, mean, scale)

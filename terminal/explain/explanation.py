"""What an explanation is: how much each feature moved each prediction away from the average one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from terminal.features.frame import Float32Array
from terminal.market.panel import FloatArray

Progress = Callable[[float], None]
"""Called with 0..1; what it raises (a cancel) ends the work."""


def silent(_: float) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Explanation:
    """SHAP values of n predictions.

    Attributes
    ----------
    values : float64 (n, n_features), in the unit of `output`; base + sum of a row = `raw`.
    base : the output where nothing is known of the features.
    data : float32 (n, n_features), the features explained (of windows: their newest bar).
    raw : float64 (n,), the model's own output.
    columns : names of the features.
    output : what is explained, in words ("log-odds of class 1").
    method : how, in words, with its source.
    exact : False where the values are estimated by sampling.
    residual : largest |base + sum - raw|, relative to the largest |raw - base|.
    by_lag : float64 (length, n_features), mean |value| by age of the bar, oldest first; None for
        models of single rows.
    """

    values: FloatArray
    base: float
    data: Float32Array
    raw: FloatArray
    columns: tuple[str, ...]
    output: str
    method: str
    exact: bool
    residual: float
    by_lag: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.values)

    def importance(self) -> FloatArray:
        """Mean |value| of each feature, float64 (n_features,)."""
        return np.asarray(np.abs(self.values).mean(axis=0))

    def order(self) -> npt.NDArray[np.int64]:
        """Features from the most to the least important; ties in the order of the columns."""
        return np.argsort(-self.importance(), kind="stable")

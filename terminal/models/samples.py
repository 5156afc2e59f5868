"""What models are fitted on and predict from: events with their features, made when asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from terminal.features.frame import FeatureFrame, Float32Array
from terminal.labels.labels import Labels
from terminal.market.panel import FloatArray

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Samples:
    """Events of a feature frame; `labels` may be of a prediction (then y is NaN)."""

    frame: FeatureFrame
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def columns(self) -> tuple[str, ...]:
        return self.frame.columns

    @property
    def y(self) -> FloatArray:
        """What is to be predicted, float64 (n,)."""
        return self.labels.label

    @property
    def weight(self) -> FloatArray:
        return self.labels.weight

    def rows(self) -> Float32Array:
        """Features at the bar of each event, float32 (n, n_features)."""
        return self.frame.rows(self.labels.bar, self.labels.instrument)

    def windows(self, length: int) -> Float32Array:
        """Features of the last `length` bars of each event, float32 (n, length, n_features)."""
        return self.frame.windows(self.labels.bar, self.labels.instrument, length)

    def take(self, positions: IntArray) -> Samples:
        """The events at given positions."""
        own = self.labels
        return replace(
            self,
            labels=Labels(
                **{name: getattr(own, name)[positions] for name in own.__dataclass_fields__}
            ),
        )

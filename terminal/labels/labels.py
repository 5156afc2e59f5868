"""What a labeller makes: one row per event, with the span of bars its outcome depends on.

An event is decided at the close of `bar`, when row `bar` of the features is known. Its outcome is
known at the close of row `end`. Everything that keeps training honest (purging, uniqueness,
embargo) is computed from these two numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from terminal.market.panel import FloatArray

IntArray = npt.NDArray[np.int64]

TARGET, STOP, VERTICAL = 1, -1, 0
"""Values of `touched`: the barrier in favour of the side taken (of a long the upper one), the one
against it, the end of the holding time."""


@dataclass(frozen=True)
class Labels:
    """Events of a panel in the order of (bar, instrument).

    Attributes
    ----------
    bar, instrument : int64 (n,), row and column of the panel.
    end : int64 (n,), the last row the outcome depends on; end > bar.
    outcome : float64 (n,), simple return from entry to exit of a long position, before costs.
    label : float64 (n,), what a model is to predict: -1, 0, 1 of a side, 0 or 1 of a meta-label,
        0 .. k-1 of quantiles, or a return.
    touched : int8 (n,), which barrier ended it; VERTICAL where there are none.
    weight : float64 (n,), what each event counts in a fit; 1 until the fit weighs its own events
        (`terminal.models.fit_recipe.weigh`).
    side : int8 (n,), the side taken before a meta-label (1 or -1); 1 elsewhere.
    """

    bar: IntArray
    instrument: IntArray
    end: IntArray
    outcome: FloatArray
    label: FloatArray
    touched: npt.NDArray[np.int8]
    weight: FloatArray
    side: npt.NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.bar)

"""The decisions of a strategy whose weights are all of one size: one byte each.

Most strategies hold an instrument long, short or not at all, each at the same share of equity. A
sweep reads the side of every instrument at every bar some ten times faster than its weight.
`Strategy.targets` stays the law; `Sides.weights()` are its targets, number for number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from terminal.market.panel import FloatArray

ByteArray = npt.NDArray[np.uint8]

FLAT, LONG, SHORT, SILENT = range(4)
"""Places in `Sides.sizes`. Silent: no opinion."""


@dataclass(frozen=True)
class Sides:
    """A side for every instrument at every bar.

    Attributes
    ----------
    at : uint8 (n_bars, n_instruments) of FLAT, LONG, SHORT and SILENT.
    size : share of equity of an instrument that is held.
    """

    at: ByteArray
    size: float

    @property
    def sizes(self) -> FloatArray:
        """The weight of each side, float64 (4,)."""
        return np.array([0.0, self.size, -self.size, np.nan])

    def weights(self) -> FloatArray:
        """Target weights (n_bars, n_instruments)."""
        found: FloatArray = self.sizes[self.at]
        return found

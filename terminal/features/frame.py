"""Computed features of a panel: what the pipeline makes and models read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from terminal.market.panel import TimeArray

Float32Array = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FeatureFrame:
    """Features of several instruments on one time axis.

    Attributes
    ----------
    columns : names of the n_features columns. symbols : of the n_instruments.
    ts, close_ts : datetime64[ns] (n_bars,), UTC, as the panel's.
    values : float32 (n_instruments, n_bars, n_features); NaN where unknown or without a bar.
    spec_hash, data_hash : what they were made by and from.
    """

    columns: tuple[str, ...]
    symbols: tuple[str, ...]
    ts: TimeArray
    close_ts: TimeArray
    values: Float32Array
    spec_hash: str = ""
    data_hash: str = ""

    def rows(self, bar: IntArray, instrument: IntArray) -> Float32Array:
        """Values at given bars of given instruments, float32 (n, n_features)."""
        found: Float32Array = self.values[instrument, bar]
        return found

    def windows(self, bar: IntArray, instrument: IntArray, length: int) -> Float32Array:
        """The last `length` rows up to each bar, float32 (n, length, n_features), oldest first.

        Rows before the first bar are NaN.
        """
        back = bar[:, None] - np.arange(length - 1, -1, -1)
        found = self.values[instrument[:, None], np.maximum(back, 0)]
        found[back < 0] = np.nan
        return np.ascontiguousarray(found)

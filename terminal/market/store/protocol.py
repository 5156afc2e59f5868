"""Where bars live: what every bar store can do.

Bars are written once, under the version of their data set (its content hash), and never changed:
a version is there whole or not at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence, Set
from datetime import datetime
from typing import Protocol

import numpy as np
import pandas as pd

from terminal.market.dataset import BAR_COLUMNS


class BarStore(Protocol):
    """Bars by (version, symbol); frames as in `terminal.market.dataset.NewSeries.bars`."""

    def publish(self, version: str, series: Iterable[tuple[str, pd.DataFrame]]) -> None:
        """Store all series of a version, all or nothing; a version that exists stays as it is.

        Raises
        ------
        StorageFull : no space; nothing of the version is stored.
        """
        ...

    def read(
        self,
        version: str,
        symbol: str,
        start: datetime | None = None,
        end: datetime | None = None,
        columns: Sequence[str] = BAR_COLUMNS,
    ) -> pd.DataFrame:
        """Bars whose open is in [start, end], by time.

        Raises
        ------
        NotFound : there is no such version or symbol.
        """
        ...

    def versions(self) -> set[str]:
        """Versions that are stored."""
        ...

    def discard(self, version: str) -> None:
        """Remove a version; nothing happens when it is not there."""
        ...

    def sweep(self, keep: Set[str], older_than_s: float) -> int:
        """Remove what writers that died left behind, and versions not in `keep`.

        What is younger than `older_than_s` stays: its writer may be about to commit. Returns how
        many were removed.
        """
        ...


def content_hash(bars: pd.DataFrame) -> str:
    """SHA-256 of a series' times and values; the same bars have the same hash everywhere."""
    digest = hashlib.sha256()
    index = pd.DatetimeIndex(bars.index).tz_convert(None)
    digest.update(index.to_numpy().astype("datetime64[ns]").astype("<i8").tobytes())
    for column in BAR_COLUMNS:
        values = bars[column].to_numpy(dtype="<f8", copy=True)
        values[np.isnan(values)] = np.nan  # one bit pattern for every NaN
        digest.update(values.tobytes())
    return digest.hexdigest()


def dataset_version(hashes: Iterable[tuple[str, str]]) -> str:
    """Version of a data set from its (name, content hash) pairs, in any order."""
    digest = hashlib.sha256()
    for name, value in sorted(hashes):
        digest.update(f"{name}={value}\n".encode())
    return digest.hexdigest()[:32]

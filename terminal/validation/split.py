"""What a splitter gives: rows to train on and rows to test on, positions in the order of events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """One split of n events.

    train, test : int64 positions, ascending. purged : positions left out because their span
    overlaps a test span; embargoed : left out because they begin too soon after one.
    groups : of a combinatorial split, the numbers of its test groups.
    """

    train: IntArray
    test: IntArray
    purged: IntArray
    embargoed: IntArray
    groups: tuple[int, ...] = ()


class Splitter(Protocol):
    """Splits events by the spans of bars their outcomes depend on."""

    def split(self, bar: IntArray, end: IntArray) -> Iterator[Split]:
        """Every split of events with spans [bar, end] (rows of the panel, inclusive, int64 (n,)),
        given in ascending order of `bar`."""
        ...

    def count(self) -> int:
        """How many splits there are."""
        ...

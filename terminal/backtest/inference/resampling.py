"""Bootstrap samples of a time series by blocks, so that what lies close together stays together.

A scheme makes rows of positions into a series of n values, wrapped at its end. Samples come in
chunks of bounded size; how they are cut into chunks does not change them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from terminal.backtest.inference.inputs import above, count

IntArray = npt.NDArray[np.int64]

CHUNK = 2**18
"""Values in one chunk of samples: 2 MiB an array, which the processor's caches hold."""


@dataclass(frozen=True)
class Draws:
    """Two streams of one seed, so that neither depends on how much was drawn from the other."""

    starts: np.random.Generator
    breaks: np.random.Generator

    @classmethod
    def seeded(cls, seed: int) -> Draws:
        """The streams of a seed."""
        first, second = np.random.SeedSequence(seed).spawn(2)
        return cls(np.random.default_rng(first), np.random.default_rng(second))


class BlockScheme(Protocol):
    """A way to cut a series into blocks."""

    def positions(self, n: int, rows: int, draws: Draws, length: int | None = None) -> IntArray:
        """Positions in [0, n) of `rows` samples of `length` values (n where not given)."""
        ...


@dataclass(frozen=True)
class StationaryBlocks:
    """Blocks of geometric length with the given mean (Politis and Romano 1994, section 2).

    A mean length of 1 draws single values: the bootstrap of independent returns.
    """

    mean_length: float

    def __post_init__(self) -> None:
        above(self.mean_length, 1.0 - 1e-12, "block_length")

    def positions(self, n: int, rows: int, draws: Draws, length: int | None = None) -> IntArray:
        """Each value continues its block with probability 1 - 1/mean_length."""
        length = n if length is None else length
        begins = draws.breaks.random((rows, length), dtype=np.float32) < 1.0 / self.mean_length
        begins[:, 0] = True
        first = np.flatnonzero(begins)
        starts = draws.starts.integers(n, size=first.size)
        lengths = np.empty_like(first)
        np.subtract(first[1:], first[:-1], out=lengths[:-1])
        lengths[-1] = begins.size - first[-1]
        out = np.repeat(starts - first, lengths)
        out += np.arange(begins.size)
        return _wrapped(out, n, longest=int(lengths.max())).reshape(rows, length)


@dataclass(frozen=True)
class CircularBlocks:
    """Blocks of one length on the series bent to a circle (Politis and Romano 1992)."""

    length: int

    def __post_init__(self) -> None:
        count(self.length, 1, "block_length")

    def positions(self, n: int, rows: int, draws: Draws, length: int | None = None) -> IntArray:
        """As many blocks as cover `length` values; the last one is cut."""
        length = n if length is None else length
        blocks = -(-length // self.length)
        starts = draws.starts.integers(n, size=(rows, blocks, 1))
        out = (starts + np.arange(self.length)).reshape(rows, -1)[:, :length]
        return _wrapped(out, n, longest=self.length)


def _wrapped(positions: IntArray, n: int, longest: int) -> IntArray:
    if longest > n:
        return positions % n
    # a block is no longer than the series: it passes the end once, and a division is dear
    np.subtract(positions, n, out=positions, where=positions >= n)
    return positions


def sample_positions(
    scheme: BlockScheme,
    n: int,
    n_samples: int,
    seed: int,
    length: int | None = None,
    chunk: int = CHUNK,
) -> Iterator[IntArray]:
    """Positions of all samples in chunks of shape (rows, length), about `chunk` values each.

    The samples are the same for every `chunk`.
    """
    draws = Draws.seeded(seed)
    size = n if length is None else length
    rows = max(1, chunk // size)
    for done in range(0, n_samples, rows):
        yield scheme.positions(n, min(rows, n_samples - done), draws, length)

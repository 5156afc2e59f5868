"""Blocks of events in time, what each takes away from training, and the splits made of them.

A test block covers the rows a = first `bar` .. b = last `bar`, and its outcomes reach to
e = largest `end`. An event may be trained on beside it only where

- its span [bar, end] does not touch [a, e] (López de Prado 2018, snippet 7.1: purging), and
- its bar is more than `gap` rows before a or after b, so that with gap = look-back + horizon
  neither's features nor outcome share a bar with the other's, and
- its bar is more than `embargo` rows after all that (snippet 7.2).

Bars are the panel's: events of all instruments are purged together, and no bar is cut in two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from terminal.errors import InputError
from terminal.validation.ranges import IntArray, Ranges, minus, positions, runs, size, union
from terminal.validation.split import Split


@dataclass(frozen=True)
class Block:
    """Positions first <= i < stop, and the ranges it takes away when it is tested."""

    first: int
    stop: int
    purged: Ranges
    embargoed: Ranges


class RangeSplit(Split):
    """A split kept as ranges; its arrays are made when first asked for.

    Attributes
    ----------
    train_ranges, test_ranges, purged_ranges, embargoed_ranges : the same as half-open ranges.
    """

    def __init__(
        self, within: Ranges, blocks: Sequence[Block], groups: tuple[int, ...] = ()
    ) -> None:
        """Test `blocks`, train on what is left of `within`."""
        self.__dict__.update(groups=groups, _within=within, _blocks=tuple(blocks))

    _within: Ranges
    _blocks: tuple[Block, ...]

    @cached_property
    def test_ranges(self) -> Ranges:
        return union((block.first, block.stop) for block in self._blocks)

    @cached_property
    def purged_ranges(self) -> Ranges:
        return minus(union(r for block in self._blocks for r in block.purged), self.test_ranges)

    @cached_property
    def embargoed_ranges(self) -> Ranges:
        taken = union((*self.test_ranges, *self.purged_ranges))
        return minus(union(r for block in self._blocks for r in block.embargoed), taken)

    @cached_property
    def train_ranges(self) -> Ranges:
        away = union(
            r
            for block in self._blocks
            for r in ((block.first, block.stop), *block.purged, *block.embargoed)
        )
        return minus(self._within, away)

    @cached_property
    def train(self) -> IntArray:
        return positions(self.train_ranges)

    @cached_property
    def test(self) -> IntArray:
        return positions(self.test_ranges)

    @cached_property
    def purged(self) -> IntArray:
        return positions(self.purged_ranges)

    @cached_property
    def embargoed(self) -> IntArray:
        return positions(self.embargoed_ranges)


@dataclass(frozen=True)
class Timeline:
    """Events ready to be cut: `bar` ascending, `end`, and the largest `end` up to each event."""

    bar: IntArray
    end: IntArray
    reach: IntArray

    def __len__(self) -> int:
        return len(self.bar)

    def block(self, first: int, stop: int, gap: int, embargo: int = 0) -> Block:
        """The events first <= i < stop as a test block."""
        bar, end = self.bar, self.end
        a, b, e = int(bar[first]), int(bar[stop - 1]), int(end[first:stop].max())
        near = int(np.searchsorted(bar, a - gap))
        clear = int(np.searchsorted(self.reach[:first], a))
        before: list[tuple[int, int]] = [(near, first)]
        if clear < near:  # spans longer than the gap
            before += runs(end[clear:near] >= a, clear)
        after = max(int(np.searchsorted(bar, e, side="right")), stop)
        far = int(np.searchsorted(bar, max(b + gap, e) + embargo, side="right"))
        return Block(
            first=first,
            stop=stop,
            purged=union([*before, (stop, after)]),
            embargoed=union([(after, far)]),
        )

    def cut(self, at: IntArray, parts: str) -> list[int]:
        """Positions `at` moved back to the start of their bar, between 0 and n.

        Raises
        ------
        InputError : a part would be empty; `parts` is what they are called.
        """
        inner = at[at < len(self)] if len(self) else at[:0]
        bounds = [0, *np.searchsorted(self.bar, self.bar[inner]).tolist(), len(self)]
        if len(inner) < len(at) or any(left >= right for left, right in pairwise(bounds)):
            raise InputError(
                f"{len(self):,} events on {len(np.unique(self.bar)):,} bars cannot be cut into "
                f"{len(at) + 1} {parts}.",
                field=parts,
                remedy=f"Use fewer {parts} or more data.",
            )
        return bounds

    def equal(self, n: int, parts: str) -> list[int]:
        """Bounds of n parts of nearly as many events, as `numpy.array_split` has them."""
        base, longer = divmod(len(self), n)
        k = np.arange(1, n)
        return self.cut(k * base + np.minimum(k, longer), parts)


def timeline(bar: IntArray, end: IntArray) -> Timeline:
    """Checked events.

    Raises
    ------
    InputError : `bar` is not ascending, or an event ends before it begins.
    """
    if len(bar) != len(end):
        raise InputError(f"There are {len(bar)} bars and {len(end)} ends.", field="end")
    if len(bar) and bool((bar[1:] < bar[:-1]).any()):
        raise InputError("Events must be in the order of their bars.", field="bar")
    if bool((end < bar).any()):
        raise InputError("An event ends before it begins.", field="end")
    return Timeline(bar, end, np.maximum.accumulate(end) if len(end) else end)


def refuse_empty(split: RangeSplit, line: Timeline, gap: int, number: int) -> RangeSplit:
    """The split, or InputError with the numbers where nothing is left to train on."""
    if size(split.train_ranges):
        return split
    first, stop = split.test_ranges[0][0], split.test_ranges[-1][1]
    raise InputError(
        f"Split {number + 1} tests bars {line.bar[first]} to {line.bar[stop - 1]} of "
        f"{line.bar[-1] + 1}; a gap of {gap} bars leaves nothing to train on.",
        field="gap",
        remedy="Use fewer or smaller test blocks, a shorter look-back or horizon, or more data.",
    )

"""Combinatorial purged cross-validation: López de Prado (2018), section 12.4.

Time is cut into N groups and every choice of k of them is tested: C(N, k) splits, in which each
group is tested k / N · C(N, k) = φ times. So there are φ whole paths (`terminal.validation.paths`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import comb

from terminal.errors import InputError
from terminal.params import param
from terminal.validation.blocks import RangeSplit, refuse_empty, timeline
from terminal.validation.ranges import IntArray

MOST_SPLITS = 5_000


@dataclass(frozen=True)
class CombinatorialParams:
    """Parameters of combinatorial purged cross-validation."""

    groups: int = param(10, title="Groups", low=3, high=50)
    test_groups: int = param(2, title="Tested at a time", low=1, high=10)
    embargo: int = param(
        0, title="Embargo", low=0, high=100_000, unit="bars",
        help="Bars left out after a test block, on top of the gap.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_groups(self.groups, self.test_groups)


@dataclass(frozen=True)
class CombinatorialPurged:
    """Every choice of `test_groups` of `groups`, in lexicographic order."""

    groups: int = 10
    test_groups: int = 2
    gap: int = 0
    embargo: int = 0

    def __post_init__(self) -> None:
        check_groups(self.groups, self.test_groups)

    def count(self) -> int:
        return comb(self.groups, self.test_groups)

    def split(self, bar: IntArray, end: IntArray) -> Iterator[RangeSplit]:
        line = timeline(bar, end)
        whole = ((0, len(line)),)
        blocks = [
            line.block(first, stop, self.gap, self.embargo)
            for first, stop in pairwise(line.equal(self.groups, "groups"))
        ]
        for number, chosen in enumerate(combinations(range(self.groups), self.test_groups)):
            made = RangeSplit(whole, [blocks[g] for g in chosen], chosen)
            yield refuse_empty(made, line, self.gap, number)


def check_groups(groups: int, test_groups: int) -> None:
    """InputError where nothing would be trained on, or the splits are too many to train."""
    if not 0 < test_groups < groups:
        raise InputError(
            f"{test_groups} of {groups} groups cannot be tested at a time.",
            field="test_groups",
            remedy="Test at least one group and leave at least one to train on.",
        )
    if comb(groups, test_groups) > MOST_SPLITS:
        raise InputError(
            f"{test_groups} of {groups} groups make {comb(groups, test_groups):,} splits; "
            f"at most {MOST_SPLITS:,}.",
            field="groups",
            remedy="Use fewer groups.",
        )

"""TWAP: equal parts in equal times, each sent at a random moment of its part."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.execution.algorithms.params import TimeSlicing
from terminal.execution.algorithms.parent import ParentOrder
from terminal.execution.algorithms.plan import TimePlan, slice_times


@dataclass(frozen=True)
class TwapParams(TimeSlicing):
    """Equal parts in equal times."""


def plan(parent: ParentOrder, params: TwapParams) -> TimePlan:
    """Slice k brings the parent to (k + 1) / n."""
    times = slice_times(parent, params.slices, params.jitter)
    n = params.slices
    return TimePlan(parent, times, tuple((k + 1) / n for k in range(n)))

"""VWAP: as much at a time as usually trades then."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.errors import InputError
from terminal.execution.algorithms.params import TimeSlicing
from terminal.execution.algorithms.parent import ParentOrder
from terminal.execution.algorithms.plan import TimePlan, slice_times


@dataclass(frozen=True)
class VwapParams(TimeSlicing):
    """Parts as large as the share of a session's volume that usually trades in their time."""


def plan(parent: ParentOrder, params: VwapParams) -> TimePlan:
    """Slice k brings the parent to the share of the window's volume that its part ends with.

    Raises
    ------
    InputError : there is no curve, or nothing trades within the window by it.
    """
    if parent.curve is None:
        raise InputError(
            "VWAP needs the curve of a session's volume.",
            field="curve",
            remedy="Store 15-minute bars of this symbol, or choose TWAP.",
        )
    part = (parent.closing_at - parent.start_at) / params.slices
    ends = [parent.curve.upto(parent.start_at + part * k) for k in range(params.slices + 1)]
    first, whole = ends[0], ends[-1] - ends[0]
    if whole <= 0.0:
        raise InputError(
            "By the curve of its volume nothing trades within the window.",
            field="start_at",
            remedy="Choose a window within the session.",
        )
    fractions = [min(1.0, (end - first) / whole) for end in ends[1:-1]]
    times = slice_times(parent, params.slices, params.jitter)
    return TimePlan(parent, times, (*fractions, 1.0))

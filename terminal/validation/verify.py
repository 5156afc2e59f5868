"""Is a split honest? Checked anew from the spans alone, whoever made it."""

from __future__ import annotations

import numpy as np

from terminal.errors import InputError
from terminal.validation.ranges import IntArray
from terminal.validation.split import Split


class LeakingSplit(InputError):
    """Training and test share what they must not."""


def verify(
    split: Split, bar: IntArray, end: IntArray, gap: int, *, past_only: bool = False
) -> None:
    """Check order, overlap and distance of training and test.

    Parameters
    ----------
    bar, end : int64 (n,), rows of each event, `bar` ascending.
    gap : rows that must lie between the bars of any trained and any tested event.
    past_only : whether all training must lie before the test (walk-forward).

    Raises
    ------
    LeakingSplit : with the first events that break a rule.
    """
    train, test = split.train, split.test
    for name, chosen in (("training", train), ("test", test)):
        if not len(chosen):
            raise LeakingSplit(f"The {name} set is empty.", field="split")
        if chosen[0] < 0 or chosen[-1] >= len(bar) or bool((np.diff(chosen) <= 0).any()):
            raise LeakingSplit(
                f"The {name} positions are not ascending within 0 to {len(bar) - 1}.",
                field="split",
            )
    rows, reach = _by_row(bar[test], end[test])
    own_rows, own_reach = _by_row(bar[train], end[train])
    highest = np.maximum.accumulate(reach)
    # the last tested bar that a training span could touch, and how far tests up to it reach
    last = np.searchsorted(rows, own_reach, side="right") - 1
    overlaps = (last >= 0) & (highest[np.maximum(last, 0)] >= own_rows)
    if bool(overlaps.any()):
        at = int(np.argmax(overlaps))
        raise LeakingSplit(
            f"A training event of bar {own_rows[at]} ends at {own_reach[at]}, inside a test span.",
            field="split",
            remedy="Purge it.",
        )
    after = np.searchsorted(rows, own_rows)
    far = np.iinfo(np.int64).max
    to_next = np.where(after < len(rows), rows[np.minimum(after, len(rows) - 1)] - own_rows, far)
    to_previous = np.where(after > 0, own_rows - rows[np.maximum(after - 1, 0)], far)
    distance = np.minimum(to_next, to_previous)
    if bool((distance <= gap).any()):
        at = int(np.argmin(distance))
        raise LeakingSplit(
            f"A training event of bar {own_rows[at]} lies {distance[at]} bars from a test event; "
            f"the gap is {gap}.",
            field="gap",
            remedy="Leave out what lies within the gap.",
        )
    if past_only and own_rows[-1] >= rows[0]:
        raise LeakingSplit(
            f"Training reaches bar {own_rows[-1]}, the test begins at {rows[0]}.", field="split"
        )


def _by_row(bar: IntArray, end: IntArray) -> tuple[IntArray, IntArray]:
    """Distinct rows and the largest end of the events of each."""
    first = np.flatnonzero(np.diff(bar, prepend=bar[0] - 1))
    return bar[first], np.maximum.reduceat(end, first)

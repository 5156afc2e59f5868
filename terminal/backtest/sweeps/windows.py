"""How a walk-forward cuts the sessions of a period into windows of training and test."""

from __future__ import annotations

import math
from dataclasses import dataclass

from terminal.errors import InputError

LEAST_TRAIN = 20
"""Sessions: fewer have no Sharpe ratio worth a choice."""
MOST_WINDOWS = 200


@dataclass(frozen=True)
class WalkForwardRequest:
    """How the period is cut.

    Attributes
    ----------
    train, test : sessions of a window's two parts; with `anchored`, training starts at the first
        session and grows by `test` from window to window.
    purge : bars left out between the two.
    """

    train: int = 756
    test: int = 126
    purge: int = 0
    anchored: bool = False


@dataclass(frozen=True)
class Window:
    """Sessions [train_first, train_end) choose, [test_first, test_end) are traded."""

    train_first: int
    train_end: int
    test_first: int
    test_end: int


def make_windows(
    request: WalkForwardRequest, n_sessions: int, bars_a_session: float
) -> tuple[Window, ...]:
    """The windows of a period; tests follow one another without a gap, the last may be shorter.

    A purge leaves out as many whole sessions as its bars touch.

    Raises
    ------
    InputError : naming the part that is too short or too long for the period.
    """
    for name, value, least in (("train", request.train, LEAST_TRAIN), ("test", request.test, 1)):
        if value < least:
            raise InputError(
                f"A {name} part of {value} sessions is too short; at least {least} are needed.",
                field=name,
                remedy="Enter more sessions.",
            )
    if request.purge < 0:
        raise InputError("The purge is below 0 bars.", field="purge", remedy="Enter 0 or more.")
    gap = math.ceil(request.purge / max(bars_a_session, 1.0))
    out = []
    first = request.train + gap
    while first < n_sessions:
        end = min(first + request.test, n_sessions)
        train_end = first - gap
        start = 0 if request.anchored else train_end - request.train
        out.append(Window(start, train_end, first, end))
        first = end
    if len(out) < 2:
        raise InputError(
            f"Training on {request.train} and testing on {request.test} of {n_sessions} sessions "
            "makes fewer than 2 windows.",
            field="train",
            remedy="Shorten the parts or choose a longer period.",
        )
    if len(out) > MOST_WINDOWS:
        raise InputError(
            f"These parts make {len(out)} windows; at most {MOST_WINDOWS} are run.",
            field="test",
            remedy="Test on more sessions at a time.",
        )
    return tuple(out)

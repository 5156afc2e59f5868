"""Averages of the market between two moments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from terminal.execution.tca import twap, vwap, within

D = Decimal
OPEN = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
TS = np.datetime64("2026-03-02T14:30") + 15 * np.arange(4).astype("timedelta64[m]")
CLOSE_TS = TS + np.timedelta64(15, "m")
PRICE = np.array([10.0, 10.1, 10.2, 10.15])
BARS = (PRICE + 0.1, PRICE - 0.1, PRICE)
VOLUME = np.array([100.0, 300.0, 200.0, 400.0])


def at(minutes: float) -> datetime:
    return OPEN + timedelta(minutes=minutes)


def test_whole_bars() -> None:
    assert within(TS, CLOSE_TS, BARS, VOLUME, OPEN, at(60)) == (D("10.13"), D("10.1125"))


def test_a_bar_partly_within_counts_by_its_part() -> None:
    found = within(TS, CLOSE_TS, BARS, VOLUME, at(7.5), at(30))
    assert found == (D(repr(round((50 * 10 + 300 * 10.1) / 350, 9))),
                     D(repr(round((7.5 * 10 + 15 * 10.1) / 22.5, 9))))  # fmt: skip


def test_one_moment_is_the_bar_it_lies_in() -> None:
    assert within(TS, CLOSE_TS, BARS, VOLUME, at(15), at(15)) == (D("10.1"), D("10.1"))


def test_no_bar_no_volume_and_holes() -> None:
    assert within(TS, CLOSE_TS, BARS, VOLUME, at(90), at(99)) == (None, None)
    assert within(TS, CLOSE_TS, BARS, 0 * VOLUME, OPEN, at(60)) == (None, D("10.1125"))
    holed = tuple(np.where([0, 1, 0, 0], np.nan, values) for values in BARS)
    vw, tw = within(TS, CLOSE_TS, holed, VOLUME, OPEN, at(30))  # type: ignore[arg-type]
    assert (vw, tw) == (D("10.0"), D("10.0"))


def test_plain_averages() -> None:
    assert vwap([D(10), D(20)], [D(1), D(3)]) == D("17.5") and twap([D(10), D(20)]) == 15
    assert vwap([D(10)], [D(0)]) is None and twap([]) is None

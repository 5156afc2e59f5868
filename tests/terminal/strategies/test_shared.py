"""Indicators kept between runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Barrier, Event

import numpy as np
import pytest

from terminal.market.panel import FloatArray
from terminal.strategies.indicators import ema, sma
from terminal.strategies.shared import shared, sharing
from tests.terminal.backtest.panels import random_panel

BARS = random_panel(1, n_bars=100, ragged=False)


def test_an_indicator_of_the_panel_is_made_once_per_window() -> None:
    with sharing(BARS) as kept:
        first = sma(BARS.close, 10)
        assert sma(BARS.close, 10) is first
        assert sma(BARS.close, 20) is not first and ema(BARS.close, 10) is not first
        assert (kept.made, kept.found) == (3, 1)
    assert sma(BARS.close, 10) is not first
    np.testing.assert_array_equal(sma(BARS.close, 10), first)


def test_what_is_kept_cannot_be_written_to() -> None:
    with sharing(BARS), pytest.raises(ValueError, match="read-only"):
        sma(BARS.close, 10)[0] = 1.0


def test_arrays_a_strategy_made_itself_are_not_kept() -> None:
    """Their memory may be given to another array under the same identity."""
    with sharing(BARS) as kept:
        for factor in (1.0, 2.0, 3.0):
            np.testing.assert_allclose(
                sma(BARS.close * factor, 10), factor * sma(BARS.close, 10), rtol=1e-12
            )
        assert kept.made == 1


def test_the_one_unused_for_longest_goes_first() -> None:
    with sharing(BARS, room=2 * BARS.close.nbytes) as kept:
        first = sma(BARS.close, 5)
        sma(BARS.close, 6)
        assert sma(BARS.close, 5) is first
        sma(BARS.close, 7)  # drops 6
        assert sma(BARS.close, 5) is first
        made = kept.made
        sma(BARS.close, 6)
        assert kept.made == made + 1


def test_a_new_one_takes_the_place_of_the_one_that_goes() -> None:
    """While it is made, no more are kept than there is room for."""
    room = 2 * BARS.close.nbytes
    before: list[int] = []

    @shared
    def watched(values: FloatArray, number: int) -> FloatArray:
        before.append(kept.size)
        return values + number

    with sharing(BARS, room) as kept:
        for number in range(4):
            watched(BARS.close, number)
        assert kept.size == room
    assert before == [0, room // 2, room // 2, room // 2]


def test_of_two_threads_that_need_the_same_one_makes_it() -> None:
    both, never, made = Barrier(2, timeout=10), Event(), list[int]()

    @shared
    def slowly(values: FloatArray, number: int) -> FloatArray:
        made.append(number)
        never.wait(timeout=0.05)  # the other comes meanwhile
        return values * number

    def ask() -> FloatArray:
        both.wait()
        return slowly(BARS.close, 3)

    with sharing(BARS) as kept, ThreadPoolExecutor(2) as pool:
        first, second = [pool.submit(copy_context().run, ask) for _ in range(2)]
        assert first.result() is second.result()
        assert made == [3] and (kept.made, kept.found) == (1, 1)


def test_a_failure_is_not_kept() -> None:
    wrong = [True, False]

    @shared
    def once_wrong(values: FloatArray, number: int) -> FloatArray:
        if wrong.pop(0):
            raise ValueError(f"not {number}")
        return values + number

    with sharing(BARS):
        with pytest.raises(ValueError, match="not 3"):
            once_wrong(BARS.close, 3)
        np.testing.assert_array_equal(once_wrong(BARS.close, 3), BARS.close + 3)

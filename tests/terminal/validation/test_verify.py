"""The check must find each fault that a splitter could make."""

from __future__ import annotations

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.validation.gap import auto_gap, checked_gap
from terminal.validation.split import Split
from terminal.validation.verify import LeakingSplit, verify

BAR = np.arange(20)
END = BAR + 3
NONE = np.empty(0, dtype=np.int64)


def split(train: list[int], test: list[int]) -> Split:
    return Split(np.array(train, dtype=np.int64), np.array(test, dtype=np.int64), NONE, NONE)


def test_a_clean_split_passes() -> None:
    verify(split([0, 1, 2, 3], [9, 10, 11]), BAR, END, gap=5)


@pytest.mark.parametrize(
    ("train", "test", "gap", "words"),
    [
        ([], [5], 0, "training set is empty"),
        ([5], [], 0, "test set is empty"),
        ([3, 1], [9], 0, "training positions are not ascending"),
        ([1, 1], [9], 0, "training positions are not ascending"),
        ([1], [9, 25], 0, "test positions are not ascending within 0 to 19"),
        ([0, 6], [9, 10], 0, "training event of bar 6 ends at 9, inside a test span"),
        ([12], [9], 0, "training event of bar 12 ends at 15, inside a test span"),
        ([9], [9], 0, "inside a test span"),
        ([0, 4], [9], 5, "training event of bar 4 lies 5 bars from a test event; the gap is 5"),
        ([18], [9], 9, "bar 18 lies 9 bars"),
    ],
)
def test_a_faulty_split_is_refused_in_words(
    train: list[int], test: list[int], gap: int, words: str
) -> None:
    with pytest.raises(LeakingSplit, match=words):
        verify(split(train, test), BAR, END, gap)


def test_a_long_span_before_the_nearest_test_event_is_found() -> None:
    bar, end = np.array([0, 5, 6]), np.array([50, 5, 7])
    with pytest.raises(LeakingSplit, match="bar 6"):
        verify(split([2], [0, 1]), bar, end, gap=0)


def test_training_after_the_test_is_found_where_only_the_past_may_be() -> None:
    verify(split([0, 15], [7, 8]), BAR, END, gap=3)
    with pytest.raises(LeakingSplit, match="Training reaches bar 15, the test begins at 7"):
        verify(split([0, 15], [7, 8]), BAR, END, gap=3, past_only=True)


def test_the_gap_is_look_back_plus_horizon_and_a_shorter_one_is_refused_with_the_numbers() -> None:
    assert auto_gap(60, 21) == 81 == checked_gap("auto", 60, 21)
    assert checked_gap(100, 60, 21) == 100
    with pytest.raises(InputError, match="80 bars; a look-back of 60 and a horizon of 21 need"):
        checked_gap(80, 60, 21)
    with pytest.raises(InputError, match="make no sense"):
        auto_gap(-1, 5)

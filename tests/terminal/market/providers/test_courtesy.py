"""Not too often, again after a while, not for ever; and not twice for the same answer."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from terminal.errors import NotFound, Unavailable
from terminal.market.providers.answer_cache import AnswerCache
from terminal.market.providers.courtesy import RateLimit, Retry


class Clock:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_no_minute_has_more_requests_than_allowed() -> None:
    clock = Clock()
    limit = RateLimit(3, clock, clock.sleep)
    sent = []
    for _ in range(10):
        limit.wait()
        sent.append(clock.now)
        clock.now += 1.0
    assert all(later - earlier >= 60.0 for earlier, later in zip(sent, sent[3:], strict=False))
    assert sum(clock.slept) < 180.0


def test_pauses_double_and_the_last_failure_is_raised() -> None:
    clock, tries = Clock(), []

    def fail() -> None:
        tries.append(clock.now)
        raise Unavailable("no answer")

    with pytest.raises(Unavailable):
        Retry(4, 1.0, sleep=clock.sleep).call(fail)
    assert clock.slept == [1.0, 2.0, 4.0] and len(tries) == 4


def test_a_source_that_names_a_time_gets_it_unless_it_is_too_long() -> None:
    clock = Clock()

    def busy(seconds: float) -> None:
        raise Unavailable("busy", retry_after_s=seconds)

    for seconds, waits in ((5.0, [5.0]), (600.0, [])):
        clock.slept.clear()
        with pytest.raises(Unavailable):
            Retry(2, sleep=clock.sleep).call(partial(busy, seconds))
        assert clock.slept == waits


def test_what_a_retry_cannot_help_is_not_tried_again() -> None:
    tries = []

    def fail() -> None:
        tries.append(1)
        raise NotFound("no such symbol")

    with pytest.raises(NotFound):
        Retry(5).call(fail)
    assert len(tries) == 1


FRAME = pd.DataFrame({"Close": [1.0, 2.0]}, index=pd.date_range("2024-01-02", periods=2, tz="UTC"))


def test_an_answer_is_kept_for_its_time(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path, max_age_hours=1.0)
    assert cache.get("q") is None
    cache.put("q", FRAME)
    kept = cache.get("q")
    assert kept is not None
    pd.testing.assert_frame_equal(kept, FRAME, check_freq=False)
    assert cache.get("another") is None
    (file,) = tmp_path.iterdir()
    os.utime(file, (time.time() - 7200,) * 2)
    assert cache.get("q") is None


def test_a_damaged_answer_is_asked_for_again(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path, max_age_hours=1.0)
    cache.put("q", FRAME)
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"rubbish")
    assert cache.get("q") is None
    assert not file.exists()

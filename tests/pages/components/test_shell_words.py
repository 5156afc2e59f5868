from __future__ import annotations

from pages.shell import worker_words
from terminal.jobs.values import QueueState

SERVED = QueueState(workers=1, slots=2, running=0, ahead=0)
ALONE = QueueState(workers=0, slots=0, running=0, ahead=0)


def test_dot_says_none_busy_or_idle() -> None:
    assert worker_words({"backtest": SERVED, "data": SERVED})[:2] == ("idle", "Idle")
    assert worker_words({"backtest": ALONE, "data": ALONE})[:2] == ("none", "No worker")
    busy = QueueState(workers=1, slots=2, running=2, ahead=3)
    assert worker_words({"backtest": busy, "data": SERVED})[:2] == ("busy", "2 running, 3 waiting")


def test_a_queue_that_nobody_serves_is_named() -> None:
    dot, _text, sentence = worker_words({"backtest": SERVED, "data": ALONE})
    assert dot == "none"
    assert sentence == "No worker serves: data."

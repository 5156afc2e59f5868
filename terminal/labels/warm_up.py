"""Run every loop of labels once, so that the compiler keeps what it made."""

from __future__ import annotations

import numpy as np

from terminal.labels.event_params import CUSUM
from terminal.labels.triple_barrier import HIGH_LOW, TRIPLE_BARRIER, TripleBarrierParams
from terminal.labels.weights import average_uniqueness, sequential_bootstrap
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe


def warm_up() -> None:
    """Triple barriers of a few bars, with and without the filter, their weights and one draw."""
    n = 60
    ts = np.datetime64("2024-01-02T14:30", "ns") + np.arange(n) * np.timedelta64(1, "D")
    close = 100.0 + np.sin(np.arange(2.0 * n)).reshape(n, 2)
    one = np.ones_like(close)
    panel = Panel(
        Timeframe.DAY_1, "XNYS", ("A", "B"), ts, ts + np.timedelta64(390, "m"), close, close, close,
        close, one, one, np.zeros_like(close),
    )  # fmt: skip
    for params in (
        TripleBarrierParams(horizon=5, span=10),
        TripleBarrierParams(horizon=5, span=10, watched=HIGH_LOW, events=CUSUM, threshold=0.1),
    ):
        made = TRIPLE_BARRIER.make(panel, params)
    average_uniqueness(made.bar, made.end, made.instrument)
    sequential_bootstrap(made.bar, made.end, made.instrument, 1, 0)

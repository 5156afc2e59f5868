"""A result that the engine itself made, with the analysis that its job stores."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np

from terminal.backtest.analysis import analyse
from terminal.backtest.judged import Judged, Trials
from terminal.backtest.request import BacktestRequest, CostRequest
from terminal.backtest.result import BacktestResult, Provenance
from terminal.backtest.run import frames_of, run_backtest
from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from tests.terminal.backtest.panels import random_panel

XNYS = get_calendar("XNYS")
REQUEST = BacktestRequest(
    "sma-crossover",
    {"fast": 3, "slow": 10},
    "made",
    ("A", "B", "C"),
    costs=CostRequest(half_spread_bps=1.0, impact_root=0.5, borrow_bps=100.0),
    name="Made by the engine",
)


def engine_result(
    bars: Panel, request: BacktestRequest = REQUEST, trials: Trials | None = None, **analysis: Any
) -> BacktestResult:
    """A run of `request` on `bars`, judged as trial 1 of `trials`."""
    done = run_backtest(request, bars, bars, XNYS)
    frames = frames_of(done)
    made = analyse(
        request, frames, bars, XNYS.session_of(bars.ts), periods=252.0, seed=1, **analysis
    )
    return BacktestResult(
        request=request,
        metrics=done.metrics,
        benchmark_metrics=done.benchmark_metrics,
        provenance=Provenance("1", "sha256:1", "Made", "tests", False, 1, {}, done.notes),
        judged=Judged(made, Trials(1), trials or Trials(1)),
        **frames,
    )


def on_sessions(bars: Panel) -> Panel:
    """The same daily bars on true sessions of the exchange."""
    days = XNYS.sessions_in(date(2020, 1, 2), date(2025, 12, 31))[: bars.n_bars]
    opens = XNYS.open_of(days)
    return replace(bars, ts=opens, close_ts=opens + np.timedelta64(390, "m"))


@lru_cache(maxsize=1)
def sample_run() -> BacktestResult:
    """400 bars of three instruments with dividends and splits, after 137 trials."""
    bars = on_sessions(random_panel(4, 400, 3, ragged=False))
    return engine_result(bars, replace(REQUEST, long_only=False), Trials(137, 0.2))


@lru_cache(maxsize=1)
def plain_run() -> BacktestResult:
    """The same without dividends and splits, whose fractions belong to no trade."""
    bars = on_sessions(random_panel(4, 400, 3, ragged=False, events=False))
    return engine_result(bars, replace(REQUEST, long_only=False))

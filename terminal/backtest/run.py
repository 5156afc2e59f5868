"""One backtest from bars to result: signals, look-ahead check, simulation, benchmark, metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from terminal.backtest.account import Account
from terminal.backtest.certificate.certificate import Certificate, LooksAhead
from terminal.backtest.certificate.issue import issue, refused
from terminal.backtest.engine import Simulation, simulate
from terminal.backtest.events import decisions, simulate_events
from terminal.backtest.metrics import (
    SESSIONS_PER_YEAR,
    Inputs,
    benchmark_metrics,
    compute_metrics,
    session_last,
)
from terminal.backtest.request import BacktestRequest
from terminal.backtest.trades import round_trips
from terminal.backtest.truncation import CUTS, TruncationCheck, decide, truncation_check
from terminal.backtest.validate import account_of, costs_of, exits_of, strategy_of
from terminal.errors import InputError
from terminal.market.calendars import TradingCalendar
from terminal.market.mixed import traded
from terminal.market.panel import FloatArray, Panel
from terminal.market.timeframe import Timeframe
from terminal.params import validate
from terminal.strategies.hold import BUY_AND_HOLD, HoldParams
from terminal.strategies.strategy import Strategy, require_bars

CUTS_OF_COSTLY = 3
"""Replays of a strategy that is asked after every bar or fitted anew, because each takes as long as
the run."""
SESSION_YEARS = 2010, 2019
"""Years whose sessions are counted for the number of sessions in a year."""

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Finished:
    """Frames and numbers of a run; `seconds` by stage, for the log and the benchmarks."""

    curve: pd.DataFrame
    fills: pd.DataFrame
    trades: pd.DataFrame
    positions: pd.DataFrame
    metrics: Mapping[str, float | None]
    benchmark_metrics: Mapping[str, float | None]
    notes: tuple[str, ...]
    check: TruncationCheck
    certificate: Certificate
    seconds: Mapping[str, float]


def run_backtest(
    request: BacktestRequest,
    panel: Panel,
    benchmark: Panel | None,
    calendar: TradingCalendar,
    progress: Progress = lambda _fraction, _stage: None,
    seed: int = 0,
) -> Finished:
    """Run `request` on raw bars.

    Parameters
    ----------
    panel : raw bars of the universe with their splits and dividends.
    benchmark : raw bars whose equal-weight buy and hold is the benchmark; None for none.
    progress : told (fraction, stage) before each stage.
    seed : of the certificate's shuffled data.

    Raises
    ------
    InputError : parameters, capital, costs or the number of bars do not allow a run.
    LooksAhead : the strategy saw the future.
    """
    clock = _Clock()
    strategy = strategy_of(request)
    params = validate(strategy.params_type, request.params)
    require_bars(strategy, params, panel.n_bars)
    short_of_bars = _short_of_bars(strategy, params, panel)
    progress(0.25, "Signals")
    targets = decide(strategy, params, panel)
    clock.lap("signals")
    progress(0.4, "Look-ahead check")
    cuts = CUTS_OF_COSTLY if strategy.start is not None or strategy.costly else CUTS
    check = truncation_check(strategy, params, panel, targets, cuts)
    if not check.passed:
        raise LooksAhead(
            f"{strategy.title} decided differently at bar {check.bar} of {check.symbol} when later "
            "bars were hidden: it looks ahead, so its result would be a lie.",
            refused(check, panel.n_instruments),
            field="strategy",
            remedy="The strategy's code must use past bars only.",
        )
    clock.lap("check")
    progress(0.6, "Simulation")
    sessions = calendar.session_of(panel.ts)
    simulation, decided = _simulated(request, strategy, params, panel, targets, sessions)
    trades = round_trips(traded(panel), simulation.fills)
    clock.lap("engine")
    progress(0.7, "Certificate")
    certificate = issue(
        strategy,
        params,
        panel,
        account_of(request),
        targets,
        check,
        simulation.fills,
        seed,
        decided,
    )
    clock.lap("certificate")
    progress(0.8, "Metrics")
    curve = simulation.curve.assign(benchmark=benchmark_equity(panel, benchmark, request.capital))
    periods = periods_per_year(request.timeframe, calendar)
    inputs = metric_inputs(request, curve, trades, sessions, periods)
    found, of_benchmark = compute_metrics(inputs), benchmark_metrics(inputs)
    clock.lap("metrics")
    return Finished(
        curve,
        simulation.fills,
        trades,
        simulation.positions,
        found,
        of_benchmark,
        (*simulation.notes, *_closes_only(panel), *short_of_bars, *_notes(periods), check.sentence),
        check,
        certificate,
        clock.seconds,
    )


def _simulated(
    request: BacktestRequest,
    strategy: Strategy,
    params: Any,
    panel: Panel,
    targets: FloatArray,
    sessions: np.ndarray,
) -> tuple[Simulation, FloatArray]:
    """(what happened, where something was decided), by target weights or by orders."""
    terms = account_of(request), costs_of(request.costs), exits_of(request.exits), sessions
    if strategy.start is None:
        return simulate(panel, targets, *terms), targets
    run = simulate_events(panel, strategy.start(panel.symbols, params), *terms)
    return run.simulation, decisions(run, panel)


def benchmark_equity(panel: Panel, benchmark: Panel | None, capital: float) -> pd.Series | float:
    """Value of the benchmark at the close of each bar of `panel`, from the same capital.

    Its instruments are bought in equal parts and held, fractions allowed, dividends kept as cash,
    without costs. What is not known yet at a bar's close (a daily benchmark within the day) is not
    shown there: the value before stands.
    """
    if benchmark is None:
        return np.nan
    held = simulate(
        benchmark, BUY_AND_HOLD.targets(benchmark, HoldParams()), Account(capital, lot=0.0)
    ).curve["equity"]
    at = np.searchsorted(benchmark.close_ts, panel.close_ts, side="right") - 1
    if (at < 0).all():
        raise InputError(
            "The benchmark has no bars in this range.",
            field="benchmark",
            remedy="Choose another benchmark or other dates.",
        )
    values = np.where(at >= 0, held.to_numpy()[np.maximum(at, 0)], capital)
    return pd.Series(values, index=pd.DatetimeIndex(panel.ts, tz="UTC", name="ts"))


def periods_per_year(timeframe: Timeframe, calendar: TradingCalendar) -> float:
    """Returns in a year: 12 months, 52 weeks, or the exchange's sessions (252 at XNYS)."""
    if timeframe is Timeframe.MONTH_1:
        return 12.0
    if timeframe is Timeframe.WEEK_1:
        return 52.0
    first, last = SESSION_YEARS
    sessions = calendar.sessions_in(date(first, 1, 1), date(last, 12, 31))
    return float(round(len(sessions) / (last - first + 1))) or SESSIONS_PER_YEAR


def metric_inputs(
    request: BacktestRequest,
    curve: pd.DataFrame,
    trades: pd.DataFrame,
    sessions: np.ndarray,
    periods: float = SESSIONS_PER_YEAR,
) -> Inputs:
    """What metrics are computed from; `sessions` is the session date of each bar."""
    compared = bool(curve["benchmark"].notna().any())
    return Inputs(
        equity=session_last(curve["equity"], sessions),
        benchmark=session_last(curve["benchmark"], sessions) if compared else None,
        curve=curve,
        trades=trades,
        capital=request.capital,
        risk_free_rate=request.risk_free_rate,
        periods=periods,
    )


def _short_of_bars(strategy: Strategy, params: Any, panel: Panel) -> tuple[str, ...]:
    """Which instruments have too few bars of their own to be traded.

    Raises
    ------
    InputError : all of them.
    """
    needed = strategy.warmup(params)
    own = np.isfinite(panel.close).sum(axis=0)
    if own.max() <= needed:
        require_bars(strategy, params, int(own.max()))
    short = [name for name, bars in zip(panel.symbols, own, strict=True) if bars <= needed]
    if not short:
        return ()
    return (
        f"Never traded, because they have no more than the {needed} bars needed before a first "
        f"decision: {', '.join(short)}.",
    )


def _closes_only(panel: Panel) -> tuple[str, ...]:
    """Which instruments fill at closes while others fill at opens."""
    known, quoted = np.isfinite(panel.close).any(axis=0), np.isfinite(panel.open).any(axis=0)
    names = [panel.symbols[j] for j in np.flatnonzero(known & ~quoted)]
    if not names or panel.close_only:
        return ()
    return (
        "The data has closes only for some instruments, whose orders fill at the close of the next "
        f"bar: {', '.join(names)}.",
    )


def _notes(periods: float) -> tuple[str, ...]:
    if periods == SESSIONS_PER_YEAR:
        return ()
    return (f"A year has {periods:.0f} returns here, not 252: yearly figures are made with that.",)


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        """Ends a stage."""
        now = time.perf_counter()
        self.seconds[name] = now - self._last
        self._last = now


def frames_of(finished: Finished) -> dict[str, Any]:
    """The frames to keep, by name."""
    return {
        "curve": finished.curve,
        "fills": finished.fills,
        "trades": finished.trades,
        "positions": finished.positions,
    }

"""Many combinations on one market: what is the same for all of them is made once.

One run gives the return of each session and the headline measures, by the engine and the formulas
of a backtest; fills and positions are not kept, so that memory does not grow with the number of
combinations. An account that cannot fall between its decisions takes the loop of `kernel.quiet`,
and where its strategy can say its decisions as sides, no weights are made at all.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import islice
from typing import Any

import numpy as np

from terminal.backtest.account import Account
from terminal.backtest.costs import COST_COLUMNS
from terminal.backtest.engine import run_market
from terminal.backtest.events import simulate_events
from terminal.backtest.inference.headline import headline_metrics
from terminal.backtest.inputs import Market, prepare
from terminal.backtest.kernel import layout
from terminal.backtest.kernel.checks import fit_targets
from terminal.backtest.kernel.quiet import busy_bars, moved_bars, moved_bits, run_quiet
from terminal.backtest.request import BacktestRequest
from terminal.backtest.run import periods_per_year
from terminal.backtest.validate import account_of, costs_of, exits_of, strategy_of
from terminal.errors import InputError
from terminal.market.adjust import forward_adjusted
from terminal.market.calendars import TradingCalendar, get_calendar
from terminal.market.mixed import carried
from terminal.market.panel import FloatArray, Panel, TimeArray
from terminal.market.timeframe import Timeframe
from terminal.strategies.shared import OF_PANEL, sharing
from terminal.strategies.sides import SHORT, ByteArray, Sides
from terminal.strategies.strategy import Strategy

MOST_AT_ONCE = 16
"""Combinations measured together."""
CELLS_AT_ONCE = 2**19
"""Bars times instruments of a block: on a large panel each combination is one of its own."""
AHEAD = 4
"""Blocks handed to each thread before the results are given out."""
FITS = 1.0 + 5e-10
"""A sum of weights that `fit_targets` leaves alone, with room for the rounding of the sum."""
NO_TARGETS = np.empty((0, 0))
NO_SIDES = np.empty((0, 0), dtype=np.uint8)
NO_SIZES = np.array([np.nan])
COSTS = (layout.COMMISSION, layout.SPREAD, layout.SLIPPAGE, layout.IMPACT, layout.BORROW)

Metrics = dict[str, float | None]


@dataclass(frozen=True)
class Ground:
    """Everything about a run but the parameters of its strategy.

    Attributes
    ----------
    panel, adjusted : raw bars, and the total-return bars a strategy sees.
    sessions : session date of each bar. kept : last bar of each session.
    busy : bars no run may step over, or None where every bar must be gone through.
    periods : sessions in a year.
    """

    request: BacktestRequest
    strategy: Strategy
    panel: Panel
    adjusted: Panel
    account: Account
    market: Market
    sessions: TimeArray
    kept: np.ndarray
    busy: np.ndarray | None
    periods: float

    @property
    def bars_a_session(self) -> float:
        """On average; of several calendars, of the one that counts sessions."""
        own = [mic == self.panel.calendar for mic in self.panel.calendars]
        bars = self.panel.n_bars
        if own:
            bars = int(np.isfinite(self.panel.close[:, own]).any(axis=1).sum())
        return bars / int(self.kept.sum())

    @property
    def session_dates(self) -> TimeArray:
        """The date of each return."""
        found: TimeArray = self.sessions[self.kept]
        return found


@dataclass(frozen=True)
class Evaluation:
    """One combination.

    returns : of each session, the first against the starting capital. metrics : those of
    `inference.headline.HEADLINE`, `cost_drag` as in a backtest, and `fills`, their number.
    """

    returns: FloatArray
    metrics: Metrics


def prepare_ground(request: BacktestRequest, panel: Panel, calendar: TradingCalendar) -> Ground:
    """What all combinations of a request share.

    Raises
    ------
    InputError : terms of trading or bars that nothing can be run on.
    """
    strategy, account, exits = strategy_of(request), account_of(request), exits_of(request.exits)
    sessions = calendar.session_of(panel.ts)
    market = prepare(panel, account, costs_of(request.costs), exits, sessions)
    kept = np.concatenate([sessions[1:] != sessions[:-1], [True]])
    rates = market.rates
    paid_by_time = rates[[layout.BORROW_RATE, layout.CASH_RATE, layout.DEBIT_RATE]].any()
    quiet = (
        not panel.calendars  # targets wait for closed instruments there
        and account.long_only
        and account.leverage == 1.0
        and not (account.maintenance or exits.any or paid_by_time)
    )
    busy = None
    if quiet:
        busy = busy_bars(market.prices[layout.CLOSE], market.has_action, market.ends, kept)
    return Ground(
        request=request,
        strategy=strategy,
        panel=panel,
        adjusted=forward_adjusted(panel),
        account=account,
        market=market,
        sessions=sessions,
        kept=kept,
        busy=busy,
        periods=periods_per_year(request.timeframe, calendar),
    )


def leading(ground: Ground, share: float, calendar: TradingCalendar) -> Ground:
    """The ground of the first `share` of the sessions, as it was known at their end."""
    ends = np.flatnonzero(ground.kept)
    last = ends[max(1, math.ceil(share * len(ends))) - 1]
    return prepare_ground(ground.request, ground.panel.truncated(int(last) + 1), calendar)


@dataclass(frozen=True)
class _Course:
    """What the engine gives: equity at the end of each session, costs paid, number of fills."""

    equity: FloatArray
    paid: float
    fills: int


def evaluate(ground: Ground, params: Any) -> Evaluation:
    """Run one combination.

    Raises
    ------
    InputError : a target is infinite.
    """
    return _measured(ground, [_course(ground, params)])[0]


def evaluate_targets(ground: Ground, targets: FloatArray) -> Evaluation:
    """Run given targets, float64 (n_bars, n_instruments), which are the caller's no more."""
    return _measured(ground, [_of_targets(ground, targets)])[0]


def _course(ground: Ground, params: Any) -> _Course:
    """The shortest way to the same numbers."""
    strategy = ground.strategy
    if strategy.start is not None:
        return _of_orders(ground, params)
    if ground.busy is not None and strategy.sides is not None:
        sides = strategy.sides(ground.adjusted, params)
        # what could add up to more than the account may hold is scaled as weights
        if sides is not None and sides.size * sides.at.shape[1] <= ground.account.leverage * FITS:
            return _of_sides(ground, sides)
    return _of_targets(ground, strategy.targets(ground.adjusted, params))


def _of_targets(ground: Ground, targets: FloatArray) -> _Course:
    account = ground.account
    if targets.shape != ground.panel.close.shape:
        raise InputError(
            f"targets have shape {targets.shape}, the panel {ground.panel.close.shape}.",
            field="targets",
        )
    wanted = carried(targets, ground.panel)
    if not _own(ground, wanted) or not wanted.flags.c_contiguous:
        wanted = np.array(wanted, dtype=np.float64, order="C")
    if not fit_targets(wanted, account.long_only, account.leverage):
        raise InputError("a target weight is infinite.", field="targets")
    if ground.busy is not None:
        moved = moved_bits(wanted.view(np.int64))
        return _quiet(ground, ground.busy, wanted, NO_SIDES, NO_SIZES, moved)
    curve, _, fills, _, _ = run_market(ground.market, wanted, account, keep=False)
    columns = [layout.CURVE.index(name) for name in COSTS]
    equity = curve[ground.kept, layout.CURVE.index(layout.EQUITY)]
    return _Course(equity, float(curve[:, columns].sum()), len(fills))


def _of_sides(ground: Ground, sides: Sides) -> _Course:
    """On quiet ground; a short side is flat in an account that holds no shorts."""
    assert ground.busy is not None  # noqa: S101  the caller has looked
    sizes = sides.sizes
    sizes[SHORT] = 0.0
    return _quiet(ground, ground.busy, NO_TARGETS, sides.at, sizes, moved_bars(sides.at))


def _of_orders(ground: Ground, params: Any) -> _Course:
    """One combination of a strategy that is asked after every bar."""
    request, strategy = ground.request, ground.strategy
    assert strategy.start is not None  # noqa: S101  the caller has looked
    done = simulate_events(
        ground.panel,
        strategy.start(ground.panel.symbols, params),
        ground.account,
        costs_of(request.costs),
        exits_of(request.exits),
        ground.sessions,
    ).simulation
    paid = float(done.curve[list(COST_COLUMNS)].to_numpy().sum())
    return _Course(done.curve["equity"].to_numpy()[ground.kept], paid, len(done.fills))


def _measured(ground: Ground, courses: Sequence[_Course]) -> list[Evaluation]:
    """Returns and measures of several combinations at once, from equity at the ends of sessions."""
    equity = np.array([course.equity for course in courses])
    before = np.empty_like(equity)
    before[:, 0], before[:, 1:] = ground.account.capital, equity[:, :-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = np.where(before > 0, equity / before - 1.0, 0.0)
    found = headline_metrics(returns, ground.periods, ground.request.risk_free_rate)
    means, years = equity.mean(axis=1), equity.shape[1] / ground.periods
    out = []
    for row, course in enumerate(courses):
        metrics: Metrics = {name: _number(values[row]) for name, values in found.items()}
        mean = float(means[row])
        metrics["cost_drag"] = course.paid / mean / years if mean > 0 else None
        metrics["fills"] = float(course.fills)
        out.append(Evaluation(returns[row], metrics))
    return out


def evaluate_many(
    ground: Ground, combinations: Iterable[tuple[int, Any]], threads: int = 1
) -> Iterator[tuple[int, Evaluation]]:
    """Run (name, parameters) one after another, indicators shared; results in the same order.

    Parameters
    ----------
    threads : that work at once; the engine and most of NumPy let others run meanwhile.
    """
    at_once = min(MOST_AT_ONCE, 1 + CELLS_AT_ONCE // ground.panel.close.size)
    left = iter(combinations)
    blocks = iter(lambda: list(islice(left, at_once)), [])
    run = partial(_block, ground)
    with sharing(ground.adjusted):
        if threads == 1:
            for block in blocks:
                yield from run(block)
            return
        pool = _pool(threads, os.getpid())
        waiting: deque[Future[list[tuple[int, Evaluation]]]] = deque()
        try:
            for block in blocks:
                waiting.append(pool.submit(copy_context().run, run, block))
                if len(waiting) > AHEAD * threads:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:  # who takes no more results waits for no more than has begun
            wait([future for future in waiting if not future.cancel()])


@cache
def _pool(threads: int, _process: int) -> ThreadPoolExecutor:
    """Threads that stay: what one has held is its own, and new ones would hold as much again.

    Of each process its own, because threads do not follow into a fork.
    """
    return ThreadPoolExecutor(threads)


def _block(ground: Ground, items: Sequence[tuple[int, Any]]) -> list[tuple[int, Evaluation]]:
    """One after another, measured together."""
    found = _measured(ground, [_course(ground, params) for _, params in items])
    return [(name, one) for (name, _), one in zip(items, found, strict=True)]


def returns_matrix(ground: Ground, combinations: Sequence[Any], threads: int = 1) -> FloatArray:
    """Session returns (n_sessions, n_combinations) of given parameters."""
    out = np.empty((int(ground.kept.sum()), len(combinations)))
    for column, found in evaluate_many(ground, enumerate(combinations), threads):
        out[:, column] = found.returns
    return out


def with_params(request: BacktestRequest, params: Any) -> BacktestRequest:
    """The backtest of one combination."""
    return replace(request, params=dict(vars(params)))


def warm_up() -> None:
    """Compile what only sweeps use, or load it from the cache, before somebody waits for it."""
    days = np.array(["2024-01-02", "2024-01-03", "2024-01-04"], dtype="datetime64[ns]")
    one = np.ones((3, 1))
    tiny = Panel(
        Timeframe.DAY_1, "XNYS", ("A",), days, days, one, one, one, one, one, one, 0.0 * one
    )  # fmt: skip
    request = BacktestRequest("sma-crossover", {}, "", ("A",))
    ground = prepare_ground(request, tiny, get_calendar("XNYS"))
    params = ground.strategy.params_type(fast=2, slow=3)
    evaluate(ground, params)
    evaluate_targets(ground, ground.strategy.targets(ground.adjusted, params))


def _own(ground: Ground, targets: FloatArray) -> bool:
    """Whether the strategy made this array for us alone, so that it may be changed in place."""
    given = any(targets is getattr(ground.adjusted, name) for name in OF_PANEL)
    view = isinstance(targets.base, np.ndarray)
    return bool(targets.flags.writeable and targets.dtype == np.float64) and not (given or view)


def _quiet(
    ground: Ground,
    busy: np.ndarray,
    targets: FloatArray,
    sides: ByteArray,
    sizes: FloatArray,
    moved: np.ndarray,
) -> _Course:
    market = ground.market
    equity, totals, count = run_quiet(
        market.prices,
        market.split,
        market.dividend,
        market.has_action,
        market.ends,
        market.month_starts,
        busy,
        ground.kept,
        targets,
        sides,
        sizes,
        moved,
        market.last_bar,
        float(ground.account.capital),
        market.rates,
        market.tiers,
        market.liquidity,
    )
    return _Course(equity, float(totals[1:].sum()), int(count))


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None

"""Can this sweep run, how many combinations would it have, and which does a round hold?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from terminal.backtest.request import BacktestRequest
from terminal.backtest.sweeps.request import PartRequest, SweepRequest
from terminal.backtest.sweeps.search import (
    GRID,
    METHODS,
    MOST_POINTS,
    NSGA2,
    OBJECTIVES,
    RANDOM,
    Seen,
    grid,
    random_positions,
    round_size,
    suggest,
)
from terminal.backtest.sweeps.space import Count, Space, space_of
from terminal.backtest.sweeps.windows import make_windows
from terminal.backtest.universe import Other
from terminal.backtest.validate import Plan, strategy_of, validate_request
from terminal.errors import InputError
from terminal.market.calendars import TradingCalendar
from terminal.market.dataset import Dataset, Series

SMALLEST_PART = 6
"""Points below which another part costs more than it gains."""
MOST_PARTS = 16
POINTS_A_PAIR = 400
"""Points for which two parts are enough: a process takes a second or two to be there."""


@dataclass(frozen=True)
class SweepPlan:
    """What would run: the space, its size, and how many points."""

    plan: Plan
    space: Space
    count: Count
    n_points: int

    @property
    def sentence(self) -> str:
        """In words, for the form."""
        if self.n_points == self.count.valid and self.count.exact:
            return f"{self.count.sentence}."
        return f"{self.n_points:,} of {self.count.sentence}."


def plan_sweep(
    request: SweepRequest,
    dataset: Dataset,
    series: Sequence[Series],
    calendar: TradingCalendar,
    others: Sequence[Other] = (),
) -> SweepPlan:
    """The plan of a request.

    Parameters
    ----------
    series : those of `dataset`. others : the other data sets of the request.

    Raises
    ------
    InputError : naming the field, what is wrong with it and what to do.
    """
    _require_method(request)
    strategy = strategy_of(request.backtest)
    space = space_of(strategy, request.values, request.backtest.params)
    first = random_positions(space, 1, 0)
    if not first:
        grid(space)  # says that nothing can run, and why
    some = replace(request.backtest, params={**space.fixed, **space.values(first[0])})
    plan = _plan_of(some, dataset, series, calendar, others)
    space = replace(space, n_bars=plan.bars)
    count = space.count()
    if request.method == GRID:
        n_points = len(grid(space))
    else:
        n_points = min(request.n_trials, count.valid) if count.exact else request.n_trials
    if n_points == 0:
        grid(space)
    if request.walk_forward is not None:
        n_sessions = len(calendar.sessions_in(plan.first, plan.last))
        make_windows(request.walk_forward, n_sessions, plan.bars / max(n_sessions, 1))
    return SweepPlan(plan, space, count, n_points)


def round_of(
    request: SweepRequest, space: Space, seen: Sequence[Seen], n_points: int, seed: int
) -> list[int]:
    """Positions of the next round in the order asked for; empty when the search has ended.

    Parameters
    ----------
    seen : finished points in that order.
    """
    left = n_points - len(seen)
    if left <= 0:
        return []
    if request.method == GRID:
        return [] if seen else grid(space)
    if request.method == RANDOM:
        return [] if seen else random_positions(space, n_points, seed)
    size = round_size(request.method, n_points)
    found = suggest(space, request.method, seen, size, seed, len(request.objectives))
    return found[:left]


def parts_of(
    sweep_id: str, space: Space, positions: Sequence[int], first_part: int, first: int
) -> list[PartRequest]:
    """A round cut into parts of equal size, each in the order in which it runs fastest.

    An even number of parts keeps two workers equally busy.
    """
    ordered = space.sharing_order(positions)
    if len(ordered) < 2 * SMALLEST_PART:
        count = 1
    else:
        count = min(MOST_PARTS, 2 * math.ceil(len(ordered) / POINTS_A_PAIR))
    edges = [round(k * len(ordered) / count) for k in range(count + 1)]
    return [
        PartRequest(
            sweep_id, first_part + k, first, first + edges[k], tuple(ordered[edges[k] : end])
        )
        for k, end in enumerate(edges[1:])
    ]


def _plan_of(
    request: BacktestRequest,
    dataset: Dataset,
    series: Sequence[Series],
    calendar: TradingCalendar,
    others: Sequence[Other],
) -> Plan:
    """The plan of one combination; that it needs too many bars is no matter here."""
    strategy = strategy_of(request)
    usual = replace(request, strategy="buy-and-hold", params={}, overlays={})
    plan = validate_request(usual, dataset, series, calendar, others)
    return replace(plan, strategy=strategy, params=None, warmup=0)


def _require_method(request: SweepRequest) -> None:
    if request.method not in METHODS:
        raise _wrong("method", f"There is no method {request.method!r}.", METHODS)
    unknown = [name for name in request.objectives if name not in OBJECTIVES]
    if unknown or not request.objectives:
        said = f"There is no objective {unknown[0]!r}." if unknown else "There is no objective."
        raise _wrong("objectives", said, OBJECTIVES)
    if len(request.objectives) > 1 and request.method != NSGA2:
        raise InputError(
            "Several objectives at once are for NSGA-II.",
            field="objectives",
            remedy="Choose one objective, or the method NSGA-II.",
        )
    if not 1 <= request.n_trials <= MOST_POINTS:
        raise InputError(
            f"{request.n_trials:,} trials; allowed are 1 to {MOST_POINTS:,}.",
            field="n_trials",
            remedy="Enter an allowed number.",
        )
    if request.prune and request.method == NSGA2:
        raise InputError(
            "NSGA-II compares whole runs; it cannot give one up early.",
            field="prune",
            remedy="Switch pruning off, or choose another method.",
        )


def _wrong(field: str, said: str, allowed: Sequence[str]) -> InputError:
    return InputError(said, field=field, remedy=f"Choose one of: {', '.join(allowed)}.")

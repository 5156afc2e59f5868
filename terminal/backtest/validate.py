"""Can this request run? Checked against what the catalogue knows, before a job is submitted.

The job checks again on the bars themselves; this is what a form can say at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from terminal.backtest.account import Account, ExitRules
from terminal.backtest.costs import Costs
from terminal.backtest.request import BacktestRequest, CostRequest, ExitRequest
from terminal.backtest.universe import Other, require_one_account, symbols_of
from terminal.errors import InputError
from terminal.market.calendars import TradingCalendar
from terminal.market.dataset import Dataset, Series
from terminal.market.panel import FloatArray, Panel
from terminal.params import validate
from terminal.strategies.first_calendar import of_several_calendars
from terminal.strategies.overlays import Overlay, read_overlays
from terminal.strategies.registry import get_strategy
from terminal.strategies.strategy import Strategy, require_bars

EQUAL_WEIGHT, NO_BENCHMARK = "equal_weight", "none"
LONGEST_NAME = 200


@dataclass(frozen=True)
class Plan:
    """What would run.

    bars : bars the calendar expects in the range; warmup : bars before the first decision;
    first, last : sessions at the exchange, the data's own bounds where none were asked for.
    """

    strategy: Strategy
    params: Any
    bars: int
    warmup: int
    first: date
    last: date


def validate_request(
    request: BacktestRequest,
    dataset: Dataset,
    series: Sequence[Series],
    calendar: TradingCalendar,
    others: Sequence[Other] = (),
) -> Plan:
    """The plan of a request.

    Parameters
    ----------
    series : those of `dataset`. others : the other data sets of the request.

    Raises
    ------
    InputError : naming the field, what is wrong with it and what to do.
    """
    strategy = strategy_of(request)
    params = validate(strategy.params_type, request.params)
    if len(request.name) > LONGEST_NAME:
        raise InputError(
            f"The name has {len(request.name)} characters; at most {LONGEST_NAME} are kept.",
            field="name",
            remedy="Choose a shorter name.",
        )
    _require_money(request)
    _require_universe(request, dataset, series)
    require_one_account(request, dataset, others)
    _require_markets(request)
    _require_benchmark(request, dataset, series)
    if request.timeframe.order < dataset.timeframe.order:
        raise InputError(
            f"{dataset.title} has bars of {dataset.timeframe}; finer ones cannot be made of them.",
            field="timeframe",
            remedy=f"Choose {dataset.timeframe} or coarser.",
        )
    only = strategy.timeframe(params) if strategy.timeframe else request.timeframe
    if request.timeframe is not only:
        raise InputError(
            f"What {strategy.title} follows was made on bars of {only}, and these are of "
            f"{request.timeframe}.",
            field="timeframe",
            remedy=f"Choose bars of {only}.",
        )
    first, last = _range(request, dataset, series, others, calendar)
    bars = len(calendar.grid(first, last, request.timeframe))
    require_bars(strategy, params, bars)
    return Plan(strategy, params, bars, strategy.warmup(params), first, last)


def strategy_of(request: BacktestRequest) -> Strategy:
    """The strategy of a request under its overlays; InputError names what cannot be."""
    strategy, overlays = get_strategy(request.strategy), overlays_of(request)
    if strategy.start is not None:
        if overlays:
            raise InputError(
                f"{strategy.title} places orders, and overlays scale weights.",
                field="overlays",
                remedy="Switch the overlays off, or choose another strategy.",
            )
        return replace(strategy, targets=_decided(strategy, account_of(request)), sides=None)
    return of_several_calendars(strategy, overlays, long_only=request.long_only)


def _decided(strategy: Strategy, account: Account) -> Callable[[Panel, Any], FloatArray]:
    """What a strategy that places orders knew; the engine is loaded where it is asked."""

    def targets(panel: Panel, params: Any) -> FloatArray:
        from terminal.backtest.events import decided_weights

        return decided_weights(strategy, account)(panel, params)

    return targets


def overlays_of(request: BacktestRequest) -> tuple[Overlay, ...]:
    """The overlays of a request that are on; InputError names the parameter that is not allowed."""
    return read_overlays(request.overlays)


def costs_of(request: CostRequest) -> Costs:
    """The engine's cost model of a request; InputError names the field that is no cost."""
    return Costs(**{field.name: getattr(request, field.name) for field in fields(request)})


def exits_of(request: ExitRequest) -> ExitRules:
    """The engine's exits of a request; InputError names the field that cannot be."""
    return ExitRules(**{field.name: getattr(request, field.name) for field in fields(request)})


def account_of(request: BacktestRequest) -> Account:
    """The account a request trades with; InputError names the field that cannot be."""
    return Account(**{field.name: getattr(request, field.name) for field in fields(Account)})


def _require_money(request: BacktestRequest) -> None:
    if not math.isfinite(request.risk_free_rate) or request.risk_free_rate <= -1:
        raise InputError(
            f"The risk-free rate is {request.risk_free_rate:g}; it must be above -100% a year.",
            field="risk_free_rate",
            remedy="Enter it as a fraction, for example 0.02 for 2% a year.",
        )
    account_of(request)
    costs_of(request.costs)
    exits_of(request.exits)


def _require_universe(request: BacktestRequest, dataset: Dataset, series: Sequence[Series]) -> None:
    from terminal.market.catalogue import check_universe

    check_universe(dataset, series, request.symbols)
    indices = {part.symbol for part in series if not part.tradable}
    for symbol in request.symbols:
        if symbol in indices:
            raise InputError(
                f"{symbol} is an index and cannot be held.",
                field="symbols",
                remedy="Choose stocks, and the index as benchmark.",
            )


def _require_markets(request: BacktestRequest) -> None:
    """What an overlay watches must be one of the instruments."""
    for slug, params in request.overlays.items():
        market = params.get("market", "")
        if market and read_overlays({slug: params}) and market not in symbols_of(request):
            raise InputError(
                f"{market} is none of the chosen instruments, so its level is not known.",
                field=f"overlays.{slug}.market",
                remedy="Add it to the instruments, or leave the field empty for all of them.",
            )


def _require_benchmark(
    request: BacktestRequest, dataset: Dataset, series: Sequence[Series]
) -> None:
    """One of another data set ("slug:SYMBOL") is looked up when its bars are loaded."""
    wanted = request.benchmark
    slug, _, symbol = wanted.rpartition(":")
    if wanted in (EQUAL_WEIGHT, NO_BENCHMARK) or slug not in ("", dataset.slug):
        return
    if symbol not in {part.symbol for part in series}:
        raise InputError(
            f"There is no instrument {symbol!r} in {dataset.title} to compare with.",
            field="benchmark",
            remedy=f"Choose one of its symbols, {EQUAL_WEIGHT!r} or {NO_BENCHMARK!r}.",
        )


def _range(
    request: BacktestRequest,
    dataset: Dataset,
    series: Sequence[Series],
    others: Sequence[Other],
    calendar: TradingCalendar,
) -> tuple[date, date]:
    """Sessions of the request, cut to the data of its instruments."""
    zone = ZoneInfo(calendar.timezone)
    chosen = [part for part in series if part.symbol in set(request.symbols)]
    chosen += [part for one in others for part in one.series if part.symbol in set(one.symbols)]
    data_first = min(part.first_ts for part in chosen).astimezone(zone).date()
    data_last = max(part.last_ts for part in chosen).astimezone(zone).date()
    if request.start and request.end and request.start > request.end:
        raise InputError(
            f"The range starts on {request.start} and ends on {request.end}, before it starts.",
            field="start",
            remedy="Choose a start before the end.",
        )
    first = max(request.start or data_first, data_first)
    last = min(request.end or data_last, data_last)
    if first > last or not len(calendar.sessions_in(first, last)):
        raise InputError(
            f"There are no bars from {request.start or data_first} to {request.end or data_last}; "
            f"the chosen instruments of {dataset.title} have {data_first} to {data_last}.",
            field="start" if request.start and request.start > data_last else "end",
            remedy="Choose dates inside that range.",
        )
    return first, last

"""What cannot run is refused before it is submitted, by field, with the remedy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from terminal.backtest.request import BacktestRequest, CostRequest
from terminal.backtest.validate import Plan, validate_request
from terminal.errors import InputError
from terminal.jobs.values import JobState
from terminal.market.calendars import get_calendar
from terminal.market.timeframe import Timeframe
from tests.terminal.backtest.conftest import Terminal

NAN, INFINITY = float("nan"), float("inf")
GOOD = BacktestRequest(
    strategy="sma-crossover",
    params={"fast": 20, "slow": 100},
    dataset="sp500-20",
    symbols=("AAPL", "XOM"),
    start=date(2000, 1, 3),
    end=date(2020, 12, 31),
)


def plan(terminal: Terminal, request: BacktestRequest) -> Plan:
    found = terminal.catalogue.dataset(terminal.trader, request.dataset)
    series = terminal.catalogue.series(terminal.trader, request.dataset)
    return validate_request(request, found, series, get_calendar(found.calendar))


def costs(**given: float) -> Callable[[BacktestRequest], BacktestRequest]:
    return lambda request: replace(request, costs=CostRequest(**given))


def changed(**values: Any) -> Callable[[BacktestRequest], BacktestRequest]:
    return lambda request: replace(request, **values)


WRONG: dict[str, tuple[Callable[[BacktestRequest], BacktestRequest], str, str]] = {
    "unknown symbol": (changed(symbols=("AAPL", "APPL")), "symbols", "'APPL' is not in"),
    "no symbol": (changed(symbols=()), "symbols", "No instrument"),
    "symbol twice": (changed(symbols=("AAPL", "AAPL")), "symbols", "chosen twice"),
    "an index as holding": (
        changed(dataset="us-indices", symbols=("SPX",)), "symbols", "SPX is an index",
    ),
    "unknown benchmark": (changed(benchmark="ZZZZ"), "benchmark", "no instrument 'ZZZZ'"),
    "unknown benchmark of this data set": (
        changed(benchmark="sp500-20:ZZZZ"), "benchmark", "no instrument 'ZZZZ'",
    ),
    "unknown strategy": (changed(strategy="crystal-ball"), "strategy", "'crystal-ball'"),
    "unknown overlay": (changed(overlays={"halo": {}}), "overlays", "no overlay 'halo'"),
    "overlay out of range": (
        changed(overlays={"trend-filter": {"window": 9_999}}), "overlays.trend-filter.window",
        "0 to 2000 bars",
    ),
    "overlay on another market": (
        changed(overlays={"trend-filter": {"window": 200, "market": "SPX"}}),
        "overlays.trend-filter.market", "SPX is none of the chosen instruments",
    ),
    "unknown parameter": (changed(params={"speed": 3}), "speed", "no parameter 'speed'"),
    "parameter out of range": (changed(params={"fast": 1}), "fast", "allowed: 2 to 400"),
    "parameter NaN": (changed(params={"fast": NAN}), "fast", "allowed: a number"),
    "parameter a fraction": (changed(params={"fast": 2.5}), "fast", "a whole number"),
    "parameters that contradict": (
        changed(params={"fast": 50, "slow": 20}), "fast", "must be shorter",
    ),
    "momentum that skips all": (
        changed(strategy="momentum", params={"skip": 60, "lookback": 60}), "skip", "shorter",
    ),
    "an exit beyond the entry": (
        changed(strategy="zscore-reversion", params={"entry": 1.0, "leave": 2.0}), "leave", "near",
    ),
    "finer bars than there are": (changed(timeframe=Timeframe.HOUR_1), "timeframe", "finer"),
    "start after end": (
        changed(start=date(2020, 1, 3), end=date(2019, 1, 3)), "start", "before it starts",
    ),
    "before the data": (
        changed(start=date(1980, 1, 2), end=date(1981, 1, 2)), "end", "1990-01-02 to 2022-12-28",
    ),
    "after the data": (changed(start=date(2030, 1, 2), end=None), "start", "no bars from 2030"),
    "a weekend": (
        changed(start=date(2020, 1, 4), end=date(2020, 1, 5)), "end", "no bars from 2020-01-04",
    ),
    "fewer bars than the strategy needs": (
        changed(end=date(2000, 3, 1)), "start", "needs 99 bars before its first decision",
    ),
    "capital zero": (changed(capital=0.0), "capital", "above 0"),
    "capital negative": (changed(capital=-5.0), "capital", "-5"),
    "capital NaN": (changed(capital=NAN), "capital", "nan"),
    "capital infinite": (changed(capital=INFINITY), "capital", "inf"),
    "risk-free rate NaN": (changed(risk_free_rate=NAN), "risk_free_rate", "nan"),
    "risk-free rate of total loss": (changed(risk_free_rate=-1.0), "risk_free_rate", "-100%"),
    "commission NaN": (costs(commission_bps=NAN), "commission_bps", "nan is not a cost"),
    "commission below zero": (
        costs(commission_per_share=-0.01), "commission_per_share", "at least 0",
    ),
    "minimum infinite": (costs(commission_minimum=INFINITY), "commission_minimum", "inf"),
    "slippage of everything": (costs(slippage_bps=10_000.0), "slippage_bps", "10,000 bps"),
    "a name that is an essay": (changed(name="x" * 201), "name", "201 characters"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_each_mistake_is_named_with_its_field_and_remedy(terminal: Terminal, what: str) -> None:
    change, field, words = WRONG[what]
    with pytest.raises(InputError) as caught:
        plan(terminal, change(GOOD))
    assert caught.value.field == field
    assert words in caught.value.message
    assert caught.value.remedy


def test_a_symbol_nearly_right_is_suggested(terminal: Terminal) -> None:
    with pytest.raises(InputError) as caught:
        plan(terminal, replace(GOOD, symbols=("appl",)))
    assert caught.value.remedy is not None and "AAPL" in caught.value.remedy


def test_the_plan_says_what_would_run(terminal: Terminal) -> None:
    found = plan(terminal, GOOD)
    assert (found.first, found.last) == (date(2000, 1, 3), date(2020, 12, 31))
    assert (found.bars, found.warmup, found.strategy.slug) == (5284, 99, "sma-crossover")
    assert (found.params.fast, found.params.slow, found.params.invested) == (20, 100, 1.0)


def test_without_dates_the_data_of_the_chosen_instruments_is_the_range(terminal: Terminal) -> None:
    found = plan(terminal, replace(GOOD, start=None, end=None))
    assert (found.first, found.last, found.bars) == (date(1990, 1, 2), date(2022, 12, 28), 8313)
    beyond = plan(terminal, replace(GOOD, start=date(1900, 1, 1), end=date(2100, 1, 1)))
    assert beyond == found


@pytest.mark.parametrize("benchmark", ["none", "equal_weight", "AAPL", "us-indices:SPX"])
def test_every_kind_of_benchmark_is_accepted(terminal: Terminal, benchmark: str) -> None:
    assert plan(terminal, replace(GOOD, benchmark=benchmark)).bars == 5284


def test_coarser_bars_are_counted_in_their_own_number(terminal: Terminal) -> None:
    assert plan(terminal, replace(GOOD, timeframe=Timeframe.MONTH_1)).bars == 252


IN_THE_JOB = {
    name: WRONG[name]
    for name in (
        "unknown symbol", "before the data", "fewer bars than the strategy needs", "capital zero",
        "unknown strategy", "unknown parameter", "slippage of everything",
        "finer bars than there are",
    )
}  # fmt: skip


@pytest.mark.parametrize("what", IN_THE_JOB)
def test_the_job_refuses_the_same_with_the_same_words(terminal: Terminal, what: str) -> None:
    """A request can reach the worker by another way than the form."""
    change, field, words = IN_THE_JOB[what]
    job = terminal.submit("backtest", change(GOOD))
    assert job.state is JobState.FAILED and job.error is not None
    assert (job.error["kind"], job.error["field"]) == ("InputError", field)
    assert words in job.error["message"] and job.error["remedy"]
    assert terminal.service.artifacts(terminal.trader, job.id) == []


def test_what_is_no_number_never_becomes_a_job(terminal: Terminal) -> None:
    with pytest.raises(InputError, match="not a finite number") as caught:
        terminal.submit("backtest", replace(GOOD, capital=NAN))
    assert caught.value.remedy


def test_a_plan_waits_for_its_overlays_too(terminal: Terminal) -> None:
    under = replace(GOOD, overlays={"trend-filter": {"window": 300, "market": "XOM"}})
    assert plan(terminal, GOOD).warmup == 99
    assert plan(terminal, under).warmup == 299
    off = replace(GOOD, overlays={"trend-filter": {"window": 0, "market": "SPX"}})
    assert plan(terminal, off).warmup == 99

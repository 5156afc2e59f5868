"""The last check before a run: the request against the data it names."""

from __future__ import annotations

from dataclasses import replace

from pages.backtests.choices import TIMEFRAME_WORDS
from pages.backtests.form_reading import named, place_of, sentence
from pages.server.context import actor, services
from terminal.backtest.request import BacktestRequest
from terminal.backtest.universe import others_of, symbols_of
from terminal.backtest.validate import Plan, validate_request
from terminal.errors import InputError, NotFound
from terminal.market.calendars import get_calendar


def check(
    request: BacktestRequest, fields: set[str], params: set[str]
) -> tuple[BacktestRequest | None, dict[str, str], str]:
    """(the named request or None, errors by field, words about what would run).

    Parameters
    ----------
    fields, params : names the form has a place for; other errors come under "".
    """
    who, catalogue = actor(), services().catalogue
    try:
        dataset = catalogue.dataset(who, request.dataset)
        series = catalogue.series(who, request.dataset)
        others = others_of(
            request,
            lambda slug: catalogue.dataset(who, slug),
            lambda slug: catalogue.series(who, slug),
        )
        plan = validate_request(request, dataset, series, get_calendar(dataset.calendar), others)
    except NotFound as error:
        return None, {"dataset": error.message}, ""
    except InputError as error:
        return None, {place_of(error, fields, params): sentence(error)}, ""
    return replace(request, name=named(request, dataset.title)), {}, plan_words(request, plan)


def plan_words(request: BacktestRequest, plan: Plan) -> str:
    """`20 instruments, 8,313 daily bars; first decision after 199.`"""
    count = len(symbols_of(request))
    universe = "1 instrument" if count == 1 else f"{count} instruments"
    bars = f"{plan.bars:,} {TIMEFRAME_WORDS[request.timeframe].lower()} bars"
    return f"{universe} · {bars} · first decision after {plan.warmup:,}"

"""The instruments of a request: those of its data set, and those it adds from others.

Entries of `BacktestRequest.also` are "slug:SYMBOL". All instruments share one account, so their
prices are in one currency; where their exchanges keep different hours, their bars are joined on
one axis of closes (`terminal.market.mixed`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from terminal.backtest.request import BacktestRequest
from terminal.codec import content_hash
from terminal.errors import InputError, NotFound
from terminal.market.dataset import Dataset, Series
from terminal.market.mixed import join
from terminal.market.panel import Panel

FIELD = "also"


@dataclass(frozen=True)
class Other:
    """Another data set of a request, its series, and the symbols chosen from it."""

    dataset: Dataset
    series: Sequence[Series]
    symbols: tuple[str, ...]


@dataclass(frozen=True)
class OtherData:
    """What a finished run keeps of another data set it read."""

    dataset: str
    title: str
    source: str
    calendar: str
    version: str
    simulated: bool
    symbols: tuple[str, ...]


def kept(other: Other) -> OtherData:
    """What is kept of another data set with a run."""
    found = other.dataset
    return OtherData(
        found.slug,
        found.title,
        found.source,
        found.calendar,
        found.version,
        found.simulated,
        other.symbols,
    )


def by_dataset(also: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Symbols by data set, in the order of the request.

    Raises
    ------
    InputError : an entry is not "slug:SYMBOL".
    """
    found: dict[str, tuple[str, ...]] = {}
    for entry in also:
        slug, _, symbol = entry.partition(":")
        if not slug or not symbol:
            raise InputError(
                f"{entry!r} does not say which data set it is of.",
                field=FIELD,
                remedy="Write the data set, a colon and the symbol, as in us-tech-4:AAPL.",
            )
        found[slug] = (*found.get(slug, ()), symbol)
    return found


def symbols_of(request: BacktestRequest) -> tuple[str, ...]:
    """All instruments of a request as the run's panel names them."""
    return (*request.symbols, *(entry.partition(":")[2] for entry in request.also))


def others_of(
    request: BacktestRequest,
    dataset: Callable[[str], Dataset],
    series: Callable[[str], Sequence[Series]],
) -> tuple[Other, ...]:
    """The other data sets of a request.

    Parameters
    ----------
    dataset, series : what an actor may see by slug; they raise NotFound.

    Raises
    ------
    InputError : there is no such data set.
    """
    try:
        return tuple(
            Other(dataset(slug), series(slug), symbols)
            for slug, symbols in by_dataset(request.also).items()
        )
    except NotFound as error:
        raise InputError(
            error.message, field=FIELD, remedy="Take its instruments off the list."
        ) from error


def data_version_of(dataset: Dataset, others: Sequence[Other]) -> str:
    """The version of all that a run read; that of its data set where there is no other."""
    if not others:
        return dataset.version
    return content_hash([dataset.version, *(other.dataset.version for other in others)])


def require_one_account(
    request: BacktestRequest, dataset: Dataset, others: Sequence[Other]
) -> None:
    """The other data sets can be traded beside `dataset`.

    Raises
    ------
    InputError : naming `also`, what does not fit, and what to do.
    """
    names = symbols_of(request)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _refused(f"{twice[0]} is chosen twice.", "Choose it from one data set.")
    for other in others:
        found = other.dataset
        if found.slug == dataset.slug:
            raise _refused(
                f"{other.symbols[0]} is of {found.title}, the data set of this run.",
                "Choose it in the universe.",
            )
        _require_symbols(other)
        if found.currency != dataset.currency:
            raise _refused(
                f"{found.title} has prices in {found.currency or 'an unknown currency'}, "
                f"{dataset.title} in {dataset.currency or 'an unknown currency'}; an account has "
                "one currency.",
                "Choose instruments of the same currency.",
            )
        if found.adjustment != dataset.adjustment:
            raise _refused(
                f"The prices of {found.title} are {_spoken(found.adjustment)}, those of "
                f"{dataset.title} {_spoken(dataset.adjustment)}.",
                "Choose data sets whose prices are adjusted alike.",
            )
        if request.timeframe.order < found.timeframe.order:
            raise _refused(
                f"{found.title} has bars of {found.timeframe}; bars of {request.timeframe} cannot "
                "be made of them.",
                f"Choose bars of {found.timeframe} or coarser, or other instruments.",
            )


def _require_symbols(other: Other) -> None:
    known = {part.symbol: part for part in other.series}
    for symbol in other.symbols:
        if symbol not in known:
            raise _refused(
                f"{symbol!r} is not in the data set {other.dataset.title}.",
                "Choose from the list.",
            )
        if not known[symbol].tradable:
            raise _refused(
                f"{symbol} is an index and cannot be held.",
                "Choose stocks, and the index as benchmark.",
            )


def panel_of(
    request: BacktestRequest,
    others: Sequence[Other],
    bars: Callable[[str, Sequence[str]], Panel],
) -> Panel:
    """The raw bars of all instruments of a request, those of its own data set first.

    Parameters
    ----------
    bars : `bars(slug, symbols)` -> their panel in the request's range and bar length.

    Raises
    ------
    InputError : one of the data sets has no bars in the range, or they cannot be joined.
    """
    own = bars(request.dataset, request.symbols)
    if not others:
        return own
    try:
        return join([own, *(bars(other.dataset.slug, other.symbols) for other in others)])
    except InputError as error:
        raise InputError(error.message, field=FIELD, remedy=error.remedy) from error


def _spoken(adjustment: str) -> str:
    return {
        "as_traded": "as traded",
        "split": "adjusted for splits",
        "split_dividend": "adjusted for splits and dividends",
    }[adjustment]


def _refused(message: str, remedy: str) -> InputError:
    return InputError(message, field=FIELD, remedy=remedy)

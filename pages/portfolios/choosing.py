"""What a page of a portfolio shows, said by its address: portfolio, data set, benchmark."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from pages.server.context import actor, services
from terminal.holdings.prices import DailyPrices
from terminal.holdings.sources import Choice, Source, choices, load_source
from terminal.holdings.view import Fit, fits

NO_DATA = "none"
"""Value of the box that means: trades and last prices only."""

_prices: list[DailyPrices] = []


def prices() -> DailyPrices:
    """Daily prices of this process, kept by content."""
    if not _prices or _prices[0].catalogue is not services().catalogue:
        _prices[:] = [DailyPrices(services().catalogue)]
    return _prices[0]


@dataclass(frozen=True)
class Chosen:
    """The portfolio of a page, the data sets that fit it, and the one chosen ("": none)."""

    choice: Choice
    source: Source
    fits: list[Fit]
    data: str
    benchmark: str

    def address(self, page: str = "/portfolio", **more: str) -> str:
        """The address of this choice."""
        return address(page, of=self.choice.key, data=self.data or NO_DATA,
                       bench=self.benchmark, **more)  # fmt: skip


def address(page: str, **values: str) -> str:
    """An address with what is chosen; empty values are left out."""
    given = {key: value for key, value in values.items() if value}
    return f"{page}?{urlencode(given)}" if given else page


def known() -> list[Choice]:
    """What the person can look at."""
    return choices(services().db, actor())


def choose(of: str, data: str, benchmark: str) -> Chosen | None:
    """What the address asks for, with defaults; None where there is no portfolio at all.

    Raises
    ------
    NotFound : the address names a portfolio that is not there for the person.
    """
    listed = known()
    if not of and not listed:
        return None
    key = of or listed[0].key
    source = load_source(services().db, actor(), key)
    choice = next((one for one in listed if one.key == key), Choice(key, source.title, source.kind))
    found = fits(prices(), actor(), source)
    slugs = [fit.dataset.slug for fit in found]
    if data == NO_DATA or not slugs:
        data = ""
    elif data not in slugs:
        data = slugs[0]
    return Chosen(choice, source, found, data, benchmark)


def benchmark_options() -> list[dict[str, str]]:
    """Every instrument of every data set; indices first."""
    titles = {one.slug: one.label for one in services().catalogue.datasets(actor())}
    series = [one for one in services().catalogue.symbols(actor()) if one.dataset in titles]
    series.sort(key=lambda one: (one.asset_class != "index", one.dataset, one.symbol))
    return [
        {
            "label": " · ".join(
                text
                for text in (
                    one.symbol, one.name if one.name != one.symbol else "", titles[one.dataset]
                )
                if text
            ),
            "value": f"{one.dataset}:{one.symbol}",
        }
        for one in series
    ]  # fmt: skip

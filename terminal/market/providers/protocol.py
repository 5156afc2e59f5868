"""What an online (or local) source of bars can do. One conformance test holds all of them to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from terminal.market.dataset import Adjustment, NewSeries
from terminal.market.timeframe import Timeframe


@dataclass(frozen=True)
class BarsWanted:
    """Bars of one symbol from session `start` to session `end`, both inclusive."""

    symbol: str
    timeframe: Timeframe
    start: date
    end: date


class BarProvider(Protocol):
    """A source of bars.

    Attributes
    ----------
    slug, title : its name in requests and for people. licence : what may be done with the data.
    adjustment : of the prices it sends. timeframes : those it has. calendar, currency : of the
    markets it covers.
    """

    @property
    def slug(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def licence(self) -> str: ...
    @property
    def adjustment(self) -> Adjustment: ...
    @property
    def timeframes(self) -> Sequence[Timeframe]: ...
    @property
    def calendar(self) -> str: ...
    @property
    def currency(self) -> str: ...

    def fetch(self, wanted: BarsWanted, now: datetime) -> NewSeries:
        """Bars named by their open, strictly increasing, all closed by `now`; with actions.

        Raises
        ------
        NotFound : the source does not know the symbol.
        InputError : it has no such timeframe, or no bars in that range.
        Unavailable : it did not answer, asks to slow down, or sent what cannot be bars.
        """
        ...

"""Quotes of many instruments for a person: reads only the last year of each, once a version.

Bars of a version never change, so a quote is kept for as long as the process lives and is asked
for by the version's name.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import timedelta
from threading import Lock

from terminal.accounts.actor import Actor
from terminal.errors import NotFound
from terminal.market.calendars import get_calendar
from terminal.market.catalogue import Catalogue
from terminal.market.dataset import Dataset, Series
from terminal.market.quote import NEEDED_DAYS, Quote, quote_of

MOST_KEPT = 4_000


class Quotes:
    """Quotes by content, for one process."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._kept: OrderedDict[tuple[str, str], Quote] = OrderedDict()
        self._lock = Lock()

    def of(self, actor: Actor, parts: Sequence[Series]) -> list[tuple[Dataset, Series, Quote]]:
        """Data set and quote of each series, in order; what the actor cannot see is left out."""
        known = {dataset.slug: dataset for dataset in self.catalogue.datasets(actor)}
        return [
            (known[part.dataset], part, self._one(actor, known[part.dataset], part))
            for part in parts
            if part.dataset in known
        ]

    def _one(self, actor: Actor, dataset: Dataset, part: Series) -> Quote:
        key = (dataset.version, part.symbol)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        start = part.last_ts - timedelta(days=NEEDED_DAYS)
        try:
            bars = self.catalogue.store.read(dataset.version, part.symbol, start)
        except NotFound:
            return Quote()  # the bars are gone; the Data page says so
        actions = self.catalogue.actions(actor, dataset.slug, [part.symbol])
        made = quote_of(bars, actions, dataset.timeframe, get_calendar(dataset.calendar))
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return made

"""Bars for the preview: the last few series stay in memory while rules are tried on them.

They are named by the version of their data set, whose content never changes; who may see it is
asked for every time.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from pages.server.context import actor, services
from terminal.errors import InputError, NotFound
from terminal.market.dataset import Dataset
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe

KEPT = 8

_kept: OrderedDict[tuple[str, str, Timeframe], Panel] = OrderedDict()
_lock = Lock()


def load(slug: str, symbol: str, timeframe: Timeframe) -> tuple[Dataset, Panel]:
    """All raw bars of one instrument.

    Raises
    ------
    NotFound, InputError : the person has no such data set, or it no such instrument or bar length.
    """
    catalogue, who = services().catalogue, actor()
    dataset = catalogue.dataset(who, slug)
    if timeframe.order < dataset.timeframe.order:
        timeframe = dataset.timeframe
    key = (dataset.version, symbol, timeframe)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return dataset, _kept[key]
    panel = catalogue.panel(who, slug, [symbol], timeframe)
    with _lock:
        _kept[key] = panel
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return dataset, panel


def symbols_of(slug: str) -> list[str]:
    """Instruments of a data set that can be held; none where the data set is gone."""
    try:
        parts = services().catalogue.series(actor(), slug)
    except (NotFound, InputError):
        return []
    return [part.symbol for part in parts if part.tradable]

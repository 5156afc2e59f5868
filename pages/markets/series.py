"""Series as the chart shows them, kept while they are looked at.

A pan through a million bars must not read a million bars each time: the last few series, with the
indicators that were computed on them, stay in memory. They are named by the version of their data
set, whose content never changes; who may see it is asked for every time.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
import pandas as pd

from pages.server.context import actor, services
from terminal.charts.overlays import Overlay, OverlayLine, overlay_lines
from terminal.errors import NotFound
from terminal.market.calendars import get_calendar
from terminal.market.dataset import Dataset, Series
from terminal.market.timeframe import Timeframe

MOST_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Shown:
    """One instrument in one timeframe.

    key : names the bars' positions (adjusted or not). actions : kind, value, ts and `place`, the
    position of the bar in which it takes effect.
    """

    key: str
    dataset: Dataset
    part: Series
    timeframe: Timeframe
    adjusted: bool
    timezone: str
    bars: pd.DataFrame
    actions: pd.DataFrame
    _lines: dict[Overlay, list[OverlayLine]] = field(default_factory=dict)

    def lines(self, overlay: Overlay) -> list[OverlayLine]:
        """An indicator on the whole series, computed once."""
        if overlay not in self._lines:
            self._lines[overlay] = overlay_lines(self.bars, overlay, self.timezone)
        return self._lines[overlay]

    @property
    def size(self) -> int:
        """Bytes it holds."""
        lines = sum(len(made) for made in self._lines.values())
        return len(self.bars) * 8 * (6 + 2 * lines)


_kept: OrderedDict[str, Shown] = OrderedDict()
_lock = Lock()


def find(slug: str, symbol: str) -> tuple[Dataset, Series] | None:
    """Data set and series, if the person can see them."""
    try:
        dataset = services().catalogue.dataset(actor(), slug)
        for part in services().catalogue.series(actor(), slug):
            if part.symbol == symbol:
                return dataset, part
    except NotFound:
        pass
    return None


def load(dataset: Dataset, part: Series, timeframe: Timeframe, adjusted: bool) -> Shown:
    """All bars of the instrument; `adjusted` for splits and dividends where there are any."""
    name = f"{dataset.version}/{part.symbol}/{timeframe}/{'adjusted' if adjusted else 'traded'}"
    with _lock:
        if name in _kept:
            _kept.move_to_end(name)
            return _kept[name]
    catalogue = services().catalogue
    bars = catalogue.bars(actor(), dataset.slug, part.symbol, timeframe, adjusted=adjusted)
    actions = catalogue.actions(actor(), dataset.slug, [part.symbol])
    made = Shown(
        f"{dataset.version}/{part.symbol}/{timeframe}", dataset, part, timeframe, adjusted,
        get_calendar(dataset.calendar).timezone, bars,
        _placed(actions, pd.DatetimeIndex(bars.index), timeframe is not dataset.timeframe),
    )  # fmt: skip
    with _lock:
        _kept[name] = made
        while len(_kept) > 1 and sum(one.size for one in _kept.values()) > MOST_BYTES:
            _kept.popitem(last=False)
    return made


def _placed(actions: pd.DataFrame, index: pd.DatetimeIndex, resampled: bool) -> pd.DataFrame:
    """Actions inside the series with the bar they fall into."""
    if not len(index):
        return actions.iloc[:0].assign(place=[])
    ts = pd.DatetimeIndex(actions["ts"])
    if resampled:  # a week is named by its first day: the ex-date may lie inside it
        place = np.searchsorted(index, ts, side="right") - 1
    else:
        place = np.searchsorted(index, ts, side="left")
    inside = (ts >= index[0]) & (place < len(index))
    return actions.assign(place=place)[inside]

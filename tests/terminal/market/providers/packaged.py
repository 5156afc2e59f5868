"""A provider without a network: bars from the packages that are installed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import pandas as pd

from terminal.errors import InputError, NotFound
from terminal.market.builtin import us_tech_four
from terminal.market.calendars import get_calendar
from terminal.market.dataset import Adjustment, NewSeries
from terminal.market.providers import BarsWanted
from terminal.market.timeframe import Timeframe
from terminal.settings import Settings


@dataclass(frozen=True)
class PackagedProvider:
    """See `BarProvider`."""

    slug: str = "packaged"
    title: str = "Packaged"
    licence: str = "BSD-3-Clause"
    adjustment: Adjustment = Adjustment.AS_TRADED
    timeframes: tuple[Timeframe, ...] = (Timeframe.DAY_1,)
    calendar: str = "XNYS"
    currency: str = "USD"

    def fetch(self, wanted: BarsWanted, now: datetime) -> NewSeries:
        if wanted.timeframe not in self.timeframes:
            raise InputError(f"No {wanted.timeframe} bars.", field="timeframe")
        parts = {part.symbol: part for part in us_tech_four()[1]}
        if wanted.symbol not in parts:
            raise NotFound(f"There is no symbol {wanted.symbol!r}.", field="symbols")
        part = parts[wanted.symbol]
        day = part.bars.index.date
        closes = get_calendar("XNYS").bar_close(
            part.bars.index.tz_convert(None).to_numpy().astype("datetime64[ns]"), wanted.timeframe
        )
        known = pd.DatetimeIndex(closes, tz="UTC") <= pd.Timestamp(now)
        bars = part.bars[(day >= wanted.start) & (day <= wanted.end) & known]
        if bars.empty:
            raise InputError("No bars in that range.", field="start")
        actions = part.actions[part.actions["ts"].isin(bars.index)]
        return replace(part, bars=bars, actions=actions)


def create(settings: Settings) -> PackagedProvider:
    return PackagedProvider()

"""What the terminal knows of the data it holds: data sets, their series, corporate actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import pandas as pd

from terminal.market.timeframe import Timeframe

BAR_COLUMNS = ("open", "high", "low", "close", "volume")


class Adjustment(StrEnum):
    """What was already done to stored prices."""

    AS_TRADED = "as_traded"
    SPLIT = "split"
    SPLIT_DIVIDEND = "split_dividend"


@dataclass(frozen=True)
class Dataset:
    """A collection of bars with one source, adjustment, base timeframe and calendar.

    `version` names its content: the same bars have the same version. `fields` is "ohlcv" or
    "close". `owner_id` None: built in, everybody's.
    """

    slug: str
    title: str
    source: str
    licence: str
    adjustment: Adjustment
    timeframe: Timeframe
    calendar: str
    simulated: bool
    fields: str
    currency: str
    version: str
    owner_id: int | None = None
    note: str = ""
    quality: Mapping[str, Any] | None = None
    created_at: datetime | None = None
    n_series: int = 0
    n_rows: int = 0
    first_ts: datetime | None = None
    last_ts: datetime | None = None

    @property
    def label(self) -> str:
        """Title as it is shown: simulated data says so."""
        marked = not self.simulated or "SIMULATED" in self.title
        return self.title if marked else f"{self.title} · SIMULATED"


@dataclass(frozen=True)
class Series:
    """One instrument's bars in a data set."""

    dataset: str
    symbol: str
    name: str
    sector: str
    asset_class: str  # "stock", "index"
    first_ts: datetime
    last_ts: datetime
    rows: int
    sha256: str

    @property
    def tradable(self) -> bool:
        """False for an index: it can be a benchmark, not a holding."""
        return self.asset_class != "index"


@dataclass(frozen=True)
class NewSeries:
    """Bars on their way into a data set.

    bars : indexed by `ts` (UTC bar open, strictly increasing), float64 `BAR_COLUMNS`; NaN where the
    source has nothing. actions : ts (open of the ex-date's bar), kind "split" or "dividend", value.
    """

    symbol: str
    bars: pd.DataFrame
    name: str = ""
    sector: str = ""
    asset_class: str = "stock"
    actions: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame({"ts": [], "kind": [], "value": []})
    )

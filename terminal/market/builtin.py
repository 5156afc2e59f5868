"""The built-in data, straight from installed packages' own data files. No network.

- skfolio: 20 S&P 500 stocks, adjusted closes, 1990-2022.
- bokeh_sampledata: AAPL, GOOG, IBM, MSFT as traded, with splits and dividends derived from the
  adjusted close that stands beside the traded one.
- arch: S&P 500 and Nasdaq composite 1999-2018, VIX 2014-2019.
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Sequence

import numpy as np
import pandas as pd

from terminal.market.calendars import TradingCalendar, get_calendar
from terminal.market.dataset import BAR_COLUMNS, Adjustment, Dataset, NewSeries
from terminal.market.implied_actions import Reinvested, implied_actions
from terminal.market.timeframe import Timeframe

TECH_FOUR = ("AAPL", "GOOG", "IBM", "MSFT")

NAMES: dict[str, tuple[str, str]] = {
    "AAPL": ("Apple", "Information Technology"),
    "AMD": ("Advanced Micro Devices", "Information Technology"),
    "BAC": ("Bank of America", "Financials"),
    "BBY": ("Best Buy", "Consumer Discretionary"),
    "CVX": ("Chevron", "Energy"),
    "GE": ("General Electric", "Industrials"),
    "GOOG": ("Google", "Communication Services"),
    "HD": ("Home Depot", "Consumer Discretionary"),
    "IBM": ("IBM", "Information Technology"),
    "JNJ": ("Johnson & Johnson", "Health Care"),
    "JPM": ("JPMorgan Chase", "Financials"),
    "KO": ("Coca-Cola", "Consumer Staples"),
    "LLY": ("Eli Lilly", "Health Care"),
    "MRK": ("Merck", "Health Care"),
    "MSFT": ("Microsoft", "Information Technology"),
    "PEP": ("PepsiCo", "Consumer Staples"),
    "PFE": ("Pfizer", "Health Care"),
    "PG": ("Procter & Gamble", "Consumer Staples"),
    "RRC": ("Range Resources", "Energy"),
    "UNH": ("UnitedHealth", "Health Care"),
    "WMT": ("Walmart", "Consumer Staples"),
    "XOM": ("Exxon Mobil", "Energy"),
}


def sp500_twenty() -> tuple[Dataset, list[NewSeries]]:
    """20 stocks, adjusted closes only."""
    frame = _read("skfolio.datasets.data", "sp500_dataset.csv.gz", index="Date")
    calendar = get_calendar("XNYS")
    parts = [
        _series(symbol, pd.DataFrame({"close": frame[symbol].dropna()}), calendar)
        for symbol in frame.columns
    ]
    dataset = Dataset(
        slug="sp500-20",
        title="S&P 500, 20 stocks",
        source="skfolio 1.12.2, sp500_dataset: daily closes adjusted for splits and dividends",
        licence="BSD-3-Clause (skfolio)",
        adjustment=Adjustment.SPLIT_DIVIDEND,
        timeframe=Timeframe.DAY_1,
        calendar="XNYS",
        simulated=False,
        fields="close",
        currency="USD",
        version="",
        note="Survivors: all 20 were still listed in 2022, which flatters every strategy. "
        "Closes only: orders fill at the next close.",
    )
    return dataset, parts


def us_tech_four() -> tuple[Dataset, list[NewSeries]]:
    """AAPL, GOOG, IBM, MSFT as traded, with corporate actions."""
    frame = _read("bokeh_sampledata._data", "stocks.csv.gz", index="Date")
    frame = frame[frame["Ticker"].isin(TECH_FOUR)]  # the file's fifth stock has ten months only
    calendar = get_calendar("XNYS")
    parts = []
    for symbol, rows in frame.groupby("Ticker"):
        rows = rows.sort_index()
        bars = rows.rename(columns=str.lower)[list(BAR_COLUMNS)].astype("float64")
        made = _series(str(symbol), bars, calendar)
        actions = implied_actions(
            bars["close"], rows["Adj Close"].astype("float64"), Reinvested.EX_CLOSE
        )
        actions["ts"] = _opens(pd.DatetimeIndex(actions["ts"]), calendar)
        parts.append(NewSeries(made.symbol, made.bars, made.name, made.sector, "stock", actions))
    dataset = Dataset(
        slug="us-tech-4",
        title="US technology, 4 stocks as traded",
        source="bokeh_sampledata 2026.1, stocks.csv: daily bars as traded, 2000-2013; splits and "
        "dividends derived from its adjusted close",
        licence="BSD-3-Clause (bokeh)",
        adjustment=Adjustment.AS_TRADED,
        timeframe=Timeframe.DAY_1,
        calendar="XNYS",
        simulated=False,
        fields="ohlcv",
        currency="USD",
        version="",
        note="Amounts of dividends are implied by the adjusted close, to about a tenth of a cent. "
        "Chosen with hindsight: all four are survivors.",
    )
    return dataset, parts


def us_indices() -> tuple[Dataset, list[NewSeries]]:
    """S&P 500, Nasdaq composite and VIX."""
    calendar = get_calendar("XNYS")
    parts = []
    for symbol, name, module in (
        ("SPX", "S&P 500 index", "sp500"),
        ("COMP", "Nasdaq composite index", "nasdaq"),
        ("VIX", "Cboe volatility index", "vix"),
    ):
        frame = _read(f"arch.data.{module}", f"{module}.csv.gz", index=0).dropna(how="all")
        frame = frame.rename(columns=str.lower).rename(columns={"vix": "close"})
        frame = frame[calendar.is_session(_days(frame.index))]
        frame = frame[frame["close"].notna()]
        made = _series(symbol, frame.astype("float64"), calendar)
        parts.append(NewSeries(symbol, made.bars, name, "Index", "index"))
    dataset = Dataset(
        slug="us-indices",
        title="US indices",
        source="arch 8.0.0: S&P 500 and Nasdaq composite 1999-2018, VIX closes 2014-2019",
        licence="NCSA (arch)",
        adjustment=Adjustment.AS_TRADED,
        timeframe=Timeframe.DAY_1,
        calendar="XNYS",
        simulated=False,
        fields="ohlcv",
        currency="USD",
        version="",
        note="Indices cannot be traded; use them as benchmarks.",
    )
    return dataset, parts


BUILT_IN = (sp500_twenty, us_tech_four, us_indices)


def _read(package: str, name: str, index: str | int) -> pd.DataFrame:
    source = importlib.resources.files(package) / name
    with importlib.resources.as_file(source) as path:
        frame = pd.read_csv(path, index_col=index, compression="gzip")
    frame.index = pd.to_datetime(frame.index)
    return frame


def _days(index: pd.Index) -> np.ndarray:
    return index.to_numpy().astype("datetime64[D]")


def _opens(days: pd.DatetimeIndex, calendar: TradingCalendar) -> pd.DatetimeIndex:
    opens = calendar.open_of(_days(days)) if len(days) else np.empty(0, dtype="datetime64[ns]")
    return pd.DatetimeIndex(opens, tz="UTC", name="ts")


def _series(symbol: str, daily: pd.DataFrame, calendar: TradingCalendar) -> NewSeries:
    """Daily rows by date as bars named by their session's open; missing columns are NaN."""
    bars = daily.reindex(columns=list(BAR_COLUMNS)).astype("float64")
    bars.index = _opens(pd.DatetimeIndex(daily.index), calendar)
    name, sector = NAMES.get(symbol, (symbol, ""))
    return NewSeries(symbol, bars, name, sector)


def slugs() -> Sequence[str]:
    """Slugs of the real built-in data sets."""
    return ("sp500-20", "us-tech-4", "us-indices")

"""Where the replayed bars come from: a stored data set, or a file with bars."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from terminal.errors import InputError, Unavailable
from terminal.execution.paper.tape import Tape, make_tape
from terminal.settings import Settings

if TYPE_CHECKING:
    from terminal.market.catalogue import Catalogue
    from terminal.market.dataset import Dataset
    from terminal.market.panel import Panel

MOST_SYMBOLS = 30
HISTORY_DAYS = 400  # calendar days of bars before the start, for those who ask for history


def load(settings: Settings, file: Path | None = None, before: str = "") -> Tape:
    """The tape these settings name; else that of the data set replayed `before`, so that accounts
    stay in the market they are in.

    Raises
    ------
    Unavailable : there is no data set yet. InputError : the settings name what is not there.
    """
    from terminal.market.calendars import get_calendar

    wanted = settings.trading.exchange_start
    start = date.fromisoformat(wanted) if wanted else None
    panel = _from_store(settings, start, before) if file is None else read_bars(file)
    return make_tape(panel, get_calendar(panel.calendar), start or _a_year_before(panel, file))


def _a_year_before(panel: Panel, file: Path | None) -> date | None:
    """Where a replay of a data set begins by itself; that of a file begins with the file."""
    import pandas as pd

    if file is not None:
        return None
    last = pd.Timestamp(panel.ts[-1])
    start: date = max(last - pd.DateOffset(years=1), pd.Timestamp(panel.ts[0])).date()
    return start


def _from_store(settings: Settings, start: date | None, before: str) -> Panel:
    from datetime import timedelta

    from terminal.accounts.actor import SYSTEM
    from terminal.db.database import get_database
    from terminal.market.catalogue import Catalogue
    from terminal.market.store import open_store

    catalogue = Catalogue(get_database(), open_store(settings, get_database()))
    dataset = _dataset(settings, catalogue, before)
    series = [part for part in catalogue.series(SYSTEM, dataset.slug) if part.tradable]
    given = [s.strip().upper() for s in settings.trading.exchange_symbols.split(",") if s.strip()]
    symbols = given or [part.symbol for part in series][:MOST_SYMBOLS]
    if start is None and dataset.last_ts is not None:
        start = dataset.last_ts.date() - timedelta(days=366)
    low = start - timedelta(days=HISTORY_DAYS) if start else None
    return catalogue.panel(SYSTEM, dataset.slug, symbols, start=low)


def _dataset(settings: Settings, catalogue: Catalogue, before: str) -> Dataset:
    from terminal.accounts.actor import SYSTEM
    from terminal.market.simulate import SLUG

    wanted = settings.trading.exchange_dataset or before
    if wanted:
        return catalogue.dataset(SYSTEM, wanted)
    there = {dataset.slug: dataset for dataset in catalogue.datasets(SYSTEM)}
    tradable = [
        dataset
        for dataset in there.values()
        if any(part.tradable for part in catalogue.series(SYSTEM, dataset.slug))
    ]
    chosen = there.get(SLUG)
    if chosen is None and not settings.market.simulated:
        chosen = next(iter(tradable), None)
    if chosen is None:
        raise Unavailable(
            "The paper exchange has no market data to replay yet.",
            remedy="Wait until the built-in data is loaded, or name a data set with "
            "ATT_TRADING__EXCHANGE_DATASET.",
        )
    return chosen


def read_bars(file: Path) -> Panel:
    """Bars from a Parquet or JSON file: ts, symbol, open, high, low, close, volume, and if there is
    any split and dividend; calendar and timeframe in the columns of those names, else XNYS, 1d.

    Raises
    ------
    InputError : it is not such a file.
    """
    import pandas as pd

    from terminal.market.calendars import get_calendar
    from terminal.market.dataset import BAR_COLUMNS, Adjustment, Dataset
    from terminal.market.panels import build_panel
    from terminal.market.timeframe import Timeframe

    rows = pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_json(file)
    missing = {"ts", "symbol", *BAR_COLUMNS} - set(rows.columns)
    if missing or rows.empty:
        raise InputError(f"{file} lacks {', '.join(sorted(missing)) or 'rows'}.", field="bars")
    rows["ts"] = pd.to_datetime(rows["ts"], utc=True)
    calendar = str(rows["calendar"].iloc[0]) if "calendar" in rows else "XNYS"
    timeframe = Timeframe(rows["timeframe"].iloc[0]) if "timeframe" in rows else Timeframe.DAY_1
    actions = [
        rows[rows[kind] != none][["symbol", "ts", kind]]
        .rename(columns={kind: "value"})
        .assign(kind=kind)
        for kind, none in (("split", 1.0), ("dividend", 0.0))
        if kind in rows
    ]
    dataset = Dataset(
        slug=file.stem, title=file.stem, source="file", licence="", adjustment=Adjustment.AS_TRADED,
        timeframe=timeframe, calendar=calendar, simulated=True, fields="ohlcv", currency="USD",
        version="",
    )  # fmt: skip
    frames = {
        str(symbol): part.set_index("ts").sort_index()[list(BAR_COLUMNS)]
        for symbol, part in rows.groupby("symbol")
    }
    none = pd.DataFrame({"symbol": [], "ts": [], "kind": [], "value": []})
    found = [part for part in actions if len(part)]
    return build_panel(
        dataset, frames, pd.concat(found) if found else none, timeframe, get_calendar(calendar)
    )

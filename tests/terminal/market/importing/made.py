"""Files made by hand, and imports of them."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from terminal.market.calendars import get_calendar
from terminal.market.importing.columns import guess_columns
from terminal.market.importing.files import SourceFile
from terminal.market.importing.plan import ImportPlan, LabelSide
from terminal.market.importing.read import ReadResult, read_files
from terminal.market.importing.times import ISO
from terminal.market.timeframe import Timeframe
from tests.terminal.market.panels import bars_frame

CALENDAR = get_calendar("XNYS")
HEADER = ("date", "open", "high", "low", "close", "volume")
DAILY = ImportPlan(guess_columns(HEADER), ISO, "", Timeframe.DAY_1, LabelSide.START)
QUARTERS = replace(
    DAILY,
    columns=guess_columns(("ts", *HEADER[1:])),
    timezone="America/New_York",
    timeframe=Timeframe.MIN_15,
)

GOOD_DAYS = """date,open,high,low,close,volume
2024-03-04,10,11,9,10.5,100
2024-03-05,10.5,12,10,11,110
2024-03-06,11,11.5,10.5,11.2,120
2024-03-07,11.2,11.4,11,11.1,130
2024-03-08,11.1,11.8,11,11.7,140
"""


def write(folder: Path, text: str | bytes, name: str = "TEST.csv") -> SourceFile:
    """A file of that content."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return SourceFile(name, path)


def read(files: SourceFile | list[SourceFile], plan: ImportPlan = DAILY) -> ReadResult:
    """Import without storing."""
    many = files if isinstance(files, list) else [files]
    with tempfile.TemporaryDirectory() as folder:
        return read_files(many, plan, get_calendar(plan.calendar), Path(folder))


def codes(result: ReadResult) -> dict[str, int]:
    """What was found, by code."""
    return {finding.code: finding.count for finding in result.report.findings}


def intraday_csv(
    start: str,
    end: str,
    side: LabelSide = LabelSide.START,
    zone: str = "America/New_York",
    extended: bool = False,
    volume: bool = True,
) -> str:
    """15-minute bars as a source would export them: naive local labels, busy in the session."""
    grid = CALENDAR.grid(start, end, Timeframe.MIN_15)
    step = np.timedelta64(15, "m")
    if extended:
        opens = CALENDAR.open_of(CALENDAR.sessions_in(start, end))
        closes = CALENDAR.close_of(CALENDAR.sessions_in(start, end))
        around = [opens - step * k for k in range(1, 9)] + [closes + step * k for k in range(8)]
        grid = np.sort(np.concatenate([grid, *around]))
    bars = bars_frame(grid)
    inside = np.isin(grid, CALENDAR.grid(start, end, Timeframe.MIN_15))
    bars["volume"] = np.where(inside, 10_000.0, 150.0) + np.arange(len(grid)) % 7
    if not volume:
        bars["volume"] = np.nan
    labels = bars.index + (pd.Timedelta(minutes=15) if side is LabelSide.END else pd.Timedelta(0))
    local = labels.tz_convert(zone).strftime("%Y-%m-%d %H:%M")
    return bars.assign(ts=local)[["ts", *HEADER[1:]]].round(6).to_csv(index=False)

"""The whole import short of storing: files in, checked series and a report out.

Two passes. The first reads every file in pieces, turns texts into times and numbers and keeps the
rows on disk by symbol; the second makes each symbol's bars. Memory holds one piece, one symbol and
the bars that are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from terminal.errors import InputError
from terminal.market.calendars import TradingCalendar
from terminal.market.dataset import NewSeries
from terminal.market.findings import Check, Finding, Findings, Place, QualityReport, Severity
from terminal.market.importing.chunks import header_of, read_chunks
from terminal.market.importing.dialect import sniff
from terminal.market.importing.files import SourceFile
from terminal.market.importing.label_side import detect_label_side
from terminal.market.importing.normalise import normalise
from terminal.market.importing.plan import ImportPlan
from terminal.market.importing.series import build_series
from terminal.market.importing.spill import Spill

Progress = Callable[[float, str, str], None]
SURE = 0.6  # confidence from which the evidence overrules what was chosen
SAMPLE_SYMBOLS = 8
SAMPLE_ROWS = 150_000  # of each: a year and a half of minutes
MAX_SYMBOL_LENGTH = 32
MAX_SYMBOLS = 5_000

WRONG_SIDE = Check(
    "label_side",
    Severity.ERROR,
    "The times name the other end of the bars than was chosen.",
    "Choose the other label side; taking an end for a start shows every bar too early.",
    droppable=False,
)
HALF_DAYS = Check(
    "half_days",
    Severity.NOTE,
    "{count} sessions in the range are half days; bars after the early close are post-market.",
    "Nothing to do.",
)
NO_BARS = Check(
    "no_bars",
    Severity.ERROR,
    "{count} symbols have no bar that can be kept.",
    "Check time zone, calendar and hours, or leave the symbol out.",
    droppable=False,
)
LONG_SYMBOL = f"A symbol has at most {MAX_SYMBOL_LENGTH} characters."


@dataclass(frozen=True)
class ReadResult:
    """Series ready to be stored when the report has no errors."""

    series: tuple[NewSeries, ...]
    report: QualityReport


def read_files(
    files: Sequence[SourceFile],
    plan: ImportPlan,
    calendar: TradingCalendar,
    folder: Path,
    progress: Progress = lambda fraction, stage, message: None,
) -> ReadResult:
    """Read `files` by `plan`.

    Parameters
    ----------
    folder : an empty folder for the rows on their way; the caller removes it.
    progress : called with fraction 0..1, stage, message; what it raises stops the import.

    Raises
    ------
    InputError : a file cannot be read at all, or the plan does not fit it.
    StorageFull : no space for the rows on their way.
    """
    findings = Findings()
    spill = Spill(folder)
    rows_read = 0
    for number, source in enumerate(files):
        rows_read += _read_file(source, number, len(files), plan, spill, findings, progress)
    names = [source.name for source in files]
    _check_symbols(spill.symbols)
    evidence = _label_evidence(spill, plan, calendar, findings)
    series = []
    for k, symbol in enumerate(spill.symbols):
        progress(0.6 + 0.3 * k / len(spill.symbols), "Checking", symbol)
        made = build_series(symbol, spill.read(symbol), names, plan, calendar, findings)
        if len(made.bars):
            series.append(made)
        else:
            findings.add(NO_BARS, 1, [Place(symbol=symbol)], symbol)
    _note_half_days(series, plan, calendar, findings)
    bars = sum(len(part.bars) for part in series)
    report = QualityReport(rows_read, bars, len(series), findings.all(), evidence)
    return ReadResult(tuple(series), report)


def _read_file(
    source: SourceFile,
    number: int,
    of: int,
    plan: ImportPlan,
    spill: Spill,
    findings: Findings,
    progress: Progress,
) -> int:
    plan.columns.check(header_of(source), source.name)
    decimal = "." if source.parquet else sniff(source).decimal
    rows = 0
    for chunk in read_chunks(source, plan.columns.used):
        progress(0.6 * (number + chunk.share) / of, "Reading", source.name)
        good = normalise(chunk, source, number, decimal, plan, findings)
        rows += good.rows_read
        if len(good.values):
            spill.add(good.symbols, good.values)
    return rows


def _check_symbols(symbols: Sequence[str]) -> None:
    if len(symbols) > MAX_SYMBOLS:
        raise InputError(
            f"The symbol column has {len(symbols):,} different values; at most {MAX_SYMBOLS:,} "
            "are taken.",
            field="columns.symbol",
            remedy="Choose the column that holds the symbol.",
        )
    for symbol in symbols:
        if not symbol.isprintable():
            raise InputError(
                f"{symbol[:40]!r} has characters that no symbol has.",
                field="columns.symbol",
                remedy="Choose the column that holds the symbol, or correct the file.",
            )
        if len(symbol) > MAX_SYMBOL_LENGTH:
            raise InputError(
                f"{symbol[:40]!r}… is too long for a symbol. {LONG_SYMBOL}",
                field="columns.symbol",
                remedy="Choose the column that holds the symbol, or rename the file.",
            )


def _label_evidence(
    spill: Spill, plan: ImportPlan, calendar: TradingCalendar, findings: Findings
) -> tuple[str, ...]:
    """Weigh the first rows of some symbols; a clear contradiction to the choice is an error."""
    if not plan.timeframe.intraday or not spill.symbols:
        return ()
    step = max(1, len(spill.symbols) // SAMPLE_SYMBOLS)
    chosen = spill.symbols[::step][:SAMPLE_SYMBOLS]
    frames = [spill.read(symbol, SAMPLE_ROWS) for symbol in chosen]
    found = detect_label_side(
        np.concatenate([frame["ns"].to_numpy() for frame in frames]),
        np.concatenate([activity_of(frame) for frame in frames]),
        np.repeat(np.arange(len(frames)), [len(frame) for frame in frames]),
        plan.timeframe,
        calendar,
    )
    if found.side not in (None, plan.label) and found.confidence >= SURE:
        findings.add(WRONG_SIDE, 1, [Place(detail=said) for said in found.sentences])
    return found.sentences


def activity_of(frame: pd.DataFrame) -> np.ndarray:
    """Volume; where there is none, the range of the bar; else nothing."""
    if "volume" in frame:
        return np.asarray(frame["volume"].to_numpy(dtype=np.float64))
    if "high" in frame and "low" in frame:
        return np.asarray((frame["high"] - frame["low"]).to_numpy(dtype=np.float64))
    return np.full(len(frame), np.nan)


def _note_half_days(
    series: Sequence[NewSeries], plan: ImportPlan, calendar: TradingCalendar, findings: Findings
) -> None:
    if not series or not plan.timeframe.intraday:
        return
    first = min(part.bars.index[0] for part in series)
    last = max(part.bars.index[-1] for part in series)
    span = np.array([first.tz_convert(None), last.tz_convert(None)], dtype="datetime64[ns]")
    start, end = calendar.session_of(span)
    days = calendar.half_days(start, end)
    findings.add(HALF_DAYS, len(days), [Place(ts=str(day)) for day in days])


def refusal(report: QualityReport) -> InputError:
    """The report's first error as the sentence a refused import ends with."""
    first: Finding = report.errors[0]
    place = first.places[0] if first.places else Place()
    more = len(report.errors) - 1
    rest = f" {more} more kind{'s' if more > 1 else ''} of error in the report." if more else ""
    where = f" First: {place}." if str(place) else ""
    return InputError(
        f"Nothing was imported. {first.sentence}{where}{rest}",
        field=first.code,
        row=place.row,
        remedy=first.check.remedy,
    )

"""A first look at files, for the import wizard: proposals with their reasons, nothing decided.

Reads the head of a few files only, so it answers at once; the import reads everything and checks
again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from terminal.errors import InputError
from terminal.market.calendars import TradingCalendar
from terminal.market.findings import Findings
from terminal.market.importing.chunks import Chunk, header_of, read_chunks
from terminal.market.importing.columns import Columns, guess_columns
from terminal.market.importing.dialect import Dialect, sniff
from terminal.market.importing.files import SourceFile
from terminal.market.importing.label_side import LabelEvidence, detect_label_side
from terminal.market.importing.normalise import normalise, time_column
from terminal.market.importing.plan import ImportPlan, LabelSide
from terminal.market.importing.read import activity_of
from terminal.market.importing.times import ISO, TimeGuess, guess_format
from terminal.market.timeframe import Timeframe

HEAD_ROWS = 60_000
FILES_LOOKED_AT = 4
SHOWN = 20


@dataclass(frozen=True)
class Inspection:
    """What the wizard proposes.

    Attributes
    ----------
    header : columns of the first file. columns : the guessed mapping. preview : its first rows, as
        texts. symbols : by file name, for files without a symbol column.
    time : how times are written, None while no time column is mapped.
    needs_timezone : the times carry no offset, so a zone must be chosen.
    timeframe : None: none was recognised. label : the evidence for the label side.
    has_adjusted_close : the file has both a close and an adjusted one, from which splits and
        dividends can be derived.
    notes : sentences a person should read before going on.
    """

    files: tuple[str, ...]
    header: tuple[str, ...]
    columns: Columns
    preview: pd.DataFrame
    symbols: dict[str, str]
    n_symbols: int | None
    time: TimeGuess | None
    needs_timezone: bool
    timeframe: Timeframe | None
    label: LabelEvidence
    has_adjusted_close: bool
    dialect: Dialect | None
    notes: tuple[str, ...]


_UNKNOWN = LabelEvidence(None, 0.0, ())


def inspect_files(
    files: Sequence[SourceFile],
    calendar: TradingCalendar,
    columns: Columns | None = None,
    timezone: str = "",
    time_format: str = "",
) -> Inspection:
    """Look at files and propose how to read them.

    Parameters
    ----------
    files : as `files.expand` returns them.
    columns, timezone, time_format : what the person has chosen so far; empty: guess. Naive times
        are looked at as exchange time until a zone is chosen.

    Raises
    ------
    InputError : the first file is no table, or a chosen column is not in it.
    """
    first = files[0]
    header = header_of(first)
    chosen = columns or guess_columns(header)
    head = _head(first, header)
    notes: list[str] = []
    time, timeframe, evidence = None, None, _UNKNOWN
    if (chosen.ts or chosen.date) and chosen.close:
        chosen.check(header, first.name)
        time, note = _time(head, chosen, time_format)
        notes += [note] if note else []
        plan = _plan(chosen, time, time_format, timezone or calendar.timezone, calendar.mic)
        timeframe, evidence = _look_at_bars(files[:FILES_LOOKED_AT], plan, calendar)
        if timeframe is None:
            notes.append(
                "The time between bars is none that the terminal knows: "
                + ", ".join(t.value for t in Timeframe if t.order <= Timeframe.DAY_1.order)
                + "."
            )
    symbols = {source.name: source.symbol for source in files}
    return Inspection(
        files=tuple(source.name for source in files),
        header=header,
        columns=chosen,
        preview=head.table.slice(0, SHOWN).to_pandas().astype("str"),
        symbols={} if chosen.symbol else symbols,
        n_symbols=None if chosen.symbol else len(set(symbols.values())),
        time=time,
        needs_timezone=time is not None and not time.zoned and not time.dated,
        timeframe=timeframe,
        label=evidence,
        has_adjusted_close=bool(chosen.adjusted_close),
        dialect=None if first.parquet else sniff(first),
        notes=tuple(notes),
    )


def _head(source: SourceFile, columns: Sequence[str]) -> Chunk:
    """The first rows of a file."""
    chunks = read_chunks(source, columns)
    try:
        head = next(chunks, None)
    finally:
        chunks.close()  # type: ignore[attr-defined]
    if head is None or head.table.num_rows == 0:
        raise InputError(f"{source.name} has no rows.", field="file", remedy="Leave it out.")
    size = min(HEAD_ROWS, head.table.num_rows)
    return Chunk(head.table.slice(0, size), head.rows[:size], head.broken, 1.0)


def _time(head: Chunk, columns: Columns, form: str) -> tuple[TimeGuess, str]:
    field = head.table.schema.field(columns.ts or columns.date)
    if pa.types.is_timestamp(field.type):
        values = head.table[field.name].to_pandas()
        dated = bool((values.dropna().dt.normalize() == values.dropna()).all())
        return TimeGuess((ISO,), field.type.tz is not None, dated, False), ""
    guess = guess_format(time_column(head.table, columns).astype("str").tolist()[:5000])
    note = ""
    if len(guess.formats) > 1 and not form:
        note = (
            f"Times fit {' and '.join(guess.formats[:3])}: day and month cannot be told apart. "
            "Choose the format."
        )
    if guess.mixed:
        note = "Some times carry an offset and others do not."
    return guess, note


def _plan(columns: Columns, time: TimeGuess, form: str, zone: str, mic: str) -> ImportPlan:
    # A minute bar is asked for only so that naive times are read in the zone.
    timeframe = Timeframe.DAY_1 if time.dated else Timeframe.MIN_1
    return ImportPlan(columns, form or time.format, zone, timeframe, LabelSide.START, mic)


def _look_at_bars(
    files: Sequence[SourceFile], plan: ImportPlan, calendar: TradingCalendar
) -> tuple[Timeframe | None, LabelEvidence]:
    """Timeframe and label side from the heads of some files."""
    ns, activity, codes = [], [], []
    for number, source in enumerate(files):
        decimal = "." if source.parquet else sniff(source).decimal
        head = _head(source, plan.columns.used)
        rows = normalise(head, source, number, decimal, plan, Findings())
        names = pd.factorize(rows.symbols)[0]
        ns.append(rows.values["ns"].to_numpy())
        activity.append(activity_of(rows.values))
        codes.append(names + 100_000 * number)
    times, groups = np.concatenate(ns), np.concatenate(codes)
    timeframe = detect_timeframe(times, groups)
    if timeframe is None:
        return None, _UNKNOWN
    found = detect_label_side(times, np.concatenate(activity), groups, timeframe, calendar)
    return timeframe, found


def detect_timeframe(ns: np.ndarray, groups: np.ndarray) -> Timeframe | None:
    """The usual time between bars of a symbol; None when it is none of the known ones.

    Parameters
    ----------
    ns : UTC nanoseconds, any order. groups : a code per row; only bars of one are compared.
    """
    order = np.lexsort((ns, groups))
    step = np.diff(ns[order])[np.diff(groups[order]) == 0]
    minutes = step[step > 0] // 60_000_000_000
    if not len(minutes):
        return None
    values, counts = np.unique(minutes, return_counts=True)
    usual = int(values[np.argmax(counts)])
    for timeframe in Timeframe:
        if timeframe.intraday and timeframe.minutes == usual:
            return timeframe
    # A clock change makes a day of 23 or 25 hours.
    return Timeframe.DAY_1 if 23 * 60 <= usual <= 25 * 60 else None

"""Texts of a chunk to times and numbers; what cannot be read is named with its row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from terminal.market.findings import Check, Findings, Place, Severity
from terminal.market.importing.chunks import Chunk
from terminal.market.importing.columns import Columns
from terminal.market.importing.files import SourceFile
from terminal.market.importing.plan import BadRows, ImportPlan
from terminal.market.importing.times import NAT, ReadTimes, read_times
from terminal.market.quality import report

BROKEN_ROW = Check(
    "broken_row",
    Severity.ERROR,
    "{count} rows have more or fewer fields than the header.",
    "Look for a delimiter inside a field; correct the rows, or choose to leave bad rows out.",
)
BAD_TIME = Check(
    "bad_time",
    Severity.ERROR,
    "{count} rows have a time that cannot be read in the chosen format.",
    "Check the time format; correct the rows, or choose to leave bad rows out.",
)
AMBIGUOUS_TIME = Check(
    "ambiguous_time",
    Severity.ERROR,
    "{count} rows fall into the hour that the end of summer time repeats: they name two moments.",
    "Export the times in UTC or with their offset, or choose to leave bad rows out.",
)
MISSING_TIME = Check(
    "nonexistent_time",
    Severity.ERROR,
    "{count} rows fall into the hour that the start of summer time skips: there was no such time.",
    "Check the time zone that was chosen; export the times in UTC or with their offset.",
)
MIXED_ZONES = Check(
    "mixed_time_zones",
    Severity.ERROR,
    "{count} rows have a time without offset in a file where others carry one.",
    "Write all times with their offset, or none.",
)
NOT_A_NUMBER = Check(
    "not_a_number",
    Severity.ERROR,
    "{count} values are no numbers.",
    "Check the mapping of the columns; correct the rows, or choose to leave bad rows out.",
)
NO_SYMBOL = Check(
    "no_symbol",
    Severity.ERROR,
    "{count} rows have no symbol.",
    "Fill it in, or choose to leave bad rows out.",
)
NUMBERS = (
    "open", "high", "low", "close", "volume", "adjusted_close", "split", "dividend",
)  # fmt: skip


@dataclass(frozen=True)
class Normalised:
    """Good rows of a chunk: a symbol each, and a frame of ns, numbers, row and file."""

    symbols: np.ndarray
    values: pd.DataFrame
    rows_read: int


def normalise(
    chunk: Chunk, source: SourceFile, file: int, decimal: str, plan: ImportPlan, findings: Findings
) -> Normalised:
    """Read a chunk by the plan; rows that cannot be read are reported and left out.

    Parameters
    ----------
    file : number of the file, kept with each row so that later checks can name it.
    """
    drop = plan.bad_rows is BadRows.DROP
    table, rows, blank = _without_blank_rows(chunk)
    symbols = _symbols(table, source, plan)

    def say(check: Check, wrong: np.ndarray, values: pd.Series | None = None) -> None:
        def where(k: int) -> Place:
            shown = "" if values is None else repr(values.iloc[k])[:60]
            return Place(source.name, int(rows[k]), str(symbols[k]), "", shown)

        report(findings, check.dropped() if drop else check, wrong, where)

    broken = [Place(source.name, number) for number in chunk.broken]
    findings.add(BROKEN_ROW.dropped() if drop else BROKEN_ROW, len(broken), broken)
    texts = time_column(table, plan.columns)
    times = read_times(texts, plan.time_format, _zone(plan))
    for check, wrong in (
        (BAD_TIME, times.bad),
        (AMBIGUOUS_TIME, times.ambiguous),
        (MISSING_TIME, times.missing),
        (MIXED_ZONES, _mixed(times)),
    ):
        say(check, wrong, texts)
    good = times.ns != NAT
    named = symbols != ""
    say(NO_SYMBOL, ~named)
    good &= named & ~_mixed(times)
    values: dict[str, np.ndarray] = {"ns": times.ns, "zoned": times.zoned}
    for name in NUMBERS:
        column = getattr(plan.columns, name)
        if not column:
            continue
        number, wrong = to_numbers(table[column], decimal)
        if wrong.any():
            say(NOT_A_NUMBER, wrong, table[column].to_pandas())
        values[name] = number
        good &= ~wrong
    frame = pd.DataFrame({**values, "row": rows, "file": np.full(len(rows), file, dtype=np.int32)})
    return Normalised(symbols[good], frame[good], len(rows) + len(chunk.broken) + blank)


def _zone(plan: ImportPlan) -> str:
    """Naive daily dates stay the dates they are; only times of day need a zone."""
    return plan.timezone if plan.timeframe.intraday else "UTC"


def _mixed(times: ReadTimes) -> np.ndarray:
    """Naive rows among zoned ones."""
    return np.asarray(~times.zoned & ~times.bad & bool(times.zoned.any()))


def _without_blank_rows(chunk: Chunk) -> tuple[pa.Table, np.ndarray, int]:
    """Rows in which every field is empty are no rows."""
    columns = [c for c in chunk.table.columns if pa.types.is_string(c.type)]
    if len(columns) < len(chunk.table.columns) or not columns:
        return chunk.table, chunk.rows, 0
    filled = np.zeros(chunk.table.num_rows, dtype=bool)
    for column in columns:
        filled |= pc.not_equal(column, "").to_numpy(zero_copy_only=False).astype(bool)
    if filled.all():
        return chunk.table, chunk.rows, 0
    return chunk.table.filter(pa.array(filled)), chunk.rows[filled], int((~filled).sum())


def _symbols(table: pa.Table, source: SourceFile, plan: ImportPlan) -> np.ndarray:
    if not plan.columns.symbol:
        name = plan.symbols.get(source.name) or source.symbol
        return np.full(table.num_rows, name.strip().upper(), dtype=object)
    column = table[plan.columns.symbol].to_pandas().astype("str").fillna("")
    return np.asarray(column.str.strip().str.upper().to_numpy(dtype=object))


def time_column(table: pa.Table, columns: Columns) -> pd.Series:
    """The time of each row as text, or typed where the file has typed times."""
    first: pd.Series = table[columns.ts or columns.date].to_pandas()
    if columns.ts or not columns.time:
        return _as_times(first)
    date = first.astype("str").str.strip()
    time = table[columns.time].to_pandas().astype("str").str.strip()
    joined: pd.Series = date + " " + time
    return joined


def _as_times(values: pd.Series) -> pd.Series:
    """Parquet dates come as objects: as texts they go the way of a CSV's."""
    return values.astype("str") if values.dtype == object else values


def to_numbers(column: pa.ChunkedArray, decimal: str) -> tuple[np.ndarray, np.ndarray]:
    """Float64 values (NaN where empty) and which values are no numbers."""
    none = np.zeros(len(column), dtype=bool)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        try:
            return column.cast(pa.float64(), safe=False).to_pandas().to_numpy(), none
        except pa.ArrowException:
            return np.full(len(column), np.nan), ~none
    text = pc.utf8_trim_whitespace(column)
    if decimal == ",":
        text = pc.replace_substring(pc.replace_substring(text, ".", ""), ",", ".")
    empty = pc.equal(text, "")
    text = pc.if_else(empty, pa.scalar(None, pa.string()), text)
    try:
        return text.cast(pa.float64()).to_pandas().to_numpy(), none
    except pa.ArrowException:
        series = text.to_pandas()
        number = pd.to_numeric(series, errors="coerce").to_numpy(dtype=np.float64)
        stated = series.str.lower().isin(["nan", "inf", "-inf", "+inf", "infinity", "null", "na"])
        wrong = np.isnan(number) & series.notna().to_numpy() & ~stated.to_numpy(dtype=bool)
        return number, wrong

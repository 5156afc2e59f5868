"""Frames as files: CSV that a spreadsheet opens safely, Parquet that is the same bytes each time.

CSV: UTF-8, comma, `\\n`, header row; the index is written as the first columns when it has a name.
Times are ISO 8601 in UTC with a `Z` (`2024-01-02T14:30:00Z`); numbers are written so that reading
them gives the same float64 (`repr`), missing values are empty.

A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return as a
formula (CWE-1236). Cells of *text*, and headers, that begin so get an apostrophe in front, which
spreadsheets take as "this is text". Numbers are never touched: -1.5 stays -1.5.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def frame_to_csv(frame: pd.DataFrame) -> bytes:
    """The frame as CSV (conventions above). Naive times are taken as UTC."""
    flat = _flat(frame)
    columns = [_texts(flat.iloc[:, k]) for k in range(flat.shape[1])]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_safe(str(name)) for name in flat.columns])
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue().encode("utf-8")


def frame_to_parquet(frame: pd.DataFrame, metadata: dict[str, str] | None = None) -> bytes:
    """The frame as Parquet (zstd), with `metadata` in the file's schema.

    The same frame, metadata and pyarrow version give the same bytes. Times keep their zone (UTC).
    """
    table = pa.Table.from_pandas(_flat(frame), preserve_index=False)
    own = {key.encode(): value.encode() for key, value in sorted((metadata or {}).items())}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **own})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", version="2.6", store_schema=True)
    return sink.getvalue()


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Named index levels as leading columns; an unnamed index is a row number and is left out."""
    named = [name for name in frame.index.names if name is not None]
    return frame.reset_index() if named else frame.reset_index(drop=True)


def _texts(column: pd.Series) -> list[str]:
    """A column's cells as CSV text."""
    if isinstance(column.dtype, pd.DatetimeTZDtype) or np.issubdtype(
        getattr(column.dtype, "type", object), np.datetime64
    ):
        return [_time(value) for value in column]
    if pd.api.types.is_bool_dtype(column.dtype):
        return ["" if value is pd.NA else str(bool(value)).lower() for value in column]
    if pd.api.types.is_float_dtype(column.dtype):
        return [_float(value) for value in column.to_numpy(dtype=np.float64, na_value=np.nan)]
    return [_cell(value) for value in column]


def _cell(value: Any) -> str:
    """A cell of a column of mixed values or text."""
    for known, write in _WRITERS:
        if isinstance(value, known):
            return write(value)
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    return _safe(str(value))


def _safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula; leading spaces do not hide one."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def _float(value: float) -> str:
    number = float(value)
    return "" if np.isnan(number) else repr(number)


def _time(value: Any) -> str:
    if value is pd.NaT or value is None:
        return ""
    stamp = pd.Timestamp(value)
    stamp = stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    return stamp.tz_localize(None).isoformat() + "Z"


_WRITERS: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    ((bool, np.bool_), lambda value: str(bool(value)).lower()),
    ((int, np.integer), lambda value: str(int(value))),
    ((float, np.floating), _float),
    ((pd.Timestamp, np.datetime64), _time),
)

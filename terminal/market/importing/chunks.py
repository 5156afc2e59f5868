"""The rows of a file in bounded pieces, each with the row numbers an editor shows.

Text stays text here: nothing is converted, so that a value that is no number can be named with its
row. A CSV's header is row 1; a Parquet file's first record is row 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from terminal.errors import InputError
from terminal.market.importing.dialect import Dialect, open_bytes, sniff
from terminal.market.importing.files import SourceFile

BLOCK_BYTES = 8 * 1024 * 1024
BLOCK_ROWS = 131_072


@dataclass(frozen=True)
class Chunk:
    """Some rows: the columns asked for, row numbers, rows with the wrong number of fields.

    `share` is the part of the file that was read so far, 0..1.
    """

    table: pa.Table
    rows: np.ndarray
    broken: tuple[int, ...]
    share: float


def header_of(source: SourceFile) -> tuple[str, ...]:
    """The file's column names."""
    if source.parquet:
        return tuple(_parquet(source).schema_arrow.names)
    return sniff(source).header


def read_chunks(source: SourceFile, columns: Sequence[str]) -> Iterator[Chunk]:
    """The rows of `columns`, in order.

    Raises
    ------
    InputError : the file cannot be read as what its name says.
    """
    if source.parquet:
        yield from _parquet_chunks(source, columns)
    else:
        yield from _text_chunks(source, sniff(source), columns)


def _parquet(source: SourceFile) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(source.path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{source.name} is not a readable Parquet file.",
            field="file",
            remedy="Export it again.",
        ) from error


def _parquet_chunks(source: SourceFile, columns: Sequence[str]) -> Iterator[Chunk]:
    with _parquet(source) as file:
        total = max(1, file.metadata.num_rows)
        done = 0
        try:
            for batch in file.iter_batches(batch_size=BLOCK_ROWS, columns=list(columns)):
                rows = np.arange(done + 1, done + batch.num_rows + 1)
                done += batch.num_rows
                yield Chunk(pa.Table.from_batches([batch]), rows, (), done / total)
        except (pa.ArrowException, OSError) as error:
            raise InputError(
                f"{source.name} is damaged after row {done}.", field="file", row=done,
                remedy="Export it again.",
            ) from error  # fmt: skip


def _text_chunks(source: SourceFile, dialect: Dialect, columns: Sequence[str]) -> Iterator[Chunk]:
    broken: list[int] = []

    def note(row: pc.InvalidRow) -> str:
        broken.append(row.number)
        return "skip"

    size = max(1, source.path.stat().st_size)
    encoding = "utf8" if dialect.encoding.startswith("utf-8") else dialect.encoding
    row = 1 + dialect.named  # the next row to number
    told = 0
    with open_bytes(source) as file:
        gzipped = source.name.lower().endswith(".gz") or source.path.suffix == ".gz"
        try:
            reader = pc.open_csv(
                file,
                read_options=pc.ReadOptions(
                    use_threads=False,
                    block_size=BLOCK_BYTES,
                    encoding=encoding,
                    column_names=list(dialect.header),
                    skip_rows=int(dialect.named),
                ),
                parse_options=pc.ParseOptions(
                    delimiter=dialect.delimiter, ignore_empty_lines=False, invalid_row_handler=note
                ),
                convert_options=pc.ConvertOptions(
                    include_columns=list(columns),
                    column_types={name: pa.string() for name in columns},
                    strings_can_be_null=False,
                ),
            )
            for batch in reader:
                rows, row = _number(batch.num_rows, row, broken)
                new, told = tuple(broken[told:]), len(broken)
                share = 0.0 if gzipped else min(1.0, file.tell() / size)
                yield Chunk(pa.Table.from_batches([batch]), rows, new, share)
        except (pa.ArrowException, OSError, EOFError, UnicodeDecodeError) as error:
            raise InputError(
                f"{source.name} cannot be read as a table: {_short(error)}",
                field="file",
                row=row,
                remedy="Look at the file around that row.",
            ) from error


def _number(count: int, row: int, broken: Sequence[int]) -> tuple[np.ndarray, int]:
    """Row numbers of the next `count` good rows, stepping over broken ones; and the next row."""
    skipped = np.array([number for number in broken if number >= row], dtype=np.int64)
    rows = np.arange(row, row + count + len(skipped), dtype=np.int64)
    rows = rows[~np.isin(rows, skipped)][:count]
    return rows, int(rows[-1]) + 1 if count else row


def _short(error: Exception) -> str:
    return str(error).splitlines()[0][:200]

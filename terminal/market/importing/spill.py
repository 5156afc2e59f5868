"""Rows on their way from files to series, kept on disk so that memory stays bounded.

Each chunk is written sorted by symbol; a symbol's rows are gathered from all chunks later. The
files are read through the page cache (memory-mapped), not into the process.
"""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from terminal.errors import InputError, StorageFull

MAX_ROWS = 20_000_000


class Spill:
    """Rows by symbol in a folder the caller owns and removes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows = 0
        self._chunks: list[Path] = []
        self._parts: dict[str, list[tuple[int, int, int]]] = {}

    @property
    def symbols(self) -> tuple[str, ...]:
        """Symbols seen, sorted."""
        return tuple(sorted(self._parts))

    def add(self, symbols: np.ndarray, values: pd.DataFrame) -> None:
        """Keep rows; `symbols` are texts, one a row.

        Raises
        ------
        InputError : more rows than can be imported at once.
        StorageFull : the disk is full.
        """
        self.rows += len(values)
        if self.rows > MAX_ROWS:
            raise InputError(
                f"The files have more than {MAX_ROWS:,} rows.",
                field="file",
                row=MAX_ROWS,
                remedy="Import fewer symbols or years at a time.",
            )
        codes, names = pd.factorize(symbols)
        order = np.argsort(codes, kind="stable")
        bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
        path = self.folder / f"rows-{len(self._chunks):06d}.arrow"
        table = pa.Table.from_pandas(values.iloc[order], preserve_index=False)
        try:
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
                writer.write_table(table)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StorageFull(
                    f"The disk that holds {self.folder.parent} is full; nothing was imported.",
                    field="storage.data_dir",
                    remedy="Free some space and try again.",
                ) from error
            raise
        for k, name in enumerate(names):
            part = (len(self._chunks), int(bounds[k]), int(bounds[k + 1] - bounds[k]))
            self._parts.setdefault(str(name), []).append(part)
        self._chunks.append(path)

    def read(self, symbol: str, at_most: int = MAX_ROWS) -> pd.DataFrame:
        """The (first `at_most`) rows of a symbol, in the order they were read."""
        parts, left = [], at_most
        for chunk, offset, length in self._parts[symbol]:
            with pa.memory_map(str(self._chunks[chunk])) as source:
                table = pa.ipc.open_file(source).read_all()
                parts.append(table.slice(offset, min(length, left)))
            left -= length
            if left <= 0:
                break
        frame: pd.DataFrame = pa.concat_tables(parts).to_pandas()
        return frame

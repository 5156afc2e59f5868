"""Bars in Parquet files: `bars/<version>/<symbol>.parquet`.

A version is written into a folder of its own beside the others and renamed when it is complete.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import urllib.parse
from collections.abc import Iterable, Sequence, Set
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from terminal import clock
from terminal.errors import NotFound, StorageFull
from terminal.market.dataset import BAR_COLUMNS

STAGING = ".staging-"
ROW_GROUP = 131_072  # a million bars in eight parts: a window reads only what it needs
_MB = 1024 * 1024


class ParquetStore:
    """Bars below `root`."""

    def __init__(self, root: Path, min_free_mb: int = 0) -> None:
        self.root = root
        self.min_free_mb = min_free_mb

    def publish(self, version: str, series: Iterable[tuple[str, pd.DataFrame]]) -> None:
        """See `BarStore.publish`."""
        if self._folder(version).exists():
            return
        self.root.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=self.root))
        try:
            for symbol, bars in series:
                self._check_space()
                table = pa.Table.from_pandas(bars[list(BAR_COLUMNS)].reset_index(names="ts"))
                pq.write_table(
                    table.replace_schema_metadata(None),
                    staging / _file(symbol),
                    compression="zstd",
                    row_group_size=ROW_GROUP,
                )
                _to_disk(staging / _file(symbol))
            _to_disk(staging)
            os.rename(staging, self._folder(version))
            _to_disk(self.root)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise self._full() from error
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST) and self._folder(version).exists():
                return  # another process published the same content
            raise
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def read(
        self,
        version: str,
        symbol: str,
        start: datetime | None = None,
        end: datetime | None = None,
        columns: Sequence[str] = BAR_COLUMNS,
    ) -> pd.DataFrame:
        """See `BarStore.read`."""
        path = self._folder(version) / _file(symbol)
        if not path.exists():
            raise NotFound(
                f"The bars of {symbol} (version {version[:12]}) are not in {self.root}.",
                field="symbol",
                remedy="Load the data set again.",
            )
        bounds = [("ts", ">=", start)] * (start is not None) + [("ts", "<=", end)] * (
            end is not None
        )
        table = pq.read_table(path, columns=["ts", *columns], filters=bounds or None)
        frame: pd.DataFrame = table.to_pandas().set_index("ts")
        return frame

    def versions(self) -> set[str]:
        """See `BarStore.versions`."""
        if not self.root.exists():
            return set()
        return {path.name for path in self.root.iterdir() if not path.name.startswith(STAGING)}

    def discard(self, version: str) -> None:
        """See `BarStore.discard`."""
        shutil.rmtree(self._folder(version), ignore_errors=True)

    def sweep(self, keep: Set[str], older_than_s: float) -> int:
        """See `BarStore.sweep`."""
        if not self.root.exists():
            return 0
        limit = clock.now().timestamp() - older_than_s
        old = [
            path
            for path in self.root.iterdir()
            if path.name not in keep and path.stat().st_mtime <= limit
        ]
        for path in old:
            shutil.rmtree(path, ignore_errors=True)
        return len(old)

    def _folder(self, version: str) -> Path:
        return self.root / version

    def _check_space(self) -> None:
        if shutil.disk_usage(self.root).free < self.min_free_mb * _MB:
            raise self._full()

    def _full(self) -> StorageFull:
        return StorageFull(
            f"The disk that holds {self.root} is full; nothing of the data set was stored.",
            field="storage.data_dir",
            remedy="Free some space and try again.",
        )


def _to_disk(path: Path) -> None:
    """Wait until a file or folder is on the disk: the row that names it must not be first."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _file(symbol: str) -> str:
    """A file name for any symbol: BRK/B, ^GSPC and the like are percent-encoded."""
    return f"{urllib.parse.quote(symbol, safe='')}.parquet"

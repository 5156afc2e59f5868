"""Files that jobs leave, stored by content: `artifacts/<first two hex digits>/<sha256>`.

A file appears under its name only when it is whole (temporary file, fsync, rename), and the same
content is stored once. Too little free space is refused before writing, and a disk that fills up
while writing leaves nothing behind.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from terminal.errors import NotFound, StorageFull

_MB = 1024 * 1024


class ArtifactStore:
    """The artifact folder below a data folder."""

    def __init__(self, data_dir: Path, min_free_mb: int) -> None:
        self.root = data_dir / "artifacts"
        self.min_free_mb = min_free_mb

    def put(self, content: bytes) -> str:
        """Store bytes; returns their SHA-256.

        Raises
        ------
        StorageFull : too little space is left, or the disk filled up while writing.
        """
        digest = hashlib.sha256(content).hexdigest()
        target = self._path(digest)
        if target.exists():
            os.utime(target)  # young again, so that the sweeper leaves it alone
            return digest
        target.parent.mkdir(parents=True, exist_ok=True)
        self._check_space(len(content))
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, target)
        except OSError as error:
            Path(name).unlink(missing_ok=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise self._full() from error
            raise
        return digest

    def open_path(self, digest: str) -> Path:
        """Path of stored content; NotFound when the file is missing."""
        path = self._path(digest)
        if not path.exists():
            raise NotFound(
                "The file's row is there, but its content is missing from the data folder.",
                field="artifact",
                remedy="Run the job again.",
            )
        return path

    def old_files(self, age_s: float) -> Iterator[Path]:
        """Files (and leftovers) not touched for `age_s` seconds."""
        before = time.time() - age_s
        for path in self.root.glob("*/*"):
            try:
                if path.stat().st_mtime < before:
                    yield path
            except FileNotFoundError:
                continue

    def _path(self, digest: str) -> Path:
        return self.root / digest[:2] / digest

    def _check_space(self, size: int) -> None:
        free = shutil.disk_usage(self.root).free
        if free - size < self.min_free_mb * _MB:
            raise self._full()

    def _full(self) -> StorageFull:
        return StorageFull(
            f"The disk that holds {self.root.parent} is full; nothing was stored.",
            field="storage.data_dir",
            remedy="Free some space and try again.",
        )

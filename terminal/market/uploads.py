"""Files a person has uploaded for an import, until they are imported or a day old.

Each lies below a folder of its owner's, under an id of ours; the name it came with is only kept
beside it, so no name can point anywhere.
"""

from __future__ import annotations

import errno
import re
import shutil
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.errors import InputError, NotFound, StorageFull
from terminal.market.importing.files import SourceFile

KEEP_S = 24 * 3600.0
_MB = 1024 * 1024
_ID = re.compile(r"^[0-9a-f]{32}$")


@dataclass(frozen=True)
class Upload:
    """An uploaded file: its id, the name it came with, its size in bytes."""

    id: str
    name: str
    size: int


class Uploads:
    """Uploaded files below `root`; only their owner can name them."""

    def __init__(self, root: Path, max_mb: int, min_free_mb: int = 0) -> None:
        self.root = root
        self.max_mb = max_mb
        self.min_free_mb = min_free_mb

    def add(self, actor: Actor, name: str, pieces: Iterable[bytes]) -> Upload:
        """Store a file that arrives in pieces, whole or not at all.

        Raises
        ------
        InputError : it has no name, or grows beyond the largest size.
        StorageFull : no space is left.
        """
        plain = re.split(r"[/\\]", name)[-1].strip()
        if not plain:
            raise InputError("The file has no name.", field="file", remedy="Give it one.")
        upload = uuid.uuid4().hex
        folder = self._folder(actor) / upload
        folder.mkdir(parents=True)
        try:
            size = self._write(folder / "content", pieces, plain)
            (folder / "name").write_text(plain[:200], encoding="utf-8")
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise self._full() from error
            raise
        except (InputError, StorageFull):
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return Upload(upload, plain[:200], size)

    def _write(self, path: Path, pieces: Iterable[bytes], name: str) -> int:
        size = 0
        with path.open("wb") as out:
            for piece in pieces:
                size += len(piece)
                if size > self.max_mb * _MB:
                    raise InputError(
                        f"{name} has more than {self.max_mb:,} MiB.",
                        field="file",
                        remedy="Import fewer symbols or years at a time, use Parquet, or have the "
                        "administrator raise server.max_upload_mb.",
                    )
                if shutil.disk_usage(self.root).free < self.min_free_mb * _MB:
                    raise self._full()
                out.write(piece)
        return size

    def get(self, actor: Actor, upload: str) -> SourceFile:
        """The file of that id; NotFound when it is gone or somebody else's."""
        folder = self._folder(actor) / upload
        if not _ID.match(upload) or not (folder / "name").is_file():
            raise NotFound(
                "The uploaded file is no longer there.", field="file", remedy="Upload it again."
            )
        return SourceFile((folder / "name").read_text(encoding="utf-8"), folder / "content")

    def discard(self, actor: Actor, uploads: Iterable[str]) -> None:
        """Remove files of the actor's; ids that are not there are passed over."""
        for upload in uploads:
            if _ID.match(upload):
                shutil.rmtree(self._folder(actor) / upload, ignore_errors=True)

    def sweep(self, older_than_s: float = KEEP_S) -> int:
        """Remove files older than a day, of everybody; how many."""
        limit = clock.now().timestamp() - older_than_s
        old = [path for path in self.root.glob("*/*") if path.stat().st_mtime <= limit]
        for path in old:
            shutil.rmtree(path, ignore_errors=True)
        return len(old)

    def _folder(self, actor: Actor) -> Path:
        self.root.mkdir(parents=True, exist_ok=True)
        return self.root / f"user-{actor.user_id}"

    def _full(self) -> StorageFull:
        return StorageFull(
            f"The disk that holds {self.root} is full; the file was not kept.",
            field="storage.data_dir",
            remedy="Free some space and try again.",
        )

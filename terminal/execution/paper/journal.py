"""The exchange's own log: JSON lines, on the disk before anybody is answered.

A line is everything that one command did, whole or not at all: a line that a crash cut short is
dropped at the next start, and nobody was told of it.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

from terminal.errors import Conflict, TerminalError
from terminal.execution.paper.state import Record


class Journal:
    """Appends to one file that no other process writes."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.records: list[Record] = []
        self._file: IO[bytes] = path.open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise Conflict(
                f"Another exchange writes {path}.", remedy="Stop it, or use another data folder."
            ) from None
        self._number = self._recover()

    def _recover(self) -> int:
        """Read what is there; cut off a line that was not finished."""
        self._file.seek(0)
        number = good = 0
        for raw in self._file:
            if not raw.endswith(b"\n"):
                break
            number += 1
            self.records.extend(_records(raw, number, self.path))
            good += len(raw)
        self._file.truncate(good)
        os.fsync(self._file.fileno())
        return number

    def append(self, records: Sequence[Record]) -> None:
        """One line with these records, on the disk when this returns."""
        if not records:
            return
        self._number += 1
        line = json.dumps({"n": self._number, "records": list(records)}, separators=(",", ":"))
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        os.fdatasync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def read(path: Path) -> Iterable[Record]:
    """Every record of a log, without disturbing the process that writes it."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if raw.endswith(b"\n"):
                yield from _records(raw, number, path)


def _records(raw: bytes, number: int, path: Path) -> list[Record]:
    try:
        line = json.loads(raw)
        records: list[Record] = line["records"]
        if line["n"] != number:
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise TerminalError(
            f"Line {number} of {path} is not this exchange's log.",
            remedy="Restore the file from a backup, or move it away to begin a new exchange.",
        ) from None
    return records

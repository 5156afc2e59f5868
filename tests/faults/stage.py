"""Where experiments are put on: a nursery, migrated databases, a folder in memory if there is one.

Killing a process loses nothing that it has written to a file, on a disk or not; so the files may
lie in memory, where many floors in a row cost the machine's other users nothing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from terminal.db.database import Database
from terminal.db.migrate import upgrade
from tests.faults.floor import Floor, a_floor
from tests.faults.nursery import Nursery
from tests.faults.report import Report
from tests.services import postgresql_database

MEMORY = Path("/dev/shm")
A_FLOOR_TAKES = 100
"""Faults on one floor before a fresh one: reading its log takes longer the more is in it."""


class Stage:
    """Makes floors."""

    def __init__(self, folder: Path | None = None) -> None:
        where = MEMORY if folder is None and os.access(MEMORY, os.W_OK) else None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="att-faults-", dir=where))
        self.folder.mkdir(parents=True, exist_ok=True)
        self.migrated = self.folder / "migrated.db"
        database = Database(f"sqlite+pysqlite:///{self.migrated}")
        upgrade(database)
        database.close()
        self.nursery = Nursery(self.folder / "processes.log")
        self._floors = 0
        self.tell: Callable[[str], None] = lambda _: None
        """Called with how far a long experiment is."""

    @contextmanager
    def floor(
        self, settings: Mapping[str, str] | None = None, start: str = "2024-03-04"
    ) -> Iterator[Floor]:
        """On SQLite."""
        self._floors += 1
        with a_floor(
            self.folder / f"floor-{self._floors}", self.nursery, self.migrated, settings, start
        ) as floor:
            yield floor

    @contextmanager
    def postgresql_floor(self, settings: Mapping[str, str] | None = None) -> Iterator[Floor]:
        """On a fresh PostgreSQL database."""
        self._floors += 1
        with postgresql_database() as url:
            database = Database(url)
            upgrade(database)
            database.close()
            folder = self.folder / f"floor-{self._floors}"
            with a_floor(folder, self.nursery, url, settings) as floor:
                yield floor

    def in_parts(
        self, count: int, what: Callable[[Floor, int, int], Report], part: int = A_FLOOR_TAKES
    ) -> Report:
        """`what(floor, runs, number of the part)` on fresh floors until `count` runs are done."""
        total = Report()
        for number, first in enumerate(range(0, count, part)):
            with self.floor() as floor:
                total.merge(what(floor, min(part, count - first), number))
            self.tell(f"{total.runs} of {count}: {total}")
        return total

    def close(self) -> None:
        self.nursery.close()
        shutil.rmtree(self.folder, ignore_errors=True)

"""Connections and transactions.

`write()` takes the write lock before the first read (SQLite: `BEGIN IMMEDIATE`; PostgreSQL:
`READ COMMITTED`, where a read-modify-write locks its rows with `SELECT ... FOR UPDATE` or a
conditional `UPDATE`). A deferred SQLite transaction that upgrades from read to write loses
updates or fails with "locked"; taking the lock first does neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from terminal.db.queue import WriterQueue
from terminal.settings import get_settings

SQLITE_WAL_SAFE = (3, 51, 3)  # below this, WAL had a corruption bug
BUSY_TIMEOUT_S = 60.0


class Database:
    """One engine and the two kinds of transaction the house uses."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = make_engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._queue = WriterQueue(_lock_file(self.engine.url), BUSY_TIMEOUT_S)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A read-only view: one snapshot, never blocks a writer under WAL."""
        with self.engine.connect() as conn:
            yield conn
            conn.rollback()

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[sa.Connection]:
        """A transaction that commits at the end of the block or leaves nothing behind.

        durable : on the disk itself when the block ends, so that a power cut cannot take it back
            (SQLite waits for the disk only then; PostgreSQL always does).
        """
        if not self.is_sqlite:
            with self.engine.begin() as conn:
                yield conn
            return
        with self._queue.turn(), self.engine.connect() as conn:
            conn.info["immediate"] = True
            conn.info["durable"] = durable
            try:
                with conn.begin():
                    yield conn
            finally:
                conn.info["immediate"] = conn.info["durable"] = False

    def close(self) -> None:
        """Return every pooled connection."""
        self.engine.dispose()


def _lock_file(url: sa.URL) -> Path | None:
    """Where the writers of a SQLite file queue; None when there is no file."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(f"{url.database}.queue")


def make_engine(url: str) -> sa.Engine:
    """An engine for SQLite (bundled library with safe WAL) or PostgreSQL."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed, pool_pre_ping=True, pool_size=10, max_overflow=20)
    from pysqlite3 import dbapi2

    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        parsed,
        module=dbapi2,
        connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False},
        pool_size=10,
        max_overflow=20,
        poolclass=sa.pool.QueuePool,
    )
    safe_wal = dbapi2.sqlite_version_info >= SQLITE_WAL_SAFE

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we send BEGIN ourselves
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000)}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA journal_mode = {'WAL' if safe_wal else 'DELETE'}")
        # NORMAL cannot corrupt under WAL; without WAL it can, so FULL there.
        cursor.execute(f"PRAGMA synchronous = {'NORMAL' if safe_wal else 'FULL'}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _on_begin(conn: sa.Connection) -> None:
        if conn.info.get("immediate"):
            full = conn.info.get("durable") or not safe_wal
            conn.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if full else 'NORMAL'}")
            conn.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            conn.exec_driver_sql("BEGIN")

    return engine


@lru_cache(maxsize=1)
def get_database() -> Database:
    """The database of this process, from the settings in force."""
    return Database(get_settings().storage.url)

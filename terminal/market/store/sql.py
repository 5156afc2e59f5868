"""Bars in the database: for a server whose workers share no disk.

A plain table on any database; where TimescaleDB is present, `prepare` makes it a compressed
hypertable. A version is written in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa
from pyarrow import csv

from terminal.db.database import Database
from terminal.db.tables.market import bars as table
from terminal.errors import NotFound
from terminal.market.dataset import BAR_COLUMNS

BATCH = 20_000
# Steps from version to version along the primary key: DISTINCT would read every bar.
_VERSIONS = sa.text("""
    WITH RECURSIVE seen(version) AS (
        SELECT min(version) FROM bars
        UNION ALL
        SELECT (SELECT min(version) FROM bars WHERE bars.version > seen.version)
        FROM seen WHERE seen.version IS NOT NULL
    )
    SELECT version FROM seen WHERE version IS NOT NULL
""")


class SqlStore:
    """Bars in the table `bars`."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def publish(self, version: str, series: Iterable[tuple[str, pd.DataFrame]]) -> None:
        """See `BarStore.publish`."""
        with self.db.write() as conn:
            if _exists(conn, table.c.version == version):
                return
            for symbol, frame in series:
                self._insert(conn, version, symbol, frame)

    def _insert(self, conn: sa.Connection, version: str, symbol: str, frame: pd.DataFrame) -> None:
        if conn.dialect.name == "postgresql":
            _copy_in(conn, version, symbol, frame)
            return
        columns = frame[list(BAR_COLUMNS)]
        values = columns.astype(object).where(columns.notna(), None)
        times = pd.DatetimeIndex(frame.index).to_pydatetime()
        names = ("version", "symbol", "ts", *BAR_COLUMNS)
        rows = [
            dict(zip(names, (version, symbol, ts, *row), strict=True))
            for ts, row in zip(times, values.itertuples(index=False, name=None), strict=True)
        ]
        for start in range(0, len(rows), BATCH):
            conn.execute(table.insert(), rows[start : start + BATCH])

    def read(
        self,
        version: str,
        symbol: str,
        start: datetime | None = None,
        end: datetime | None = None,
        columns: Sequence[str] = BAR_COLUMNS,
    ) -> pd.DataFrame:
        """See `BarStore.read`."""
        of_series = sa.and_(table.c.version == version, table.c.symbol == symbol)
        query = sa.select(table.c.ts, *(table.c[name] for name in columns)).where(of_series)
        if start is not None:
            query = query.where(table.c.ts >= start)
        if end is not None:
            query = query.where(table.c.ts <= end)
        with self.db.read() as conn:
            query = query.order_by(table.c.ts)
            frame = _copy_out(conn, query) if not self.db.is_sqlite else _fetch(conn, query)
            if frame.empty and not _exists(conn, of_series):
                raise NotFound(
                    f"The bars of {symbol} (version {version[:12]}) are not in the database.",
                    field="symbol",
                    remedy="Load the data set again.",
                )
        return frame

    def versions(self) -> set[str]:
        """See `BarStore.versions`."""
        with self.db.read() as conn:
            return set(conn.execute(_VERSIONS).scalars())

    def discard(self, version: str) -> None:
        """See `BarStore.discard`."""
        with self.db.write() as conn:
            conn.execute(table.delete().where(table.c.version == version))

    def sweep(self, keep: Set[str], older_than_s: float) -> int:
        """See `BarStore.sweep`. Rows carry no age: the caller sees to it that nobody is writing."""
        old = self.versions() - keep
        for version in old:
            self.discard(version)
        return len(old)


def _fetch(conn: sa.Connection, query: sa.Select[Any]) -> pd.DataFrame:
    rows = conn.execute(query).all()
    index = pd.DatetimeIndex([row[0] for row in rows], tz="UTC", name="ts").as_unit("ns")
    names = [column.name for column in query.selected_columns][1:]
    data = {name: [row[k] for row in rows] for k, name in enumerate(names, start=1)}
    return pd.DataFrame(data, index=index, dtype="float64")


def _copy_in(conn: sa.Connection, version: str, symbol: str, frame: pd.DataFrame) -> None:
    """PostgreSQL's bulk path."""
    content = {
        "version": pa.repeat(version, len(frame)),
        "symbol": pa.repeat(symbol, len(frame)),
        "ts": pa.array(pd.DatetimeIndex(frame.index).strftime("%Y-%m-%d %H:%M:%S.%f+00")),
        **{name: pa.Array.from_pandas(frame[name]) for name in BAR_COLUMNS},  # NaN becomes NULL
    }
    sink = pa.BufferOutputStream()
    csv.write_csv(pa.table(content), sink, csv.WriteOptions(include_header=False))
    cursor = conn.connection.cursor()
    with cursor.copy(f"COPY bars ({', '.join(content)}) FROM STDIN (FORMAT csv)") as copy:
        copy.write(sink.getvalue().to_pybytes())


def _copy_out(conn: sa.Connection, query: sa.Select[Any]) -> pd.DataFrame:
    """The rows of `query` (ts first) by COPY, three times as fast as a cursor; floats keep every
    bit."""
    epoch = (sa.func.extract("epoch", table.c.ts) * 1_000_000).cast(sa.BigInteger)
    names = [column.name for column in query.selected_columns][1:]
    selected = query.with_only_columns(epoch, *(table.c[name] for name in names))
    compiled = selected.compile(dialect=conn.dialect, compile_kwargs={"render_postcompile": True})
    cursor = conn.connection.cursor()
    with cursor.copy(f"COPY ({compiled}) TO STDOUT (FORMAT csv)", compiled.params) as copy:
        content = b"".join(bytes(part) for part in copy)
    types = {"ts": pa.int64(), **dict.fromkeys(names, pa.float64())}
    read = csv.ReadOptions(column_names=list(types))
    convert = csv.ConvertOptions(column_types=types)
    if content:
        frame = csv.read_csv(pa.BufferReader(content), read, convert_options=convert).to_pandas()
    else:
        frame = pd.DataFrame({name: [] for name in types})
    micros = frame.pop("ts").to_numpy(dtype="int64").astype("datetime64[us]")
    index = pd.DatetimeIndex(micros, tz="UTC", name="ts").as_unit("ns")
    out: pd.DataFrame = frame.astype("float64").set_axis(index)
    return out


def _exists(conn: sa.Connection, condition: sa.ColumnElement[bool]) -> bool:
    return conn.execute(sa.select(sa.literal(1)).where(condition).limit(1)).scalar() is not None


def prepare(db: Database) -> bool:
    """Make `bars` a compressed hypertable where TimescaleDB is installed; False elsewhere."""
    if db.is_sqlite:
        return False
    with db.write() as conn:
        available = conn.execute(
            sa.text("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'")
        ).scalar()
        if not available:
            return False
        conn.execute(
            sa.text(
                "SELECT create_hypertable('bars', by_range('ts', INTERVAL '90 days'), "
                "if_not_exists => TRUE, migrate_data => TRUE)"
            )
        )
        conn.execute(
            sa.text(
                "ALTER TABLE bars SET (timescaledb.compress, "
                "timescaledb.compress_segmentby = 'version, symbol', "
                "timescaledb.compress_orderby = 'ts')"
            )
        )
        conn.execute(
            sa.text(
                "SELECT add_compression_policy('bars', INTERVAL '7 days', if_not_exists => TRUE)"
            )
        )
    return True

"""Put a data set into the terminal: bars into the store, rows into the database, all or nothing.

Bars are published first, under the hash of their content; the rows that make them visible are
written in the caller's transaction. If that never commits, the bars are unreferenced and the
sweeper removes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import pandas as pd
import sqlalchemy as sa

from terminal.db.database import Database
from terminal.db.repositories import datasets as rows
from terminal.db.repositories.jobs import counts
from terminal.errors import Conflict, InputError, NotFound
from terminal.market.dataset import Dataset, NewSeries, Series
from terminal.market.store.protocol import BarStore, content_hash, dataset_version


def publish(
    store: BarStore, dataset: Dataset, parts: Sequence[NewSeries], now: datetime
) -> tuple[Dataset, Callable[[sa.Connection], None]]:
    """Store the bars; returns the data set with its version, and what saves its rows.

    Raises
    ------
    InputError : there are no bars at all.
    StorageFull : nothing was stored.
    """
    filled = [part for part in parts if len(part.bars)]
    if not filled:
        raise InputError("There are no bars to store.", field="file")
    series = [_row(dataset.slug, part) for part in filled]
    hashes = [(row.symbol, row.sha256) for row in series]
    hashes += [(f"{part.symbol}/actions", _actions_hash(part.actions)) for part in filled]
    made = replace(dataset, version=dataset_version(hashes))
    store.publish(made.version, ((part.symbol, part.bars) for part in filled))
    actions = [
        (part.symbol, ts.to_pydatetime(), kind, float(value))
        for part in filled
        for ts, kind, value in part.actions.itertuples(index=False, name=None)
    ]

    def save(conn: sa.Connection) -> None:
        # Someone may have deleted another data set of the very same bars in the meantime.
        if made.version not in store.versions():
            raise Conflict(
                f"The bars of {made.title} were removed while they were being stored.",
                field="dataset",
                remedy="Try again.",
            )
        rows.replace(conn, made, series, actions, now)

    return made, save


UNCOMMITTED_S = 3600.0  # bars younger than this may belong to a job that has yet to commit


def verify(store: BarStore, dataset: Dataset, series: Sequence[Series]) -> tuple[str, ...]:
    """Symbols whose stored bars are not those that were published, or cannot be read."""
    wrong = []
    for part in series:
        try:
            bars = store.read(dataset.version, part.symbol)
        except (NotFound, OSError, ValueError):
            wrong.append(part.symbol)
            continue
        if content_hash(bars) != part.sha256:
            wrong.append(part.symbol)
    return tuple(wrong)


def sweep(db: Database, store: BarStore, older_than_s: float = UNCOMMITTED_S) -> int:
    """Remove bars that no data set refers to; how many versions.

    Called from inside a data job. While another one runs nothing is removed: it may have stored
    bars whose rows it has yet to commit.
    """
    with db.read() as conn:
        if counts(conn, "data", None)[0] > 1:
            return 0
        keep = rows.versions(conn)
    return store.sweep(keep, older_than_s)


def _row(slug: str, part: NewSeries) -> Series:
    index = pd.DatetimeIndex(part.bars.index)
    return Series(
        dataset=slug,
        symbol=part.symbol,
        name=part.name or part.symbol,
        sector=part.sector,
        asset_class=part.asset_class,
        first_ts=index[0].to_pydatetime(),
        last_ts=index[-1].to_pydatetime(),
        rows=len(index),
        sha256=content_hash(part.bars),
    )


def _actions_hash(actions: pd.DataFrame) -> str:
    lines = [
        f"{ts.isoformat()} {kind} {float(value)!r}"
        for ts, kind, value in actions.itertuples(index=False, name=None)
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()

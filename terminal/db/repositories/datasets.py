"""Queries on data sets, their series and corporate actions. Built-in ones are everybody's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.tables.market import corporate_actions, datasets, series
from terminal.errors import NotFound
from terminal.market.dataset import Adjustment, Dataset, Series
from terminal.market.timeframe import Timeframe

_TOTALS = (
    sa.select(
        series.c.dataset_id,
        sa.func.count().label("n_series"),
        sa.func.sum(series.c.rows).label("n_rows"),
        sa.func.min(series.c.first_ts).label("first_ts"),
        sa.func.max(series.c.last_ts).label("last_ts"),
    )
    .group_by(series.c.dataset_id)
    .subquery()
)
_SELECT = sa.select(
    datasets, _TOTALS.c.n_series, _TOTALS.c.n_rows, _TOTALS.c.first_ts, _TOTALS.c.last_ts
).join_from(datasets, _TOTALS, datasets.c.id == _TOTALS.c.dataset_id, isouter=True)


def _dataset(row: sa.Row[Any]) -> Dataset:
    values = {name: getattr(row, name) for name in Dataset.__dataclass_fields__}
    values["adjustment"] = Adjustment(values["adjustment"])
    values["timeframe"] = Timeframe(values["timeframe"])
    values["n_series"] = values["n_series"] or 0
    values["n_rows"] = int(values["n_rows"] or 0)
    return Dataset(**values)


def _visible(query: sa.Select[Any], actor: Actor) -> sa.Select[Any]:
    if actor.is_admin:
        return query
    return query.where(sa.or_(datasets.c.owner_id.is_(None), datasets.c.owner_id == actor.user_id))


def find(conn: sa.Connection, actor: Actor) -> list[Dataset]:
    """Data sets the actor may see: built-in first, then by title."""
    query = _visible(_SELECT, actor).order_by(
        datasets.c.owner_id.is_not(None), datasets.c.simulated, datasets.c.id
    )
    return [_dataset(row) for row in conn.execute(query)]


def get(conn: sa.Connection, actor: Actor, slug: str) -> Dataset:
    """One data set; NotFound when it is not there or not the actor's to see."""
    row = conn.execute(_visible(_SELECT.where(datasets.c.slug == slug), actor)).one_or_none()
    if row is None:
        raise NotFound(
            f"There is no data set {slug!r}.", field="dataset", remedy="Choose one from the list."
        )
    return _dataset(row)


def all_series(conn: sa.Connection, actor: Actor) -> list[Series]:
    """The series of every data set the actor may see: built-in first, then by symbol."""
    query = sa.select(series, datasets.c.slug.label("dataset")).join(
        datasets, datasets.c.id == series.c.dataset_id
    )
    query = _visible(query, actor).order_by(
        datasets.c.owner_id.is_not(None), datasets.c.simulated, datasets.c.id, series.c.symbol
    )
    fields = Series.__dataclass_fields__
    return [Series(**{name: getattr(row, name) for name in fields}) for row in conn.execute(query)]


def series_of(conn: sa.Connection, actor: Actor, slug: str) -> list[Series]:
    """The series of a data set by symbol."""
    get(conn, actor, slug)
    query = (
        sa.select(series, datasets.c.slug.label("dataset"))
        .join(datasets, datasets.c.id == series.c.dataset_id)
        .where(datasets.c.slug == slug)
        .order_by(series.c.symbol)
    )
    fields = Series.__dataclass_fields__
    return [Series(**{name: getattr(row, name) for name in fields}) for row in conn.execute(query)]


def actions_of(
    conn: sa.Connection, actor: Actor, slug: str, symbols: Sequence[str] | None = None
) -> pd.DataFrame:
    """Corporate actions: symbol, ts (UTC), kind, value, by time."""
    get(conn, actor, slug)
    query = (
        sa.select(
            corporate_actions.c.symbol,
            corporate_actions.c.ts,
            corporate_actions.c.kind,
            corporate_actions.c.value,
        )
        .join(datasets, datasets.c.id == corporate_actions.c.dataset_id)
        .where(datasets.c.slug == slug)
        .order_by(corporate_actions.c.ts)
    )
    if symbols is not None:
        query = query.where(corporate_actions.c.symbol.in_(list(symbols)))
    frame = pd.DataFrame(conn.execute(query).all(), columns=["symbol", "ts", "kind", "value"])
    frame["ts"] = pd.to_datetime(frame["ts"], utc=True).dt.as_unit("ns")
    return frame.astype({"value": "float64"})


def replace(
    conn: sa.Connection,
    dataset: Dataset,
    rows: Iterable[Series],
    actions: Iterable[tuple[str, datetime, str, float]],
    now: datetime,
) -> str | None:
    """Insert a data set, or put new content in the place of the old.

    Returns the version that was replaced and is no longer used by any data set, if there is one.
    """
    old = conn.execute(
        sa.select(datasets.c.id, datasets.c.version).where(datasets.c.slug == dataset.slug)
    ).one_or_none()
    if old is not None:
        conn.execute(datasets.delete().where(datasets.c.id == old.id))
    names = [column.name for column in datasets.c if column.name not in ("id", "created_at")]
    inserted = conn.execute(
        datasets.insert().values(created_at=now, **{name: getattr(dataset, name) for name in names})
    )
    assert inserted.inserted_primary_key is not None  # noqa: S101  SQLAlchemy's contract
    dataset_id = inserted.inserted_primary_key[0]
    for part in rows:
        values = {k: v for k, v in vars(part).items() if k != "dataset"}
        conn.execute(series.insert().values(dataset_id=dataset_id, **values))
    for symbol, ts, kind, value in actions:
        conn.execute(
            corporate_actions.insert().values(
                dataset_id=dataset_id, symbol=symbol, ts=ts, kind=kind, value=value
            )
        )
    return old.version if old is not None and not _used(conn, old.version) else None


def delete(conn: sa.Connection, actor: Actor, slug: str) -> str | None:
    """Delete a data set of the actor's; returns its version when nothing else uses it.

    Raises
    ------
    NotFound : it is not there, or built in.
    """
    found = get(conn, actor, slug)
    if found.owner_id is None:
        raise NotFound("Built-in data sets cannot be deleted.", field="dataset")
    conn.execute(datasets.delete().where(datasets.c.slug == slug))
    return None if _used(conn, found.version) else found.version


def _used(conn: sa.Connection, version: str) -> bool:
    query = sa.select(datasets.c.id).where(datasets.c.version == version).limit(1)
    return conn.execute(query).scalar() is not None


def versions(conn: sa.Connection) -> set[str]:
    """Versions that some data set refers to."""
    return set(conn.execute(sa.select(datasets.c.version)).scalars())

"""Queries on finished backtests and on the ledger of trials; the owner filter is here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from terminal.accounts.actor import Actor
from terminal.db.tables.backtest import backtests, trials
from terminal.errors import NotFound


@dataclass(frozen=True)
class BacktestRow:
    """A finished run as the list shows it; its frames are artifacts of the job."""

    job_id: str
    owner_id: int
    name: str
    strategy: str
    family: str
    params: Mapping[str, Any]
    dataset: str
    data_version: str
    simulated: bool
    first_ts: datetime
    last_ts: datetime
    metrics: Mapping[str, float | None]
    benchmark_metrics: Mapping[str, float | None]
    provenance: Mapping[str, Any]
    notes: str
    archived: bool
    created_at: datetime


@dataclass(frozen=True)
class TrialLedger:
    """What has been tried with a strategy family on a data set.

    count : different requests that were run; sharpe_variance : of the annual Sharpe ratios of
    those that have one (ddof 1), None below `FEWEST_SHARPES` of them.
    """

    count: int
    sharpe_variance: float | None


FEWEST_SHARPES = 5
"""Trials below which the spread of their Sharpe ratios is no estimate."""


def _row(row: sa.Row[Any]) -> BacktestRow:
    return BacktestRow(**dict(row._mapping))


def _mine(query: sa.Select[Any], actor: Actor) -> sa.Select[Any]:
    return query if actor.is_admin else query.where(backtests.c.owner_id == actor.user_id)


def insert(conn: sa.Connection, row: BacktestRow) -> None:
    """A finished run; one that is there already (a retried job) is replaced."""
    conn.execute(backtests.delete().where(backtests.c.job_id == row.job_id))
    conn.execute(backtests.insert().values(**vars(row)))


def get(conn: sa.Connection, actor: Actor, job_id: str) -> BacktestRow:
    """One run of the actor's (an admin's: any); NotFound otherwise."""
    query = _mine(sa.select(backtests).where(backtests.c.job_id == job_id), actor)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no backtest {job_id}.", field="backtest")
    return _row(row)


def find(conn: sa.Connection, actor: Actor, limit: int = 1_000) -> list[BacktestRow]:
    """The actor's own runs, an admin's too, newest first, archived ones included."""
    query = sa.select(backtests).where(backtests.c.owner_id == actor.user_id)
    query = query.order_by(backtests.c.created_at.desc(), backtests.c.job_id).limit(limit)
    return [_row(row) for row in conn.execute(query)]


def rename(conn: sa.Connection, actor: Actor, job_id: str, name: str) -> None:
    """Give a run of the actor's own another name; NotFound otherwise."""
    _change(conn, actor, [job_id], name=name)


def set_notes(conn: sa.Connection, actor: Actor, job_id: str, notes: str) -> None:
    """Replace the notes of a run of the actor's own; NotFound otherwise."""
    _change(conn, actor, [job_id], notes=notes)


def set_archived(conn: sa.Connection, actor: Actor, job_ids: Sequence[str], archived: bool) -> None:
    """Put runs away or bring them back, all or none; NotFound when one is not the actor's."""
    _change(conn, actor, job_ids, archived=archived)


def _change(conn: sa.Connection, actor: Actor, job_ids: Sequence[str], **values: Any) -> None:
    changed = conn.execute(
        backtests.update()
        .where(backtests.c.job_id.in_(job_ids), backtests.c.owner_id == actor.user_id)
        .values(**values)
    ).rowcount
    if changed != len(set(job_ids)):
        raise NotFound("One of these backtests is not there, or not yours.", field="backtest")


def record_trial(
    conn: sa.Connection,
    *,
    owner_id: int,
    family: str,
    dataset: str,
    request_hash: str,
    sharpe: float | None,
    now: datetime,
) -> int:
    """Count a trial of a strategy family on a data set, the same request only once.

    Returns the number of trials so far, this one included.
    """
    key = {
        "owner_id": owner_id,
        "family": family,
        "dataset": dataset,
        "request_hash": request_hash,
    }
    # two workers may finish the same request at once: the second is no error and no trial
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    conn.execute(
        insert(trials).values(**key, sharpe=sharpe, created_at=now).on_conflict_do_nothing()
    )
    return count_trials(conn, owner_id, family, dataset)


def record_trials(
    conn: sa.Connection,
    *,
    owner_id: int,
    family: str,
    dataset: str,
    sharpes: Mapping[str, float | None],
    now: datetime,
) -> None:
    """Count many trials at once: Sharpe ratios by request hash; those known already stay."""
    if not sharpes:
        return
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    rows = [
        {
            "owner_id": owner_id,
            "family": family,
            "dataset": dataset,
            "request_hash": request_hash,
            "sharpe": sharpe,
            "created_at": now,
        }
        for request_hash, sharpe in sharpes.items()
    ]
    conn.execute(insert(trials).on_conflict_do_nothing(), rows)


def count_trials(conn: sa.Connection, owner_id: int, family: str, dataset: str) -> int:
    """Different requests of a family that were run on a data set."""
    query = sa.select(sa.func.count()).where(
        trials.c.owner_id == owner_id, trials.c.family == family, trials.c.dataset == dataset
    )
    return int(conn.execute(query).scalar_one())


def trial_ledger(conn: sa.Connection, owner_id: int, family: str, dataset: str) -> TrialLedger:
    """The ledger as it is now; a sweep of thousands is counted in the database."""
    own = trials.c.owner_id == owner_id, trials.c.family == family, trials.c.dataset == dataset
    known = sa.select(
        sa.func.count(), sa.func.count(trials.c.sharpe), sa.func.avg(trials.c.sharpe)
    ).where(*own)
    count, with_sharpe, mean = conn.execute(known).one()
    if with_sharpe < FEWEST_SHARPES:
        return TrialLedger(int(count), None)
    distance = trials.c.sharpe - float(mean)
    spread = sa.select(sa.func.sum(distance * distance)).where(*own)
    total = float(conn.execute(spread).scalar_one())
    return TrialLedger(int(count), total / (int(with_sharpe) - 1))

"""Queries on trainings, their loss curves and their search trials; the owner filter is here.

A running training writes its stages, curves and trials as it goes, so that a page can look on. They
say how far it is; whether it succeeded is on the job's row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from terminal.accounts.actor import Actor
from terminal.db.tables.jobs import jobs
from terminal.db.tables.models import training_curves, training_runs, training_trials
from terminal.errors import NotFound

RUNNING, FINISHED = "running", "finished"
DONE, PRUNED, FAILED = "done", "pruned", "failed"


@dataclass(frozen=True)
class TrainingRow:
    """A training: what was trained on what, and what came of it.

    stages : one mapping a stage with `name`, `state` ("waiting", "running", "done", "skipped"),
    `seconds` and `words`. passed : what the gate said; None until it has spoken.
    """

    job_id: str
    owner_id: int
    name: str
    model: str
    label: str
    dataset: str
    data_version: str
    simulated: bool
    dry_run: bool
    state: str
    stages: Sequence[Mapping[str, Any]]
    result: Mapping[str, Any] | None
    passed: bool | None
    verdict: str
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class CurvePoint:
    """Losses after a boosting round or an epoch of one fit; None where there is none."""

    fit: str
    step: int
    train_loss: float | None
    valid_loss: float | None


@dataclass(frozen=True)
class TrialRow:
    """A trial of a search: the parameters it tried and the score of each fold it ran."""

    job_id: str
    number: int
    state: str
    params: Mapping[str, Any]
    score: float | None
    folds: Sequence[float]
    seconds: float


def _mine(query: sa.Select[Any], actor: Actor) -> sa.Select[Any]:
    return query if actor.is_admin else query.where(training_runs.c.owner_id == actor.user_id)


def begin(conn: sa.Connection, row: TrainingRow) -> None:
    """A training begins; one that is there already (a later attempt) is replaced, and its curves
    and trials stay for those that go on from them."""
    conn.execute(training_runs.delete().where(training_runs.c.job_id == row.job_id))
    conn.execute(training_runs.insert().values(**vars(row)))


def set_stages(conn: sa.Connection, job_id: str, stages: Sequence[Mapping[str, Any]]) -> None:
    """How far it is."""
    conn.execute(
        training_runs.update()
        .where(training_runs.c.job_id == job_id)
        .values(stages=[dict(stage) for stage in stages])
    )


def finish(
    conn: sa.Connection,
    job_id: str,
    *,
    stages: Sequence[Mapping[str, Any]],
    result: Mapping[str, Any],
    passed: bool | None,
    verdict: str,
    now: datetime,
) -> None:
    """Keep the result, in the transaction that marks the job as succeeded."""
    conn.execute(
        training_runs.update()
        .where(training_runs.c.job_id == job_id)
        .values(
            state=FINISHED,
            stages=[dict(stage) for stage in stages],
            result=dict(result),
            passed=passed,
            verdict=verdict,
            finished_at=now,
        )
    )


def get(conn: sa.Connection, actor: Actor, job_id: str) -> TrainingRow:
    """One training of the actor's (an admin's: any); NotFound otherwise."""
    query = _mine(sa.select(training_runs).where(training_runs.c.job_id == job_id), actor)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no training {job_id}.", field="training")
    return TrainingRow(**dict(row._mapping))


def find(conn: sa.Connection, actor: Actor, limit: int = 200) -> list[TrainingRow]:
    """The actor's own trainings, newest first."""
    query = sa.select(training_runs).where(training_runs.c.owner_id == actor.user_id)
    query = query.order_by(training_runs.c.created_at.desc(), training_runs.c.job_id).limit(limit)
    return [TrainingRow(**dict(row._mapping)) for row in conn.execute(query)]


def looks(conn: sa.Connection, owner_id: int, dataset: str, job_id: str) -> int:
    """Different trainings that have looked at the end of a data set, this one included.

    Dry runs and reproductions look at nothing new.
    """
    query = (
        sa.select(sa.func.count(sa.distinct(jobs.c.request_hash)))
        .join_from(training_runs, jobs, jobs.c.id == training_runs.c.job_id)
        .where(
            training_runs.c.owner_id == owner_id,
            training_runs.c.dataset == dataset,
            training_runs.c.job_id != job_id,
            training_runs.c.passed.is_not(None),
            jobs.c.reproduce_of.is_(None),
        )
    )
    return int(conn.execute(query).scalar_one()) + 1


def add_curve(conn: sa.Connection, job_id: str, points: Sequence[CurvePoint]) -> None:
    """Write points; one that is there already is replaced (a fit that began again)."""
    if not points:
        return
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    statement = insert(training_curves)
    statement = statement.on_conflict_do_update(
        index_elements=["job_id", "fit", "step"],
        set_={
            "train_loss": statement.excluded.train_loss,
            "valid_loss": statement.excluded.valid_loss,
        },
    )
    conn.execute(statement, [{"job_id": job_id, **vars(point)} for point in points])


def curve(
    conn: sa.Connection, actor: Actor, job_id: str, after: Mapping[str, int] | None = None
) -> list[CurvePoint]:
    """Points by fit and step; `after` leaves out steps a page has already, by fit.

    Raises
    ------
    NotFound : the training is not the actor's.
    """
    get(conn, actor, job_id)
    query = (
        sa.select(
            training_curves.c.fit,
            training_curves.c.step,
            training_curves.c.train_loss,
            training_curves.c.valid_loss,
        )
        .where(training_curves.c.job_id == job_id)
        .order_by(training_curves.c.fit, training_curves.c.step)
    )
    known = after or {}
    points = (CurvePoint(**dict(row._mapping)) for row in conn.execute(query))
    return [point for point in points if point.step > known.get(point.fit, -1)]


def by_fit(
    points: Sequence[CurvePoint],
) -> dict[str, tuple[list[int], list[float | None], list[float | None]]]:
    """(steps, training losses, validation losses) of each fit, as figures take them."""
    made: dict[str, tuple[list[int], list[float | None], list[float | None]]] = {}
    for point in points:
        steps, train, valid = made.setdefault(point.fit, ([], [], []))
        steps.append(point.step)
        train.append(point.train_loss)
        valid.append(point.valid_loss)
    return made


def add_trial(conn: sa.Connection, row: TrialRow) -> None:
    """A trial has ended; one of that number that is there already is replaced."""
    conn.execute(
        training_trials.delete().where(
            training_trials.c.job_id == row.job_id, training_trials.c.number == row.number
        )
    )
    conn.execute(training_trials.insert().values(**{**vars(row), "folds": list(row.folds)}))


def trials(conn: sa.Connection, actor: Actor, job_id: str) -> list[TrialRow]:
    """The trials in their order; NotFound when the training is not the actor's."""
    get(conn, actor, job_id)
    query = sa.select(training_trials).where(training_trials.c.job_id == job_id)
    rows = conn.execute(query.order_by(training_trials.c.number))
    return [TrialRow(**dict(row._mapping)) for row in rows]

"""Drift reports: owners, newest, what is watched; on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from terminal.accounts.actor import SYSTEM, Actor, Role
from terminal.db.database import Database
from terminal.db.repositories import drift, models
from terminal.db.tables.accounts import users
from terminal.db.tables.drift import drift_reports
from terminal.errors import NotFound
from tests.terminal.db.test_migrations import required
from tests.terminal.db.test_models import a_job, new_version

NOW = datetime(2024, 5, 6, 7, tzinfo=UTC)
ANN, BOB = (Actor(number, name, Role.TRADER) for number, name in ((71, "ann"), (72, "bob")))


@pytest.fixture(autouse=True)
def people(database: Database) -> None:
    with database.write() as conn:
        for who in (ANN, BOB):
            given = required(
                users, id=who.user_id, username=who.username, role="trader", active=True
            )
            conn.execute(sa.insert(users).values(**given))


def version(conn: sa.Connection, job_id: str, who: Actor = ANN) -> int:
    a_job(conn, job_id, who)
    made = replace(new_version(job_id), baseline={"features": [], "predictions": []})
    return models.register(conn, who, f"Model {job_id[:1]}", made, NOW).id


def row_of(version_id: int, job_id: str, who: Actor = ANN, **given: object) -> drift.DriftRow:
    made = drift.DriftRow(
        job_id=job_id,
        owner_id=who.user_id,
        version_id=version_id,
        severity="moderate",
        features="moderate",
        predictions="none",
        decay="none",
        recommendation="Watch rsi.",
        first_ts=NOW - timedelta(days=60),
        last_ts=NOW,
        n_events=250,
        data_version="v",
        report={"features": [{"name": "rsi", "stability": 0.125}]},
        periods={"columns": ["rsi"]},
        created_at=NOW,
    )
    return replace(made, **given)


def test_a_report_comes_back_as_it_was_and_only_to_its_owner(database: Database) -> None:
    with database.write() as conn:
        made = row_of(version(conn, "a" * 32), a_job(conn, "b" * 32))
        drift.insert(conn, made)
        drift.insert(conn, made)  # a retried job replaces its own
        assert drift.get(conn, ANN, made.job_id) == made
        assert drift.of_version(conn, SYSTEM, made.version_id) == [made]
        assert drift.of_version(conn, BOB, made.version_id) == []
        with pytest.raises(NotFound):
            drift.get(conn, BOB, made.job_id)


def test_the_newest_of_each_version_and_the_history_in_order(database: Database) -> None:
    with database.write() as conn:
        one, other = version(conn, "a" * 32), version(conn, "c" * 32, BOB)
        for k, letter in enumerate("def"):
            job = a_job(conn, letter * 32)
            drift.insert(conn, row_of(one, job, created_at=NOW + timedelta(days=k)))
        drift.insert(conn, row_of(other, a_job(conn, "9" * 32, BOB), BOB))
        assert [row.job_id[0] for row in drift.of_version(conn, ANN, one)] == ["f", "e", "d"]
        assert {key: row.job_id[0] for key, row in drift.newest(conn, ANN).items()} == {one: "f"}


def test_a_severity_there_is_not_is_refused_by_the_database(database: Database) -> None:
    with database.write() as conn:
        own = version(conn, "a" * 32)
        job = a_job(conn, "b" * 32)
    with pytest.raises(sa.exc.IntegrityError), database.write() as conn:
        drift.insert(conn, row_of(own, job, severity="awful"))


def test_only_active_traders_versions_in_production_with_a_baseline_are_watched(
    database: Database,
) -> None:
    with database.write() as conn:
        one, other = version(conn, "a" * 32), version(conn, "c" * 32, BOB)
        assert drift.in_production(conn) == []
        models.set_stage(conn, ANN, one, "production", NOW)
        models.set_stage(conn, BOB, other, "production", NOW)
        found = drift.in_production(conn)
        assert [(item.version_id, item.owner) for item in found] == [(one, ANN), (other, BOB)]
        assert found[0].words == "Model a (version 1)"
        conn.execute(users.update().where(users.c.id == BOB.user_id).values(active=False))
        assert [item.version_id for item in drift.in_production(conn)] == [one]


def test_reports_go_with_their_version(database: Database) -> None:
    with database.write() as conn:
        own = version(conn, "a" * 32)
        drift.insert(conn, row_of(own, a_job(conn, "b" * 32)))
        conn.execute(sa.text("DELETE FROM model_versions"))
        assert conn.execute(sa.select(sa.func.count()).select_from(drift_reports)).scalar() == 0

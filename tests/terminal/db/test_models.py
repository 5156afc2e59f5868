"""Feature sets, trainings and the registry of models: versions, stages, owners, both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from terminal.accounts.actor import SYSTEM, Actor, Role
from terminal.db.database import Database
from terminal.db.repositories import feature_sets, models, training
from terminal.db.tables.accounts import users
from terminal.db.tables.jobs import jobs
from terminal.db.tables.models import model_versions
from terminal.errors import Conflict, InputError, NotFound
from terminal.features.feature_set import FeatureChoice, FeatureSet
from terminal.market.timeframe import Timeframe
from tests.terminal.db.test_migrations import required

NOW = datetime(2024, 5, 6, 7, tzinfo=UTC)
ANN, BOB = (Actor(number, name, Role.TRADER) for number, name in ((71, "ann"), (72, "bob")))
ONE = FeatureSet((FeatureChoice("rsi", {"window": 5}),))
TWO = FeatureSet((FeatureChoice("rsi", {"window": 5}, Timeframe.WEEK_1, "zscore", 60),))


@pytest.fixture(autouse=True)
def people(database: Database) -> None:
    with database.write() as conn:
        for who in (ANN, BOB):
            given = required(users, id=who.user_id, username=who.username, role="trader")
            conn.execute(sa.insert(users).values(**given))


def a_job(conn: sa.Connection, job_id: str, who: Actor = ANN, **given: object) -> str:
    values = required(jobs, id=job_id, kind="training", owner_id=who.user_id, request={}, **given)
    conn.execute(sa.insert(jobs).values(**values))
    return job_id


def new_version(job_id: str) -> models.NewVersion:
    return models.NewVersion(
        job_id=job_id,
        kind="lightgbm",
        weights_hash="w" * 64,
        package_sha256=job_id * 2,
        manifest={"format": 1},
        recipe={"model": "lightgbm"},
        metrics={"score": 0.6},
        verdict={"passed": True},
        lineage={"dataset": "d"},
    )


def registered(database: Database, job_id: str, who: Actor = ANN, name: str = "Follower") -> int:
    with database.write() as conn:
        a_job(conn, job_id, who)
        return models.register(conn, who, name, new_version(job_id), NOW).id


def row_of(job_id: str, who: Actor = ANN, **given: object) -> training.TrainingRow:
    made = training.TrainingRow(
        job_id=job_id,
        owner_id=who.user_id,
        name="Follower",
        model="lightgbm",
        label="fixed-horizon",
        dataset="d",
        data_version="v",
        simulated=False,
        dry_run=False,
        state=training.RUNNING,
        stages=[{"name": "validate", "state": "running"}],
        result=None,
        passed=None,
        verdict="",
        created_at=NOW,
        finished_at=None,
    )
    return replace(made, **given)  # type: ignore[arg-type]


def test_saved_features_come_back_as_they_were_and_only_changes_make_versions(
    database: Database,
) -> None:
    with database.write() as conn:
        made = feature_sets.create(conn, ANN, "Mine", ONE, NOW)
        assert feature_sets.save(conn, ANN, made, ONE, NOW) == 1
        assert feature_sets.save(conn, ANN, made, TWO, NOW) == 2
        with pytest.raises(Conflict, match="'Mine'"):
            feature_sets.create(conn, ANN, "Mine", ONE, NOW)
        with pytest.raises(InputError, match="needs a name"):
            feature_sets.create(conn, ANN, "  ", ONE, NOW)
    with database.read() as conn:
        assert feature_sets.get(conn, ANN, made).features == TWO
        assert feature_sets.get(conn, ANN, made, 1).features == ONE
        assert [version for version, _ in feature_sets.versions(conn, ANN, made)] == [2, 1]
        assert feature_sets.find(conn, BOB) == []
        with pytest.raises(NotFound):
            feature_sets.get(conn, BOB, made)
    with pytest.raises(NotFound), database.write() as conn:
        feature_sets.delete(conn, BOB, made)
    with database.write() as conn:
        feature_sets.rename(conn, ANN, made, "Yours", NOW)
        feature_sets.delete(conn, ANN, made)
        assert feature_sets.find(conn, ANN) == []


def test_trainings_of_the_same_name_are_versions_of_one_model(database: Database) -> None:
    first, second = registered(database, "j1"), registered(database, "j2")
    other = registered(database, "j3", BOB)
    with database.read() as conn:
        found = models.find(conn, ANN)
        assert [(row.id, row.version, row.newest, row.stage) for row in found] == [
            (second, 2, 2, "candidate"),
            (first, 1, 2, "candidate"),
        ]
        assert models.of_job(conn, ANN, "j1") == found[1]
        assert models.get(conn, BOB, other).version == 1


def test_of_a_model_one_version_is_in_production_and_the_one_before_is_known(
    database: Database,
) -> None:
    first, second = registered(database, "j1"), registered(database, "j2")
    with database.write() as conn:
        assert models.set_stage(conn, ANN, first, "production", NOW) is None
        replaced = models.set_stage(conn, ANN, second, "production", NOW + timedelta(hours=1))
        assert replaced is not None
        assert replaced.id == first
        model = models.get(conn, ANN, first).model_id
        assert models.get(conn, ANN, first).stage == "archived"
        now_there = models.in_production(conn, ANN, model)
        before = models.before_production(conn, ANN, model)
        assert now_there is not None
        assert before is not None
        assert (now_there.id, before.id) == (second, first)
        with pytest.raises(InputError, match="no stage"):
            models.set_stage(conn, ANN, first, "live", NOW)


def test_the_database_itself_refuses_a_second_version_in_production(database: Database) -> None:
    first, second = registered(database, "j1"), registered(database, "j2")
    with database.write() as conn:
        models.set_stage(conn, ANN, first, "production", NOW)
    with pytest.raises(sa.exc.IntegrityError), database.write() as conn:
        conn.execute(
            model_versions.update().where(model_versions.c.id == second).values(stage="production")
        )


def test_nobody_sees_or_moves_the_models_of_another(database: Database) -> None:
    own = registered(database, "j1")
    for attempt in (
        lambda conn: models.get(conn, BOB, own),
        lambda conn: models.set_stage(conn, BOB, own, "staging", NOW),
        lambda conn: models.set_stage(conn, SYSTEM, own, "staging", NOW),  # an admin looks only
        lambda conn: models.set_baseline(conn, BOB, own, {}),
        lambda conn: models.rename(conn, BOB, models.get(conn, ANN, own).model_id, "His", NOW),
    ):
        with pytest.raises(NotFound), database.write() as conn:
            attempt(conn)
    with database.write() as conn:
        assert models.of_job(conn, BOB, "j1") is None
        assert models.get(conn, SYSTEM, own).owner_id == ANN.user_id
        model = models.get(conn, ANN, own).model_id
        assert models.in_production(conn, BOB, model) is None
        models.rename(conn, ANN, model, "Other", NOW)
        assert models.get(conn, ANN, own).words == "Other (version 1)"


def test_a_page_reads_stages_curves_and_trials_as_they_come(database: Database) -> None:
    points = [training.CurvePoint("fold 1", step, 0.7 - step / 10, None) for step in (1, 2)]
    trial = training.TrialRow("j1", 0, "done", {"leaves": 4}, 0.6, [0.5, 0.7], 1.5)
    with database.write() as conn:
        a_job(conn, "j1")
        training.begin(conn, row_of("j1"))
        training.add_curve(conn, "j1", points)
        training.add_curve(conn, "j1", [replace(points[1], train_loss=0.4), *points[:1]])
        training.add_trial(conn, trial)
        training.add_trial(conn, trial)
        training.set_stages(conn, "j1", [{"name": "split", "state": "done"}])
        training.begin(conn, row_of("j1"))  # a later attempt keeps curves and trials
    with database.read() as conn:
        assert [(p.step, p.train_loss) for p in training.curve(conn, ANN, "j1")] == [
            (1, pytest.approx(0.6)),
            (2, pytest.approx(0.4)),
        ]
        assert [p.step for p in training.curve(conn, ANN, "j1", {"fold 1": 1})] == [2]
        assert training.trials(conn, ANN, "j1") == [trial]
        for read in (training.curve, training.trials, training.get):
            with pytest.raises(NotFound):
                read(conn, BOB, "j1")


def test_every_different_training_that_looked_at_the_end_counts_once(database: Database) -> None:
    with database.write() as conn:
        for job_id, given, row in (
            ("j1", {"request_hash": "a"}, {"passed": False}),
            ("j2", {"request_hash": "a"}, {"passed": False}),  # the same request again
            ("j3", {"request_hash": "b", "reproduce_of": "j1"}, {"passed": False}),
            ("j4", {"request_hash": "c"}, {"passed": None}),  # a dry run
            ("j5", {"request_hash": "d"}, {"passed": True, "dataset": "other"}),
            ("j6", {"request_hash": "e"}, {"passed": True}),
        ):
            a_job(conn, job_id, **given)
            training.begin(conn, row_of(job_id, **row))
        assert training.looks(conn, ANN.user_id, "d", "new") == 3
        assert training.looks(conn, ANN.user_id, "d", "j6") == 2
        assert training.looks(conn, BOB.user_id, "d", "new") == 1

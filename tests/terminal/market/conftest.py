"""A catalogue with the real built-in data, loaded once; runs of jobs without a worker."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from terminal import clock
from terminal.accounts.actor import Actor, Role
from terminal.db.database import Database
from terminal.db.migrate import upgrade
from terminal.db.repositories import jobs as job_rows
from terminal.db.repositories import users
from terminal.jobs.execute import execute
from terminal.jobs.service import JobService
from terminal.jobs.values import Job
from terminal.market import builtin
from terminal.market.catalogue import Catalogue
from terminal.market.publish import publish
from terminal.market.store import ParquetStore
from terminal.settings import Settings


@pytest.fixture(scope="session")
def built_in(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The real built-in data sets in a database and store of their own; only read by tests."""
    folder = tmp_path_factory.mktemp("built-in")
    database = Database(f"sqlite+pysqlite:///{folder / 'terminal.db'}")
    upgrade(database)
    store = ParquetStore(folder / "bars")
    for load in builtin.BUILT_IN:
        dataset, parts = load()
        _, save = publish(store, dataset, parts, clock.now())
        with database.write() as conn:
            save(conn)
    return Catalogue(database, store)


def new_user(database: Database, role: Role = Role.TRADER) -> Actor:
    """A person with an account."""
    with database.write() as conn:
        return users.insert(conn, f"user-{uuid.uuid4().hex[:8]}", role, "hash", clock.now()).actor


@pytest.fixture
def trader(sqlite_database: Database) -> Actor:
    return new_user(sqlite_database)


@dataclass(frozen=True)
class Runner:
    """Submits a job and runs it here, as the worker's process would."""

    db: Database
    settings: Settings

    @property
    def service(self) -> JobService:
        return JobService(self.db, self.settings, lambda job_id, queue: None)

    def __call__(
        self, actor: Actor, kind: str, request: Any, before: Callable[[], None] = lambda: None
    ) -> Job:
        job = self.service.submit(actor, kind, request, seed=1)
        with self.db.write() as conn:
            job_rows.claim(conn, job.id, token="t", worker_id="here", now=clock.now())
        before()
        execute(self.db, self.settings, job.id, "t")
        return self.service.get(actor, job.id)


@pytest.fixture
def run_job(sqlite_database: Database, settings: Settings, tmp_path: Path) -> Runner:
    return Runner(sqlite_database, settings)

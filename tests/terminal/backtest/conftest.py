"""A terminal with the real built-in data, in which jobs run as the worker's process runs them."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from terminal import clock
from terminal.accounts.actor import SYSTEM, Actor
from terminal.db.database import Database
from terminal.db.repositories import jobs as job_rows
from terminal.jobs.artifacts import ArtifactStore
from terminal.jobs.execute import execute
from terminal.jobs.service import JobService
from terminal.jobs.values import Job
from terminal.market import builtin
from terminal.market.catalogue import Catalogue
from terminal.market.publish import publish
from terminal.market.store import open_store
from terminal.settings import ROOT, Settings, load_settings
from tests.terminal.market.conftest import new_user


@dataclass(frozen=True)
class Terminal:
    """A database with the built-in data, settings, and a trader."""

    db: Database
    settings: Settings
    trader: Actor

    @property
    def service(self) -> JobService:
        return JobService(self.db, self.settings, lambda job_id, queue: None)

    @property
    def catalogue(self) -> Catalogue:
        return Catalogue(self.db, open_store(self.settings, self.db))

    @property
    def files(self) -> ArtifactStore:
        return ArtifactStore(self.settings.storage.root, self.settings.storage.min_free_mb)

    def submit(self, kind: str, request: Any, actor: Actor | None = None) -> Job:
        """Submit a job and run it here."""
        return self.run(self.service.submit(actor or self.trader, kind, request, seed=1))

    def run(self, job: Job) -> Job:
        """Claim and run a submitted job; the job as it is afterwards."""
        token = uuid.uuid4().hex
        with self.db.write() as conn:
            job_rows.claim(conn, job.id, token=token, worker_id="here", now=clock.now())
        execute(self.db, self.settings, job.id, token)
        return self.service.get(SYSTEM, job.id)


def terminal_on(database: Database, data_dir: Path) -> Terminal:
    """The built-in data published into a database and a folder."""
    settings = load_settings(ROOT / "config", {"ATT_STORAGE__DATA_DIR": str(data_dir)})
    store = open_store(settings, database)
    for load in builtin.BUILT_IN:
        _, save = publish(store, *load(), clock.now())
        with database.write() as conn:
            save(conn)
    return Terminal(database, settings, new_user(database))


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Terminal]:
    """On SQLite; the tests of a module add to it and change nothing of each other's."""
    folder = tmp_path_factory.mktemp("terminal")
    shutil.copyfile(migrated_sqlite, folder / "terminal.db")
    database = Database(f"sqlite+pysqlite:///{folder / 'terminal.db'}")
    yield terminal_on(database, folder / "var")
    database.close()

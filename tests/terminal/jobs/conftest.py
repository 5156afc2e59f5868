"""A job service on a real database whose doorbell only notes who rang."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from terminal import clock
from terminal.accounts.actor import SYSTEM, Actor, Role
from terminal.db.database import Database
from terminal.db.repositories import jobs as rows
from terminal.db.tables.accounts import users
from terminal.jobs.execute import execute
from terminal.jobs.service import JobService
from terminal.jobs.values import Job
from terminal.settings import Settings

TOKEN = "t" * 32


@dataclass
class Bench:
    """Service, two traders, and the rings so far."""

    service: JobService
    db: Database
    settings: Settings
    ann: Actor
    bob: Actor
    rung: list[str] = field(default_factory=list)
    deaf: bool = False

    def ring(self, job_id: str, queue: str) -> None:
        if self.deaf:
            raise ConnectionError("no broker")
        self.rung.append(job_id)

    def claim(self, job_id: str, token: str = TOKEN) -> bool:
        with self.db.write() as conn:
            got = rows.claim(conn, job_id, token=token, worker_id="w", now=clock.now())
        return got is not None

    def run(self, job_id: str, token: str = TOKEN) -> Job:
        assert self.claim(job_id, token)
        execute(self.db, self.settings, job_id, token)
        return self.service.get(SYSTEM, job_id)


@pytest.fixture
def bench(database: Database, settings: Settings) -> Bench:
    people = []
    with database.write() as conn:
        for name in ("ann", "bob"):
            key = conn.execute(
                users.insert().values(
                    username=name, password_hash="x", role="trader", active=True,
                    created_at=clock.now(),
                )
            ).inserted_primary_key  # fmt: skip
            assert key is not None
            people.append(Actor(key[0], name, Role.TRADER))
    made = Bench(None, database, settings, *people)  # type: ignore[arg-type]
    made.service = JobService(database, settings, made.ring)
    return made

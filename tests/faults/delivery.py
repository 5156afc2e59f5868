"""Experiment 3, deliveries: one task delivered many times at once, and a Redis that forgets."""

from __future__ import annotations

import random
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import redis

from terminal import clock
from terminal.accounts.actor import SYSTEM
from terminal.codec import content_hash, to_json
from terminal.db.database import Database
from terminal.db.repositories import jobs as job_rows
from terminal.jobs.kinds import get_kind
from terminal.jobs.rows import new_row
from terminal.jobs.self_test import SelfTestRequest
from terminal.jobs.service import JobService
from terminal.jobs.sweep import ring_again
from terminal.settings import ROOT, load_settings
from tests.faults.floor import until
from tests.faults.nursery import Nursery
from tests.faults.report import Report
from tests.services import private_redis

WORKERS = 5
EVERY_S = 0.04


def delivered_often(
    nursery: Nursery, folder: Path, url: str, runs: int, seed: int, without: Sequence[str] = ()
) -> Report:
    """Each job is claimed by 2 to 5 processes at the same moment; one may run it."""
    folder.mkdir(parents=True, exist_ok=True)
    environ = {"ATT_STORAGE__DATABASE_URL": url, "ATT_STORAGE__DATA_DIR": str(folder / "var")}
    settings = load_settings(ROOT / "config", environ)
    dice, db = random.Random(seed), Database(url)
    ids = []
    request = SelfTestRequest()
    for _ in range(runs):
        values = new_row(
            settings, SYSTEM, get_kind("self_test"), to_json(request), content_hash(request)
        ) | {"title": "delivered often", "seed": 1}
        with db.write() as conn:
            job_rows.insert(conn, values)
        ids.append(str(values["id"]))
    shares: list[list[tuple[int, str]]] = [[] for _ in range(WORKERS)]
    for number, job_id in enumerate(ids):
        for worker in dice.sample(range(WORKERS), dice.randint(2, WORKERS)):
            shares[worker].append((number, job_id))
    begin = time.time() + 1.0
    marks = [folder / f"claimed-{uuid.uuid4().hex}" for _ in range(WORKERS)]
    workers = [
        nursery.start("claim", [share, begin, EVERY_S, str(mark)], environ, without)
        for share, mark in zip(shares, marks, strict=True)
    ]
    for worker in workers:
        assert worker.wait(60 + runs * EVERY_S * 10), "a worker hangs"
        worker.close()
    ran: Counter[str] = Counter()
    for mark in marks:
        ran.update(mark.read_text().split() if mark.exists() else [])
    db.close()
    report = Report(runs=runs)
    report.lost = [f"job {job_id} was run by nobody" for job_id in ids if not ran[job_id]]
    report.doubled = [
        f"job {job_id} was run {ran[job_id]} times" for job_id in ids if ran[job_id] > 1
    ]
    return report


class _Bell:
    """Rings through a Redis that may be dead; jobs are taken from it by `answer`."""

    def __init__(self, url: str) -> None:
        self.url = url

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_connect_timeout=1, socket_timeout=1)

    def __call__(self, job_id: str, queue: str) -> None:
        with _closing(self.client()) as client:
            client.rpush(queue, job_id)

    def answer(self, db: Database) -> list[str]:
        """Claim what was rung for; the ids of those that were free."""
        claimed = []
        with suppress(redis.exceptions.RedisError), _closing(self.client()) as client:
            while (found := client.lpop("cpu") or _any(client)) is not None:
                job_id = found.decode()
                with db.write() as conn:
                    row = job_rows.claim(
                        conn, job_id, token=uuid.uuid4().hex, worker_id="w", now=clock.now()
                    )
                if row is not None:
                    claimed.append(job_id)
        return claimed


def _any(client: redis.Redis) -> bytes | None:
    for key in client.keys("*"):
        found: bytes | None = client.lpop(key)
        if found is not None:
            return found
    return None


@contextmanager
def _closing(client: redis.Redis) -> Iterator[redis.Redis]:
    try:
        yield client
    finally:
        client.close()


def forgetful_redis(url: str, folder: Path, runs: int, seed: int, *, sweeps: bool = True) -> Report:
    """Jobs are submitted while Redis is emptied, or killed and started empty, at any moment; the
    sweeper rings again. `sweeps` False removes that guard."""
    environ = {
        "ATT_STORAGE__DATABASE_URL": url, "ATT_STORAGE__DATA_DIR": str(folder / "var"),
        "ATT_JOBS__RING_AGAIN_S": "1",
    }  # fmt: skip
    settings = load_settings(ROOT / "config", environ)
    db, dice, report = Database(url), random.Random(seed), Report()
    ran: Counter[str] = Counter()
    submitted: list[str] = []
    while report.runs < runs:
        with private_redis() as address:
            bell = _Bell(address)
            service = JobService(db, settings, bell)
            for _ in range(min(10, runs - report.runs)):
                for _ in range(dice.randint(1, 3)):
                    submitted.append(service.submit(SYSTEM, "self_test", SelfTestRequest()).id)
                    if dice.random() < 0.4:
                        ran.update(bell.answer(db))
                with _closing(bell.client()) as client:
                    client.flushall()
                report.runs += 1
            for _ in range(2):  # what was rung for just before it dies
                submitted.append(service.submit(SYSTEM, "self_test", SelfTestRequest()).id)
        # it is dead here: a click is taken all the same
        submitted.append(
            JobService(db, settings, bell).submit(SYSTEM, "self_test", SelfTestRequest()).id
        )
        report.runs += 1
    began = time.monotonic()
    with private_redis() as address:
        bell = _Bell(address)
        service = JobService(db, settings, bell)

        def everything_ran() -> bool:
            if sweeps:
                ring_again(service)
            ran.update(bell.answer(db))
            return all(ran[job_id] for job_id in submitted)

        with suppress(AssertionError):
            until(everything_ran, 20 if sweeps else 2, "every job is run")
    report.recovery_s.append(time.monotonic() - began)
    db.close()
    report.lost = [f"job {job_id} was run by nobody" for job_id in submitted if not ran[job_id]]
    report.doubled = [f"job {job_id} was run twice" for job_id in submitted if ran[job_id] > 1]
    return report

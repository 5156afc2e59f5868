"""Jobs under fire: the launched terminal, its processes killed at random moments.

A person submits jobs through the web process's own callback. Meanwhile gunicorn, worker, sweeper
and Redis are killed with SIGKILL, and Redis is emptied, in random order, each at least once. The
supervisor starts them again as it would for a user.
"""

from __future__ import annotations

import contextlib
import random
import re
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil
import redis
import requests
import sqlalchemy as sa

from terminal.db.database import Database
from terminal.db.tables.jobs import artifacts, jobs
from terminal.jobs.values import JobState
from terminal.settings import ROOT, Settings, load_settings
from tests.launched import Launched, start

TARGETS = {
    "web": ("gunicorn",),
    "worker": ("workers.worker",),
    "sweeper": ("workers.sweeper",),
    "redis": ("redis-server",),
}
EMPTIED = "emptied Redis"
PASSWORD = "nothing is lost here"
ENDED = (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED, JobState.ORPHANED)
SETTINGS = {
    "ATT_MARKET__BUILT_IN": "false",
    "ATT_STORAGE__MIN_FREE_MB": "0",
    "ATT_JOBS__MAX_ATTEMPTS": "20",  # a job may be hit more often here than in a lifetime
}


@dataclass(frozen=True)
class Report:
    """What came out: every acknowledged click is one job, every job has one result.

    `lost`: clicks that were acknowledged and have no row, and rows without success. `doubled`:
    successes that have not exactly one result. `requeue_s`: the longest time from the death of a
    worker until a job that it ran was back in the queue (or with another worker).
    """

    clicks: int
    refused_clicks: int
    jobs: int
    lost: int
    doubled: int
    kills: dict[str, int]
    requeue_s: float
    seconds: float


@dataclass
class _Chaos:
    terminal: Launched
    settings: Settings
    db: Database
    dice: random.Random
    acknowledged: int = 0
    refused: int = 0
    requeue_s: float = 0.0

    def __post_init__(self) -> None:
        self.kills: Counter[str] = Counter()
        self.deaths: dict[str, tuple[int, float]] = {}
        self.plan: list[str] = []

    def states(self) -> dict[str, tuple[str, int]]:
        """State and attempt of every job."""
        with self.db.read() as conn:
            rows = conn.execute(sa.select(jobs.c.id, jobs.c.state, jobs.c.attempt)).all()
        now = time.monotonic()
        found = {row.id: (row.state, row.attempt) for row in rows}
        for job_id, (attempt, died) in list(self.deaths.items()):
            if found[job_id] != (JobState.RUNNING, attempt):
                self.requeue_s = max(self.requeue_s, now - died)
                del self.deaths[job_id]
        return found

    def strike(self) -> None:
        """Kill the next target of a shuffled round, or empty Redis."""
        if not self.plan:
            self.plan = [*TARGETS, "worker", EMPTIED]
            self.dice.shuffle(self.plan)
        target = self.plan.pop()
        if target == EMPTIED:
            path = self.settings.storage.root / "redis.sock"
            with contextlib.suppress(redis.exceptions.ConnectionError, FileNotFoundError):
                redis.Redis(unix_socket_path=str(path)).flushall()
                self.kills[EMPTIED] += 1
            return
        running = {key: row for key, row in self.states().items() if row[0] == JobState.RUNNING}
        for process in self.terminal.family():
            with contextlib.suppress(psutil.NoSuchProcess):
                line = process.cmdline()
                if any(word in part for word in TARGETS[target] for part in line) and not any(
                    part.endswith("lifeline.py") for part in line
                ):
                    process.kill()
                    self.kills[target] += 1
                    if target == "worker":
                        died = time.monotonic()
                        self.deaths |= {key: (row[1], died) for key, row in running.items()}
                    return


class _Person:
    """Becomes the first user and clicks "Test the workers" on the Jobs page."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()

    def set_up(self, link: str) -> None:
        """Become the administrator by the one-time link, as the form does."""
        form = self.session.get(link, timeout=10)
        form.raise_for_status()
        token = re.search(r'name="form_token" value="([^"]+)"', form.text)
        assert token is not None
        answer = self.session.post(
            link,
            data={
                "form_token": token.group(1),
                "username": "ada",
                "password": PASSWORD,
                "again": PASSWORD,
            },
            headers={"Origin": self.url},
            timeout=10,
        )
        answer.raise_for_status()
        self.session.get(f"{self.url}/jobs", timeout=10).raise_for_status()

    def click(self) -> bool:
        """True when the terminal said that it took the click."""
        try:
            answer = self.session.post(
                f"{self.url}/_dash-update-component",
                json={
                    "output": "jobs-sink.children",
                    "outputs": {"id": "jobs-sink", "property": "children"},
                    "inputs": [{"id": "jobs-self-test", "property": "n_clicks", "value": 1}],
                    "changedPropIds": ["jobs-self-test.n_clicks"],
                },
                headers={
                    "Origin": self.url,
                    "X-CSRFToken": self.session.cookies.get("_csrf_token") or "",
                },
                timeout=10,
            )
        except requests.RequestException:
            return False
        return answer.status_code == 200


def run_chaos(
    n_jobs: int, seed: int, *, click_every_s: float, strike_every_s: float, limit_s: float
) -> Report:
    """Click `n_jobs` times through the fire; returns when all have ended or at the limit."""
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="att-chaos-") as folder,
        start(Path(folder), SETTINGS) as terminal,
    ):
        settings = load_settings(ROOT / "config", terminal.environ)
        db = Database(settings.storage.url)
        person = _Person(terminal.url)
        person.set_up(terminal.link)
        chaos = _Chaos(terminal, settings, db, random.Random(seed))
        next_strike = time.monotonic() + strike_every_s
        next_click = 0.0
        try:
            while time.monotonic() - began < limit_s:
                now = time.monotonic()
                if chaos.acknowledged < n_jobs and now >= next_click:
                    next_click = now + click_every_s
                    if person.click():
                        chaos.acknowledged += 1
                    else:
                        chaos.refused += 1
                states = chaos.states()
                everything_hit = {*TARGETS, EMPTIED} <= set(chaos.kills)
                if now >= next_strike and (chaos.acknowledged < n_jobs or not everything_hit):
                    next_strike = now + strike_every_s * chaos.dice.uniform(0.5, 1.5)
                    chaos.strike()
                ended = all(state in ENDED for state, _attempt in states.values())
                if chaos.acknowledged == n_jobs and everything_hit and ended:
                    break
                time.sleep(0.05)
            return _count(chaos, time.monotonic() - began)
        finally:
            db.close()


def _count(chaos: _Chaos, seconds: float) -> Report:
    with chaos.db.read() as conn:
        count = sa.select(artifacts.c.job_id, sa.func.count()).group_by(artifacts.c.job_id)
        results = {row[0]: row[1] for row in conn.execute(count)}
    states = chaos.states()
    done = [job for job, (state, _attempt) in states.items() if state == JobState.SUCCEEDED]
    # A click whose answer never came may have left a row; one that was acknowledged must have.
    missing = max(0, chaos.acknowledged - len(states))
    invented = max(0, len(states) - chaos.acknowledged - chaos.refused)
    return Report(
        clicks=chaos.acknowledged,
        refused_clicks=chaos.refused,
        jobs=len(states),
        lost=missing + len(states) - len(done),
        doubled=invented + sum(results.get(job) != 1 for job in done),
        kills=dict(chaos.kills),
        requeue_s=chaos.requeue_s,
        seconds=seconds,
    )

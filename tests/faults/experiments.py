"""Every experiment, with its counts and with the guards whose removal it must notice."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from terminal.execution.crash_points import CRASH_POINTS
from tests.faults.answers import lost_answers
from tests.faults.cluster import Cluster
from tests.faults.databases import (
    connections_cut,
    killed_in_commit,
    out_of_space,
    stopped_server,
)
from tests.faults.delivery import delivered_often, forgetful_redis
from tests.faults.feeds import broken_streams, frozen_feed
from tests.faults.floor import Floor, a_floor
from tests.faults.freezing import frozen, summer_time, wrong_clocks
from tests.faults.killing import kills_under_load, runaway
from tests.faults.kills import crash_kills, random_kills
from tests.faults.report import Report
from tests.faults.stage import Stage

AT_ONCE = 4
"""Sessions that trade side by side on a floor."""
FROZEN_S = float(os.environ.get("SOAK_FROZEN_S", "60"))


@dataclass(frozen=True)
class Experiment:
    """One row of the table.

    full, short : how often. run : `run(stage, count)`. without : by guard, the same with it
    removed, few times. limit_s : a session must trade again within it.
    """

    name: str
    full: int
    short: int
    run: Callable[[Stage, int], Report]
    without: Mapping[str, Callable[[Stage], Report]]
    limit_s: float = 30.0


def _parts(
    what: Callable[..., Report], *arguments: object, part: int = 50, **named: object
) -> Callable[[Stage, int], Report]:
    """On SQLite floors, each for a part of the runs; `what(floor, *arguments, runs, seed)`."""

    def run(stage: Stage, count: int) -> Report:
        return stage.in_parts(
            count, lambda floor, runs, seed: what(floor, *arguments, runs, seed, **named), part
        )

    return run


def _once(
    what: Callable[..., Report], *arguments: object, settings: Mapping[str, str] | None = None,
    **named: object,
) -> Callable[[Stage], Report]:  # fmt: skip
    """On one floor."""

    def run(stage: Stage) -> Report:
        with stage.floor(settings) as floor:
            return what(floor, *arguments, **named)

    return run


def _file(stage: Stage) -> tuple[Path, str]:
    """A folder with a migrated SQLite file in it."""
    folder = stage.folder / uuid.uuid4().hex[:8]
    folder.mkdir()
    shutil.copyfile(stage.migrated, folder / "terminal.db")
    return folder, f"sqlite+pysqlite:///{folder / 'terminal.db'}"


def _crash(floor: Floor, runs: int, _seed: int) -> Report:
    return crash_kills(floor, CRASH_POINTS, runs, sessions=AT_ONCE)


def _answers(floor: Floor, runs: int, _seed: int) -> Report:
    return lost_answers(floor, runs, sessions=AT_ONCE)


def _claims(stage: Stage, count: int, without: Sequence[str] = ()) -> Report:
    folder, url = _file(stage)
    return delivered_often(stage.nursery, folder, url, count, 1, without)


def _redis(stage: Stage, count: int, *, sweeps: bool = True) -> Report:
    folder, url = _file(stage)
    return forgetful_redis(url, folder, count, 1, sweeps=sweeps)


def _commits(stage: Stage, count: int, without: Sequence[str] = ()) -> Report:
    folder, url = _file(stage)
    return killed_in_commit(stage.nursery, folder, url, count, 1, without)


def _cut(stage: Stage, count: int) -> Report:
    with stage.postgresql_floor() as floor:
        return connections_cut(floor, count, 1)


def _postgresql_kills(stage: Stage, count: int) -> Report:
    with stage.postgresql_floor() as floor:
        return random_kills(floor, count, 77, sessions=AT_ONCE)


def _server(stage: Stage, count: int) -> Report:
    with Cluster(stage.folder / f"cluster-{uuid.uuid4().hex[:6]}") as cluster:
        folder = stage.folder / f"floor-of-{cluster.port}"
        with a_floor(folder, stage.nursery, cluster.url) as floor:
            return stopped_server(floor, cluster.kill, cluster.start, count, 1)


def _frozen(stage: Stage, count: int, *, without: Sequence[str] = ()) -> Report:
    lease_s, frozen_s = (15.0, FROZEN_S) if not without and count > 2 else (2.0, 4.0)
    with stage.floor({"ATT_TRADING__LEASE_S": str(lease_s)}) as floor:
        return frozen(floor, count, 1, lease_s=lease_s, frozen_s=frozen_s, without=without)


def _clocks(stage: Stage, count: int) -> Report:
    report = Report()
    with stage.floor() as floor:
        for number in range(count):
            report.merge(wrong_clocks(floor, 1 if number % 2 else -1))
    return report


def _summer(stage: Stage, count: int) -> Report:
    with stage.floor(start="2024-03-08") as floor:
        floor.exchange.step(22 - 2 * (count > 10))
        return summer_time(floor, count)


EXPERIMENTS = (
    Experiment(
        "killed at any moment", 1_000, 10, _parts(random_kills, sessions=AT_ONCE),
        {"reconcile": _once(random_kills, 12, 5, sessions=AT_ONCE, without=["reconcile"])},
    ),
    Experiment("killed at any moment, PostgreSQL", 100, 4, _postgresql_kills, {}),
    Experiment(
        "killed at the 12 named points", 600, 12, _parts(_crash, part=60),
        {
            "name": _once(crash_kills, ["after_send"], 2, without=["name"]),
            "reconcile": _once(crash_kills, ["before_fill_commit"], 2, without=["reconcile"]),
            "resolve": _once(crash_kills, ["after_send_begun"], 2, without=["resolve"]),
        },
    ),
    Experiment(
        "answers lost", 1_000, 20, _parts(_answers, part=200),
        {
            "unknown": _once(lost_answers, 10, without=["unknown"]),
            "again": _once(lost_answers, 10, without=["again"]),
        },
        limit_s=90.0,
    ),
    Experiment(
        "a task delivered 2 to 5 times", 500, 25, _claims,
        {"claim": lambda stage: _claims(stage, 25, ["claim"])},
    ),
    Experiment(
        "Redis emptied or killed", 100, 4, _redis,
        {"sweeper": lambda stage: _redis(stage, 4, sweeps=False)},
    ),
    Experiment("connections to PostgreSQL cut", 100, 4, _cut, {}),
    Experiment("PostgreSQL killed", 100, 2, _server, {}),
    Experiment(
        "SQLite killed in mid-commit", 500, 10, _commits,
        {"transaction": lambda stage: _commits(stage, 10, ["transaction"])},
    ),
    Experiment("no space to write", 20, 2, _parts(out_of_space), {}),
    Experiment(
        "holder of the lease frozen", 3, 1, _frozen,
        {"lease": lambda stage: _frozen(stage, 1, without=["lease"])},
        limit_s=60.0,
    ),
    Experiment("clock wrong by an hour", 4, 2, _clocks, {}),
    Experiment("summer time begins", 60, 6, _summer, {}),
    Experiment(
        "streams dropped, silent, telling twice, raising", 200, 8,
        _parts(broken_streams, sessions=AT_ONCE),
        {"asking": _once(broken_streams, 2, 1, ways=["mute_stream"], without=["stream_only"])},
    ),
    Experiment(
        "feed frozen", 50, 2, _parts(frozen_feed),
        {"recheck": _once(frozen_feed, 2, 1, without=["recheck"])},
    ),
    Experiment(
        "kill switch under 20 orders a second", 200, 3, _parts(kills_under_load, part=25),
        {"kill": _once(kills_under_load, 1, 1, without=["kill"])},
        limit_s=5.0,
    ),
    Experiment(
        "runaway strategy", 10_000, 200, lambda stage, count: _once(runaway, count)(stage),
        {"runaway": _once(runaway, 200, without=["runaway"])},
    ),
)  # fmt: skip

"""The experiments of docs/faults.md in few runs; `make soak` has the full counts.

Each is also run with its guard removed, and must notice it; most of both with ATT_TEST_FULL=1 only.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from terminal.db.database import Database
from terminal.execution.crash_points import CRASH_POINTS
from tests.effort import FULL, cases
from tests.faults.answers import lost_answers
from tests.faults.databases import connections_cut, killed_in_commit, out_of_space
from tests.faults.delivery import delivered_often, forgetful_redis
from tests.faults.feeds import broken_streams, frozen_feed
from tests.faults.floor import Floor, a_floor
from tests.faults.freezing import frozen, wrong_clocks
from tests.faults.killing import CANCELLED_S, kills_under_load, runaway
from tests.faults.kills import crash_kills, random_kills
from tests.faults.report import Report
from tests.faults.stage import Stage

pytestmark = pytest.mark.chaos
RECOVERED_S = 30.0
at_leisure = pytest.mark.skipif(not FULL, reason="with ATT_TEST_FULL=1, and in `make soak`")
"""Experiments that wait for most of their time; what `make test` keeps is in docs/faults.md."""
POINTS = CRASH_POINTS if FULL else ("after_intent_commit", "after_send_begun", "after_send")


def side_by_side(*what: Callable[[], Report]) -> list[Report]:
    """They wait for most of their time."""
    with ThreadPoolExecutor(len(what)) as pool:
        return [made.result() for made in [pool.submit(one) for one in what]]


def require_clean(report: Report, limit_s: float = RECOVERED_S) -> None:
    assert report.clean, str(report)
    assert report.worst_s <= limit_s, str(report)


def a_file(stage: Stage, name: str) -> tuple[Path, str]:
    folder = stage.folder / name
    folder.mkdir()
    shutil.copyfile(stage.migrated, folder / "terminal.db")
    return folder, f"sqlite+pysqlite:///{folder / 'terminal.db'}"


@at_leisure
def test_killed_at_any_moment(floor: Floor) -> None:
    report = random_kills(floor, 8, 5, sessions=2)
    assert report.runs == 8
    require_clean(report)


def test_killed_at_every_named_point(floor: Floor) -> None:
    report = crash_kills(floor, POINTS, len(POINTS), sessions=4)
    assert report.runs == len(POINTS)
    require_clean(report)


def test_a_kill_doubles_orders_without_names_of_their_own(floor: Floor) -> None:
    assert crash_kills(floor, ["after_send"], 1, without=["name"]).doubled


@at_leisure
def test_kills_are_noticed_without_the_guards(floor: Floor) -> None:
    """Orders without a name of their own are sent twice; without reconciling at the start fills are
    lost; without asking about orders without an answer these stay where they are."""
    name, reconcile, resolve = side_by_side(
        lambda: crash_kills(floor, ["after_send"], 1, without=["name"]),
        lambda: crash_kills(floor, ["before_fill_commit"], 1, without=["reconcile"]),
        lambda: crash_kills(floor, ["after_send_begun"], 1, without=["resolve"]),
    )
    assert name.doubled
    assert reconcile.lost
    assert resolve.lost


def test_answers_that_never_come(floor: Floor) -> None:
    runs = cases(4, 10)
    report = lost_answers(floor, runs, burst=2, sessions=runs // 2)
    assert report.runs == runs
    require_clean(report, 60.0)


@at_leisure
def test_lost_answers_are_noticed_without_the_guards(floor: Floor) -> None:
    """No answer taken for a no loses orders; a client that tries again by itself doubles them."""
    unknown, again = side_by_side(
        lambda: lost_answers(floor, 2, burst=2, without=["unknown"]),
        lambda: lost_answers(floor, 1, burst=1, without=["again"]),
    )
    assert unknown.lost
    assert again.doubled


def test_a_task_delivered_many_times_is_run_once(stage: Stage) -> None:
    folder, url = a_file(stage, "claims")
    require_clean(delivered_often(stage.nursery, folder, url, 20, 1))
    assert delivered_often(stage.nursery, folder, url, 10, 1, ["claim"]).doubled


@at_leisure
def test_a_redis_that_forgets_loses_no_job(stage: Stage) -> None:
    folder, url = a_file(stage, "redis")
    require_clean(forgetful_redis(url, folder, 3, 1))
    assert forgetful_redis(url, folder, 2, 2, sweeps=False).lost


@at_leisure
def test_connections_to_postgresql_are_cut(
    stage: Stage, database: Database, tmp_path: Path
) -> None:
    if database.is_sqlite:
        pytest.skip("there is no connection to cut")
    with a_floor(tmp_path / "floor", stage.nursery, database.url) as floor:
        report = connections_cut(floor, 4, 1)
    assert report.runs
    require_clean(report)


def test_sqlite_killed_in_the_middle_of_a_commit(stage: Stage) -> None:
    folder, url = a_file(stage, "commits")
    require_clean(killed_in_commit(stage.nursery, folder, url, 8, 1))
    assert not killed_in_commit(stage.nursery, folder, url, 8, 1, ["transaction"]).clean


@at_leisure
def test_nothing_is_sent_that_cannot_be_written_down(floor: Floor) -> None:
    require_clean(out_of_space(floor, 2, 1))


@at_leisure
def test_of_a_frozen_session_and_its_successor_one_sends(stage: Stage) -> None:
    with stage.floor({"ATT_TRADING__LEASE_S": "2"}) as floor:
        report, without = side_by_side(
            lambda: frozen(floor, 1, 1, lease_s=2.0, frozen_s=4.0),
            lambda: frozen(floor, 1, 1, lease_s=2.0, frozen_s=4.0, without=["lease"]),
        )
        require_clean(report, 60.0)
        assert without.doubled


@at_leisure
def test_a_wrong_clock_neither_keeps_nor_takes_an_account(floor: Floor) -> None:
    ahead, behind = side_by_side(lambda: wrong_clocks(floor, 1), lambda: wrong_clocks(floor, -1))
    require_clean(ahead)
    require_clean(behind)


@at_leisure
def test_fills_arrive_whatever_the_stream_does(floor: Floor) -> None:
    report = broken_streams(floor, 4, 1, sessions=4)
    require_clean(report)
    assert broken_streams(floor, 1, 1, ways=["mute_stream"], without=["stream_only"]).lost


@at_leisure
def test_nothing_is_sent_on_a_price_that_stands_still(floor: Floor) -> None:
    report, without = side_by_side(
        lambda: frozen_feed(floor, 1, 1), lambda: frozen_feed(floor, 1, 1, without=["recheck"])
    )
    require_clean(report)
    assert without.other


def test_nothing_is_sent_after_a_kill(floor: Floor) -> None:
    report = kills_under_load(floor, 2, 3)
    require_clean(report, CANCELLED_S)
    assert kills_under_load(floor, 1, 3, without=["kill"]).other


@at_leisure
def test_a_runaway_strategy_is_stopped(floor: Floor) -> None:
    require_clean(runaway(floor, 150))
    assert runaway(floor, 150, without=["runaway"]).other

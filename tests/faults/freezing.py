"""Experiment 4: the holder of an account stands still, clocks are wrong, summer time begins."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from terminal.db.repositories import ledger, live_sessions
from terminal.execution import lease
from terminal.execution.order import TimeInForce
from tests.faults.floor import Floor, Session, until
from tests.faults.report import Report

OLD = {"ATT_TRADING__INTENT_MAX_AGE_S": "86400"}
"""By a clock that is an hour ahead, what was asked for just now is an hour old."""
NEW_YORK = ZoneInfo("America/New_York")


def frozen(
    floor: Floor, runs: int, seed: int, *, lease_s: float, frozen_s: float,
    without: Sequence[str] = (),
) -> Report:  # fmt: skip
    """A session is stopped for longer than its lease; another takes the account; the first wakes.

    It may not write or send any more; it waits for its turn. `floor` must have leases of `lease_s`.
    """
    dice, report = random.Random(seed), Report()
    for _ in range(runs):
        first = floor.open()
        second = first.another()
        first.start(without=without)
        first.wait_running()
        for _ in range(3):
            first.order()
        time.sleep(dice.uniform(0, 0.3))
        assert first.process is not None
        first.freeze()
        began = time.monotonic()
        second.start()
        second.wait_running(lease_s + 60)
        report.recovery_s.append(time.monotonic() - began)
        time.sleep(max(0.0, frozen_s - (time.monotonic() - began)))
        for _ in range(3):
            second.order("limit", limit="50", tif=TimeInForce.GTC)
        first.thaw()
        for _ in range(3):
            second.order("limit", limit="50", tif=TimeInForce.GTC)
            floor.exchange.step()
            time.sleep(0.2)
        report.add(second.settled(30.0 if not without else 4.0))
        _one_writer(second, report)
        report.runs += 1
        first.end()
        second.end()
    return report


def _one_writer(session: Session, report: Report) -> None:
    """Each holder's events come before all of the next one's."""
    with session.db.read() as conn:
        told = list(ledger.events(conn, session.account_id))
    tokens = [e.fencing_token for e in told if e.fencing_token is not None]
    late = sum(before > after for before, after in itertools.pairwise(tokens))
    if late:
        report.doubled.append(f"{late} events of a holder after those of the next one")


def wrong_clocks(floor: Floor, hours: int) -> Report:
    """A session whose clock is wrong holds its account; one wrong the other way cannot take it."""
    report, first = Report(), floor.open()
    second = first.another()
    first.start(FAULTS_CLOCK_S=str(hours * 3600), **OLD)
    until(lambda: _state(first) == "running", 60, "the session trades")
    second.start(FAULTS_CLOCK_S=str(-hours * 3600), **OLD)
    dice = random.Random(hours)
    for _ in range(8):
        first.act(dice)
        time.sleep(0.3)
    with floor.db.read() as conn:
        holder = lease.holder_of(conn, first.account_id) or ""
    if not holder.startswith(first.job_id):
        report.doubled.append(f"{holder} took the account from one that renews it")
    first.kill()
    began = time.monotonic()
    until(lambda: _state(second) == "running", floor.settings.trading.lease_s + 60, "it takes over")
    report.recovery_s.append(time.monotonic() - began)
    second.asked = first.asked
    for _ in range(4):
        second.act(dice)
    report.add(second.settled())
    _one_writer(second, report)
    report.runs += 1
    second.end()
    return report


def _state(session: Session) -> str:
    with session.db.read() as conn:
        rows = live_sessions.of_account(conn, session.account_id)
    return next((row.state for row in rows if row.id == session.job_id), "")


def summer_time(floor: Floor, bars: int) -> Report:
    """Across the change of the clocks: every bar is decided on, each once."""
    report, session = Report(), floor.open()
    session.start()
    session.wait_running()
    until(_has_feed(session), 20, "the feed is there")
    floor.exchange.step()  # a bar that had begun when the session started is not decided on
    for _ in range(bars):
        floor.exchange.step()
        at = floor.exchange.control("GET", "state")["row"]
        until(lambda: _decided(session) >= report.runs + 1, 20, f"bar {at} is decided on")
        report.runs += 1
    with floor.db.read() as conn:
        decided = [bar.bar_ts for bar in live_sessions.bars(conn, session.job_id)]
    if len(decided) != bars or len(set(decided)) != bars:
        report.other.append(f"{len(decided)} decisions on {bars} bars")
    offsets = {at.astimezone(NEW_YORK).utcoffset() for at in decided}
    if len(offsets) != 2:
        report.other.append("the clocks did not change")
    report.add(session.settled())
    session.end()
    return report


def _has_feed(session: Session) -> Callable[[], bool]:
    return lambda: bool((row := session.row) and row.feed and row.feed.get("connected"))


def _decided(session: Session) -> int:
    with session.db.read() as conn:
        return len(live_sessions.bars(conn, session.job_id))

"""Experiment 1: a session is killed with SIGKILL, at any moment and at every named one."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

from terminal.execution.order import TimeInForce
from tests.faults.floor import Floor, Session
from tests.faults.report import Report, at_once

MOST_S = 2.0
"""A session killed before it trades dies within this time of its start."""
DRIVE_S = 90.0
SETTLE_S = 30.0


def random_kills(
    floor: Floor, runs: int, seed: int, *, sessions: int = 1, without: Sequence[str] = ()
) -> Report:
    """Half of the kills come while the session trades, half while it starts."""
    kept = [floor.open() for _ in range(min(sessions, runs))]

    def one(session: Session, number: int, report: Report) -> None:
        dice = random.Random(seed * 1_000_003 + number)
        before = time.monotonic()
        session.start(without=without)
        if dice.random() < 0.5:
            session.wait_running()
            if number >= len(kept):
                report.recovery_s.append(time.monotonic() - before)
            for _ in range(dice.randint(1, 4)):
                session.act(dice)
                time.sleep(dice.uniform(0, 0.15))
        else:
            session.act(dice)
            time.sleep(dice.uniform(0, MOST_S))
        session.kill()
        report.runs += 1

    report = at_once(kept, runs, one)
    report.merge(at_once(kept, len(kept), lambda session, _, own: _last(session, own, without)))
    return report


def _last(session: Session, report: Report, without: Sequence[str]) -> None:
    """Let it run in peace, and look."""
    before = time.monotonic()
    session.start(without=without)
    session.wait_running()
    report.recovery_s.append(time.monotonic() - before)
    report.add(session.settled(SETTLE_S if not without else 6.0))
    session.end()


def crash_kills(
    floor: Floor, points: Sequence[str], runs: int, *, sessions: int = 1,
    without: Sequence[str] = (),
) -> Report:  # fmt: skip
    """Killed at named points, in turn; after each time the next process puts everything right."""
    kept = [floor.open() for _ in range(min(sessions, runs))]

    def one(session: Session, number: int, report: Report) -> None:
        point = points[number % len(points)]
        session.start(crash=point, without=without)
        _drive(session, point)
        died = time.monotonic()
        session.give_back()
        session.start(without=without)
        session.wait_running()
        report.recovery_s.append(time.monotonic() - died)
        report.runs += 1
        if number < runs - len(kept) and not without:
            session.kill()  # what is wrong now is still wrong at the end
            return
        report.add(session.settled(SETTLE_S if not without else 6.0))
        session.kill()

    return at_once(kept, runs, one)


def _drive(session: Session, point: str) -> None:
    """Trade until it dies: a few orders, then bars, which bring fills and decisions."""
    assert session.process is not None
    began, rounds = time.monotonic(), 0
    while session.process.alive:
        if time.monotonic() - began > DRIVE_S:
            raise AssertionError(f"{point} was not reached: {session.row}")
        if session.is_running:
            rounds += 1
            if rounds <= 2:
                session.order()
                session.order("limit", limit="50", tif=TimeInForce.GTC)
                session.process.wait(0.3)
            session.floor.exchange.step()
        session.process.wait(0.4)

"""Experiment 2: orders whose answer is late, wrong or never comes."""

from __future__ import annotations

from collections.abc import Sequence

from terminal.execution.order import TimeInForce
from tests.faults.checker import NO_ANSWER
from tests.faults.floor import Floor, Session, until
from tests.faults.report import Report, at_once

LOST_ANSWERS = (
    {"kind": "accept_then_timeout", "seconds": 30.0},
    {"kind": "504", "applied": True},
    {"kind": "504"},
    {"kind": "reset", "applied": True},
    {"kind": "reset"},
)
SETTLE_S = 30.0


def lost_answers(
    floor: Floor, runs: int, *, sessions: int = 1, burst: int = 5, without: Sequence[str] = ()
) -> Report:
    """Bursts of orders of which each one's answer is lost, in each of the ways.

    With a burst, the session's own orders are struck too: faults count requests, not names.
    """
    kept = [floor.open("") for _ in range(min(sessions, max(1, runs // burst)))]
    for session in kept:
        session.start(without=without)
    for session in kept:
        session.wait_running()

    def one(session: Session, number: int, report: Report) -> None:
        account = session.account.broker_account_id
        way = LOST_ANSWERS[number % len(LOST_ANSWERS)]
        floor.fault(**way, count=burst, account=account, methods="POST", path="/v2/orders")
        for k in range(burst):
            if k % 2:
                session.order("limit", limit="50", tif=TimeInForce.GTC)
            else:
                session.order()
        if without:
            _patiently(session, 8.0)
        else:
            report.recovery_s.append(
                until(lambda: not session.in_states(*NO_ANSWER), 90.0, "everything is answered")
            )
        if number % 4 == 0:
            floor.exchange.step()
        report.runs += burst

    report = at_once(kept, -(-runs // burst), one)
    floor.exchange.step()
    for session in kept:
        report.add(session.settled(SETTLE_S if not without else 6.0))
        session.end()
    return report


def _patiently(session: Session, seconds: float) -> None:
    try:
        until(lambda: not session.in_states(*NO_ANSWER), seconds, "everything is answered")
    except AssertionError:
        return  # with a guard removed, that may be what is wrong

"""Experiment 7: the kill switch under load, from the command line; a strategy that runs away."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from terminal.db.repositories import ledger, orders
from terminal.execution import kill
from terminal.execution.breakers import BreakerLimits
from terminal.execution.events import EventKind
from terminal.execution.limits import Limits
from terminal.execution.order import TimeInForce
from terminal.execution.states import OrderState
from tests.faults.checker import Truth
from tests.faults.floor import NO_BREAKERS, Floor, Session, until
from tests.faults.report import Report

RATE = 20.0
CANCELLED_S = 5.0


def kills_under_load(
    floor: Floor, runs: int, seed: int, *, seconds: float = 1.0, without: Sequence[str] = ()
) -> Report:
    """20 orders a second come in; `python -m terminal.execution kill` is run at any moment.

    Neither Redis nor a web process exists on the floor. In a third of the runs the session stands
    still around the kill, with orders waiting: it wakes up to an engaged switch.
    """
    report, session = Report(), floor.open()
    session.start(without=without)
    session.wait_running()
    for number in range(runs):
        dice = random.Random(seed * 1_000_003 + number)
        _one_kill(floor, session, dice, seconds, number % 3 == 0, report)
        report.runs += 1
        _command(floor, "rearm", "--account", session.account_id, "--reason", "next run")
        if not without:
            until(lambda: session.row is not None and session.row.state == "running", 30, "armed")
    if not without:
        report.add(session.settled())
    session.end()
    return report


def _one_kill(
    floor: Floor, session: Session, dice: random.Random, seconds: float, freeze: bool,
    report: Report,
) -> None:  # fmt: skip
    done = threading.Event()
    load = threading.Thread(target=_load, args=(session, done))
    load.start()
    time.sleep(dice.uniform(0.2, seconds))
    assert session.process is not None
    if freeze:
        session.freeze()
        time.sleep(0.3)
    command = floor.nursery.start(
        "command", ["kill", "--account", session.account_id, "--reason", "test"], floor.environ
    )
    until(lambda: _stopped(session), 30, "the switch is pressed")
    pressed = time.monotonic()
    if freeze:
        time.sleep(0.2)
        session.thaw()
    account = session.account.broker_account_id

    def nothing_works() -> bool:
        truth = Truth.of(floor.exchange.log, account)
        return all(order["ended"] for order in truth.orders.values())

    with suppress(AssertionError):
        until(nothing_works, CANCELLED_S + 10, "everything is cancelled")
    report.recovery_s.append(time.monotonic() - pressed)
    done.set()
    load.join()
    command.wait(30)
    command.close()
    time.sleep(0.3)
    _nothing_after(session, report)


def _load(session: Session, done: threading.Event) -> None:
    due = time.monotonic()
    while not done.is_set():
        session.order("limit", limit="50", tif=TimeInForce.GTC)
        due = max(due + 1 / RATE, time.monotonic() - 0.5)
        done.wait(max(0.0, due - time.monotonic()))


def _stopped(session: Session) -> bool:
    with session.db.read() as conn:
        return kill.engaged(conn, session.account_id) is not None


def _command(floor: Floor, *words: str) -> None:
    started = floor.nursery.start("command", words, floor.environ)
    assert started.wait(60), "the command hangs"
    started.close()


def _nothing_after(session: Session, report: Report) -> None:
    """No send between a kill's event and the event that arms again."""
    with session.db.read() as conn:
        told = list(ledger.events(conn, session.account_id))
    stopped, late = False, 0
    for event in told:
        if event.kind in (EventKind.KILL, EventKind.REARM):
            stopped = event.kind is EventKind.KILL
        late += stopped and event.kind is EventKind.SEND_BEGUN
    if late:
        report.other.append(f"{late} sends after a kill")


def runaway(floor: Floor, intents: int, *, without: Sequence[str] = ()) -> Report:
    """A strategy asks for thousands of orders: its rate is capped, then it is stopped."""
    limits = replace(Limits(), max_price_age_s=0.0, max_market_price_age_s=0.0,
                     duplicate_window_s=0.0, max_orders_per_second=100,
                     max_orders_per_minute=600, max_open_orders=200)  # fmt: skip
    breakers = replace(NO_BREAKERS, runaway=BreakerLimits().runaway)
    report, session = Report(), floor.open("", limits=limits, breakers=breakers)
    session.start(without=without)
    session.wait_running()
    writer = floor.nursery.start(
        "run_away", [session.actor.user_id, session.account_id, session.job_id, intents],
        floor.environ,
    )  # fmt: skip
    assert writer.wait(600), "the strategy hangs"
    writer.close()
    time.sleep(1.0)
    with session.db.read() as conn:
        stopped = kill.engaged(conn, session.account_id)
        asked = len(orders.in_states(conn, session.account_id, tuple(OrderState)))
    sent = len(Truth.of(floor.exchange.log, session.account.broker_account_id).orders)
    report.runs = asked
    if asked != intents:
        report.other.append(f"{asked} of {intents} intents were written down")
    if stopped is None or stopped.cause != "runaway":
        report.other.append(f"not halted: {stopped}")
    if sent > limits.max_orders_per_minute:
        report.other.append(f"{sent} orders reached the exchange")
    report.sent = sent
    session.end()
    return report

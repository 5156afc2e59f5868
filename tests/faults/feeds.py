"""Experiment 6: streams that drop, fall silent or tell twice; prices that stand still."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import replace

from terminal.execution.order import TimeInForce
from terminal.execution.states import OrderState
from tests.faults.floor import FREE, Floor, Session, until
from tests.faults.report import Report, at_once

WAYS = ("drop_stream", "mute_stream", "duplicate_fill", "raising")
RECOVERED_S = 30.0
STALE_S = 2.0
UNANSWERED = (OrderState.INTENT, OrderState.SENDING, OrderState.UNKNOWN)


def broken_streams(
    floor: Floor, runs: int, seed: int, *, sessions: int = 1,
    ways: Sequence[str] = WAYS, without: Sequence[str] = (),
) -> Report:  # fmt: skip
    """Fills happen while the stream of order updates is broken; they arrive all the same."""
    kept = [floor.open("") for _ in range(min(sessions, runs))]
    for session in kept:
        session.start(without=without, FAULTS_RAISE_EVERY="3")
    for session in kept:
        session.wait_running()
    limit = RECOVERED_S if not without else 5.0

    def one(session: Session, number: int, report: Report) -> None:
        dice = random.Random(seed * 1_000_003 + number)
        way = ways[number % len(ways)]
        account = session.account.broker_account_id
        if way == "drop_stream":
            floor.fault("drop_stream", seconds=dice.uniform(0, 2))
        elif way == "mute_stream":
            floor.fault("mute_stream", count=0, account=account)
        elif way == "duplicate_fill":
            floor.fault("duplicate_fill", count=2, account=account)
        names = [session.order().client_order_id for _ in range(2)]
        for name in names:
            until(session.left(name, *UNANSWERED), 60, "it is acknowledged")
        floor.exchange.step()
        began = time.monotonic()
        report.runs += 1
        try:
            for name in names:
                until(lambda: session.state(name) is OrderState.FILLED, limit, way)  # noqa: B023
            report.recovery_s.append(time.monotonic() - began)
        except AssertionError:
            report.lost.append(f"fills of {names} did not come within {limit:g} s ({way})")
        if way == "mute_stream":
            floor.clear()

    report = at_once(kept, runs, one)
    floor.clear()
    for session in kept:
        report.add(session.settled(20.0 if not without else 3.0))
        session.end()
    return report


def frozen_feed(floor: Floor, runs: int, seed: int, *, without: Sequence[str] = ()) -> Report:
    """Prices stop. An order that was let through while they were fresh, and waits to be sent until
    they are stale, is not sent; nor is one that is asked for later."""
    limits = replace(FREE, max_price_age_s=STALE_S, max_market_price_age_s=STALE_S)
    dice, report, session = random.Random(seed), Report(), floor.open("", limits=limits)
    session.start(without=without)
    session.wait_running()
    assert session.process is not None
    tries = 0
    while report.runs < runs and tries < 3 * runs + 5:
        tries += 1
        floor.exchange.step()
        stepped = time.monotonic()
        until(lambda: session.order().accepted, 20, "an order passes on a fresh price")
        until(session.left(session.asked[-1], OrderState.INTENT), 20, "it is sent")
        session.freeze()
        waiting = session.order("limit", limit="50", tif=TimeInForce.GTC)
        fresh = waiting.accepted and time.monotonic() - stepped < STALE_S
        time.sleep(STALE_S + dice.uniform(0.1, 0.5))
        late = session.order()
        session.thaw()
        if late.accepted:
            report.other.append(f"{late.client_order_id} was let through on a stale price")
        until(session.left(waiting.client_order_id, OrderState.INTENT), 20, "it is looked at")
        if not fresh:
            continue  # the machine was too slow for this one
        report.runs += 1
        state = session.state(waiting.client_order_id)
        if state is not OrderState.DENIED:
            report.other.append(f"{waiting.client_order_id} is {state.value}, sent when stale")
    if not without:
        report.add(session.settled())
    session.end()
    return report

"""Experiment 3, databases: killed in the middle of a commit, cut off, stopped, or out of space."""

from __future__ import annotations

import random
import resource
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

import sqlalchemy as sa

from terminal.db.database import Database
from terminal.db.repositories import ledger, ledger_check
from terminal.execution.order import TimeInForce
from tests.faults.checker import Truth
from tests.faults.floor import Floor, Session, until
from tests.faults.nursery import Nursery
from tests.faults.report import Report
from tests.terminal.execution.trading_fixtures import a_trader, an_account

NO_LIMIT = resource.RLIM_INFINITY


def killed_in_commit(
    nursery: Nursery, folder: Path, url: str, runs: int, seed: int, without: Sequence[str] = ()
) -> Report:
    """A process that does nothing but commit events is killed; what it said to have committed is
    there, and nothing is there by half."""
    folder.mkdir(parents=True, exist_ok=True)
    db, dice, report = Database(url), random.Random(seed), Report()
    account_id = an_account(db, a_trader(db))
    environ = {"ATT_STORAGE__DATABASE_URL": url, "ATT_STORAGE__DATA_DIR": str(folder / "var")}
    said = folder / f"committed-{uuid.uuid4().hex}"
    for _ in range(runs):
        before = said.stat().st_size if said.exists() else 0
        writer = nursery.start("append", [account_id, str(said)], environ, without)
        try:
            until(_longer(said, before), 5, "it writes")
        except AssertionError:
            report.other.append("nothing can be written any more")
            break
        time.sleep(dice.uniform(0, 0.03))
        writer.kill()
        writer.close()
        report.runs += 1
    with db.read() as conn:
        there = {
            (event.external_id or "").rpartition(":")[2]
            for event in ledger.events(conn, account_id)
        }
        verified = ledger.verify(conn, account_id)
        report.other += ledger_check.compare(conn, account_id)
    db.close()
    promised = said.read_text().split()
    report.lost = [f"{name} was committed and is gone" for name in promised if name not in there]
    if not verified.intact:
        report.other.append(f"event {verified.broken}: {verified.reason}")
    if len(promised) < report.runs:
        report.other.append(f"only {len(promised)} commits in {runs} runs")
    return report


def _longer(said: Path, before: int) -> Callable[[], bool]:
    return lambda: said.exists() and said.stat().st_size > before


def connections_cut(floor: Floor, runs: int, seed: int) -> Report:
    """Every connection of the session to PostgreSQL is ended, again and again, while it trades."""
    dice, report, session = random.Random(seed), Report(), floor.open()
    session.start(PGAPPNAME="the-session")
    session.wait_running()
    ended = sa.text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE application_name = 'the-session' AND datname = current_database()"
    )
    for _ in range(runs):
        session.act(dice)
        time.sleep(dice.uniform(0, 0.2))
        with floor.db.write() as conn:
            report.runs += bool(conn.execute(ended).scalar_one())
        if not _goes_on(session, report):
            break
    report.add(session.settled())
    session.end()
    return report


def out_of_space(floor: Floor, runs: int, seed: int) -> Report:
    """The session's process may not make any file longer, as on a full disk, while orders come in.

    Nothing may be sent meanwhile: what cannot be written down is not sent.
    """
    dice, report, session = random.Random(seed), Report(), floor.open("")
    session.start()
    session.wait_running()
    assert session.process is not None
    account = session.account.broker_account_id
    for _ in range(runs):
        resource.prlimit(session.process.pid, resource.RLIMIT_FSIZE, (1, NO_LIMIT))
        time.sleep(0.3)  # a transaction that was under way has failed or ended
        before = len(Truth.of(floor.exchange.log, account).orders)
        for _ in range(3):
            session.order("limit", limit="50", tif=TimeInForce.GTC)
            time.sleep(dice.uniform(0.05, 0.3))
        sent = len(Truth.of(floor.exchange.log, account).orders) - before
        if sent:
            report.other.append(f"{sent} orders were sent without being written down")
        resource.prlimit(session.process.pid, resource.RLIMIT_FSIZE, (NO_LIMIT, NO_LIMIT))
        report.runs += 1
        if not _goes_on(session, report):
            break
        floor.exchange.step()
    report.add(session.settled())
    session.end()
    return report


def stopped_server(
    floor: Floor, stop: Callable[[], None], start: Callable[[], None], runs: int, seed: int
) -> Report:
    """The PostgreSQL server dies and comes back; orders that were asked for are sent then."""
    dice, report, session = random.Random(seed), Report(), floor.open()
    session.start()
    session.wait_running()
    account = session.account.broker_account_id
    for _ in range(runs):
        for _ in range(dice.randint(1, 3)):
            session.act(dice)
        time.sleep(dice.uniform(0, 0.1))
        stop()
        time.sleep(0.1)
        before = len(Truth.of(floor.exchange.log, account).orders)
        floor.exchange.step()
        time.sleep(dice.uniform(0.2, 0.6))
        sent = len(Truth.of(floor.exchange.log, account).orders) - before
        if sent:
            report.other.append(f"{sent} orders were sent while the database was down")
        start()
        report.runs += 1
        if not _goes_on(session, report):
            break
    report.add(session.settled())
    session.end()
    return report


def _goes_on(session: Session, report: Report) -> bool:
    """Wait until an order asked for now is answered by the broker."""
    began = time.monotonic()

    def asked() -> bool:
        try:
            session.order("limit", limit="50", tif=TimeInForce.GTC)
        except (sa.exc.OperationalError, sa.exc.DBAPIError):
            return False
        return True

    until(asked, 30, "the database takes an order")
    name = session.asked[-1]
    assert session.process is not None
    while session.state(name).value in ("intent", "sending", "unknown"):
        if not session.process.alive:
            report.lost.append(f"the session ended: {session.job()}")
            return False
        if time.monotonic() - began > 60:
            report.lost.append(f"{name} is {session.state(name).value} after a minute")
            return False
        time.sleep(0.02)
    report.recovery_s.append(time.monotonic() - began)
    return True

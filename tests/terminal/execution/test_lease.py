"""One holder at a time, and a token that only rises."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from terminal import clock
from terminal.db.database import Database
from terminal.db.repositories import ledger
from terminal.execution import lease
from terminal.execution.events import EventKind
from terminal.execution.lease import LeaseLost
from tests.terminal.execution.trading_fixtures import a_trader, an_account


@pytest.fixture
def account(database: Database) -> str:
    return an_account(database, a_trader(database))


def test_the_second_waits_until_the_first_lets_go(database: Database, account: str) -> None:
    with database.write() as conn:
        first = lease.acquire(conn, account, "one", 30.0)
        assert first is not None
        assert lease.acquire(conn, account, "two", 30.0) is None
        assert lease.holder_of(conn, account) == "one"
        lease.release(conn, first)
        assert lease.holder_of(conn, account) is None
        second = lease.acquire(conn, account, "two", 30.0)
    assert second is not None
    assert second.token == first.token + 1


def test_the_same_holder_fences_its_earlier_self(database: Database, account: str) -> None:
    with database.write() as conn:
        first = lease.acquire(conn, account, "one", 30.0)
        again = lease.acquire(conn, account, "one", 30.0)
        assert first is not None
        assert again is not None
    with pytest.raises(LeaseLost), database.write() as conn:
        lease.renew(conn, first, 30.0)
    with database.write() as conn:
        assert lease.renew(conn, again, 30.0).token == again.token


def test_a_lease_that_ran_out_can_be_taken(database: Database, account: str) -> None:
    with database.write() as conn:
        first = lease.acquire(conn, account, "one", -1.0)
        assert first is not None
        assert lease.acquire(conn, account, "two", 30.0) is not None
    with pytest.raises(LeaseLost), database.write() as conn:
        lease.require(conn, account, first.token)


def test_one_that_ran_out_is_extended_while_nobody_took_it(
    database: Database, account: str
) -> None:
    with database.write() as conn:
        mine = lease.acquire(conn, account, "one", -1.0)
        assert mine is not None
        again = lease.renew(conn, mine, 30.0)
        lease.require(conn, account, again.token)
        assert lease.acquire(conn, account, "two", 30.0) is None


def test_what_a_fenced_writer_writes_is_refused(database: Database, account: str) -> None:
    """The seeded fault is to append without the token: then it goes through."""
    with database.write() as conn:
        first = lease.acquire(conn, account, "one", -1.0)
        assert first is not None
        assert lease.acquire(conn, account, "two", 30.0) is not None
    payload = {"scope": account, "reason": "x", "by": "x"}
    with pytest.raises(LeaseLost), database.write() as conn:
        ledger.append(conn, account, EventKind.REARM, payload, token=first.token)
    with database.write() as conn:
        assert ledger.append(conn, account, EventKind.REARM, payload) is not None


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_wrong_clock_of_a_process_changes_nothing(
    database: Database, account: str, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """Leases live by the database's clock."""
    with database.write() as conn:
        assert lease.acquire(conn, account, "one", 30.0) is not None
    wrong = datetime.now(UTC) + timedelta(hours=hours)
    monkeypatch.setattr(clock, "now", lambda: wrong)
    with database.write() as conn:
        assert lease.acquire(conn, account, "two", 30.0) is None
        assert lease.holder_of(conn, account) == "one"


def test_of_many_at_once_one_gets_it(database: Database, account: str) -> None:
    got: list[lease.Lease] = []
    gate = threading.Barrier(6)

    def take(name: str) -> None:
        gate.wait()
        with database.write() as conn:
            found = lease.acquire(conn, account, name, 30.0)
        if found is not None:
            got.append(found)

    threads = [threading.Thread(target=take, args=(f"p{k}",)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1

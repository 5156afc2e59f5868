"""Sends: authorised once, asked about when there is no answer, never doubled."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from terminal import clock
from terminal.accounts.actor import SYSTEM
from terminal.db.database import Database
from terminal.db.repositories import ledger, orders
from terminal.errors import Conflict
from terminal.execution import gateway as module
from terminal.execution import kill, lease
from terminal.execution.events import EventKind
from terminal.execution.lease import LeaseLost
from terminal.execution.order import FLATTEN, Side
from terminal.execution.states import OrderState
from terminal.execution.submit import submit, withdraw
from tests.terminal.execution.fake_broker import AWAY, NEVER_ARRIVED, NO_ANSWER, REJECT
from tests.terminal.execution.trading_fixtures import Bench, a_bench


@pytest.fixture
def bench(database: Database) -> Bench:
    return a_bench(database)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Questions without the pauses that real networks need."""
    monkeypatch.setattr(module, "ASK_AGAIN_S", 0.0)
    monkeypatch.setattr(module, "SETTLE_S", 0.0)


def test_an_intent_is_committed_sent_and_filled(bench: Bench) -> None:
    made = bench.submit(quantity=10)
    assert made.state is OrderState.INTENT
    assert bench.gateway.send_pending() == 1
    assert bench.state(made.client_order_id) is OrderState.ACCEPTED
    bench.broker.fill(made.client_order_id, Decimal(4), Decimal(101))
    bench.broker.fill(made.client_order_id, Decimal(6), Decimal(102))
    bench.gateway.take_updates()
    assert bench.state(made.client_order_id) is OrderState.FILLED
    assert bench.units("AAA") == 10
    assert bench.cash() == 100_000 - 4 * 101 - 6 * 102 == bench.broker.cash


def test_the_same_order_twice_is_one(bench: Bench) -> None:
    intent = bench.intent(leg="ticket")
    first = submit(bench.db, bench.actor, intent)
    again = submit(bench.db, bench.actor, intent)
    assert not first.existing
    assert again.existing
    bench.gateway.send_pending()
    bench.gateway.send_pending()
    assert bench.broker.submits == [intent.client_order_id]


@pytest.mark.parametrize("fault", [NO_ANSWER, NEVER_ARRIVED, AWAY])
def test_no_answer_is_unknown_and_ends_as_one_order(bench: Bench, quick: None, fault: str) -> None:
    bench.broker.faults.append(fault)
    made = bench.submit()
    bench.gateway.send_pending()
    assert bench.state(made.client_order_id) is OrderState.UNKNOWN
    assert bench.gateway.send_pending() == 0, "what is unknown is not sent like something new"
    bench.gateway.resolve()
    assert bench.state(made.client_order_id) is OrderState.ACCEPTED
    assert len(bench.broker.orders) == 1
    assert len(bench.broker.submits) == (1 if fault == NO_ANSWER else 2)
    assert set(bench.broker.submits) == {made.client_order_id}


def test_a_none_right_after_a_send_is_not_believed(bench: Bench) -> None:
    """The request may still be on its way: the seeded fault is to resend at once."""
    bench.broker.faults.append(NEVER_ARRIVED)
    made = bench.submit()
    bench.gateway.send_pending()
    bench.gateway.resolve()
    assert bench.state(made.client_order_id) is OrderState.UNKNOWN
    assert len(bench.broker.submits) == 1


def test_a_broker_that_has_it_already_acknowledges_it(bench: Bench, quick: None) -> None:
    """Asked, it says none; then the first send arrives; the resend is a duplicate there."""
    bench.broker.faults.append(NEVER_ARRIVED)
    made = bench.submit()
    bench.gateway.send_pending()
    with bench.db.read() as conn:
        late = orders.by_id(conn, bench.account_id, made.client_order_id).intent
    asked = bench.broker.order
    bench.broker.order = lambda name: bench.broker.submit(late) and None  # type: ignore
    resolve_once = bench.gateway._ask

    def ask(name: str) -> object:
        found = resolve_once(name)
        bench.broker.order = asked  # type: ignore[method-assign]
        return found

    bench.gateway._ask = ask  # type: ignore[method-assign, assignment]
    bench.gateway.resolve()
    assert bench.state(made.client_order_id) is OrderState.ACCEPTED
    assert len(bench.broker.orders) == 1


def test_a_reject_is_an_end(bench: Bench) -> None:
    bench.broker.faults.append(REJECT)
    made = bench.submit()
    bench.gateway.send_pending()
    assert bench.state(made.client_order_id) is OrderState.REJECTED
    assert bench.gateway.counted(bench.gateway.rejects, 60) == 1


def test_an_order_too_old_expires_unsent(bench: Bench) -> None:
    made = bench.submit()
    bench.gateway.max_age_s = -1.0
    assert bench.gateway.send_pending() == 0
    assert bench.state(made.client_order_id) is OrderState.EXPIRED
    assert bench.broker.submits == []


def test_nothing_is_sent_after_a_kill(bench: Bench) -> None:
    made = bench.submit()
    with bench.db.write() as conn:
        kill.engage(conn, SYSTEM, bench.account_id, "manual", "test")
    assert bench.gateway.send_pending() == 0
    assert bench.state(made.client_order_id) is OrderState.DENIED
    refused = bench.submit()
    assert [denial.limit for denial in refused.denials] == ["kill_switch"]
    assert bench.broker.submits == []


def test_a_kill_of_everything_stops_each_account(bench: Bench) -> None:
    with bench.db.write() as conn:
        kill.engage(conn, SYSTEM, kill.EVERY_ACCOUNT, "manual", "test")
    assert bench.submit().denials
    with bench.db.write() as conn:
        kill.arm(conn, SYSTEM, kill.EVERY_ACCOUNT, "looked into it")
    assert not bench.submit().denials
    with pytest.raises(Conflict), bench.db.write() as conn:
        kill.arm(conn, SYSTEM, kill.EVERY_ACCOUNT, "again")


def test_a_kill_lets_out_but_not_in(bench: Bench) -> None:
    made = bench.submit(quantity=10)
    bench.gateway.send_pending()
    bench.broker.fill(made.client_order_id, Decimal(10), Decimal(100))
    bench.gateway.take_updates()
    with bench.db.write() as conn:
        kill.engage(conn, SYSTEM, bench.account_id, "manual", "test")
    too_much = bench.submit(side=Side.SELL, quantity=11, source=FLATTEN)
    assert [denial.limit for denial in too_much.denials] == ["flatten"]
    closing = bench.submit(side=Side.SELL, quantity=10, source=FLATTEN)
    assert closing.accepted
    assert bench.gateway.send_pending() == 1


def test_an_unknown_order_is_not_resent_under_a_kill(bench: Bench, quick: None) -> None:
    bench.broker.faults.append(NEVER_ARRIVED)
    made = bench.submit()
    bench.gateway.send_pending()
    with bench.db.write() as conn:
        kill.engage(conn, SYSTEM, bench.account_id, "manual", "test")
    bench.gateway.resolve()
    assert len(bench.broker.submits) == 1
    assert not bench.state(made.client_order_id).is_end


def test_who_lost_the_lease_cannot_send(bench: Bench) -> None:
    made = bench.submit()
    with bench.db.write() as conn:
        lease.release(conn, bench.gateway.lease)
        assert lease.acquire(conn, bench.account_id, "another", 30.0) is not None
    with pytest.raises(LeaseLost):
        bench.gateway.send_pending()
    assert bench.broker.submits == []
    assert bench.state(made.client_order_id) is OrderState.INTENT


def test_a_process_that_slept_longer_than_its_lease_asks_before_it_sends(bench: Bench) -> None:
    """Nobody took the account meanwhile: it goes on. Somebody did: nothing is sent."""
    first = bench.submit()
    bench.gateway._renewed -= 60.0
    assert bench.gateway.send_pending() == 1
    assert bench.state(first.client_order_id) is OrderState.ACCEPTED
    bench.submit(symbol="BBB")
    with bench.db.write() as conn:
        lease.release(conn, bench.gateway.lease)
        assert lease.acquire(conn, bench.account_id, "another", 30.0) is not None
    bench.gateway._renewed -= 60.0
    with pytest.raises(LeaseLost):
        bench.gateway.send_pending()
    assert bench.broker.submits == [first.client_order_id]


def test_a_restart_between_commit_and_send_sends_once(bench: Bench, quick: None) -> None:
    """As after a crash: the ledger says SENDING, nobody knows more."""
    made = bench.submit()
    with bench.db.write() as conn:
        ledger.append(
            conn, bench.account_id, EventKind.SEND_BEGUN, {"attempt": 1},
            client_order_id=made.client_order_id, at=clock.now() - timedelta(seconds=5),
        )  # fmt: skip
    bench.gateway.resolve()
    assert bench.broker.submits == [made.client_order_id]
    assert bench.state(made.client_order_id) is OrderState.ACCEPTED


def test_a_cancel_is_handed_over_and_ends_as_the_broker_says(bench: Bench) -> None:
    made = bench.submit(limit="90")
    bench.gateway.send_pending()
    with bench.db.write() as conn:
        state = withdraw(conn, bench.account_id, made.client_order_id, "ada")
    assert state is OrderState.CANCELLING
    bench.gateway.cancel_pending()
    bench.gateway.take_updates()
    assert bench.state(made.client_order_id) is OrderState.CANCELLED


def test_a_fill_that_crosses_a_cancel_counts(bench: Bench) -> None:
    made = bench.submit(quantity=10, limit="100")
    bench.gateway.send_pending()
    bench.broker.muted = True
    bench.broker.fill(made.client_order_id, Decimal(10), Decimal(100))
    bench.broker.muted = False
    with bench.db.write() as conn:
        withdraw(conn, bench.account_id, made.client_order_id, "ada")
    bench.gateway.cancel_pending()
    assert bench.state(made.client_order_id) is not OrderState.CANCELLED
    assert bench.gateway.behind, "the next thing is to fetch the execution"


def test_an_intent_is_withdrawn_without_the_broker(bench: Bench) -> None:
    made = bench.submit()
    with bench.db.write() as conn:
        withdraw(conn, bench.account_id, made.client_order_id, "ada")
    assert bench.state(made.client_order_id) is OrderState.CANCELLED
    assert bench.gateway.send_pending() == 0

"""What pages ask of the desk beside tickets: algorithms, sessions that make way, closing, costs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from terminal import clock
from terminal.accounts.actor import Actor, Role
from terminal.db.database import Database
from terminal.db.repositories import live_sessions, parent_orders
from terminal.errors import Conflict, InputError, NotFound
from terminal.execution.algorithm_ticket import AlgorithmTicket
from terminal.execution.algorithms import AlgorithmState
from terminal.execution.desk import TradingDesk
from terminal.execution.order import Side
from terminal.execution.order_costs import costs_of_orders
from terminal.execution.request import LiveSessionRequest
from terminal.jobs.service import JobService
from terminal.settings import Settings
from tests.terminal.execution.desks import Desk
from tests.terminal.execution.trading_fixtures import a_trader, an_account


class Bench:
    """A trader with an account and a desk whose jobs nobody runs."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db = db
        self.jobs = JobService(db, settings, lambda _job, _queue: None)
        self.desk = TradingDesk(db, settings, self.jobs)
        self.actor = a_trader(db)
        self.account_id = an_account(db, self.actor)

    def ticket(self, **more: Any) -> AlgorithmTicket:
        made = AlgorithmTicket(
            self.account_id, "AAA", Side.BUY, Decimal(120), "twap", {}, 60.0, "n" * 32
        )
        return replace(made, **more)

    def parents(self) -> list[str]:
        with self.db.read() as conn:
            return [row.order.id for row in parent_orders.find(conn, self.actor, self.account_id)]

    def session(self, strategy: str = "") -> str:
        """A session that runs, as its job writes it."""
        request = LiveSessionRequest(self.account_id, ("AAA",), strategy=strategy)
        job = self.jobs.submit(self.actor, "live_session", request, title="one")
        with self.db.write() as conn:
            live_sessions.begin(conn, job.id, self.account_id, self.actor.user_id, clock.now())
        return job.id

    def command_of(self, session_id: str) -> str:
        with self.db.read() as conn:
            return live_sessions.get(conn, self.actor, session_id).command


@pytest.fixture
def bench(sqlite_database: Database, settings: Settings) -> Bench:
    return Bench(sqlite_database, settings)


def other(bench: Bench) -> Actor:
    return a_trader(bench.db)


def test_an_algorithm_asked_for_twice_is_one_parent_and_starts_a_session(bench: Bench) -> None:
    first = bench.desk.start_algorithm(bench.actor, bench.ticket())
    assert bench.desk.start_algorithm(bench.actor, bench.ticket()) == first
    assert bench.parents() == [first]
    waiting = bench.desk.waiting_session(bench.actor, bench.account_id)
    assert waiting is not None
    assert waiting.request["strategy"] == ""
    with bench.db.read() as conn:
        row = parent_orders.get(conn, bench.actor, first)
    assert (row.order.end_at - row.order.start_at).total_seconds() == 3600.0
    assert row.order.arrival_price == 100
    assert row.expected_cost is not None


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"minutes": 0.0}, "minutes"),
        ({"quantity": Decimal(0)}, "quantity"),
        ({"algorithm": "luck"}, "no algorithm"),
        ({"algorithm": "vwap"}, "curve"),
        ({"params": {"slices": 0}}, "slices"),
    ],
)
def test_what_cannot_be_worked_is_refused_in_a_sentence(
    bench: Bench, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError) as caught:
        bench.desk.start_algorithm(bench.actor, bench.ticket(**more))
    assert said in f"{caught.value.message} {caught.value.field}".lower()
    assert bench.parents() == []


def test_a_stopped_account_starts_no_algorithm_and_nobody_elses_at_all(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.desk.start_algorithm(other(bench), bench.ticket())
    bench.desk.kill(bench.actor, bench.account_id, "a trial")
    with pytest.raises(Conflict, match="kill switch"):
        bench.desk.start_algorithm(bench.actor, bench.ticket())
    assert bench.parents() == []


def test_a_command_to_an_algorithm_is_kept_for_its_session(bench: Bench) -> None:
    parent = bench.desk.start_algorithm(bench.actor, bench.ticket())
    for wanted in ("pause", "", "cancel"):
        bench.desk.command_algorithm(bench.actor, parent, wanted)
        with bench.db.read() as conn:
            row = parent_orders.get(conn, bench.actor, parent)
        assert (row.command, row.state) == (wanted, AlgorithmState.WAITING)
    with pytest.raises(NotFound):
        bench.desk.command_algorithm(other(bench), parent, "pause")


def test_a_desk_by_hand_makes_way_for_a_strategy_and_a_strategy_for_nobody(bench: Bench) -> None:
    wanted = LiveSessionRequest(bench.account_id, ("AAA",), strategy="sma-crossover")
    by_hand = bench.session()
    job = bench.desk.start_session(bench.actor, wanted)
    assert bench.command_of(by_hand) == "stop"
    assert job.request["strategy"] == "sma-crossover"
    with bench.db.write() as conn:
        live_sessions.update(conn, by_hand, state="stopped", ended_at=clock.now())
        live_sessions.begin(conn, job.id, bench.account_id, bench.actor.user_id, clock.now())
    with pytest.raises(Conflict, match="has a session already"):
        bench.desk.start_session(bench.actor, wanted)
    assert bench.command_of(job.id) == ""


def test_an_account_with_a_session_is_not_closed(bench: Bench) -> None:
    session = bench.session()
    with pytest.raises(Conflict, match="session"):
        bench.desk.close_account(bench.actor, bench.account_id)
    with bench.db.write() as conn:
        live_sessions.update(conn, session, state="stopped", ended_at=clock.now())
    with pytest.raises(NotFound):
        bench.desk.close_account(other(bench), bench.account_id)
    bench.desk.close_account(bench.actor, bench.account_id)
    with pytest.raises(Conflict, match="closed"):
        bench.desk.cancel_all(bench.actor, bench.account_id)


def test_a_statement_issued_by_hand_adds_up_and_is_issued_once(bench: Bench) -> None:
    made = bench.desk.issue_statement(bench.actor, bench.account_id)
    assert made.reconciled
    assert made.closing_equity == 100_000
    with pytest.raises(Conflict, match="already"):
        bench.desk.issue_statement(bench.actor, bench.account_id)


def test_what_orders_cost_is_what_they_paid_beyond_their_decision(
    sqlite_database: Database,
) -> None:
    desk = Desk(sqlite_database)
    desk.deposit(100_000, "first")
    desk.intend("one", "buy", 10, "AAA", reference_price=Decimal(100))
    desk.send("one")
    desk.fill("one", "e1", "AAA", "buy", 4, "100.5", "1")
    with sqlite_database.read() as conn:
        assert costs_of_orders(conn, desk.owner, desk.id) == ()  # it has not ended
    desk.fill("one", "e2", "AAA", "buy", 6, "101", "1")
    desk.intend("refused", "buy", 10, "AAA", reference_price=Decimal(100))
    with sqlite_database.read() as conn:
        (cost,) = costs_of_orders(conn, desk.owner, desk.id)
        with pytest.raises(NotFound):
            costs_of_orders(conn, a_trader_of_nothing(), desk.id)
    assert cost.total == Decimal("0.5") * 4 + 6 + 2
    assert (cost.fees, cost.impact, cost.opportunity) == (2, 8, 0)
    assert cost.unquoted == 2


def a_trader_of_nothing() -> Actor:
    return Actor(999_999, "nobody", Role.TRADER)

"""Accounts, orders and holdings as their owner sees them, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from terminal.accounts.actor import Actor, Role
from terminal.db.database import Database
from terminal.db.repositories import holdings, orders, trading_accounts
from terminal.db.repositories.holdings import LastPrice, Mark
from terminal.db.repositories.orders import OrderFilter
from terminal.db.tables.trading import account_marks, last_prices
from terminal.errors import Conflict, InputError, NotFound
from terminal.execution.events import GENESIS, EventKind
from terminal.execution.lots import LotMethod
from terminal.execution.order import OrderType
from terminal.execution.states import OrderState
from tests.terminal.execution.desks import Desk, person
from tests.terminal.execution.ledgers import NOW

D = Decimal


@pytest.fixture
def desk(shared_database: Database) -> Desk:
    """10 AAPL in two lots, 5 XOM sold again, three more orders: denied, waiting, cancelled."""
    made = Desk(shared_database)
    made.deposit(10_000, "d")
    made.intend("a1", session_id="s1", source="momentum", bar_ts=NOW)
    made.send("a1")
    made.fill("a1", "e1", "AAPL", "buy", 4, 100, "0.4", at=1)
    made.fill("a1", "e2", "AAPL", "buy", 6, 101, "0.6", at=2)
    for name, side in (("x1", "buy"), ("x2", "sell")):
        made.intend(name, side, 5, "XOM")
        made.send(name)
        made.fill(name, f"f-{name}", "XOM", side, 5, 50 if side == "buy" else 52, at=3)
    made.intend("no")
    made.append(EventKind.DENIED, {"reasons": [{"limit": "l", "message": "Too large."}]}, "no")
    made.intend("wait", type=OrderType.LIMIT, limit_price=D("99.5"), leg="t")
    made.intend("gone")
    made.send("gone")
    made.append(EventKind.CANCELLED, {"at": NOW, "message": "by the broker"}, "gone")
    return made


def test_an_account_is_opened_empty_and_found_by_its_owner(shared_database: Database) -> None:
    ann, bob = person(shared_database), person(shared_database)
    admin = person(shared_database, Role.ADMIN)
    with shared_database.write() as conn:
        made = trading_accounts.create(conn, ann, " Main ", "paper", NOW, lot_method=LotMethod.FIFO)
        trading_accounts.create(conn, bob, "Main", "alpaca", NOW, environment="live")
        with pytest.raises(Conflict, match="called 'Main' already"):
            trading_accounts.create(conn, ann, "Main", "paper", NOW)
    assert (made.name, made.head_seq, made.head_hash, made.is_live) == ("Main", 0, GENESIS, False)
    with shared_database.read() as conn:
        assert trading_accounts.find(conn, ann) == [made]
        assert trading_accounts.find(conn, bob)[0].is_live
        assert trading_accounts.get(conn, ann, made.id) == made
        assert trading_accounts.get(conn, admin, made.id) == made
        assert holdings.cash(conn, ann, made.id) == 0
        with pytest.raises(NotFound):
            trading_accounts.get(conn, bob, made.id)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 65}, "name"),
        ({"broker": "bank"}, "broker"),
        ({"environment": "dream"}, "environment"),
    ],
)
def test_what_is_no_account_is_refused_by_field(
    sqlite_database: Database, given: dict[str, str], field: str
) -> None:
    values = {"name": "one", "broker": "paper", **given}
    with sqlite_database.write() as conn, pytest.raises(InputError) as caught:
        trading_accounts.create(conn, Actor(1, "ann", Role.TRADER), at=NOW, **values)
    assert caught.value.field == field


def test_credentials_of_somebody_else_open_nothing(desk: Desk) -> None:
    with pytest.raises(NotFound, match="credentials"), desk.database.write() as conn:
        trading_accounts.create(conn, desk.owner, "two", "alpaca", NOW, credential_id="theirs")


def test_the_brokers_name_of_an_account_is_noted_once(desk: Desk) -> None:
    with desk.database.write() as conn:
        trading_accounts.set_broker_account(conn, desk.id, "PA1")
        trading_accounts.set_broker_account(conn, desk.id, "PA1")
        with pytest.raises(Conflict, match="PA2, not PA1"):
            trading_accounts.set_broker_account(conn, desk.id, "PA2")
        trading_accounts.rename(conn, desk.owner, desk.id, "Renamed")
        account = trading_accounts.get(conn, desk.owner, desk.id)
    assert (account.broker_account_id, account.name) == ("PA1", "Renamed")


def test_an_account_closes_only_when_nothing_is_left(desk: Desk) -> None:
    def close() -> None:
        with desk.database.write() as conn:
            trading_accounts.close(conn, desk.owner, desk.id, NOW)

    with pytest.raises(Conflict, match="orders that may still fill"):
        close()
    desk.append(EventKind.EXPIRED, {"at": NOW}, "wait")
    with pytest.raises(Conflict, match="still holds AAPL"):
        close()
    desk.intend("all", "sell", 10)
    desk.send("all")
    desk.fill("all", "e9", "AAPL", "sell", 10, 100, at=9)
    close()
    with pytest.raises(Conflict, match="is closed"):
        close()
    with desk.database.read() as conn:
        assert trading_accounts.find(conn, desk.owner) == []
        assert trading_accounts.find(conn, desk.owner, closed=True)[0].closed_at == NOW
    # what the broker says is written down even then
    assert desk.fill("all", "late", "AAPL", "sell", 1, 100, at=10)


@pytest.mark.parametrize(
    "read",
    [
        lambda conn, actor, id: orders.get(conn, actor, id, "a1"),
        lambda conn, actor, id: trading_accounts.lock(conn, actor, id),
        lambda conn, actor, id: holdings.positions(conn, actor, id),
        lambda conn, actor, id: holdings.lots(conn, actor, id, "AAPL"),
        lambda conn, actor, id: holdings.cash(conn, actor, id),
        lambda conn, actor, id: holdings.last_prices(conn, actor, id),
        lambda conn, actor, id: holdings.marks(conn, actor, id),
    ],
)
def test_nobody_reads_the_account_of_another(desk: Desk, read: Callable[..., Any]) -> None:
    stranger, admin = person(desk.database), person(desk.database, Role.ADMIN)
    with desk.database.write() as conn:
        with pytest.raises(NotFound):
            read(conn, stranger, desk.id)
        read(conn, desk.owner, desk.id)
        read(conn, admin, desk.id)


def test_lists_of_another_are_empty(desk: Desk) -> None:
    stranger = person(desk.database)
    with desk.database.read() as conn:
        assert orders.blotter(conn, stranger, OrderFilter(desk.id)) == []
        assert orders.fills(conn, stranger, desk.id) == []
        assert len(orders.fills(conn, desk.owner, desk.id)) == 4


def names(desk: Desk, **chosen: Any) -> list[str]:
    with desk.database.read() as conn:
        found = orders.blotter(conn, desk.owner, OrderFilter(desk.id, **chosen))
    return [row.client_order_id for row in found]


def test_the_blotter_filters_and_pages_newest_first(desk: Desk) -> None:
    assert names(desk) == ["gone", "wait", "no", "x2", "x1", "a1"]
    assert names(desk, symbol="XOM") == ["x2", "x1"]
    assert names(desk, states=(OrderState.DENIED, OrderState.CANCELLED)) == ["gone", "no"]
    assert names(desk, source="momentum", session_id="s1") == ["a1"]
    assert names(desk, flagged=True) == names(desk, parent_id="p") == []
    assert names(desk, since=NOW + timedelta(days=9_999)) == []
    paged: list[str] = []
    before = None
    with desk.database.read() as conn:
        while page := orders.blotter(conn, desk.owner, OrderFilter(desk.id), before=before,
                                     limit=4):  # fmt: skip
            paged += [row.client_order_id for row in page]
            before = (page[-1].created_at, page[-1].client_order_id)
        newest = orders.fills(conn, desk.owner, desk.id, limit=2)
        older = orders.fills(conn, desk.owner, desk.id, before=newest[-1].seq)
        of_order = orders.fills(conn, desk.owner, desk.id, client_order_id="a1", symbol="AAPL",
                                since=NOW + timedelta(seconds=2))  # fmt: skip
    assert paged == names(desk)
    assert [row.execution_id for row in (*newest, *older)] == ["f-x2", "f-x1", "e2", "e1"]
    assert [row.execution_id for row in of_order] == ["e2"]


def test_what_the_writer_asks_about_orders(desk: Desk) -> None:
    with desk.database.write() as conn:
        waiting = orders.in_states(conn, desk.id, (OrderState.INTENT,))
        assert [row.client_order_id for row in waiting] == ["wait"]
        assert waiting[0].intent.limit_price == D("99.5")
        assert (waiting[0].may_send, waiting[0].attempts, waiting[0].remaining) == (True, 0, D(10))
        assert orders.working(conn, desk.id) == []
        assert orders.oldest_open(conn, desk.id) == waiting[0].created_at
        assert orders.find(conn, desk.id, "nope") is None
        assert orders.exists(conn, desk.id, "a1") and not orders.exists(conn, desk.id, "nope")
        found = orders.by_broker_id(conn, desk.id, "b-a1")
        assert found is not None and found.intent.bar_ts == NOW
        assert orders.by_broker_id(conn, desk.id, "nope") is None
        assert orders.locked(conn, desk.id, "no").reason == "Too large."
        with pytest.raises(NotFound):
            orders.locked(conn, desk.id, "nope")
        assert orders.orphan_fills(conn, desk.id) == []


def test_positions_lots_and_prices(desk: Desk) -> None:
    with desk.database.write() as conn:
        (held,) = holdings.positions(conn, desk.owner, desk.id)
        assert (held.symbol, held.quantity, held.average_cost) == ("AAPL", D(10), D("100.6"))
        assert held.unrealised(D(102)) == D(14)
        both = holdings.positions(conn, desk.owner, desk.id, flat=True)
        assert [(one.symbol, one.realised) for one in both] == [("AAPL", D(0)), ("XOM", D(10))]
        price = {"symbol": "AAPL", "price": D(99), "at": NOW, "received_at": NOW,
                 "simulated": True, "average_volume": None, "sector": ""}  # fmt: skip
        conn.execute(last_prices.insert().values(account_id=desk.id, **price))
        found = holdings.last_prices(conn, desk.owner, desk.id)
        assert found == {"AAPL": LastPrice(**price)}
        lots = holdings.lots(conn, desk.owner, desk.id, "AAPL")
        assert [(lot.number, lot.quantity, lot.cost) for lot in lots] == [
            (1, D(4), D(400)), (2, D(6), D(606)),
        ]  # fmt: skip


def test_marks_come_oldest_first_and_of_many_the_last(desk: Desk) -> None:
    marks = [Mark(NOW + timedelta(seconds=n), D(100 + n), D(1), D(2), D(3)) for n in range(3)]
    with desk.database.write() as conn:
        for mark in reversed(marks):
            conn.execute(account_marks.insert().values(account_id=desk.id, **vars(mark)))
        assert holdings.marks(conn, desk.owner, desk.id) == marks
        assert holdings.marks(conn, desk.owner, desk.id, limit=2) == marks[1:]
        assert holdings.marks(conn, desk.owner, desk.id, since=marks[2].at) == marks[2:]

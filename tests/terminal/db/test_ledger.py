"""The ledger cannot be changed through the database, and a change around it is found."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from terminal import clock
from terminal.db.database import Database
from terminal.db.repositories import ledger, ledger_check, orders
from terminal.db.repositories.ledger_symbol import SymbolRows
from terminal.db.tables import trading as tables
from terminal.errors import Conflict, InputError, NotFound
from terminal.execution import lease
from terminal.execution.events import GENESIS, EventKind, event_hash
from terminal.execution.lease import LeaseLost
from terminal.execution.states import OrderState
from tests.terminal.execution.desks import Desk
from tests.terminal.execution.ledgers import NOW, cash_payload, fill_payload

D = Decimal


@pytest.fixture
def desk(shared_database: Database) -> Desk:
    """An account with 10,000, and 4 of 10 AAPL bought: six events."""
    made = Desk(shared_database)
    made.deposit(10_000, "d")
    made.intend("o")
    made.send("o")
    made.fill("o", "e1", "AAPL", "buy", 3, 100, "0.3", at=1)
    made.fill("o", "e2", "AAPL", "buy", 1, 101, "0.1", at=2)
    return made


COPY = """INSERT {} INTO ledger_events SELECT account_id, {}, at, kind, client_order_id, {},
       fencing_token, payload, previous_hash, hash FROM ledger_events
       WHERE account_id = '{{id}}' AND seq = 6"""


def test_the_database_refuses_to_change_the_ledger(desk: Desk) -> None:
    statements = [
        "UPDATE ledger_events SET payload = 'x' WHERE account_id = '{id}' AND seq = 2",
        "UPDATE ledger_events SET seq = 9 WHERE account_id = '{id}' AND seq = 6",
        "DELETE FROM ledger_events WHERE account_id = '{id}' AND seq = 6",
        "DELETE FROM ledger_events",
        COPY.format("", "9", "'x'"),
        COPY.format("", "6", "'x'"),
        COPY.format("", "0", "'x'"),
    ]
    if desk.database.is_sqlite:
        statements.append(COPY.format("OR REPLACE", "3", "'x'"))
    else:
        statements.append("TRUNCATE ledger_events")
    for statement in statements:
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), desk.database.write() as conn:
            conn.exec_driver_sql(statement.format(id=desk.id))
    assert (desk.verify().entries, desk.verify().intact) == (6, True)


def test_replace_by_the_external_name_does_not_slip_past_the_triggers(desk: Desk) -> None:
    """REPLACE deletes what it clashes with, and no DELETE trigger fires: the name of event 6."""
    if not desk.database.is_sqlite:
        pytest.skip("only SQLite has REPLACE")
    for seq in ("6", "7"):
        with desk.database.write() as conn:
            conn.exec_driver_sql(COPY.format("OR REPLACE", seq, "external_id").format(id=desk.id))
    assert (desk.verify().entries, desk.verify().intact) == (6, True)


EVENT = "ledger_events"
HERE = "WHERE account_id = '{id}' AND seq ="


@pytest.mark.parametrize(
    ("tampering", "broken", "reason"),
    [
        (f"UPDATE {EVENT} SET payload = replace(payload, '100', '10') {HERE} 5", 5, "contents"),
        (f"UPDATE {EVENT} SET client_order_id = 'p' {HERE} 2", 2, "contents were changed"),
        (f"UPDATE {EVENT} SET fencing_token = 9 {HERE} 3", 3, "contents were changed"),
        (f"UPDATE {EVENT} SET at = '2020-01-01 00:00:00+00:00' {HERE} 4", 4, "contents"),
        (f"DELETE FROM {EVENT} {HERE} 4", 4, "missing"),
        (f"DELETE FROM {EVENT} {HERE} 1", 1, "missing"),
        (f"DELETE FROM {EVENT} {HERE} 6", 6, "head says that event 6 is the last"),
        ("UPDATE trading_accounts SET head_seq = 5 WHERE id = '{id}'", 7, "event 5 is the last"),
    ],
)
def test_tampering_around_the_triggers_is_found_at_its_place(
    desk: Desk, tampering: str, broken: int, reason: str
) -> None:
    found = desk.verify_after(tampering)
    assert (found.broken, found.intact) == (broken, False)
    assert reason in found.reason


def rows(desk: Desk) -> list[dict[str, Any]]:
    table = tables.ledger_events
    query = sa.select(table).where(table.c.account_id == desk.id).order_by(table.c.seq)
    with desk.database.read() as conn:
        return [dict(row) for row in conn.execute(query).mappings()]


def written_over(desk: Desk, row: dict[str, Any], **changed: Any) -> tuple[sa.Update, str]:
    """A forged event with a hash that fits it."""
    fields = {**row, **changed}
    del fields["hash"]
    table, found = tables.ledger_events, event_hash(**fields)
    mine = table.c.account_id == desk.id, table.c.seq == row["seq"]
    return table.update().where(*mine).values({**fields, "hash": found}), found


def test_a_forged_event_with_a_fitting_hash_breaks_the_next_link(desk: Desk) -> None:
    row = rows(desk)[4]
    forged, _ = written_over(desk, row, payload=row["payload"].replace('"3"', '"4"'))
    assert desk.verify_after(forged).broken == 6


def test_a_ledger_written_anew_is_found_by_a_head_noted_in_a_statement(desk: Desk) -> None:
    forgeries: list[sa.Executable] = []
    previous = GENESIS
    for row in rows(desk):
        payload = row["payload"].replace("10000", "20000")
        forged, previous = written_over(desk, row, payload=payload, previous_hash=previous)
        forgeries.append(forged)
    account = tables.trading_accounts
    forgeries.append(account.update().where(account.c.id == desk.id).values(head_hash=previous))
    assert desk.verify_after(*forgeries).intact
    values = {"account_id": desk.id, "session_date": NOW.date(), "content": {}, "head_seq": 6,
              "head_hash": desk.verify().head, "reconciled": True, "created_at": NOW}  # fmt: skip
    with desk.database.write() as conn:
        conn.execute(tables.statements.insert().values(values))
    assert desk.verify().intact
    found = desk.verify_after(*forgeries)
    assert (found.broken, found.reason) == (6, "it is not the event that was noted down")


def test_a_cut_off_end_is_found_by_a_head_noted_elsewhere(desk: Desk) -> None:
    with desk.database.read() as conn:
        assert ledger.verify(conn, desk.id, [(6, desk.verify().head)]).intact
        found = ledger.verify(conn, desk.id, [(9, "x")])
    assert (found.broken, found.reason) == (
        7, "the ledger ends before an event that was noted down",
    )  # fmt: skip


def test_the_tables_say_what_the_ledger_says(desk: Desk) -> None:
    order = desk.order("o")
    assert (order.state, order.filled_quantity) == (OrderState.PARTIALLY_FILLED, D(4))
    assert (order.average_price, order.fees) == (D("100.25"), D("0.4"))
    assert desk.cash == D("9598.6")
    assert desk.differences() == ()


def test_what_is_known_by_its_name_is_not_written_again(desk: Desk) -> None:
    assert desk.intend("o") is False
    assert desk.fill("o", "e1", "AAPL", "buy", 3, 100) is False
    assert desk.deposit(10_000, "d") is False
    assert (desk.bust("e1"), desk.bust("e1")) == (True, False)
    assert desk.verify().entries == 7


def test_a_bust_and_an_older_fill_correct_what_later_fills_realised(desk: Desk) -> None:
    """FIFO: the sale of 4 closes 3 @ 100 and 1 @ 101; without e1 it closes the older fill first."""
    desk.intend("s", "sell", 4)
    desk.send("s")
    desk.fill("s", "e3", "AAPL", "sell", 4, 110, at=3)
    assert desk.realised("e3") == D(39)
    desk.bust("e1")
    assert desk.realised("e3") == D(9)
    desk.fill("o", "e0", "AAPL", "buy", 5, 90, at=0)
    assert desk.realised("e3") == D(80)
    assert desk.units() == {"AAPL": D(2)}
    assert desk.differences() == ()


def test_sums_longer_than_a_decimal_context_stay_exact(desk: Desk) -> None:
    """28 digits would round these: 18 before the point, 18 behind it."""
    large, small = "100000000000000000", "0.000000000000000001"
    desk.deposit(large, "large")
    desk.deposit(small, "small")
    desk.fill("o", "l1", "AAPL", "buy", "0.000000001", large, large, at=5)
    desk.fill("o", "l2", "AAPL", "buy", "0.000000001", small, small, at=6)
    assert desk.differences() == ()
    assert desk.cash == D("-99990401.400000000000000000000000001")


def test_without_playing_again_the_tables_would_keep_a_bust(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SymbolRows, "play_again", lambda self, method: self.save(self.holding))
    desk.bust("e1")
    assert "positions AAPL: quantity is 4 in the table and 1 in the ledger." in desk.differences()


def test_what_the_broker_tells_before_the_order_is_known_is_kept_for_it(desk: Desk) -> None:
    desk.bust("x2")
    desk.fill("x", "x1", "AAPL", "buy", 2, 100)
    desk.fill("x", "x2", "AAPL", "buy", 2, 100)
    desk.append(EventKind.CANCELLED, {"at": NOW, "message": "by hand"}, "x")
    with desk.database.read() as conn:
        assert [fill.execution_id for fill in orders.orphan_fills(conn, desk.id)] == ["x1", "x2"]
    desk.append(
        EventKind.EXTERNAL_ORDER,
        {"symbol": "AAPL", "side": "buy", "quantity": D(5), "type": "trailing_stop",
         "time_in_force": "day", "broker_order_id": "b-x"},
        "x",
    )  # fmt: skip
    order = desk.order("x")
    assert (order.state, order.filled_quantity, order.flag) == (
        OrderState.CANCELLED, D(2), "not sent from here",
    )  # fmt: skip
    assert desk.differences() == ()


def test_a_fill_of_an_order_never_written_as_sent_passes_through_sending(desk: Desk) -> None:
    desk.intend("q")
    desk.fill("q", "q1", "AAPL", "buy", 10, 100, at=9)
    assert desk.order("q").state is OrderState.FILLED
    assert desk.differences() == ()


def test_a_step_that_the_state_does_not_allow_leaves_nothing(desk: Desk) -> None:
    with pytest.raises(Conflict, match="takes no send begun: it is partially filled"):
        desk.append(EventKind.SEND_BEGUN, {"attempt": 2}, "o")
    assert desk.verify().entries == 6


def test_the_trigger_refuses_what_the_code_would_let_through(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order without an answer may be at the broker: to deny it would be to forget it."""
    desk.intend("q")
    desk.append(EventKind.SEND_BEGUN, {"attempt": 1}, "q")
    desk.append(EventKind.UNANSWERED, {"error": "timeout"}, "q")
    monkeypatch.setattr(ledger, "refusal", lambda record, kind: "")
    with pytest.raises(sa.exc.DBAPIError, match="illegal transition"):
        desk.append(EventKind.DENIED, {"reasons": []}, "q")
    assert desk.order("q").state is OrderState.UNKNOWN
    with pytest.raises(sa.exc.DBAPIError, match="never deleted"), desk.database.write() as conn:
        conn.execute(tables.orders.delete())


def test_replace_does_not_slip_past_the_table_of_steps(desk: Desk) -> None:
    if not desk.database.is_sqlite:
        pytest.skip("only SQLite has REPLACE")
    table = tables.orders
    with desk.database.read() as conn:
        query = sa.select(table).where(table.c.account_id == desk.id)
        row = dict(conn.execute(query).mappings().one())
    for changed in ({"state": "intent"}, {"client_order_id": "p"}):  # the same name, the broker's
        insert = table.insert().prefix_with("OR REPLACE").values({**row, **changed})
        with pytest.raises(sa.exc.DBAPIError, match="never del"), desk.database.write() as conn:
            conn.execute(insert)
    assert desk.differences() == ()


def test_a_writer_whose_lease_was_taken_writes_nothing(desk: Desk) -> None:
    deposit = cash_payload("deposit", 5)
    with pytest.raises(LeaseLost):
        desk.append(EventKind.CASH, deposit, external_id="none", token=1)
    old = held(desk, "one")
    assert desk.append(EventKind.CASH, deposit, external_id="held", token=old)
    new = held(desk, "one")  # the same holder started again
    with pytest.raises(LeaseLost):
        desk.append(EventKind.CASH, deposit, external_id="stale", token=old)
    assert desk.append(EventKind.CASH, deposit, external_id="fresh", token=new)
    with desk.database.write() as conn:
        past = clock.now() - timedelta(seconds=1)
        table = tables.account_leases
        conn.execute(table.update().where(table.c.account_id == desk.id).values(expires_at=past))
    with pytest.raises(LeaseLost):
        desk.append(EventKind.CASH, deposit, external_id="expired", token=new)
    assert (desk.verify().entries, desk.cash) == (8, D("9608.6"))


def test_without_the_fencing_check_a_stale_writer_would_write(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "require", lambda conn, account_id, token: None)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test_a_writer_whose_lease_was_taken_writes_nothing(desk)


def held(desk: Desk, holder: str) -> int:
    with desk.database.write() as conn:
        taken = lease.acquire(conn, desk.id, holder, 60)
    assert taken is not None
    return taken.token


def test_an_event_vanishes_with_its_transaction(desk: Desk) -> None:
    with pytest.raises(ZeroDivisionError), desk.database.write() as conn:
        ledger.append(conn, desk.id, EventKind.FILL, fill_payload("z", "AAPL", "buy", 1, 1),
                      client_order_id="o")  # fmt: skip
        raise ZeroDivisionError
    assert (desk.verify().entries, desk.differences()) == (6, ())


def test_writers_at_once_form_one_chain_and_lose_no_cent(desk: Desk) -> None:
    def deposit(number: int) -> bool:
        name = str(number % 20)  # each is told twice
        return desk.deposit("0.01", name)

    with ThreadPoolExecutor(4) as crew:
        written = sum(crew.map(deposit, range(40)))
    assert (written, desk.verify().entries, desk.verify().intact) == (20, 26, True)
    assert (desk.cash, desk.differences()) == (D("9598.8"), ())


def test_accounts_do_not_see_each_other(desk: Desk) -> None:
    other = Desk(desk.database)
    other.intend("o", "sell", 2)
    other.send("o")
    assert other.fill("o", "e1", "AAPL", "sell", 2, 50)
    assert (other.verify().entries, other.cash) == (4, D(100))
    assert (desk.verify().entries, desk.cash) == (6, D("9598.6"))
    assert other.differences() == desk.differences() == ()


def test_a_table_changed_by_hand_is_named_and_written_anew(desk: Desk) -> None:
    def mine(table: sa.Table) -> sa.ColumnElement[bool]:
        return table.c.account_id == desk.id

    fills, lots = tables.fills, tables.lots
    with desk.database.write() as conn:
        for table, values in (
            (tables.cash, {"balance": D(1)}),
            (tables.positions, {"quantity": D(99)}),
            (tables.orders, {"state": "cancelled", "fees": D(7)}),
        ):
            conn.execute(table.update().where(mine(table)).values(values))
        conn.execute(fills.delete().where(mine(fills), fills.c.execution_id == "e2"))
        strange = {"symbol": "XOM", "number": 1, "quantity": D(1), "cost": D(1), "opened_at": NOW}
        conn.execute(lots.insert().values(account_id=desk.id, **strange))
    assert [line.split(":")[0] for line in desk.differences()] == [
        "orders o", "orders o", "fills e2", "positions AAPL", "lots XOM 1", "cash",
    ]  # fmt: skip
    with desk.database.write() as conn:
        ledger_check.rebuild(conn, desk.id)
    assert desk.differences() == ()


def test_an_order_that_no_legal_step_leads_back_to_needs_a_backup(desk: Desk) -> None:
    desk.intend("q")
    table = tables.orders
    mine = table.c.account_id == desk.id, table.c.client_order_id == "q"
    with desk.database.write() as conn:
        conn.execute(table.update().where(*mine).values(state="denied"))
    with pytest.raises(Conflict, match="q is denied in the table and intent in the ledger"):
        rebuild(desk)
    with desk.database.write() as conn:
        row = dict(conn.execute(sa.select(table).where(*mine)).mappings().one())
        conn.execute(table.insert().values({**row, "client_order_id": "a", "state": "filled"}))
    with pytest.raises(Conflict, match="a is in the table and not in the ledger"):
        rebuild(desk)


def rebuild(desk: Desk) -> None:
    with desk.database.write() as conn:
        ledger_check.rebuild(conn, desk.id)


def test_what_is_no_event_of_an_account_is_refused(desk: Desk) -> None:
    deposit = cash_payload("deposit", 5)
    with pytest.raises(NotFound), desk.database.write() as conn:
        ledger.append(conn, "nowhere", EventKind.CASH, deposit, external_id="a")
    with pytest.raises(InputError, match="external_id"):
        desk.append(EventKind.CASH, deposit)
    with pytest.raises(InputError, match="client_order_id"):
        desk.append(EventKind.ACKNOWLEDGED, {"broker_order_id": "b", "at": NOW})
    with pytest.raises(InputError, match="longer than 128"):
        desk.append(EventKind.CASH, deposit, external_id="x" * 129)
    assert desk.verify().entries == 6

"""A statement by hand, and that it adds up whatever happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.db.database import Database
from terminal.db.repositories import ledger, statements
from terminal.db.tables.trading import statements as table
from terminal.errors import Conflict, InputError, NotFound
from terminal.execution.events import EventKind
from terminal.execution.lots import LotMethod
from terminal.execution.statement import Statement, daily_statement
from tests.terminal.execution.desks import Desk, person
from tests.terminal.execution.ledgers import NOW, MemoryLedger, cash_payload

D = Decimal
MONDAY, TUESDAY = date(2026, 1, 5), date(2026, 1, 6)


def of(ledger: MemoryLedger, **given: Any) -> Statement:
    values: dict[str, Any] = {
        "session_date": MONDAY, "currency": "USD", "method": ledger.book.method,
        "opening_seq": 0, "opening_prices": {}, **given,
    }  # fmt: skip
    return daily_statement(ledger.events, **values)


def bought() -> MemoryLedger:
    """10,000 in; 10 AAPL at 100 with a fee of 1."""
    ledger = MemoryLedger()
    ledger.append(EventKind.CASH, cash_payload("deposit", 10_000), external_id="d")
    ledger.intend("o", "AAPL", "buy", 10)
    ledger.send("o")
    ledger.fill("o", "e1", "AAPL", "buy", 10, 100, "1", at=1)
    return ledger


def test_a_first_day_by_hand() -> None:
    """10,000 in, 10 bought at 100, fee 1, closes at 103.50: 10,034."""
    made = of(bought(), closing_prices={"AAPL": D("103.5")})
    assert (made.opening_equity, made.flows, made.fees) == (D(0), D(10_000), D(1))
    assert (made.realised, made.unrealised_change) == (D(0), D(35))
    assert (made.closing_cash, made.closing_equity) == (D(8_999), D(10_034))
    assert (made.difference, made.reconciled) == (D(0), True)
    assert [(entry.what, entry.amount) for entry in made.entries] == [
        ("deposit", D(10_000)), ("buy", D(-1_001)),
    ]  # fmt: skip
    (line,) = made.lines
    assert (line.symbol, line.pnl, line.closing_value) == ("AAPL", D(34), D(1_035))


def test_the_next_day_opens_where_the_last_one_closed() -> None:
    """4 of 10 sold at 105 (cost 100), 2 of dividend, closes at 104; opened at 103.50."""
    ledger = bought()
    first = of(ledger, closing_prices={"AAPL": D("103.5")})
    ledger.intend("s", "AAPL", "sell", 4)
    ledger.send("s")
    ledger.fill("s", "e2", "AAPL", "sell", 4, 105, "1", at=9)
    ledger.append(EventKind.CASH, cash_payload("dividend", 2, symbol="AAPL"), external_id="v")
    second = of(
        ledger, session_date=TUESDAY, opening_seq=first.head_seq,
        opening_prices=first.closing_prices, closing_prices={"AAPL": D(104)},
    )  # fmt: skip
    assert (second.opening_equity, second.opening_cash) == (first.closing_equity, D(8_999))
    assert (second.realised, second.unrealised_change) == (D(20), D(24) - D(35))
    assert (second.dividends, second.fees, second.flows) == (D(2), D(1), D(0))
    assert second.closing_equity == D("10044")
    assert (second.difference, len(second.entries)) == (D(0), 2)


def test_a_bust_of_yesterday_is_in_the_statement_of_the_day_it_became_known() -> None:
    ledger = bought()
    first = of(ledger, closing_prices={"AAPL": D("103.5")})
    ledger.bust("e1")
    second = of(ledger, opening_seq=first.head_seq, opening_prices=first.closing_prices,
                closing_prices={})  # fmt: skip
    assert (second.opening_equity, second.closing_equity) == (D(10_034), D(10_000))
    assert (second.unrealised_change, second.fees, second.difference) == (D(-35), D(-1), D(0))
    assert [(entry.what, entry.amount) for entry in second.entries] == [("bust", D(1_001))]


def test_a_day_without_events_only_has_other_prices() -> None:
    ledger = bought()
    made = of(ledger, opening_seq=5, opening_prices={"AAPL": D(100)},
              closing_prices={"AAPL": D(90)})  # fmt: skip
    assert (made.unrealised_change, made.difference, made.entries) == (D(-100), D(0), ())


def test_what_is_held_needs_a_price() -> None:
    with pytest.raises(InputError, match="AAPL is held and has no closing price"):
        of(bought(), closing_prices={})
    with pytest.raises(InputError, match="empty"):
        of(MemoryLedger(), closing_prices={})


def test_a_cent_apart_from_the_broker_is_not_reconciled() -> None:
    made = of(bought(), closing_prices={"AAPL": D("103.5")})
    assert replace(made, broker_cash=D("8999.004"), broker_equity=D(10_034)).reconciled
    assert not replace(made, broker_cash=D("8999.01")).reconciled
    assert not replace(made, broker_equity=D("10033.99")).reconciled


STEP = st.one_of(
    st.tuples(st.just("fill"), st.sampled_from(["buy", "sell"]), st.integers(1, 30),
              st.integers(900, 1_100), st.integers(0, 90)),
    st.tuples(st.just("cash"), st.sampled_from(["deposit", "dividend", "interest"]),
              st.integers(1, 500)),
    st.tuples(st.just("split"), st.sampled_from([2, 3]), st.sampled_from([1, 2]),
              st.integers(0, 90)),
    st.tuples(st.just("bust"), st.integers(0, 20)),
    st.tuples(st.just("adjust"), st.integers(-20, 20).filter(bool)),
)  # fmt: skip


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    steps=st.lists(STEP, min_size=1, max_size=20),
    cut=st.integers(0, 20),
    method=st.sampled_from(list(LotMethod)),
    prices=st.tuples(st.integers(1, 2_000), st.integers(1, 2_000)),
)
def test_it_adds_up_to_the_last_digit_wherever_the_days_are_cut(
    steps: list[tuple[Any, ...]], cut: int, method: LotMethod, prices: tuple[int, int]
) -> None:
    ledger = MemoryLedger(method)
    ledger.append(EventKind.CASH, cash_payload("deposit", 1_000), external_id="first")
    for number, (kind, *what) in enumerate(steps):
        name = str(number)
        if kind == "fill":
            side, quantity, cents, at = what
            ledger.fill("o", name, "AAPL", side, D(quantity) / 8, D(cents) / 100, "0.01", at=at)
        elif kind == "cash":
            ledger.append(EventKind.CASH, cash_payload(what[0], what[1], symbol="AAPL"),
                          external_id=name)  # fmt: skip
        elif kind == "split":
            ratio, per, at = what
            payload = {"symbol": "AAPL", "ratio": D(ratio), "per": D(per),
                       "at": NOW.replace(minute=at % 60)}  # fmt: skip
            ledger.append(EventKind.SPLIT, payload, external_id=name)
        elif kind == "bust":
            ledger.bust(str(what[0]))
        else:
            payload = {"what": "position", "symbol": "AAPL", "quantity": D(what[0]),
                       "price": D(7), "reason": "moved"}  # fmt: skip
            ledger.append(EventKind.ADJUSTMENT, payload)
    opening, closing = ({"AAPL": D(price) / 100} for price in prices)
    made = of(ledger, opening_seq=min(cut, len(ledger.events)), opening_prices=opening,
              closing_prices=closing)  # fmt: skip
    assert made.difference == 0
    totals = made.flows + made.interest
    assert made.closing_equity - made.opening_equity == totals + sum(
        (line.pnl for line in made.lines), D(0)
    )


def test_statements_are_kept_once_and_hashed_into_the_ledger(shared_database: Database) -> None:
    desk, stranger = Desk(shared_database, method=LotMethod.AVERAGE), person(shared_database)
    desk.deposit(10_000, "d")
    desk.intend("o")
    desk.send("o")
    desk.fill("o", "e1", "AAPL", "buy", 10, 100, "1", at=1)

    def issue(day: date, price: str, **more: Any) -> Statement:
        with desk.database.write() as conn:
            return statements.issue(conn, desk.id, day, {"AAPL": D(price)}, NOW, **more)

    desk.intend("p")
    desk.send("p")
    desk.fill("p", "e2", "AAPL", "buy", 10, 110, at=2)
    desk.fill("p", "e3", "AAPL", "sell", 10, 120, at=3)
    first = issue(MONDAY, "103.5", broker_cash=D(9_099))
    assert (first.realised, first.unrealised_change) == (D(150), D(-15))  # at 105 on average
    with pytest.raises(Conflict, match="statement of 2026-01-05 already"):
        issue(MONDAY, "103.5")
    second = issue(TUESDAY, "104", broker_equity=D(1))
    assert (second.opening_equity, second.unrealised_change) == (D(10_134), D(5))
    with desk.database.read() as conn:
        rows = statements.find(conn, desk.owner, desk.id)
        assert [(row.session_date, row.reconciled) for row in rows] == [
            (TUESDAY, False), (MONDAY, True),
        ]  # fmt: skip
        kept = statements.get(conn, desk.owner, desk.id, MONDAY)
        assert kept.content == first.content()
        assert (kept.head_seq, kept.head_hash) == (10, first.head_hash)
        told = [event.payload["content_hash"] for event in ledger.events(conn, desk.id)
                if event.kind is EventKind.STATEMENT]  # fmt: skip
        assert told == [first.content_hash, second.content_hash]
        with pytest.raises(NotFound):
            statements.get(conn, stranger, desk.id, MONDAY)
        with pytest.raises(NotFound):
            statements.get(conn, desk.owner, desk.id, date(2020, 1, 1))
    assert desk.verify().intact
    with desk.database.write() as conn:
        conn.execute(table.update().where(table.c.account_id == desk.id).values(head_hash="x"))
    assert desk.verify().broken == 10

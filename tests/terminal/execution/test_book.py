"""A book by hand, and the same book from the same events in any order."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from terminal.errors import Conflict
from terminal.execution.book import Book
from terminal.execution.events import EventKind, LedgerEvent
from terminal.execution.lots import LotMethod
from terminal.execution.order_record import OVERFILLED
from terminal.execution.states import OrderState
from tests.terminal.execution.ledgers import NOW, MemoryLedger, cash_payload

D = Decimal
S = OrderState


def started(quantity: object = 10, side: str = "buy") -> MemoryLedger:
    """10,000 in cash and one acknowledged order "o" of AAPL."""
    ledger = MemoryLedger()
    ledger.append(EventKind.CASH, cash_payload("deposit", 10_000), external_id="d")
    ledger.intend("o", "AAPL", side, quantity)
    ledger.send("o")
    return ledger


def state(ledger: MemoryLedger, name: str = "o") -> OrderState:
    return ledger.book.records[name].state


def test_partial_fills_add_up_to_the_order_the_position_and_the_cash() -> None:
    ledger = started()
    ledger.fill("o", "e1", "AAPL", "buy", 4, "100.25", "0.40")
    assert state(ledger) is S.PARTIALLY_FILLED
    ledger.fill("o", "e2", "AAPL", "buy", 6, "100.50", "0.60")
    assert state(ledger) is S.FILLED
    order, position = ledger.book.records["o"], ledger.book.position("AAPL")
    assert (order.filled, order.average_price, order.fees) == (D(10), D("100.4"), D("1"))
    assert (position.quantity, position.cost, position.fees) == (D(10), D("1004"), D(1))
    assert position.unrealised(D("101")) == D("6")
    assert ledger.book.cash == D("8995")


def test_the_same_fill_told_three_times_counts_once() -> None:
    ledger = started()
    assert [ledger.fill("o", "e1", "AAPL", "buy", 4, 100) for _ in range(3)] == [True, False, False]
    assert (ledger.book.position("AAPL").quantity, ledger.book.cash) == (D(4), D(9_600))


@pytest.mark.parametrize(
    ("end", "payload"),
    [
        (EventKind.CANCELLED, {"at": NOW}),
        (EventKind.EXPIRED, {"at": NOW}),
        (EventKind.REJECTED, {"code": "x", "message": "no"}),
        (EventKind.REPLACED, {"at": NOW, "by": "p"}),
    ],
)
def test_a_late_fill_counts_after_any_end_and_its_bust_brings_the_end_back(
    end: EventKind, payload: dict[str, object]
) -> None:
    ledger = started()
    ledger.append(end, payload, "o")
    assert state(ledger).value == end.value
    ledger.fill("o", "e1", "AAPL", "buy", 3, 100)
    assert (state(ledger).value, ledger.book.position("AAPL").quantity) == (end.value, D(3))
    ledger.fill("o", "e2", "AAPL", "buy", 7, 100)
    assert state(ledger) is S.FILLED
    ledger.bust("e2")
    assert state(ledger).value == end.value
    assert ledger.book.position("AAPL").quantity == D(3)


def test_a_cancel_that_loses_the_race_leaves_the_order_filled() -> None:
    ledger = started()
    ledger.append(EventKind.CANCEL_ASKED, {"by": "ann"}, "o")
    assert state(ledger) is S.CANCELLING
    ledger.fill("o", "e1", "AAPL", "buy", 10, 100)
    assert state(ledger) is S.FILLED
    ledger.append(EventKind.CANCEL_REFUSED, {"message": "filled"}, "o")
    assert state(ledger) is S.FILLED
    with pytest.raises(Conflict, match="filled already"):
        ledger.append(EventKind.CANCEL_ASKED, {"by": "ann"}, "o")


def test_a_cancel_that_was_refused_leaves_the_order_at_work() -> None:
    ledger = started()
    ledger.append(EventKind.CANCEL_ASKED, {"by": "ann"}, "o")
    ledger.append(EventKind.CANCEL_REFUSED, {"message": "too late"}, "o")
    assert state(ledger) is S.ACCEPTED


def test_a_bust_in_the_middle_plays_the_later_fills_again() -> None:
    """Bought at 10 and 12, sold at 15: without the first purchase the sale closes the second."""
    ledger = MemoryLedger(LotMethod.FIFO)
    for name, side in (("a", "buy"), ("b", "buy"), ("c", "sell")):
        ledger.intend(name, "AAPL", side, 5)
        ledger.send(name)
    ledger.fill("a", "e1", "AAPL", "buy", 5, 10, at=1)
    ledger.fill("b", "e2", "AAPL", "buy", 5, 12, at=2)
    ledger.fill("c", "e3", "AAPL", "sell", 5, 15, at=3)
    assert ledger.book.position("AAPL").realised == D(25)
    ledger.bust("e1")
    position = ledger.book.position("AAPL")
    assert (position.quantity, position.realised, ledger.book.cash) == (D(0), D(15), D(15))
    assert ledger.book.tape("AAPL").realised_by("e3") == D(15)
    assert state(ledger, "a") is S.ACCEPTED


def test_a_bust_that_overtakes_its_fill_still_takes_it_back() -> None:
    ledger = started()
    ledger.bust("e1")
    assert ledger.book.flags() == ("Execution e1 was busted and never seen.",)
    ledger.fill("o", "e1", "AAPL", "buy", 10, 100)
    assert (state(ledger), ledger.book.cash) == (S.ACCEPTED, D(10_000))
    assert ledger.book.position("AAPL").quantity == 0
    assert ledger.book.flags() == ()


def test_an_older_fill_that_arrives_later_stands_where_it_belongs() -> None:
    """FIFO: the sale at 15 closes the purchase at 10, which was made first and heard of last."""
    ledger = MemoryLedger(LotMethod.FIFO)
    for name, side in (("a", "buy"), ("b", "buy"), ("c", "sell")):
        ledger.intend(name, "AAPL", side, 5)
        ledger.send(name)
    ledger.fill("b", "e2", "AAPL", "buy", 5, 12, at=2)
    ledger.fill("c", "e3", "AAPL", "sell", 5, 15, at=3)
    assert ledger.book.position("AAPL").realised == D(15)
    ledger.fill("a", "e1", "AAPL", "buy", 5, 10, at=1)
    position = ledger.book.position("AAPL")
    assert (position.quantity, position.cost, position.realised) == (D(5), D(60), D(25))


def test_more_filled_than_asked_is_kept_and_flagged() -> None:
    ledger = started()
    ledger.fill("o", "e1", "AAPL", "buy", 12, 100)
    assert (state(ledger), ledger.book.position("AAPL").quantity) == (S.FILLED, D(12))
    assert ledger.book.records["o"].flag == OVERFILLED
    assert ledger.book.flags() == ("Order o: overfilled.",)


def test_a_fill_of_an_order_nobody_knows_counts_and_finds_its_order_later() -> None:
    ledger = MemoryLedger()
    ledger.fill("x", "e1", "AAPL", "buy", 2, 100)
    assert ledger.book.orders == {}
    assert ledger.book.position("AAPL").quantity == D(2)
    assert "in no intent" in ledger.book.flags()[0]
    ledger.append(
        EventKind.EXTERNAL_ORDER,
        {"symbol": "AAPL", "side": "buy", "quantity": D(5), "type": "market",
         "time_in_force": "day", "broker_order_id": "b-x"},
        "x",
    )  # fmt: skip
    assert (state(ledger, "x"), ledger.book.records["x"].filled) == (S.PARTIALLY_FILLED, D(2))
    assert ledger.book.flags() == ("Order x: not sent from here.",)


def test_an_order_we_denied_that_the_broker_shows_is_followed_and_flagged() -> None:
    ledger = MemoryLedger()
    ledger.intend("o", "AAPL", "buy", 5)
    reasons = [{"limit": "max_order", "message": "Too large."}]
    ledger.append(EventKind.DENIED, {"reasons": reasons}, "o")
    assert (state(ledger), ledger.book.records["o"].reason) == (S.DENIED, "Too large.")
    with pytest.raises(Conflict, match="it is denied"):
        ledger.append(EventKind.SEND_BEGUN, {"attempt": 1}, "o")
    ledger.fill("o", "e1", "AAPL", "buy", 2, 100)
    assert state(ledger) is S.PARTIALLY_FILLED
    assert ledger.book.flags() == ("Order o: denied but at the broker.",)


def test_a_send_without_an_answer_is_repeated_only_after_asking() -> None:
    ledger = MemoryLedger()
    ledger.intend("o", "AAPL", "buy", 5)
    ledger.send("o", acknowledge=False)
    assert state(ledger) is S.SENDING
    ledger.append(EventKind.UNANSWERED, {"error": "timeout"}, "o")
    assert state(ledger) is S.UNKNOWN
    with pytest.raises(Conflict, match="has not been asked"):
        ledger.append(EventKind.SEND_BEGUN, {"attempt": 2}, "o")
    ledger.append(EventKind.NOT_AT_BROKER, {}, "o")
    ledger.append(EventKind.SEND_BEGUN, {"attempt": 2}, "o")
    assert (state(ledger), ledger.book.records["o"].attempts) == (S.SENDING, 2)
    with pytest.raises(Conflict, match="has not been asked"):
        ledger.append(EventKind.SEND_BEGUN, {"attempt": 3}, "o")


@pytest.mark.parametrize("kind", [EventKind.SEND_BEGUN, EventKind.CANCEL_ASKED, EventKind.DENIED])
def test_no_step_is_taken_for_an_order_without_an_intent(kind: EventKind) -> None:
    payload = {
        EventKind.SEND_BEGUN: {"attempt": 1},
        EventKind.CANCEL_ASKED: {"by": "ann"},
        EventKind.DENIED: {"reasons": []},
    }
    with pytest.raises(Conflict, match="no intent"):
        MemoryLedger().append(kind, payload[kind], "o")


def test_dividends_fees_and_interest_are_told_apart() -> None:
    ledger = started()
    ledger.fill("o", "e1", "AAPL", "buy", 10, 100, "1")
    for number, (movement, amount, symbol) in enumerate(
        [("dividend", "2.50", "AAPL"), ("fee", "-0.75", None), ("fee", "-0.25", "AAPL"),
         ("interest", "1.5", None), ("withdrawal", "-100", None)]
    ):  # fmt: skip
        ledger.append(EventKind.CASH, cash_payload(movement, amount, symbol=symbol),
                      external_id=str(number))  # fmt: skip
    totals, position = ledger.book.totals, ledger.book.position("AAPL")
    assert (position.fees, position.dividends) == (D("1.25"), D("2.5"))
    assert (totals.fees, totals.dividends, totals.interest) == (D(2), D("2.5"), D("1.5"))
    assert totals.flows == D(9_900)
    assert totals.cash == D("8902")


def test_a_reverse_split_pays_the_fraction_in_cash() -> None:
    """10 units at 30 in total; 1 for 4 leaves 2.5; the half is paid 70, and its cost was 60."""
    ledger = started()
    ledger.fill("o", "e1", "AAPL", "buy", 10, 30, at=1)
    ledger.append(
        EventKind.SPLIT,
        {"symbol": "AAPL", "ratio": D(1), "per": D(4), "fraction": D("0.5"), "cash": D(70),
         "at": NOW.replace(hour=20)},
        external_id="s",
    )  # fmt: skip
    position = ledger.book.position("AAPL")
    assert (position.quantity, position.cost, position.realised) == (D(2), D(240), D(10))
    assert ledger.book.cash == D(9_770)


def test_a_fill_from_before_a_split_is_split_with_the_rest() -> None:
    ledger = started()
    split = {"symbol": "AAPL", "ratio": D(2), "at": NOW.replace(hour=20)}
    ledger.append(EventKind.SPLIT, split, external_id="s")
    ledger.fill("o", "e1", "AAPL", "buy", 10, 30, at=1)
    assert ledger.book.position("AAPL").quantity == D(20)
    assert ledger.book.position("AAPL").average_cost == D(15)


def test_a_transfer_brings_a_position_with_its_cost_and_no_cash() -> None:
    ledger = MemoryLedger()
    ledger.append(
        EventKind.ADJUSTMENT,
        {"what": "position", "symbol": "AAPL", "quantity": D(3), "price": D(50), "reason": "moved"},
    )
    ledger.append(EventKind.ADJUSTMENT, {"what": "cash", "amount": D(-1), "reason": "rounding"})
    assert ledger.book.position("AAPL").cost == D(150)
    assert (ledger.book.cash, ledger.book.totals.flows) == (D(-1), D(149))


def sums(book: Book) -> object:
    """All that must not depend on the order of telling."""
    return (
        {name: (one.facts, one.flag, one.reason, one.broker_order_id, one.fees, one.average_price,
                one.last_seq, one.updated_at, one.created_at, one.sent_at, one.may_send)
         for name, one in book.orders.items()},
        book.positions,
        {symbol: book.lots(symbol) for symbol in book.positions},
        {name: (fill.busted, book.tape(fill.symbol).realised_by(name))
         for name, fill in book.fills.items()},
        book.totals,
        book.flags(),
    )  # fmt: skip


def busy(method: LotMethod) -> list[LedgerEvent]:
    """A ledger with everything in it."""
    ledger = MemoryLedger(method)
    ledger.append(EventKind.CASH, cash_payload("deposit", 50_000), external_id="d")
    for name, side in (("a", "buy"), ("b", "sell"), ("c", "buy"), ("d", "buy")):
        ledger.intend(name, "AAPL", side, 10)
        ledger.send(name, acknowledge=name != "d")
    ledger.append(EventKind.UNANSWERED, {"error": "timeout"}, "d")
    ledger.append(EventKind.NOT_AT_BROKER, {}, "d")
    ledger.append(EventKind.SEND_BEGUN, {"attempt": 2}, "d")
    ledger.append(EventKind.ACKNOWLEDGED, {"broker_order_id": "b-d", "at": NOW}, "d")
    ledger.append(EventKind.CANCEL_ASKED, {"by": "ann"}, "a")
    ledger.append(EventKind.CANCEL_REFUSED, {"message": "late"}, "a")
    ledger.append(EventKind.CANCEL_ASKED, {"by": "ann"}, "c")
    ledger.append(EventKind.CANCELLED, {"at": NOW, "message": "asked"}, "c")
    ledger.append(EventKind.EXPIRED, {"at": NOW.replace(hour=21), "message": "day"}, "c")
    for number in range(9):
        name, side = ("a", "buy") if number % 3 else ("b", "sell")
        ledger.fill(name, f"e{number}", "AAPL", side, "1.5", 100 + number, "0.1", at=number * 7 % 9)
    ledger.bust("e4")
    ledger.bust("e3")
    ledger.append(EventKind.SPLIT, {"symbol": "AAPL", "ratio": D(3), "per": D(2), "at": NOW},
                  external_id="s")  # fmt: skip
    ledger.append(EventKind.CASH, cash_payload("dividend", 5, symbol="AAPL"), external_id="v")
    return ledger.events


@pytest.mark.parametrize("method", list(LotMethod))
def test_any_order_of_telling_gives_the_same_book(method: LotMethod) -> None:
    told = busy(method)
    expected = sums(Book.of(told, method))
    shuffle = random.Random(7)
    for _ in range(60):
        shuffle.shuffle(told)
        assert sums(Book.of(told + told[:5], method)) == expected


def test_two_accounts_never_mix() -> None:
    one, two = started(), MemoryLedger(account_id="other")
    two.intend("o", "AAPL", "sell", 3)
    two.send("o")
    two.fill("o", "e1", "AAPL", "sell", 3, 90)
    one.fill("o", "e1", "AAPL", "buy", 10, 100)
    assert one.book.position("AAPL").quantity == D(10)
    assert two.book.position("AAPL").quantity == D(-3)
    assert (one.book.cash, two.book.cash) == (D(9_000), D(270))
    assert one.events[-1].previous_hash != two.events[-1].previous_hash

"""A broker that does everything a broker may, a line that garbles its messages, and the ledger.

The broker keeps the truth in the plainest form: executions, busts, movements, splits. What it has
done becomes messages, delivered in any order, twice, late, or (an answer) not at all. After each
step the ledger must agree with what was delivered; once everything was, with the broker's books.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from terminal.db.database import Database
from terminal.db.repositories import ledger, ledger_check
from terminal.errors import Conflict
from terminal.execution.book import Book
from terminal.execution.events import EventKind, LedgerEvent, intent_payload
from terminal.execution.lots import LotMethod
from terminal.execution.order import OrderIntent, Side
from terminal.execution.states import OrderState, is_legal
from tests.terminal.execution.ledgers import NOW, MemoryLedger

D = Decimal
SYMBOLS = ("AAPL", "XOM")
UNIT = D("0.000000001")
PICK = st.integers(0, 10_000)
QUANTITY = st.sampled_from([D(1), D(2), D("2.5"), D(7)])
PRICE = st.integers(50, 60).map(lambda whole: D(whole) + D("0.37"))
FEE = st.sampled_from([D(0), D("0.11")])
SECONDS = st.integers(0, 50)
ENDS = (EventKind.CANCELLED, EventKind.EXPIRED, EventKind.REJECTED, EventKind.REPLACED)


@dataclass
class Message:
    """What the broker says; `key`: what it is about, for telling what has been delivered."""

    kind: EventKind
    payload: dict[str, Any]
    order: str | None = None
    external_id: str | None = None


@dataclass
class BrokerOrder:
    """An order in the broker's own book."""

    name: str
    symbol: str
    side: str
    quantity: Decimal
    ours: bool
    reached: bool = False
    ended: bool = False
    filled: Decimal = Decimal(0)


@dataclass
class Delivered:
    """The truth as far as it was told, in the plainest form."""

    fills: dict[str, dict[str, Any]] = field(default_factory=dict)
    busted: set[str] = field(default_factory=set)
    moved: dict[str, Decimal] = field(default_factory=dict)
    splits: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, message: Message) -> None:
        payload = message.payload
        match message.kind:
            case EventKind.FILL:
                self.fills[payload["execution_id"]] = {**payload, "order": message.order}
            case EventKind.BUST:
                self.busted.add(payload["execution_id"])
            case EventKind.CASH:
                self.moved[str(message.external_id)] = payload["amount"]
            case EventKind.SPLIT:
                self.splits[str(message.external_id)] = payload

    @property
    def counted(self) -> list[dict[str, Any]]:
        return [fill for name, fill in self.fills.items() if name not in self.busted]

    @property
    def cash(self) -> Decimal:
        spent = sum((signed(fill) * fill["price"] + fill["fee"] for fill in self.counted), D(0))
        return sum(self.moved.values(), D(0)) - spent

    def units(self, symbol: str) -> Decimal:
        """Fills and splits one after the other; a split of a moment comes before its fills."""
        steps = [(fill["at"], 1, signed(fill)) for fill in self.counted if fill["symbol"] == symbol]
        steps += [(one["at"], 0, one["ratio"] / one["per"]) for one in self.splits.values()
                  if one["symbol"] == symbol]  # fmt: skip
        held = D(0)
        for _, kind, value in sorted(steps):
            held = held + value if kind else (held * value).quantize(UNIT)
        return held

    def filled(self, order: str) -> Decimal:
        return sum((fill["quantity"] for fill in self.counted if fill["order"] == order), D(0))


def signed(fill: dict[str, Any]) -> Decimal:
    return fill["quantity"] if fill["side"] == "buy" else -fill["quantity"]


class LedgerMachine(RuleBasedStateMachine):
    """The pure book behind the line. `method`: how it closes lots."""

    method = LotMethod.FIFO

    def __init__(self) -> None:
        super().__init__()
        self.memory = MemoryLedger(self.method)
        self.orders: list[BrokerOrder] = []
        self.line: list[Message] = []
        self.told = Delivered()
        self.count = 0

    # what we do

    @initialize(first=st.sampled_from(["buy", "sell"]), units=QUANTITY)
    def begin(self, first: str, units: Decimal) -> None:
        """Two orders that the broker has, of one symbol and both sides."""
        for side in (first, "sell" if first == "buy" else "buy"):
            name = self._intend(SYMBOLS[0], side, units)
            assert self.ours(EventKind.SEND_BEGUN, {"attempt": 1}, name)
            self.orders[-1].reached = True
            self._say(self._acknowledgement(self.orders[-1]))

    @rule(symbol=st.sampled_from(SYMBOLS), side=st.sampled_from(["buy", "sell"]), units=QUANTITY)
    def intend(self, symbol: str, side: str, units: Decimal) -> None:
        self._intend(symbol, side, units)

    def _intend(self, symbol: str, side: str, units: Decimal) -> str:
        name = self._name("o")
        self.orders.append(BrokerOrder(name, symbol, side, units, ours=True))
        intent = OrderIntent(name, self.account_id, symbol, Side(side), units)
        assert self.append(EventKind.INTENT, intent_payload(intent), name)
        assert not self.append(EventKind.INTENT, intent_payload(intent), name)
        return name

    @precondition(lambda self: self.orders)
    @rule(pick=PICK, arrives=st.booleans(), answered=st.booleans())
    def send(self, pick: int, arrives: bool, answered: bool) -> None:
        order = self._pick(pick)
        if not self.ours(EventKind.SEND_BEGUN, {"attempt": 1}, order.name):
            return
        if arrives and not order.reached:
            order.reached = True
            self._say(self._acknowledgement(order))
        if not (arrives and answered):
            assert self.ours(EventKind.UNANSWERED, {"error": "timeout"}, order.name)

    @precondition(lambda self: self.orders)
    @rule(pick=PICK)
    def ask(self, pick: int) -> None:
        order = self._pick(pick)
        if order.reached:
            self._say(self._acknowledgement(order))
        else:
            self.ours(EventKind.NOT_AT_BROKER, {}, order.name)

    @precondition(lambda self: self.orders)
    @rule(pick=PICK, wins=st.booleans())
    def cancel(self, pick: int, wins: bool) -> None:
        order = self._pick(pick)
        if not self.ours(EventKind.CANCEL_ASKED, {"by": "ann"}, order.name):
            return
        if order.reached and not order.ended and wins:
            order.ended = True
            self._say(Message(EventKind.CANCELLED, {"at": self._now()}, order.name))
        elif order.ended:
            self.ours(EventKind.CANCEL_REFUSED, {"message": "ended"}, order.name)

    @precondition(lambda self: self.orders)
    @rule(pick=PICK)
    def deny(self, pick: int) -> None:
        order = self._pick(pick)
        if not order.reached:
            reasons = [{"limit": "l", "message": "m"}]
            self.ours(EventKind.DENIED, {"reasons": reasons}, order.name)

    # what the broker does

    @precondition(lambda self: any(order.reached for order in self.orders))
    @rule(fills=st.lists(st.tuples(PICK, QUANTITY, PRICE, SECONDS, FEE), min_size=1, max_size=3))
    def execute(self, fills: list[tuple[int, Decimal, Decimal, int, Decimal]]) -> None:
        """Fills, perhaps of an order that has ended since, perhaps of more than was asked."""
        reached = [order for order in self.orders if order.reached]
        for pick, units, price, ago, fee in fills:
            order = reached[pick % len(reached)]
            order.filled += units
            payload = {"execution_id": self._name("e"), "symbol": order.symbol,
                       "side": order.side, "quantity": units, "price": price, "fee": fee,
                       "at": self._now() - timedelta(seconds=ago)}  # fmt: skip
            self._say(Message(EventKind.FILL, payload, order.name))

    @precondition(lambda self: any(order.reached for order in self.orders))
    @rule(pick=PICK, kind=st.sampled_from(ENDS))
    def end(self, pick: int, kind: EventKind) -> None:
        reached = [order for order in self.orders if order.reached]
        order = reached[pick % len(reached)]
        order.ended = True
        rest = {"code": "c", "message": "no"} if kind is EventKind.REJECTED else {}
        self._say(Message(kind, {"at": self._now(), **rest}, order.name))

    @precondition(lambda self: self._executed())
    @rule(pick=PICK)
    def bust(self, pick: int) -> None:
        executed = self._executed()
        self._say(Message(EventKind.BUST, {"execution_id": executed[pick % len(executed)],
                                           "at": self._now()}))  # fmt: skip

    @rule(
        what=st.sampled_from(["order", "split", "deposit", "dividend", "fee", "interest"]),
        symbol=st.sampled_from(SYMBOLS),
        number=QUANTITY,
        ratio=st.sampled_from([(2, 1), (3, 2), (1, 2)]),
        ago=SECONDS,
    )
    def elsewhere(
        self, what: str, symbol: str, number: Decimal, ratio: tuple[int, int], ago: int
    ) -> None:
        """What happens to the account without an order of ours."""
        at = self._now() - timedelta(seconds=ago)
        if what == "order":
            order = BrokerOrder(self._name("x"), symbol, "buy", number, ours=False, reached=True)
            self.orders.append(order)
            payload = {"symbol": symbol, "side": "buy", "quantity": number, "type": "market",
                       "time_in_force": "day", "broker_order_id": f"b-{order.name}",
                       "at": at}  # fmt: skip
            self._say(Message(EventKind.EXTERNAL_ORDER, payload, order.name))
        elif what == "split":
            payload = {"symbol": symbol, "ratio": D(ratio[0]), "per": D(ratio[1]), "at": at}
            self._say(Message(EventKind.SPLIT, payload, external_id=self._name("s")))
        else:
            about = {"symbol": symbol} if what == "dividend" else {}
            amount = -number if what == "fee" else number
            payload = {"movement": what, "amount": amount, "at": at, **about}
            self._say(Message(EventKind.CASH, payload, external_id=self._name("m")))

    # what the line does

    @precondition(lambda self: self.line)
    @rule(picks=st.lists(st.tuples(PICK, st.booleans()), min_size=1, max_size=4))
    def deliver(self, picks: list[tuple[int, bool]]) -> None:
        """Messages in any order; one that comes again stays on the line."""
        for pick, again in picks:
            if not self.line:
                return
            place = pick % len(self.line)
            self._deliver(self.line[place] if again else self.line.pop(place))

    def _deliver(self, message: Message) -> None:
        self.append(message.kind, message.payload, message.order, message.external_id)
        self.told.take(message)

    # what must hold

    @invariant()
    def the_ledger_says_what_was_told(self) -> None:
        self.check(self.memory.book)

    def check(self, book: Book) -> None:
        assert book.cash == self.told.cash
        for symbol in SYMBOLS:
            position = book.position(symbol)
            assert position.quantity == self.told.units(symbol), symbol
        for order in self.orders:
            assert book.record(order.name).filled == self.told.filled(order.name)
        totals = book.totals
        held = sum((one.cost for one in book.positions.values()), D(0))
        assert totals.cash + held == (
            totals.flows + totals.realised + totals.dividends + totals.interest - totals.fees
        )

    def teardown(self) -> None:
        """The line runs empty: the ledger is the broker's own book, whatever way it came there."""
        while self.line:
            self._deliver(self.line.pop())
        self.the_ledger_says_what_was_told()
        for order in self.orders:
            busted = sum(
                (
                    fill["quantity"]
                    for name, fill in self.told.fills.items()
                    if name in self.told.busted and fill["order"] == order.name
                ),
                D(0),
            )
            assert self.told.filled(order.name) == order.filled - busted
        again = Book.of(reversed(self.memory.events), self.method)
        self.check(again)
        assert again.totals == self.memory.book.totals
        assert again.positions == self.memory.book.positions
        states = {name: one.state for name, one in again.orders.items()}
        assert states == {name: one.state for name, one in self.memory.book.orders.items()}

    # the ledger

    @property
    def account_id(self) -> str:
        return self.memory.account_id

    def append(self, kind: EventKind, payload: dict[str, Any], order: str | None = None,
               external_id: str | None = None) -> bool:  # fmt: skip
        """Write an event; whether it was new. Every order takes legal steps only."""
        before = self._states()
        event = self.write(kind, payload, order, external_id)
        for name, state in self._states().items():
            was = before.get(name, state)
            # the broker shows what was never written as sent: SENDING lies between
            walked = was is OrderState.INTENT and is_legal(OrderState.SENDING, state)
            assert is_legal(was, state) or walked, f"{name}: {was} to {state} by {kind}"
        return event is not None

    def write(self, kind: EventKind, payload: dict[str, Any], order: str | None,
              external_id: str | None) -> LedgerEvent | None:  # fmt: skip
        return self.memory.append(kind, payload, order, external_id)

    def ours(self, kind: EventKind, payload: dict[str, Any], order: str) -> bool:
        """A step of ours; False when the order's state does not allow it."""
        try:
            return self.append(kind, payload, order)
        except Conflict:
            return False

    def _states(self) -> dict[str, OrderState]:
        return {name: one.state for name, one in self.memory.book.orders.items()}

    def _executed(self) -> list[str]:
        on_line = {message.payload["execution_id"] for message in self.line
                   if message.kind is EventKind.FILL}  # fmt: skip
        return sorted(on_line | self.told.fills.keys())

    def _acknowledgement(self, order: BrokerOrder) -> Message:
        payload = {"broker_order_id": f"b-{order.name}", "at": self._now()}
        return Message(EventKind.ACKNOWLEDGED, payload, order.name)

    def _say(self, message: Message) -> None:
        self.line.append(message)

    def _pick(self, pick: int) -> BrokerOrder:
        return self.orders[pick % len(self.orders)]

    def _name(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def _now(self) -> Any:
        self.count += 1
        return NOW + timedelta(seconds=self.count)


class DatabaseMachine(LedgerMachine):
    """The same line into the ledger's tables, with the pure book beside it as a second opinion.

    A sequence is one transaction, rolled back at its end: the triggers are on all the time.
    """

    database: Database
    account: str

    def __init__(self) -> None:
        super().__init__()
        self.memory.account_id = self.account
        self.conn: sa.Connection = self.database.engine.connect()
        if self.database.is_sqlite:
            self.conn.info["immediate"] = True
        self.transaction = self.conn.begin()

    @property
    def account_id(self) -> str:
        return self.account

    def write(self, kind: EventKind, payload: dict[str, Any], order: str | None,
              external_id: str | None) -> LedgerEvent | None:  # fmt: skip
        at = NOW + timedelta(seconds=len(self.memory.events) + 1)
        refused = None
        try:
            event = ledger.append(self.conn, self.account, kind, payload, client_order_id=order,
                                  external_id=external_id, at=at)  # fmt: skip
        except Conflict as conflict:
            refused = conflict
        try:
            pure = self.memory.append(kind, payload, order, external_id)
        except Conflict as conflict:
            assert refused is not None, f"only the book refuses: {conflict}"
            raise
        assert refused is None, f"only the database refuses: {refused}"
        assert event == pure
        return event

    @rule()
    def tables_equal_a_replay(self) -> None:
        assert ledger_check.compare(self.conn, self.account) == ()

    def teardown(self) -> None:
        try:
            super().teardown()
            assert ledger_check.compare(self.conn, self.account) == ()
            found = ledger.verify(self.conn, self.account)
            assert (found.broken, found.entries) == (None, len(self.memory.events))
        finally:
            self.transaction.rollback()
            self.conn.info["immediate"] = False
            self.conn.close()

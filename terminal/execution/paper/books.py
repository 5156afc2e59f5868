"""The exchange's books: what fills, ends and moves, as records and as messages to its clients.

Deterministic: time moves with the replay, names follow from the number of the record. Whoever calls
must write what `take` returns to the log before anybody hears of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from terminal.execution.paper import wire
from terminal.execution.paper.matching import Matcher
from terminal.execution.paper.pricing import Rules, exact
from terminal.execution.paper.state import Record, State
from terminal.execution.paper.tape import Tape
from terminal.execution.paper.values import Account, Order

TICK = timedelta(microseconds=1)


class Books:
    """State, prices, and what changes them.

    Parameters
    ----------
    records : the log so far; empty: a new exchange.
    name : of a new exchange; its orders and executions are named after it.
    """

    def __init__(
        self, tape: Tape, rules: Rules, records: Sequence[Record] = (), name: str = "paper"
    ) -> None:
        self.tape = tape
        self.rules = rules
        self.state = State()
        self.marks: dict[str, Decimal] = {}
        self._taken: list[Record] = []
        self._kept: dict[str, Matcher] = {}  # of the open bar: its volume is shared by its phases
        self._updates: list[tuple[str, dict[str, Any]]] = []
        for record in records:
            self.state.apply(record)
        if not records:
            self._record({"k": "opened", "exchange": name, "dataset": tape.panel.dataset})
        self.row = tape.row_at(self.state.bar) if self.state.bar else tape.first - 1
        if self.state.bar is None:
            begins = tape.begins(0) - timedelta(minutes=1)
            self.state.now = tape.ends(self.row) if self.row >= 0 else begins
        self._mark_all()

    def take(self) -> list[Record]:
        """Records since the last call, for the log."""
        taken, self._taken = self._taken, []
        return taken

    def take_updates(self) -> list[tuple[str, dict[str, Any]]]:
        """(account, message of the stream `trade_updates`) since the last call."""
        updates, self._updates = self._updates, []
        return updates

    def _record(self, record: Record) -> None:
        self.state.apply(record)
        self._taken.append(record)

    def _stamp(self) -> str:
        """The next moment: no two things happen at one, so that pages by time lose nothing."""
        return (self.now + TICK).isoformat()

    def _tell(self, event: str, order: Order, **more: Any) -> None:
        message = {
            "event": event,
            "timestamp": wire.moment(self.now),
            "order": wire.order_json(order),
            **more,
        }
        self._updates.append((order.account, message))

    @property
    def now(self) -> datetime:
        """Simulated time."""
        return self.state.now

    def fill(self, order: Order, quantity: Decimal, price: Decimal, how: str) -> None:
        """Execute a part of an order, or all of it; also one that has ended, which is late."""
        fee = self.rules.fee(order.ticket.side, quantity, price)
        id_ = self._name("execution")
        self._record(
            {
                "k": "fill",
                "execution": id_,
                "order": order.id,
                "account": order.account,
                "client_order_id": order.ticket.client_order_id,
                "symbol": order.ticket.symbol,
                "side": order.ticket.side.value,
                "qty": str(quantity),
                "price": str(price),
                "fee": str(fee),
                "how": how,
                "at": self._stamp(),
            }
        )
        account = self.state.accounts[order.account]
        held = account.positions[order.ticket.symbol]
        event = "fill" if order.ended == "filled" else "partial_fill"
        self._tell(
            event,
            order,
            execution_id=id_,
            price=wire.plain(price),
            qty=wire.plain(quantity),
            position_qty=wire.plain(held.quantity),
            commission=wire.plain(fee),
        )

    def trigger(self, order: Order, limit_from: datetime | None) -> None:
        """A stop was reached."""
        self._record(
            {
                "k": "stop",
                "order": order.id,
                "limit_from": limit_from.isoformat() if limit_from else None,
                "at": self._stamp(),
            }
        )

    def end(self, order: Order, status: str, reason: str) -> None:
        """An order ends other than by its fill."""
        self._end(order, status, reason)
        self._tell(status, order)

    def _end(self, order: Order, status: str, reason: str, **more: str) -> None:
        self._record(
            {
                "k": "end",
                "order": order.id,
                "status": status,
                "reason": reason,
                "at": self._stamp(),
                **more,
            }
        )

    def block(self, account: Account, on: bool) -> None:
        """Refuse the account's new orders, or no longer."""
        self._record({"k": "block", "account": account.id, "on": on, "at": self._stamp()})

    def _move(
        self, account: Account, kind: str, amount: Decimal, symbol: str | None = None, **more: str
    ) -> None:
        if symbol:
            more["qty"] = str(account.positions[symbol].quantity)
            more["symbol"] = symbol
        self._record(
            {
                "k": "move",
                "account": account.id,
                "id": self._name("move"),
                "type": kind,
                "amount": str(amount),
                "at": self._stamp(),
                **more,
            }
        )

    def _name(self, what: str) -> str:
        return wire.name(self.state.id, what, self.state.count)

    def _mark_all(self) -> None:
        for symbol, column in self.tape.columns.items():
            price = self.tape.last_close(self.row - 1 if self.state.open else self.row, column)
            if self.state.open:
                bar = self.tape.bar(self.row, column)
                price = bar.open if bar else price
            if price is not None:
                self.marks[symbol] = exact(price)
        for account in self.state.accounts.values():
            for symbol, held in account.positions.items():
                self.marks.setdefault(symbol, held.average)  # no longer on the tape

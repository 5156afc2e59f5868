"""The paper exchange: accounts, orders, and what an operator may do.

Every method changes the state by records; see `terminal.execution.paper.books` for what a caller
owes them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from terminal.errors import InputError
from terminal.execution.order import OrderType, TimeInForce
from terminal.execution.paper import margin, wire
from terminal.execution.paper.books import TICK
from terminal.execution.paper.matching import by_price, rests
from terminal.execution.paper.pricing import exact
from terminal.execution.paper.replay import Replay
from terminal.execution.paper.state import Record
from terminal.execution.paper.values import (
    CANCELED,
    DUPLICATE,
    NOT_FOUND,
    REJECTED,
    REPLACED,
    UNPROCESSABLE,
    Account,
    Order,
    Refused,
    Ticket,
)


class Exchange(Replay):
    """An exchange on a tape."""

    def create_account(
        self, name: str, cash: Decimal, key: str, secret: str, *,
        multiplier: Decimal = Decimal(2), shorting: bool = True,
    ) -> Account:  # fmt: skip
        """A new account with a deposit.

        Raises
        ------
        InputError : the key exists, or an amount is not one.
        """
        if key in self.state.by_key:
            raise InputError("An account has this key already.", field="key")
        if not cash.is_finite() or cash < 0 or not 1 <= multiplier <= 4:
            raise InputError("Cash is 0 or more, the multiplier 1 to 4.", field="cash")
        id_ = self._name("account")
        self._record(
            {
                "k": "account",
                "account": id_,
                "name": name,
                "key": key,
                "secret_hash": secret_hash(secret),
                "multiplier": str(multiplier),
                "shorting": shorting,
                "at": self._stamp(),
            }
        )
        account = self.state.accounts[id_]
        self._move(account, "CSD", cash)
        return account

    def transfer(self, account: Account, amount: Decimal) -> None:
        """A deposit, or with a minus a withdrawal."""
        if not amount.is_finite() or amount == 0 or account.cash + amount < 0:
            raise InputError("The account does not have that much cash.", field="amount")
        self._move(account, "CSD" if amount > 0 else "CSW", amount)

    def tradable(self, symbol: str) -> bool:
        """Whether orders in it are taken: it has a price and its data goes on."""
        column = self.tape.columns.get(symbol)
        return column is not None and symbol in self.marks and not self.tape.ended(self.row, column)

    def submit(self, account: Account, ticket: Ticket, old: Order | None = None) -> Order:
        """Take an order; `old` : the open one whose place it takes.

        Raises
        ------
        Refused : with Alpaca's status and code; nothing was taken.
        """
        wire.check_form(ticket)
        if ticket.symbol not in self.tape.columns:
            raise Refused(422, UNPROCESSABLE, f"asset {ticket.symbol!r} not found")
        if not self.tradable(ticket.symbol):
            raise Refused(422, UNPROCESSABLE, f"asset {ticket.symbol} is not tradable")
        if ticket.client_order_id in account.by_client_id:
            raise Refused(422, DUPLICATE, "client_order_id must be unique")
        margin.require(account, ticket, self.marks, old)
        id_ = self._name("order")
        at = self.now + TICK
        record: Record = {
            "k": "order",
            "order": id_,
            "account": account.id,
            "client_order_id": ticket.client_order_id or wire.name(id_, "client"),
            "symbol": ticket.symbol,
            "side": ticket.side.value,
            "qty": str(ticket.quantity),
            "type": ticket.type.value,
            "tif": ticket.time_in_force.value,
            "status": "new" if self.is_open else "accepted",
            "works_from": self._works_from(ticket).isoformat(),
            "at": at.isoformat(),
        }
        for field in ("limit_price", "stop_price", "trail_price", "trail_percent"):
            value = getattr(ticket, field)
            if value is not None:
                record[field] = str(value)
        if ticket.type is OrderType.TRAILING_STOP:
            record["best"] = str(self.marks[ticket.symbol])
        if old is not None:
            record["replaces"] = old.id
            self._end(old, REPLACED, "", replaced_by=id_)
            record["at"] = self._stamp()
        self._record(record)
        order = self.state.orders[id_]
        if old is not None:
            self._tell("replaced", old)
        self._tell(order.status, order)
        self._cross(order)
        return order

    def _works_from(self, ticket: Ticket) -> datetime:
        """Begin of the first bar that opens once the order has arrived; on open, a session's."""
        row = self.row + 1
        # time stands still at a close until it is told to go on: the next open may be that moment
        if self.rules.latency:
            arrival = self.now + self.rules.latency
            while row < self.tape.n_rows and self.tape.begins(row) < arrival:
                row += 1
        if ticket.time_in_force is TimeInForce.OPG:
            while row < self.tape.n_rows and not self.tape.opens_session(row):
                row += 1
        if row < self.tape.n_rows:
            return self.tape.begins(row)
        return self.tape.ends(self.tape.n_rows - 1) + TICK

    def _cross(self, order: Order) -> None:
        """Trade with limits of other accounts that are better than the market, at their price."""
        ticket = order.ticket
        limit, symbol = ticket.limit_price, ticket.symbol
        waits = ticket.time_in_force in (TimeInForce.OPG, TimeInForce.CLS)
        if ticket.type is not OrderType.LIMIT or limit is None or waits or not self.is_open:
            return
        if self.rules.latency or symbol in self.state.halted:
            return
        sign = ticket.side.sign
        half = exact(float(self.marks[symbol]) * (1.0 + sign * self.rules.half_spread))
        found: list[tuple[Order, Decimal]] = []
        for other in by_price(self._resting(order)):
            price = other.ticket.limit_price
            if price is None or sign * (limit - price) < 0 or sign * (half - price) < 0:
                break
            found.append((other, price))
        offered = sum((other.left for other, _ in found), Decimal(0))
        if ticket.time_in_force is TimeInForce.FOK and offered < order.left:
            return
        for other, price in found:
            quantity = min(order.left, other.left)
            if not order.is_open or quantity <= 0:
                break
            self.fill(other, quantity, price, "cross")
            self.fill(order, quantity, price, "cross")

    def _resting(self, order: Order) -> Iterable[Order]:
        waits = (TimeInForce.OPG, TimeInForce.CLS, TimeInForce.FOK, TimeInForce.IOC)
        return (
            other
            for other in self._working(order.ticket.symbol)
            if other.account != order.account
            and other.ticket.side is not order.ticket.side
            and other.ticket.time_in_force not in waits
            and rests(other, self.now)
        )

    def replace(self, old: Order, ticket: Ticket) -> Order:
        """A new order in the place of an open one, as a whole and with a place of its own in time.

        Raises
        ------
        Refused : the old one has ended, or the new one is not taken; the old one works on.
        """
        if not old.is_open:
            raise Refused(422, UNPROCESSABLE, f'order is already in "{old.ended}" state')
        return self.submit(self.state.accounts[old.account], ticket, old)

    def cancel(self, order: Order) -> None:
        """Take an order out of the book.

        Raises
        ------
        Refused : it has ended.
        """
        if not order.is_open:
            raise Refused(422, UNPROCESSABLE, f'order is already in "{order.ended}" state')
        self.end(order, CANCELED, "")

    def find(self, account: Account, order_id: str) -> Order:
        """An order of the account.

        Raises
        ------
        Refused : 404; others' orders read the same.
        """
        order = account.orders.get(order_id)
        if order is None:
            raise Refused(404, NOT_FOUND, f"order not found for {order_id}")
        return order

    def reject(self, order: Order, reason: str) -> None:
        """End an order that had been taken."""
        if order.is_open:
            self.end(order, REJECTED, reason)

    def late_fill(self, order: Order, quantity: Decimal, price: Decimal) -> None:
        """Execute after the order's end.

        Raises
        ------
        InputError : more than the order has left, or no quantity or price.
        """
        if not 0 < quantity <= order.left or not price > 0:
            raise InputError(
                f"The order has {wire.plain(order.left)} left to fill.", field="quantity"
            )
        self.fill(order, quantity, price, "late")

    def bust(self, execution_id: str) -> None:
        """Take an execution back.

        Raises
        ------
        InputError : there is none of that name, or it is busted already.
        """
        fill = self.state.executions.get(execution_id)
        if fill is None or execution_id in self.state.busted:
            raise InputError("There is no such execution to bust.", field="execution_id")
        order = self.state.orders[fill.order_id]
        was = order.ended
        id_ = self._name("bust")
        self._record(
            {
                "k": "bust",
                "execution": id_,
                "busts": execution_id,
                "order": order.id,
                "account": fill.account,
                "at": self._stamp(),
            }
        )
        self._tell(
            "trade_bust", order, execution_id=id_, busts=execution_id,
            price=wire.plain(fill.price), qty=wire.plain(fill.quantity),
            commission=wire.plain(fill.fee),
        )  # fmt: skip
        if was != order.ended:
            self._tell(CANCELED, order)

    def halt(self, symbol: str, on: bool) -> None:
        """Stop trading in an instrument, or let it go on; orders are taken and wait."""
        if symbol not in self.tape.columns:
            raise InputError(f"There is no instrument {symbol}.", field="symbol")
        if on != (symbol in self.state.halted):
            self._record({"k": "halt", "symbol": symbol, "on": on, "at": self._stamp()})


def secret_hash(secret: str) -> str:
    """Secrets are long and random, so that a plain hash cannot be searched."""
    return hashlib.sha256(secret.encode()).hexdigest()

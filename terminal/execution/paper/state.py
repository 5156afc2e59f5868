"""What the exchange holds, and how each record of its log changes it.

A record is a JSON object with the kind in "k", decimals as strings and times in ISO 8601. The state
is the fold of the records, so that the log read again gives the same state.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from terminal.execution.order import OrderType, Side, TimeInForce
from terminal.execution.paper import wire
from terminal.execution.paper.tape import EPOCH
from terminal.execution.paper.values import (
    CANCELED,
    FILLED,
    Account,
    Execution,
    Order,
    Position,
    Ticket,
)

Record = dict[str, Any]
_PRICES = ("limit_price", "stop_price", "trail_price", "trail_percent")


class State:
    """Everything an exchange knows but prices."""

    def __init__(self) -> None:
        self.id = ""
        self.accounts: dict[str, Account] = {}
        self.by_key: dict[str, Account] = {}
        self.orders: dict[str, Order] = {}
        self.working: dict[str, dict[str, Order]] = {}  # by symbol, in order of arrival
        self.executions: dict[str, Execution] = {}
        self.busted: set[str] = set()
        self.halted: set[str] = set()
        self.now = EPOCH
        self.bar: datetime | None = None  # name of the bar it is in or after
        self.open = False  # in that bar, not after it
        self.count = 0  # of records: names follow from it

    def apply(self, record: Record) -> None:
        """Change by one record; an unknown kind is an error, as the log would be another's."""
        getattr(self, f"_on_{record['k']}")(record)
        self.count += 1
        if "at" in record:
            self.now = _at(record["at"])

    def _on_opened(self, record: Record) -> None:
        self.id = record["exchange"]

    def _on_account(self, record: Record) -> None:
        account = Account(
            id=record["account"],
            name=record["name"],
            key=record["key"],
            secret_hash=record["secret_hash"],
            created_at=_at(record["at"]),
            multiplier=Decimal(record["multiplier"]),
            shorting=record["shorting"],
        )
        self.accounts[account.id] = self.by_key[account.key] = account

    def _on_order(self, record: Record) -> None:
        ticket = Ticket(
            symbol=record["symbol"],
            side=Side(record["side"]),
            quantity=Decimal(record["qty"]),
            type=OrderType(record["type"]),
            time_in_force=TimeInForce(record["tif"]),
            client_order_id=record["client_order_id"],
            **{field: Decimal(record[field]) for field in _PRICES if record.get(field)},
        )
        at = _at(record["at"])
        best = record.get("best")
        order = Order(
            id=record["order"],
            account=record["account"],
            number=len(self.orders) + 1,
            ticket=ticket,
            status=record["status"],
            created_at=at,
            updated_at=at,
            works_from=_at(record["works_from"]),
            stop_price=ticket.stop_price,
            replaces=record.get("replaces"),
        )
        if best:
            self._trail(order, Decimal(best))
        account = self.accounts[order.account]
        self.orders[order.id] = account.orders[order.id] = account.open[order.id] = order
        account.by_client_id[ticket.client_order_id] = order
        self.working.setdefault(ticket.symbol, {})[order.id] = order

    def _trail(self, order: Order, best: Decimal) -> None:
        ticket = order.ticket
        distance = ticket.trail_price or best * (ticket.trail_percent or Decimal(0)) / 100
        order.best = best
        order.stop_price = best - distance if ticket.side is Side.SELL else best + distance

    def _on_trail(self, record: Record) -> None:
        self._trail(self.orders[record["order"]], Decimal(record["best"]))

    def _on_stop(self, record: Record) -> None:
        order = self.orders[record["order"]]
        order.triggered, order.updated_at = True, _at(record["at"])
        order.limit_from = _at(record["limit_from"]) if record.get("limit_from") else None

    def _on_fill(self, record: Record) -> None:
        order = self.orders[record["order"]]
        account = self.accounts[order.account]
        at = _at(record["at"])
        fill = Execution(
            id=record["execution"],
            order_id=order.id,
            account=account.id,
            symbol=order.ticket.symbol,
            side=order.ticket.side,
            quantity=Decimal(record["qty"]),
            price=Decimal(record["price"]),
            fee=Decimal(record["fee"]),
            at=at,
            how=record["how"],
        )
        self.executions[fill.id] = fill
        order.filled += fill.quantity
        order.value += fill.quantity * fill.price
        order.filled_at = order.updated_at = at
        account.cash -= fill.signed * fill.price + fill.fee
        held = account.positions.setdefault(fill.symbol, Position())
        held.history.append((fill.id, fill.signed, fill.price))
        held.trade(fill.signed, fill.price)
        done = order.left <= 0
        if done:
            self._end(order, FILLED, at, "")
        kind = "fill" if done else "partial_fill"
        account.activities.append(wire.fill_json(fill, order, id_=fill.id, at=at, kind=kind))

    def _on_bust(self, record: Record) -> None:
        fill, at = self.executions[record["busts"]], _at(record["at"])
        order, account = self.orders[fill.order_id], self.accounts[fill.account]
        self.busted.add(fill.id)
        order.filled -= fill.quantity
        order.value -= fill.quantity * fill.price
        order.updated_at = at
        account.cash += fill.signed * fill.price + fill.fee
        held = account.positions.setdefault(fill.symbol, Position())
        held.history = [step for step in held.history if step[0] != fill.id]
        held.replay()
        if order.ended == FILLED:  # what was taken back does not work again
            order.ended, order.ended_at, order.reason = CANCELED, at, "execution busted"
        row = wire.fill_json(fill, order, id_=record["execution"], at=at, kind="trade_bust")
        account.activities.append({**row, "busts": fill.id})

    def _on_end(self, record: Record) -> None:
        order = self.orders[record["order"]]
        order.replaced_by = record.get("replaced_by")
        self._end(order, record["status"], _at(record["at"]), record.get("reason", ""))

    def _end(self, order: Order, how: str, at: datetime, reason: str) -> None:
        order.ended, order.ended_at, order.updated_at, order.reason = how, at, at, reason
        self.accounts[order.account].open.pop(order.id, None)
        self.working.get(order.ticket.symbol, {}).pop(order.id, None)

    def _on_move(self, record: Record) -> None:
        """Money or units that move without an order."""
        account, symbol = self.accounts[record["account"]], record.get("symbol")
        amount, at = Decimal(record["amount"]), _at(record["at"])
        account.cash += amount
        row: Record = {
            "id": wire.activity_id(at, record["id"]),
            "account_id": account.id,
            "activity_type": record["type"],
            "date": at.date().isoformat(),
            "created_at": wire.moment(at),
            "net_amount": wire.plain(amount),
            "description": record.get("description", ""),
            "status": "executed",
        }
        if symbol:
            row |= {"symbol": symbol, "qty": record["qty"]}
            if "per_unit" in record:
                row["per_share_amount"] = record["per_unit"]
        if record["type"] == "SPLIT" and symbol:
            ratio = Decimal(record["ratio"])
            held = account.positions[symbol]
            held.history.append(("split", ratio, Decimal(0)))
            held.split(ratio)
            row["ratio"] = record["ratio"]
        account.activities.append(row)

    def _on_time(self, record: Record) -> None:
        self.bar, self.open = _at(record["bar"]), record["open"]

    def _on_halt(self, record: Record) -> None:
        (self.halted.add if record["on"] else self.halted.discard)(record["symbol"])

    def _on_block(self, record: Record) -> None:
        self.accounts[record["account"]].blocked = record["on"]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)

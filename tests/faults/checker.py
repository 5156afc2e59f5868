"""Our ledger against the exchange's own log, read record by record.

The log is what happened: the exchange writes it to the disk before it answers anybody. Nothing of
the product's reading of it is used here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from terminal.accounts.actor import SYSTEM
from terminal.db.database import Database
from terminal.db.repositories import ledger, ledger_check, orders
from terminal.db.repositories.orders import OrderRow
from terminal.execution.events import EventKind
from terminal.execution.order_record import EXTERNAL
from terminal.execution.paper.journal import read
from terminal.execution.states import WORKING, OrderState

ENDED = {
    "filled": OrderState.FILLED, "canceled": OrderState.CANCELLED, "expired": OrderState.EXPIRED,
    "replaced": OrderState.REPLACED, "rejected": OrderState.REJECTED,
}  # fmt: skip
EVERY = tuple(OrderState)
AT_WORK = (OrderState.ACCEPTED, OrderState.PARTIALLY_FILLED)
NO_ANSWER = (OrderState.INTENT, OrderState.SENDING, OrderState.UNKNOWN, OrderState.CANCELLING)
PRICES = ("limit_price", "stop_price", "trail_price", "trail_percent")


@dataclass
class Findings:
    """What is wrong: orders or fills lost, orders or fills doubled, and everything else."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.lost or self.doubled or self.other)

    def __str__(self) -> str:
        parts = {"lost": self.lost, "doubled": self.doubled, "other": self.other}
        return "\n".join(f"{name}: {line}" for name, lines in parts.items() for line in lines)


@dataclass
class Truth:
    """One account by the exchange's log.

    orders : by the exchange's id, each a record with "status" as it ended, None while it works.
    fills : by execution, (client_order_id, symbol, signed quantity, price, fee); busted ones are
    gone.
    """

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    fills: dict[str, tuple[str, str, Decimal, Decimal, Decimal]] = field(default_factory=dict)
    cash: Decimal = Decimal(0)
    units: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @classmethod
    def of(cls, log: Path, account: str) -> Truth:
        """What the log says of an account."""
        truth, filled = cls(), defaultdict(Decimal)
        for record in read(log):
            kind, order = record["k"], record.get("order")
            if kind == "order" and record["account"] == account:
                truth.orders[record["order"]] = {**record, "ended": None}
            elif kind == "end" and order in truth.orders:
                truth.orders[record["order"]]["ended"] = record["status"]
            elif kind == "move" and record["account"] == account:
                truth.cash += Decimal(record["amount"])
            elif kind == "fill" and order in truth.orders:
                truth._fill(record)
                filled[order] += Decimal(record["qty"])
                if filled[order] >= Decimal(truth.orders[record["order"]]["qty"]):
                    truth.orders[record["order"]]["ended"] = "filled"
            elif kind == "bust" and record["busts"] in truth.fills:
                truth._bust(record["busts"])
        return truth

    def _fill(self, record: dict[str, Any]) -> None:
        sign = 1 if record["side"] == "buy" else -1
        quantity, price = sign * Decimal(record["qty"]), Decimal(record["price"])
        fee = Decimal(record["fee"])
        self.fills[record["execution"]] = (
            record["client_order_id"], record["symbol"], quantity, price, fee
        )  # fmt: skip
        self.cash -= quantity * price + fee
        self.units[record["symbol"]] += quantity

    def _bust(self, execution: str) -> None:
        name, symbol, quantity, price, fee = self.fills.pop(execution)
        self.cash += quantity * price + fee
        self.units[symbol] -= quantity
        for order in self.orders.values():
            if order["client_order_id"] == name and order["ended"] == "filled":
                order["ended"] = "canceled"


def check(db: Database, account_id: str, truth: Truth, asked: Iterable[str] = ()) -> Findings:
    """Compare; `asked` : names of orders whose submission was acknowledged."""
    found = Findings()
    with db.read() as conn:
        ours = {row.client_order_id: row for row in orders.in_states(conn, account_id, EVERY)}
        told = list(ledger.events(conn, account_id))
        units, cash = ledger.units(conn, account_id), ledger.cash_balance(conn, account_id)
        verified = ledger.verify(conn, account_id)
        found.other += ledger_check.compare(conn, account_id)
        kept = orders.fills(conn, SYSTEM, account_id, limit=1_000_000)
        fills = {row.execution_id: row for row in kept if not row.busted}
    if not verified.intact:
        found.other.append(f"event {verified.broken}: {verified.reason}")
    found.lost += [f"{name} was acknowledged and is gone" for name in asked if name not in ours]
    _compare_orders(ours, truth, found)
    _compare_fills(fills, truth, found)
    held = {symbol: value for symbol, value in units.items() if value}
    there = {symbol: value for symbol, value in truth.units.items() if value}
    if held != there:
        found.other.append(f"positions {held} here, {there} there")
    if cash != truth.cash:
        found.other.append(f"cash {cash} here, {truth.cash} there")
    found.other += [
        f"event {event.seq} adjusts: {event.payload}"
        for event in told
        if event.kind is EventKind.ADJUSTMENT
    ]
    return found


def _compare_orders(ours: dict[str, OrderRow], truth: Truth, found: Findings) -> None:
    names = Counter(order["client_order_id"] for order in truth.orders.values())
    found.doubled += [f"{name} is {n} times there" for name, n in names.items() if n > 1]
    there = {order["client_order_id"]: order for order in truth.orders.values()}
    found.doubled += [f"{name} is there and was not asked for" for name in there.keys() - ours]
    decided: Counter[tuple[Any, ...]] = Counter()
    for name, row in ours.items():
        if row.flag == EXTERNAL:
            found.doubled.append(f"{name} is there under a name that was not given")
        if row.state in NO_ANSWER:
            found.lost.append(f"{name} is still {row.state.value}")
        order = there.get(name)
        if order is not None:
            _compare_order(row, order, found)
            if row.bar_ts is not None:
                decided[row.session_id, row.bar_ts, row.symbol, row.leg] += 1
        elif row.state in WORKING or row.filled_quantity or row.state is OrderState.FILLED:
            found.lost.append(f"{name} is {row.state.value} here and not there")
        elif row.state is OrderState.EXPIRED:
            found.lost.append(f"{name} was never sent")
    found.doubled += [f"decided twice: {key}" for key, count in decided.items() if count > 1]


def _compare_order(row: OrderRow, order: dict[str, Any], found: Findings) -> None:
    wanted = ENDED.get(order["ended"]) if order["ended"] else None
    name = row.client_order_id
    if row.state is OrderState.DENIED:
        found.doubled.append(f"{name} was denied and is there")
    elif wanted is None and row.state not in AT_WORK:
        found.lost.append(f"{name} is {row.state.value} here and works there")
    elif wanted is not None and row.state is not wanted and row.state not in NO_ANSWER:
        found.lost.append(f"{name} is {row.state.value} here and {wanted.value} there")
    here = (row.symbol, row.side.value, row.quantity, row.type.value, row.time_in_force.value)
    terms = (order["symbol"], order["side"], Decimal(order["qty"]), order["type"], order["tif"])
    prices = [None if order.get(p) is None else Decimal(order[p]) for p in PRICES]
    if here != terms or [getattr(row, p) for p in PRICES] != prices:
        found.other.append(f"{name} has other terms there: {here}, {terms}, {prices}")


def _compare_fills(fills: dict[str, Any], truth: Truth, found: Findings) -> None:
    found.lost += [f"fill {name} is not here" for name in truth.fills.keys() - fills.keys()]
    found.doubled += [f"fill {name} is not there" for name in fills.keys() - truth.fills.keys()]
    for name in fills.keys() & truth.fills.keys():
        row = fills[name]
        here = (row.client_order_id, row.symbol, row.side.sign * row.quantity, row.price, row.fee)
        if here != truth.fills[name]:
            found.other.append(f"fill {name}: {here} here, {truth.fills[name]} there")

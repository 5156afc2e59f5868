"""The book of one account: what its ledger events add up to.

A pure projection that does not depend on the order in which events are applied: fills stand on
their symbol's tape by the broker's time, orders follow from facts, money is a sum, and what has an
external name counts once. A fill counts whatever its order's state; a bust takes its fill back,
also when it arrives before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext

from terminal.decimals import EXACT
from terminal.execution.events import OF_ORDERS, EventKind, LedgerEvent
from terminal.execution.lots import ZERO, Lot, LotMethod
from terminal.execution.order_record import OrderRecord
from terminal.execution.tape import Position, Tape, entry_of

OTHER = ""
"""Symbol under which fees without one are kept."""


@dataclass(slots=True)
class Fill:
    """An execution as recorded; `busted`: it was taken back and counts for nothing."""

    event: LedgerEvent
    client_order_id: str
    symbol: str
    signed: Decimal
    price: Decimal
    fee: Decimal
    busted: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums since the account opened, in its currency; `cash` adds up from the rest by itself.

    flows : deposits less withdrawals, transferred cash and positions (at their price) and other
        adjustments. fees : of fills and others, what was paid above 0.
    """

    cash: Decimal
    flows: Decimal
    dividends: Decimal
    interest: Decimal
    fees: Decimal
    realised: Decimal


class Book:
    """Orders, fills, positions, lots and cash of one account.

    Parameters
    ----------
    method : how lots are closed.
    """

    def __init__(self, method: LotMethod = LotMethod.AVERAGE) -> None:
        self.method = method
        self.cash = ZERO
        self.flows = ZERO
        self.interest = ZERO
        self.fees: dict[str, Decimal] = {}
        self.dividends: dict[str, Decimal] = {}
        self.records: dict[str, OrderRecord] = {}
        self.fills: dict[str, Fill] = {}
        self.head_seq = 0
        self._tapes: dict[str, Tape] = {}
        self._busted: dict[str, LedgerEvent] = {}
        self._names: set[str] = set()

    @classmethod
    def of(cls, events: Iterable[LedgerEvent], method: LotMethod = LotMethod.AVERAGE) -> Book:
        """The book of a whole ledger."""
        book = cls(method)
        for event in events:
            book.apply(event)
        return book

    def apply(self, event: LedgerEvent) -> bool:
        """Take an event into the book; False when its external name is known already."""
        if event.external_id is not None:
            if event.external_id in self._names:
                return False
            self._names.add(event.external_id)
        self.head_seq = max(self.head_seq, event.seq)
        if event.kind in OF_ORDERS and event.client_order_id is not None:
            self.record(event.client_order_id).note(event)
        match event.kind:
            case EventKind.FILL:
                self._fill(event)
            case EventKind.BUST:
                self._bust(event)
            case EventKind.CASH:
                self._cash(event)
            case EventKind.SPLIT | EventKind.ADJUSTMENT:
                self._change(event)
        return True

    def record(self, client_order_id: str) -> OrderRecord:
        """What is known under an order's name, made on first use."""
        if client_order_id not in self.records:
            self.records[client_order_id] = OrderRecord(client_order_id)
        return self.records[client_order_id]

    @property
    def orders(self) -> dict[str, OrderRecord]:
        """Orders whose intent (or own appearance at the broker) is in the ledger, by name."""
        return {name: one for name, one in self.records.items() if one.quantity is not None}

    @property
    def positions(self) -> dict[str, Position]:
        """Every symbol that was ever held, or had a fee or dividend of its own."""
        symbols = (self._tapes.keys() | self.fees.keys() | self.dividends.keys()) - {OTHER}
        return {symbol: self.position(symbol) for symbol in sorted(symbols)}

    def position(self, symbol: str) -> Position:
        """One symbol; all zeros when it is unknown."""
        holding = self.tape(symbol).holding
        return Position(
            symbol,
            holding.quantity,
            holding.cost,
            holding.realised,
            self.fees.get(symbol, ZERO),
            self.dividends.get(symbol, ZERO),
        )

    def lots(self, symbol: str) -> tuple[Lot, ...]:
        """What is held of a symbol, oldest first."""
        return self.tape(symbol).holding.lots

    def tape(self, symbol: str) -> Tape:
        """Everything that happened to a symbol."""
        found = self._tapes.get(symbol)
        return Tape(self.method) if found is None else found

    @property
    def totals(self) -> Totals:
        """The account's sums."""
        with localcontext(EXACT):
            return Totals(
                cash=self.cash,
                flows=self.flows,
                dividends=sum(self.dividends.values(), ZERO),
                interest=self.interest,
                fees=sum(self.fees.values(), ZERO),
                realised=sum((tape.holding.realised for tape in self._tapes.values()), ZERO),
            )

    def flags(self) -> tuple[str, ...]:
        """What a person must look at, each as a sentence."""
        found = [f"Order {one.client_order_id}: {one.flag}." for one in self.records.values()
                 if one.quantity is not None and one.flag]  # fmt: skip
        found += [f"Fill {name} is of order {fill.client_order_id}, which is in no intent."
                  for name, fill in self.fills.items()
                  if self.records[fill.client_order_id].quantity is None]  # fmt: skip
        found += [f"Execution {name} was busted and never seen." for name in self._busted
                  if name not in self.fills]  # fmt: skip
        return tuple(sorted(found))

    def _fill(self, event: LedgerEvent) -> None:
        payload = event.payload
        signed = Decimal(payload["quantity"])
        fill = Fill(
            event=event,
            client_order_id=event.client_order_id or "",
            symbol=payload["symbol"],
            signed=signed if payload["side"] == "buy" else -signed,
            price=Decimal(payload["price"]),
            fee=Decimal(payload["fee"]),
        )
        self.fills[payload["execution_id"]] = fill
        self.record(fill.client_order_id)
        bust = self._busted.get(payload["execution_id"])
        self._tapes.setdefault(fill.symbol, Tape(self.method))
        if bust is not None:
            fill.busted = True
            self._touch(fill, bust)
            return
        self._count(fill, 1)
        entry = entry_of(event)
        if entry is not None:
            self._tapes[fill.symbol].add(entry)

    def _bust(self, event: LedgerEvent) -> None:
        name = event.payload["execution_id"]
        self._busted[name] = event
        fill = self.fills.get(name)
        if fill is None or fill.busted:
            return
        fill.busted = True
        self._touch(fill, event)
        self._count(fill, -1)
        self._tapes[fill.symbol].remove(name)

    def _touch(self, fill: Fill, bust: LedgerEvent) -> None:
        record = self.record(fill.client_order_id)
        if bust.seq > record.last_seq:
            record.last_seq, record.updated_at = bust.seq, bust.at

    def _count(self, fill: Fill, sign: int) -> None:
        self.record(fill.client_order_id).count(abs(fill.signed), fill.price, fill.fee, sign)
        with localcontext(EXACT):
            self.cash -= sign * (fill.signed * fill.price + fill.fee)
            self.fees[fill.symbol] = self.fees.get(fill.symbol, ZERO) + sign * fill.fee

    def _cash(self, event: LedgerEvent) -> None:
        amount, symbol = event.decimal("amount"), event.payload.get("symbol", OTHER)
        with localcontext(EXACT):
            self.cash += amount
            match event.payload["movement"]:
                case "dividend":
                    self.dividends[symbol] = self.dividends.get(symbol, ZERO) + amount
                case "fee":
                    self.fees[symbol] = self.fees.get(symbol, ZERO) - amount
                case "interest":
                    self.interest += amount
                case _:
                    self.flows += amount

    def _change(self, event: LedgerEvent) -> None:
        entry = entry_of(event)
        with localcontext(EXACT):
            if entry is None:  # an adjustment of cash
                self.cash += event.decimal("amount")
                self.flows += event.decimal("amount")
                return
            if event.kind is EventKind.SPLIT:
                self.cash += event.decimal("cash")
            else:
                self.flows += entry.amount
        self._tapes.setdefault(event.payload["symbol"], Tape(self.method)).add(entry)

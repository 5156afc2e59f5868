"""The daily statement of an account, from its ledger and closing prices.

    closing equity = opening equity + flows + realised + change in unrealised + dividends
                     + interest - fees

Closing equity is counted as cash plus what is held at closing prices; the right side comes from
lots and sums, another way. `difference` is what lies between: 0 to the last digit. A statement
covers what was *recorded* since the one before it, so that a late fill or a bust of an earlier day
is in the statement of the day on which it became known, and none is ever changed afterwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext
from typing import Any

import orjson

from terminal.decimals import EXACT, decimal_text
from terminal.errors import InputError
from terminal.execution.book import Book, Totals
from terminal.execution.events import EventKind, LedgerEvent
from terminal.execution.lots import ZERO, LotMethod
from terminal.execution.tape import Position

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Line:
    """One symbol of the day. `price`s are closing prices, of the day before and of the day.

    pnl : realised + change in unrealised + dividends - fees.
    """

    symbol: str
    opening_quantity: Decimal
    opening_price: Decimal
    closing_quantity: Decimal
    closing_price: Decimal
    closing_value: Decimal
    closing_cost: Decimal
    realised: Decimal
    unrealised_change: Decimal
    dividends: Decimal
    fees: Decimal
    pnl: Decimal


@dataclass(frozen=True)
class Entry:
    """One thing that happened, as the statement lists it; `amount` moves cash, its fee included."""

    seq: int
    at: str
    what: str
    symbol: str
    quantity: Decimal
    price: Decimal
    fee: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Statement:
    """A day of an account, in its currency.

    Attributes
    ----------
    first_seq, head_seq, head_hash : ledger events it covers, and the last one's hash.
    flows : deposits less withdrawals, transfers and adjustments.
    fees : paid above 0. unrealised_change : of what is held, at closing prices.
    difference : closing equity less what adds up to it.
    broker_cash, broker_equity : the broker's own figures, where they were asked for.
    """

    account_id: str
    session_date: date
    currency: str
    first_seq: int
    head_seq: int
    head_hash: str
    opening_cash: Decimal
    opening_equity: Decimal
    flows: Decimal
    realised: Decimal
    unrealised_change: Decimal
    dividends: Decimal
    interest: Decimal
    fees: Decimal
    closing_cash: Decimal
    closing_equity: Decimal
    difference: Decimal
    lines: tuple[Line, ...]
    entries: tuple[Entry, ...]
    broker_cash: Decimal | None = None
    broker_equity: Decimal | None = None

    @property
    def reconciled(self) -> bool:
        """To the cent: it adds up, and the broker (where it was asked) says the same."""
        apart = [self.difference]
        if self.broker_cash is not None:
            apart.append(self.closing_cash - self.broker_cash)
        if self.broker_equity is not None:
            apart.append(self.closing_equity - self.broker_equity)
        return all(abs(value) < CENT for value in apart)

    @property
    def closing_prices(self) -> dict[str, Decimal]:
        """Prices that the next day opens with, of what is held."""
        return {line.symbol: line.closing_price for line in self.lines if line.closing_quantity}

    def content(self) -> dict[str, Any]:
        """The statement as plain values, decimals as text."""
        values: dict[str, Any] = _plain(self)
        return values

    @property
    def content_hash(self) -> str:
        """SHA-256 of the content in canonical JSON."""
        text = orjson.dumps(self.content(), option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(text).hexdigest()


@dataclass(frozen=True)
class _Moment:
    """An account after some event: its sums, positions and the prices it is counted at."""

    totals: Totals
    positions: Mapping[str, Position]
    prices: Mapping[str, Decimal]

    def price(self, symbol: str) -> Decimal:
        position = self.positions.get(symbol)
        if position is None or not position.quantity:
            return self.prices.get(symbol, ZERO)
        if symbol not in self.prices:
            raise InputError(
                f"{symbol} is held and has no closing price.",
                field="prices",
                remedy="Give the price it closed at.",
            )
        return self.prices[symbol]

    def equity(self) -> Decimal:
        held = (one.quantity * self.price(one.symbol) for one in self.positions.values())
        return self.totals.cash + sum(held, ZERO)

    def position(self, symbol: str) -> Position:
        nothing = Position(symbol, ZERO, ZERO, ZERO, ZERO, ZERO)
        return self.positions.get(symbol, nothing)


def daily_statement(
    events: Iterable[LedgerEvent],
    *,
    session_date: date,
    currency: str,
    method: LotMethod,
    opening_seq: int,
    opening_prices: Mapping[str, Decimal],
    closing_prices: Mapping[str, Decimal],
) -> Statement:
    """The statement of a day.

    Parameters
    ----------
    events : the account's whole ledger up to the end of the day, oldest first.
    opening_seq : the last event of the statement before it; 0: the account's first.
    opening_prices : `closing_prices` of the statement before it.
    closing_prices : by symbol, of everything held.

    Raises
    ------
    InputError : nothing is in the ledger, or a symbol that is held has no price.
    """
    book, entries = Book(method), []
    opening: _Moment | None = None
    last: LedgerEvent | None = None
    for event in events:
        if opening is None and event.seq > opening_seq:
            opening = _Moment(book.totals, book.positions, opening_prices)
        if book.apply(event) and event.seq > opening_seq:
            entries += _entries(event, book)
        last = event
    if last is None:
        raise InputError("The account's ledger is empty.", field="account")
    closing = _Moment(book.totals, book.positions, closing_prices)
    if opening is None:
        opening = replace(closing, prices=opening_prices)
    with localcontext(EXACT):
        return _statement(last, opening, closing, tuple(entries), session_date, currency,
                          opening_seq)  # fmt: skip


def _statement(
    last: LedgerEvent,
    opening: _Moment,
    closing: _Moment,
    entries: tuple[Entry, ...],
    session_date: date,
    currency: str,
    opening_seq: int,
) -> Statement:
    lines = tuple(
        _line(symbol, opening, closing)
        for symbol in sorted(opening.positions.keys() | closing.positions.keys())
    )
    was, now = opening.totals, closing.totals
    change = {
        "flows": now.flows - was.flows,
        "realised": now.realised - was.realised,
        "unrealised_change": sum((line.unrealised_change for line in lines), ZERO),
        "dividends": now.dividends - was.dividends,
        "interest": now.interest - was.interest,
    }
    fees = now.fees - was.fees
    opening_equity, closing_equity = opening.equity(), closing.equity()
    return Statement(
        account_id=last.account_id,
        session_date=session_date,
        currency=currency,
        first_seq=opening_seq + 1,
        head_seq=last.seq,
        head_hash=last.hash,
        opening_cash=was.cash,
        opening_equity=opening_equity,
        **change,
        fees=fees,
        closing_cash=now.cash,
        closing_equity=closing_equity,
        difference=closing_equity - (opening_equity + sum(change.values(), ZERO) - fees),
        lines=tuple(line for line in lines if _moved(line)),
        entries=entries,
    )


def _line(symbol: str, opening: _Moment, closing: _Moment) -> Line:
    was, now = opening.position(symbol), closing.position(symbol)
    before, after = opening.price(symbol), closing.price(symbol)
    unrealised = now.unrealised(after) - was.unrealised(before)
    realised, fees = now.realised - was.realised, now.fees - was.fees
    dividends = now.dividends - was.dividends
    return Line(
        symbol=symbol,
        opening_quantity=was.quantity,
        opening_price=before,
        closing_quantity=now.quantity,
        closing_price=after,
        closing_value=now.quantity * after,
        closing_cost=now.cost,
        realised=realised,
        unrealised_change=unrealised,
        dividends=dividends,
        fees=fees,
        pnl=realised + unrealised + dividends - fees,
    )


def _moved(line: Line) -> bool:
    """Whether a line has anything to say."""
    return any(
        (line.opening_quantity, line.closing_quantity, line.realised, line.dividends, line.fees)
    )


def _entries(event: LedgerEvent, book: Book) -> list[Entry]:
    payload, symbol = event.payload, event.payload.get("symbol", "")
    nothing = Entry(event.seq, event.happened, event.kind.value, symbol, ZERO, ZERO, ZERO, ZERO)
    with localcontext(EXACT):
        match event.kind:
            case EventKind.FILL:
                fill = book.fills[payload["execution_id"]]
                amount = ZERO if fill.busted else -fill.signed * fill.price - fill.fee
                what = f"{payload['side']} (busted before)" if fill.busted else payload["side"]
                return [replace(nothing, what=what, quantity=fill.signed, price=fill.price,
                                fee=fill.fee, amount=amount)]  # fmt: skip
            case EventKind.BUST:
                taken = book.fills.get(payload["execution_id"])
                if taken is None:
                    return []
                return [replace(nothing, what="bust", symbol=taken.symbol, quantity=-taken.signed,
                                price=taken.price, fee=-taken.fee,
                                amount=taken.signed * taken.price + taken.fee)]  # fmt: skip
            case EventKind.CASH:
                return [replace(nothing, what=payload["movement"],
                                amount=event.decimal("amount"))]  # fmt: skip
            case EventKind.SPLIT:
                return [replace(nothing, quantity=event.decimal("ratio"),
                                amount=event.decimal("cash"))]  # fmt: skip
            case EventKind.ADJUSTMENT:
                return [replace(nothing, what=f"adjustment: {payload['reason']}",
                                quantity=event.decimal("quantity"), price=event.decimal("price"),
                                amount=event.decimal("amount"))]  # fmt: skip
    return []


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, (Statement, Line, Entry)):
        return {name: _plain(one) for name, one in vars(value).items()}
    return value

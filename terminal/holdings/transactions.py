"""Transactions as a person keeps them in a file, checked row by row before anything is stored."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from terminal.decimals import EXACT, fits
from terminal.errors import InputError
from terminal.execution.lots import ZERO
from terminal.holdings.activity import Activity, What, in_order

COLUMNS = ("date", "type", "symbol", "quantity", "price", "fees", "currency")
NEEDED = ("date", "type", "price")
MOST_ROWS = 20_000
MOST_BYTES = 5_000_000
MOST_PROBLEMS = 50
LONGEST_SYMBOL = 32
FIRST_DAY = date(1900, 1, 1)
EXAMPLE = """date,type,symbol,quantity,price,fees,currency
2024-01-02,deposit,,,10000,,USD
2024-01-03,buy,AAPL,20,184.25,1.00,USD
2024-02-09,dividend,AAPL,20,0.24,,USD
2024-03-01,sell,AAPL,5,179.66,1.00,USD
2024-04-02,split,AAPL,2,,,USD
2024-04-30,interest,,,12.50,,USD
2024-05-31,fee,,,3.00,,USD
"""


class Kind(StrEnum):
    """What a row may be."""

    BUY = "buy"
    SELL = "sell"
    DIVIDEND = "dividend"
    INTEREST = "interest"
    FEE = "fee"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    SPLIT = "split"


OF_SYMBOLS = frozenset({Kind.BUY, Kind.SELL, Kind.DIVIDEND, Kind.SPLIT})
MEANING: Mapping[Kind, str] = {
    Kind.BUY: "quantity units at price each",
    Kind.SELL: "quantity units at price each; beyond what is held it opens a short position",
    Kind.DIVIDEND: "price a unit times quantity; without a quantity, price is the whole amount",
    Kind.INTEREST: "price is the amount; below 0 it was paid",
    Kind.FEE: "price is the amount",
    Kind.DEPOSIT: "price is the amount",
    Kind.WITHDRAWAL: "price is the amount",
    Kind.SPLIT: "quantity new units for each old one",
}


@dataclass(frozen=True)
class Transaction:
    """A row: numbers as written; `quantity` 0 where the row has none. `row` counts the header."""

    row: int
    day: date
    kind: Kind
    symbol: str
    quantity: Decimal
    price: Decimal
    fees: Decimal
    currency: str

    @property
    def amount(self) -> Decimal:
        """Quantity times price; price alone where there is no quantity."""
        with_units = self.quantity if self.quantity else Decimal(1)
        return EXACT.multiply(with_units, self.price)


@dataclass(frozen=True)
class Reading:
    """A file as it was understood.

    Attributes
    ----------
    transactions : the rows, by day. problems : what must be corrected; with one, nothing is stored.
    n_problems : of which `problems` are the first. notes : what a person should know.
    """

    transactions: tuple[Transaction, ...]
    problems: tuple[InputError, ...]
    n_problems: int
    notes: tuple[str, ...]

    @property
    def currency(self) -> str:
        """The one currency of the rows; "" of none."""
        return self.transactions[0].currency if self.transactions else ""


def read_transactions(content: bytes, today: date) -> Reading:
    """The rows of a CSV file: UTF-8, comma, semicolon or tab, a header row in any order and case.

    Raises
    ------
    InputError : it is no such file at all; what is wrong with single rows is in `problems`.
    """
    rows = _rows(content)
    header, first = rows[0][1], {}
    for place, name in enumerate(header):
        known = name.strip().lower()
        if known in first:
            raise InputError(
                f"The column {known!r} stands in the header twice.", field=known, row=1
            )
        if known:
            first[known] = place
    for name in NEEDED:
        if name not in first:
            raise InputError(
                f"There is no column {name!r}; the header has {', '.join(first) or 'nothing'}.",
                field=name,
                row=1,
                remedy=f"The header names these columns: {','.join(COLUMNS)}.",
            )
    made: list[Transaction] = []
    problems: list[InputError] = []
    for number, cells in rows[1:]:
        if not any(cell.strip() for cell in cells):
            continue
        values = {
            name: cells[place].strip() if place < len(cells) else ""
            for name, place in first.items()
        }
        try:
            made.append(_transaction(number, values, today))
        except InputError as error:
            problems.append(error)
    if not made and not problems:
        raise InputError("The file has a header and no rows.", field="file")
    problems += _across(made)
    ordered = tuple(sorted(made, key=lambda one: (one.day, one.row)))
    notes = () if problems else _notes(ordered)
    problems.sort(key=lambda one: one.row or 0)
    return Reading(ordered, tuple(problems[:MOST_PROBLEMS]), len(problems), notes)


def _rows(content: bytes) -> list[tuple[int, list[str]]]:
    if len(content) > MOST_BYTES:
        raise InputError(
            f"The file has {len(content) / 1e6:.1f} MB; {MOST_BYTES / 1e6:.0f} MB are read.",
            field="file",
            remedy="Split it by year.",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"The file is not UTF-8: byte {error.start + 1:,} cannot be read.",
            field="file",
            remedy="Save it as CSV UTF-8.",
        ) from None
    if "\x00" in text:
        raise InputError("The file is no text.", field="file", remedy="Save it as CSV UTF-8.")
    head = text.splitlines()[0] if text.strip() else ""
    if not head:
        raise InputError("The file is empty.", field="file")
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [(reader.line_num, cells) for cells in reader]
    except csv.Error as error:
        raise InputError(
            f"It cannot be read as CSV: {error}.", field="file", row=reader.line_num
        ) from None
    if len(rows) > MOST_ROWS:
        raise InputError(
            f"The file has {len(rows):,} rows; {MOST_ROWS:,} are read.",
            field="file",
            remedy="Split it by year.",
        )
    return rows


def _transaction(row: int, values: Mapping[str, str], today: date) -> Transaction:
    """One row; raises InputError for the first field that is wrong."""
    day = _day(row, values["date"], today)
    kind = _kind(row, values["type"])
    symbol = values.get("symbol", "").upper()
    if kind in OF_SYMBOLS and not symbol:
        raise InputError(f"A {kind} needs a symbol.", field="symbol", row=row)
    if kind not in OF_SYMBOLS and symbol and kind is not Kind.FEE:
        raise InputError(
            f"A {kind} concerns no symbol, and {symbol} stands there.",
            field="symbol",
            row=row,
            remedy="Leave the field empty, or correct the type.",
        )
    if len(symbol) > LONGEST_SYMBOL:
        raise InputError(
            f"A symbol has at most {LONGEST_SYMBOL} characters.", field="symbol", row=row
        )
    quantity = _number(row, "quantity", values.get("quantity", ""))
    price = _number(row, "price", values["price"])
    fees = _number(row, "fees", values.get("fees", "")) or ZERO
    _check(row, kind, quantity, price, fees)
    currency = values.get("currency", "").upper() or "USD"
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha():
        raise InputError(
            f"{currency!r} is no currency.", field="currency", row=row,
            remedy="Use three letters, as in USD.",
        )  # fmt: skip
    return Transaction(row, day, kind, symbol, quantity or ZERO, price or ZERO, fees, currency)


def _check(
    row: int, kind: Kind, quantity: Decimal | None, price: Decimal | None, fees: Decimal
) -> None:
    """What each type needs."""
    if kind in (Kind.BUY, Kind.SELL, Kind.SPLIT) and (quantity is None or quantity <= 0):
        given = "missing" if quantity is None else f"{quantity}"
        raise InputError(
            f"The quantity of a {kind} is {given}; it must be above 0.",
            field="quantity",
            row=row,
            remedy="The type says whether units come or go; write the quantity without a sign."
            if kind is not Kind.SPLIT
            else "Write how many new units stand for an old one: 2, or 0.1.",
        )
    if kind is Kind.SPLIT:
        return
    if quantity is not None and quantity < 0:
        raise InputError(f"The quantity is {quantity}; it must not be below 0.", field="quantity",
                         row=row)  # fmt: skip
    if price is None:
        raise InputError(f"A {kind} needs a price: {MEANING[kind]}.", field="price", row=row)
    if price < 0 and kind is not Kind.INTEREST:
        raise InputError(
            f"The price of a {kind} is {price}; it must not be below 0.",
            field="price",
            row=row,
            remedy="The type says which way money went; write the amount without a sign.",
        )
    if fees < 0:
        raise InputError(
            f"The fees are {fees}; they must not be below 0.", field="fees", row=row,
            remedy="Fees that were paid are above 0.",
        )  # fmt: skip


def _day(row: int, text: str, today: date) -> date:
    try:
        found = date.fromisoformat(text[:10]) if len(text) in (10, 19, 20) else None
    except ValueError:
        found = None
    if found is None or text[4:5] != "-":
        raise InputError(
            f"{text!r} is no date.", field="date", row=row,
            remedy="Write year, month, day, as in 2024-01-31.",
        )  # fmt: skip
    if not FIRST_DAY <= found <= today:
        raise InputError(
            f"{found} is not between {FIRST_DAY} and today, {today}.", field="date", row=row
        )
    return found


def _kind(row: int, text: str) -> Kind:
    try:
        return Kind(text.lower())
    except ValueError:
        raise InputError(
            f"{text!r} is no type.", field="type", row=row,
            remedy=f"Use one of {', '.join(Kind)}.",
        ) from None  # fmt: skip


def _number(row: int, field: str, text: str) -> Decimal | None:
    """A number, None of an empty cell: digits with a point, commas only between thousands."""
    if not text:
        return None
    plain = text.replace(" ", "").replace("\u2212", "-")
    if "," in plain:
        whole, _, rest = plain.lstrip("+-").partition(".")
        groups = whole.split(",")
        fine = len(groups[0]) in (1, 2, 3) and all(len(group) == 3 for group in groups[1:])
        if not fine or "," in rest:
            raise InputError(
                f"{text!r} is no number.", field=field, row=row,
                remedy="Write a point before decimals.",
            )  # fmt: skip
        plain = plain.replace(",", "")
    try:
        value = Decimal(plain)
    except InvalidOperation:
        value = Decimal("NaN")
    if not fits(value):
        raise InputError(
            f"{text!r} is no number with at most 18 digits before and after the point.",
            field=field,
            row=row,
        )
    return value


def _across(rows: Sequence[Transaction]) -> list[InputError]:
    """What no row shows alone: several currencies."""
    if not rows:
        return []
    first = rows[0].currency
    return [
        InputError(
            f"This row is in {one.currency}, the first one in {first}.",
            field="currency",
            row=one.row,
            remedy="Exchange rates are not known here: import one file for each currency.",
        )
        for one in rows
        if one.currency != first
    ]


def _notes(rows: Sequence[Transaction]) -> tuple[str, ...]:
    """Short positions, repeated rows, whether money is tracked."""
    held: dict[str, Decimal] = {}
    notes: list[str] = []
    seen: dict[tuple[object, ...], int] = {}
    for one in rows:
        if one.kind in (Kind.BUY, Kind.SELL):
            before = held.get(one.symbol, ZERO)
            after = before + (one.quantity if one.kind is Kind.BUY else -one.quantity)
            if after < 0 <= before:
                notes.append(
                    f"Row {one.row} sells {-after} {one.symbol} more than is held: a short "
                    "position."
                )
            held[one.symbol] = after
        elif one.kind is Kind.SPLIT:
            held[one.symbol] = held.get(one.symbol, ZERO) * one.quantity
        same = (one.day, one.kind, one.symbol, one.quantity, one.price, one.fees)
        if same in seen:
            notes.append(f"Row {one.row} says the same as row {seen[same]}; both count.")
        seen[same] = one.row
    if not has_money(rows):
        notes.append(
            "No row deposits or withdraws money: every purchase counts as money that came in, "
            "every sale and dividend as money that went out."
        )
    return tuple(notes)


def has_money(rows: Sequence[Transaction]) -> bool:
    """Whether the rows say which money came and went; else trades are paid from outside."""
    return any(one.kind in (Kind.DEPOSIT, Kind.WITHDRAWAL) for one in rows)


def activities_of(rows: Sequence[Transaction]) -> tuple[Activity, ...]:
    """The rows as activity, in order."""
    return in_order([_activity(one) for one in rows])


def _activity(one: Transaction) -> Activity:
    key = f"{one.row:08d}"
    if one.kind is Kind.SPLIT:
        return Activity(one.day, What.SPLIT, one.symbol, ratio=one.quantity, key=key)
    if one.kind in (Kind.BUY, Kind.SELL):
        sign = 1 if one.kind is Kind.BUY else -1
        return Activity(
            one.day, What.TRADE, one.symbol, sign * one.quantity, sign * one.amount, one.fees,
            key=key,
        )  # fmt: skip
    what = {
        Kind.DIVIDEND: What.INCOME,
        Kind.INTEREST: What.INCOME,
        Kind.FEE: What.FEE,
        Kind.DEPOSIT: What.FLOW,
        Kind.WITHDRAWAL: What.FLOW,
    }[one.kind]
    out = one.kind in (Kind.FEE, Kind.WITHDRAWAL)
    amount = -one.amount if out else one.amount
    if what is What.FEE:  # what is paid is a fee, whichever column names it
        return Activity(one.day, what, one.symbol, fee=one.amount + one.fees, key=key)
    return Activity(one.day, what, one.symbol, amount=amount, fee=one.fees, key=key)

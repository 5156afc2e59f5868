"""Files of transactions: what is understood, and what is refused by row, field and remedy."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from terminal.errors import InputError
from terminal.holdings.transactions import (
    EXAMPLE,
    MOST_PROBLEMS,
    Kind,
    activities_of,
    read_transactions,
)

TODAY = date(2024, 12, 31)


def read(text: str):
    return read_transactions(text.encode(), TODAY)


def test_the_example_is_read_whole() -> None:
    found = read(EXAMPLE)
    assert found.problems == () and found.notes == () and found.currency == "USD"
    assert [one.kind for one in found.transactions] == [
        Kind.DEPOSIT, Kind.BUY, Kind.DIVIDEND, Kind.SELL, Kind.SPLIT, Kind.INTEREST, Kind.FEE,
    ]  # fmt: skip
    cash = sum(one.cash for one in activities_of(found.transactions))
    assert cash == Decimal("7225.60")


def test_other_delimiters_orders_and_spellings() -> None:
    found = read("﻿Type;Date;PRICE;Quantity;symbol\r\nBUY;2024-01-02;1,234.50;2;brk.b\r\n\r\n")
    (one,) = found.transactions
    assert (one.kind, one.symbol, one.price, one.amount) == (
        Kind.BUY, "BRK.B", Decimal("1234.50"), Decimal("2469.00"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "field", "said"),
    [
        ("01/02/2024,buy,A,1,2", "date", "no date"),
        ("2024-13-02,buy,A,1,2", "date", "no date"),
        ("2025-01-02,buy,A,1,2", "date", "between"),
        ("2024-01-02,bought,A,1,2", "type", "no type"),
        ("2024-01-02,buy,,1,2", "symbol", "needs a symbol"),
        ("2024-01-02,deposit,A,,2", "symbol", "concerns no symbol"),
        ("2024-01-02,buy,A,,2", "quantity", "missing"),
        ("2024-01-02,sell,A,-1,2", "quantity", "above 0"),
        ("2024-01-02,buy,A,1,", "price", "needs a price"),
        ("2024-01-02,buy,A,1,-2", "price", "below 0"),
        ("2024-01-02,buy,A,1,NaN", "price", "no number"),
        ("2024-01-02,buy,A,1,1e400", "price", "no number"),
        ('2024-01-02,buy,A,1,"1,5"', "price", "no number"),
    ],
)
def test_a_wrong_row_is_named(row: str, field: str, said: str) -> None:
    good = "2024-01-02,deposit,,,5"
    found = read(f"date,type,symbol,quantity,price\n{good}\n{row}\n")
    (problem,) = found.problems
    assert (problem.row, problem.field) == (3, field)
    assert said in problem.message


def test_every_wrong_row_is_told_and_the_first_ones_are_shown() -> None:
    found = read("date,type,price\n" + "2024-01-02,deposit,x\n" * 70)
    assert (found.n_problems, len(found.problems)) == (70, MOST_PROBLEMS)


def test_two_currencies_are_refused_by_row() -> None:
    found = read("date,type,price,currency\n2024-01-02,deposit,1,USD\n2024-01-03,deposit,1,EUR\n")
    (problem,) = found.problems
    assert (problem.row, problem.field) == (3, "currency")
    assert "one file for each currency" in str(problem.remedy)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"date,type,price\n", "no rows"),
        (b"date,kind,price\n1,2,3\n", "no column 'type'"),
        (b"date,type,type,price\n", "twice"),
        (b"\xff\xfe\x00d", "UTF-8"),
        (b"x" * 5_000_001, "MB"),
    ],
)
def test_what_is_no_such_file_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_transactions(content, TODAY)


def test_a_short_sale_a_repeated_row_and_untracked_money_are_said() -> None:
    found = read("date,type,symbol,quantity,price\n2024-01-02,sell,A,1,2\n2024-01-02,sell,A,1,2\n")
    assert [note.split()[0] for note in found.notes] == ["Row", "Row", "No"]
    assert "short position" in found.notes[0] and "both count" in found.notes[1]

"""Guessing what a column means."""

from __future__ import annotations

import pytest

from terminal.errors import InputError
from terminal.market.importing.columns import Columns, guess_columns


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            ["Date", "Open", "High", "Low", "Close", "Adj Close", "Volume"],
            Columns(date="Date", open="Open", high="High", low="Low", close="Close",
                    volume="Volume", adjusted_close="Adj Close"),
        ),
        (
            ["timestamp", "o", "h", "l", "c", "v"],
            Columns(ts="timestamp", open="o", high="h", low="l", close="c", volume="v"),
        ),
        (
            ["<TICKER>", "<DATE>", "<TIME>", "<OPEN>", "<HIGH>", "<LOW>", "<CLOSE>", "<VOL>"],
            Columns(date="<DATE>", time="<TIME>", symbol="<TICKER>", open="<OPEN>",
                    high="<HIGH>", low="<LOW>", close="<CLOSE>", volume="<VOL>"),
        ),
        (["time", "close"], Columns(ts="time", close="close")),
        (["ts", "date", "price"], Columns(ts="ts", close="price")),
        (
            ["date", "close", "dividend_amount", "split_coefficient"],
            Columns(date="date", close="close", dividend="dividend_amount",
                    split="split_coefficient"),
        ),
        (["Date", "Adj Close"], Columns(date="Date", close="Adj Close")),
        (["alpha", "beta"], Columns()),
    ],
)  # fmt: skip
def test_headers_of_common_sources_are_understood(header: list[str], expected: Columns) -> None:
    assert guess_columns(header) == expected


@pytest.mark.parametrize(
    ("columns", "sentence", "field"),
    [
        (Columns(close="c"), "No column is chosen for the time", "columns.ts"),
        (Columns(ts="t"), "No column is chosen for the close", "columns.close"),
        (Columns(ts="t", close="c", open="o"), "No column is chosen for high, low", "columns.high"),
        (Columns(ts="t", close="x"), "There is no column 'x' in A.csv", "columns.close"),
        (Columns(ts="t", close="t"), "Column 't' is chosen twice", "columns"),
    ],
)
def test_an_impossible_mapping_is_a_sentence(columns: Columns, sentence: str, field: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        columns.check(["t", "o", "h", "l", "c", "v"], "A.csv")
    assert caught.value.field == field and caught.value.remedy

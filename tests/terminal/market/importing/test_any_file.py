"""Whatever a file holds, the answer is a result or a sentence, never a traceback."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.errors import TerminalError
from terminal.market.importing.files import expand
from terminal.market.importing.inspect import inspect_files
from terminal.market.importing.plan import BadRows, Hours, LabelSide
from terminal.market.importing.read import refusal
from tests.terminal.market.importing.made import (
    CALENDAR,
    DAILY,
    GOOD_DAYS,
    QUARTERS,
    intraday_csv,
    read,
    write,
)

INTRADAY = intraday_csv("2020-11-27", "2020-11-30")
PIECES = st.one_of(
    st.sampled_from(["", ",", "\n", '"', "nan", "inf", "-1", "1e999", "0", "Z", "+02:00", "\r\n",
                     "2024-03-10 02:30", "9999-99-99", "ä", "\ufeff", "\x00", "date", ";"]),
    st.text(max_size=4),
)  # fmt: skip
EDITS = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 30), PIECES), max_size=6)


def edited(text: str, edits: list[tuple[int, int, str]]) -> bytes:
    for place, length, piece in edits:
        place %= len(text) + 1
        text = text[:place] + piece + text[place + length :]
    return text.encode("utf-8", errors="replace")


def outcome(content: bytes, intraday: bool, drop: bool, name: str = "TEST.csv") -> None:
    plan = replace(
        QUARTERS if intraday else DAILY,
        bad_rows=BadRows.DROP if drop else BadRows.REFUSE,
        hours=Hours.ALL,
        label=LabelSide.START,
    )
    with tempfile.TemporaryDirectory() as folder:
        source = write(Path(folder), content, name)
        try:
            files = list(expand([source], Path(folder), 10))
            inspect_files(files, CALENDAR)
        except TerminalError as error:
            assert error.message and error.field
        try:
            result = read(source, plan)
        except TerminalError as error:
            assert error.message and error.field
            return
        if result.report.blocking:
            assert refusal(result.report).remedy
        for part in result.series:
            assert part.bars.index.is_monotonic_increasing and part.bars.index.is_unique
            assert (part.bars["close"] > 0).all()


@settings(max_examples=60, deadline=None)
@given(edits=EDITS, intraday=st.booleans(), drop=st.booleans())
def test_a_file_with_random_edits(
    edits: list[tuple[int, int, str]], intraday: bool, drop: bool
) -> None:
    outcome(edited(INTRADAY if intraday else GOOD_DAYS, edits), intraday, drop)


@settings(max_examples=40, deadline=None)
@given(content=st.binary(max_size=300), ending=st.sampled_from(["csv", "csv.gz", "parquet"]))
def test_a_file_of_random_bytes(content: bytes, ending: str) -> None:
    outcome(content, False, False, f"TEST.{ending}")


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.lists(st.text(max_size=6), max_size=8), max_size=8))
def test_a_table_of_random_cells(rows: list[list[str]]) -> None:
    text = "date,open,high,low,close,volume\n" + "\n".join(",".join(row) for row in rows)
    outcome(text.encode("utf-8", errors="replace"), False, True)

"""The wizard's first look: proposals with their reasons."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from terminal.errors import InputError
from terminal.market.importing.inspect import detect_timeframe, inspect_files
from terminal.market.importing.label_side import detect_label_side
from terminal.market.importing.plan import LabelSide
from terminal.market.timeframe import Timeframe
from tests.terminal.market.importing.made import CALENDAR, GOOD_DAYS, intraday_csv, write


def test_a_daily_file_needs_no_more_than_a_yes(tmp_path: Path) -> None:
    found = inspect_files([write(tmp_path, GOOD_DAYS, "AAPL_1d.csv")], CALENDAR)
    assert found.timeframe is Timeframe.DAY_1
    assert found.columns.date == "date" and found.columns.volume == "volume"
    assert not found.needs_timezone
    assert found.symbols == {"AAPL_1d.csv": "AAPL"} and found.n_symbols == 1
    assert found.notes == ()
    assert found.preview.shape == (5, 6) and found.preview.iloc[0, 0] == "2024-03-04"
    assert found.dialect is not None and found.dialect.delimiter == ","


@pytest.mark.parametrize("side", list(LabelSide))
@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize("volume", [False, True])
def test_the_label_side_is_detected_with_reasons(
    tmp_path: Path, side: LabelSide, extended: bool, volume: bool
) -> None:
    text = intraday_csv("2020-11-09", "2020-12-04", side, extended=extended, volume=volume)
    found = inspect_files([write(tmp_path, text)], CALENDAR)
    assert found.timeframe is Timeframe.MIN_15 and found.needs_timezone
    if extended and not volume:
        assert found.label.side is None  # nothing in such a file tells them apart
        return
    assert found.label.side is side and found.label.confidence > 0.9
    assert found.label.sentences
    said = " ".join(found.label.sentences)
    assert (("09:30" in said or "16:00" in said) and "half days" in said) or not extended


def test_few_sessions_lower_the_confidence(tmp_path: Path) -> None:
    found = inspect_files([write(tmp_path, intraday_csv("2020-11-09", "2020-11-10"))], CALENDAR)
    assert found.label.side is LabelSide.START
    assert found.label.confidence == pytest.approx(0.4)


def test_a_half_day_alone_shows_the_side_too() -> None:
    day = CALENDAR.grid("2020-11-27", "2020-11-27", Timeframe.MIN_15)
    for side, shift in ((LabelSide.START, 0), (LabelSide.END, 15)):
        ns = (day + np.timedelta64(shift, "m")).astype(np.int64)
        found = detect_label_side(ns, np.ones(14), np.zeros(14, int), Timeframe.MIN_15, CALENDAR)
        assert found.side is side


def test_days_that_cannot_be_read_one_way_are_asked_about(tmp_path: Path) -> None:
    text = "date,close\n01/02/2024,1\n02/05/2024,2\n"
    found = inspect_files([write(tmp_path, text)], CALENDAR)
    assert found.time is not None and len(found.time.formats) == 2
    assert "day and month cannot be told apart" in found.notes[0]
    chosen = inspect_files([write(tmp_path, text)], CALENDAR, time_format="%d/%m/%Y")
    assert chosen.notes == () or "told apart" not in chosen.notes[0]


def test_an_unmapped_file_still_shows_its_columns(tmp_path: Path) -> None:
    found = inspect_files([write(tmp_path, "alpha,beta\nx,1\ny,2\n")], CALENDAR)
    assert found.header == ("alpha", "beta") and found.time is None
    assert found.timeframe is None and found.label.side is None
    assert len(found.preview) == 2


def test_a_chosen_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    source = write(tmp_path, GOOD_DAYS)
    guessed = inspect_files([source], CALENDAR).columns
    with pytest.raises(InputError, match="no column 'nope'"):
        inspect_files([source], CALENDAR, replace(guessed, close="nope"))


def test_parquet_with_typed_times_needs_no_format(tmp_path: Path) -> None:
    grid = CALENDAR.grid("2020-11-09", "2020-12-04", Timeframe.HOUR_1)
    frame = pd.DataFrame({"ts": pd.DatetimeIndex(grid, tz="UTC"), "close": 1.0})
    frame.to_parquet(tmp_path / "SPY_1h.parquet")
    source = write(tmp_path, (tmp_path / "SPY_1h.parquet").read_bytes(), "SPY_1h.parquet")
    found = inspect_files([source], CALENDAR)
    assert found.timeframe is Timeframe.HOUR_1 and not found.needs_timezone
    assert found.label.side is LabelSide.START


@pytest.mark.parametrize("timeframe", [t for t in Timeframe if t.intraday or t is Timeframe.DAY_1])
def test_the_timeframe_is_the_usual_step(timeframe: Timeframe) -> None:
    grid = CALENDAR.grid("2024-02-05", "2024-03-28", timeframe).astype(np.int64)
    assert detect_timeframe(grid, np.zeros(len(grid), int)) is timeframe


def test_unknown_steps_are_not_guessed() -> None:
    ns = np.arange(10) * 7 * 60_000_000_000
    assert detect_timeframe(ns, np.zeros(10, int)) is None
    assert detect_timeframe(ns, np.arange(10)) is None  # one bar a symbol


def test_a_large_file_is_looked_at_at_once(tmp_path: Path) -> None:
    text = intraday_csv("2018-01-02", "2020-12-31") * 1
    rows = text.splitlines()
    source = write(tmp_path, "\n".join(rows[:1] + rows[1:] * 12))
    assert source.path.stat().st_size > 12_000_000
    began = time.perf_counter()
    inspect_files([source], CALENDAR)
    assert time.perf_counter() - began < 2.0  # about 0.3 s on an idle core

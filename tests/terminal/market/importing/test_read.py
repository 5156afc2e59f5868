"""Whole imports of files made by hand: what is found, where, and what is kept."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from terminal.errors import Cancelled, InputError, StorageFull
from terminal.market.calendars import get_calendar
from terminal.market.dataset import Adjustment
from terminal.market.findings import Severity
from terminal.market.importing import chunks, spill
from terminal.market.importing.columns import guess_columns
from terminal.market.importing.files import SourceFile
from terminal.market.importing.plan import BadRows, Hours, LabelSide
from terminal.market.importing.read import read_files, refusal
from terminal.market.timeframe import Timeframe
from tests.terminal.market.importing.made import (
    DAILY,
    GOOD_DAYS,
    QUARTERS,
    codes,
    intraday_csv,
    read,
    write,
)


def test_a_clean_file_is_read_without_a_word(tmp_path: Path) -> None:
    result = read(write(tmp_path, GOOD_DAYS))
    assert result.report.findings == ()
    assert (result.report.rows_read, result.report.bars) == (5, 5)
    bars = result.series[0].bars
    assert bars.index[0] == pd.Timestamp("2024-03-04 14:30", tz="UTC")
    assert bars.iloc[1].tolist() == [10.5, 12.0, 10.0, 11.0, 110.0]


def line(number: int, text: str) -> str:
    """The good file with row `number` (the header is row 1) replaced."""
    lines = GOOD_DAYS.splitlines()
    lines[number - 1] = text
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("number", "text", "code"),
    [
        (4, "2024-03-06,nan,11.5,10.5,11.2,120", "not_finite"),
        (4, "2024-03-06,11,inf,10.5,11.2,120", "not_finite"),
        (4, "2024-03-06,11,11.5,10.5,,120", "not_finite"),
        (4, "2024-03-06,11,11.5,10.5,-11.2,120", "not_positive"),
        (4, "2024-03-06,0,11.5,0,11.2,120", "not_positive"),
        (4, "2024-03-06,11,10.9,10.5,11.2,120", "ohlc"),
        (4, "2024-03-06,11,11.5,11.3,11.2,120", "ohlc"),
        (4, "2024-03-06,11,11.5,10.5,11.2,-1", "bad_volume"),
        (4, "2024-03-06,11,11.5,10.5,11.2,", "bad_volume"),
        (4, "2024-03-06,11,11.5,10.5,eleven,120", "not_a_number"),
        (4, "2024-03-06,11,11.5,10.5,11.2", "broken_row"),
        (4, "2024-03-06,11,11.5,10.5,11.2,120,7", "broken_row"),
        (4, "2024-99-06,11,11.5,10.5,11.2,120", "bad_time"),
        (4, "2024-03-09,11,11.5,10.5,11.2,120", "off_calendar"),
        (4, "2024-03-05,11,11.5,10.5,11.2,120", "conflict"),
    ],
)
def test_a_wrong_row_is_named_and_stops_the_import(
    tmp_path: Path, number: int, text: str, code: str
) -> None:
    source = write(tmp_path, line(number, text))
    result = read(source)
    finding = next(f for f in result.report.findings if f.code == code)
    assert (finding.severity, finding.count) == (Severity.ERROR, 1)
    assert (finding.places[0].file, finding.places[0].row) == ("TEST.csv", number)
    error = refusal(result.report)
    assert error.row == number and error.remedy
    assert "Nothing was imported" in error.message and f"row {number}" in error.message
    if finding.check.droppable:
        dropped = read(source, replace(DAILY, bad_rows=BadRows.DROP))
        assert not dropped.report.blocking
        left = next(f for f in dropped.report.findings if f.code == code)
        assert left.severity is Severity.WARNING and "left out" in left.sentence
        assert dropped.report.bars == 4


def test_every_bad_row_is_counted_and_the_first_five_named(tmp_path: Path) -> None:
    lines = GOOD_DAYS.splitlines()
    for k in range(1, 6):
        lines[k] = lines[k].rsplit(",", 2)[0] + ",nan,1"
    result = read(write(tmp_path, "\n".join(lines)))
    finding = next(f for f in result.report.findings if f.code == "not_finite")
    assert [place.row for place in finding.places] == [2, 3, 4, 5, 6]
    assert finding.sentence.startswith("5 rows")
    assert "no_bars" in codes(result)


def test_row_numbers_stay_right_behind_broken_and_blank_rows(tmp_path: Path) -> None:
    text = GOOD_DAYS.replace("2024-03-05,", "2024-03-05,,,,,,,\n\n2024-03-05,")
    text = text.replace("11.1,130", "wrong,130")
    result = read(write(tmp_path, text))
    places = {f.code: f.places[0].row for f in result.report.findings}
    # header 1, 4th 2, broken 3, blank 4, 5th 5, 6th 6, 7th 7
    assert places["broken_row"] == 3
    assert places["not_a_number"] == 7


def test_row_numbers_are_right_across_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "BLOCK_BYTES", 200)
    days = get_calendar("XNYS").sessions_in("2000-01-01", "2004-12-31")
    lines = [f"{day},10,11,9,10,100" for day in days]
    lines[700] = "broken"
    lines[900] = f"{days[900]},10,11,9,x,100"
    result = read(write(tmp_path, "date,open,high,low,close,volume\n" + "\n".join(lines)))
    rows = {f.code: f.places[0].row for f in result.report.errors}
    assert rows == {"broken_row": 702, "not_a_number": 902}


def test_exact_repetitions_are_kept_once_and_counted(tmp_path: Path) -> None:
    rows = GOOD_DAYS.splitlines()
    result = read(write(tmp_path, "\n".join([*rows, rows[2], rows[2]])))
    assert not result.report.blocking
    assert codes(result)["duplicate"] == 2
    assert result.report.bars == 5


def test_rows_out_of_order_are_sorted_and_counted(tmp_path: Path) -> None:
    rows = GOOD_DAYS.splitlines()
    result = read(write(tmp_path, "\n".join([rows[0], *rows[:0:-1]])))
    assert codes(result) == {"order": 4}
    assert result.series[0].bars.index.is_monotonic_increasing


def test_missing_days_are_found_against_the_calendar(tmp_path: Path) -> None:
    rows = GOOD_DAYS.splitlines()
    result = read(write(tmp_path, "\n".join(rows[:3] + rows[4:])))
    assert codes(result) == {"missing_session": 1}
    assert result.report.findings[0].places[0].ts == "2024-03-06"
    assert not result.report.blocking


def test_zoned_daily_times_are_dates(tmp_path: Path) -> None:
    for suffix in ("T00:00:00Z", "T00:00:00-05:00", "T09:30:00-05:00", " 16:00:00", ""):
        text = GOOD_DAYS.replace(",1", ",1")
        for day in ("04", "05", "06", "07", "08"):
            text = text.replace(f"2024-03-{day}", f"2024-03-{day}{suffix}")
        bars = read(write(tmp_path, text)).series[0].bars
        assert bars.index.strftime("%m-%d").tolist() == [
            "03-04",
            "03-05",
            "03-06",
            "03-07",
            "03-08",
        ]


@pytest.mark.parametrize("side", list(LabelSide))
@pytest.mark.parametrize("extended", [False, True])
def test_both_label_sides_give_the_same_bars(
    tmp_path: Path, side: LabelSide, extended: bool
) -> None:
    source = write(tmp_path, intraday_csv("2020-11-23", "2020-12-04", side, extended=extended))
    result = read(source, replace(QUARTERS, label=side))
    grid = get_calendar("XNYS").grid("2020-11-23", "2020-12-04", Timeframe.MIN_15)
    assert not result.report.blocking
    index = result.series[0].bars.index.tz_convert(None).to_numpy().astype("datetime64[ns]")
    np.testing.assert_array_equal(index, grid)
    assert codes(result)["half_days"] == 1


@pytest.mark.parametrize("side", list(LabelSide))
@pytest.mark.parametrize("extended", [False, True])
def test_the_wrong_label_side_is_refused_with_the_evidence(
    tmp_path: Path, side: LabelSide, extended: bool
) -> None:
    other = LabelSide.END if side is LabelSide.START else LabelSide.START
    source = write(tmp_path, intraday_csv("2020-11-09", "2020-12-04", side, extended=extended))
    result = read(source, replace(QUARTERS, label=other, hours=Hours.ALL))
    assert "label_side" in [finding.code for finding in result.report.errors]


def test_all_hours_can_be_kept(tmp_path: Path) -> None:
    source = write(tmp_path, intraday_csv("2020-11-23", "2020-11-24", extended=True))
    regular = read(source, QUARTERS)
    everything = read(source, replace(QUARTERS, hours=Hours.ALL))
    assert codes(regular)["outside_session"] == codes(everything)["extended_hours"] == 32
    assert everything.report.bars == regular.report.bars + 32


def test_times_between_the_bars_are_refused(tmp_path: Path) -> None:
    text = intraday_csv("2020-11-23", "2020-11-24").replace("2020-11-23 10:00", "2020-11-23 10:01")
    finding = read(write(tmp_path, text), QUARTERS).report.errors[0]
    assert (finding.code, finding.places[0].row) == ("off_grid", 4)


def test_the_wrong_time_zone_is_noticed(tmp_path: Path) -> None:
    source = write(tmp_path, intraday_csv("2020-11-23", "2020-12-04"))
    result = read(source, replace(QUARTERS, timezone="Europe/London"))
    assert codes(result)["gap"] + codes(result)["outside_session"] > 100


def test_hours_of_the_change_of_clocks_are_named(tmp_path: Path) -> None:
    plan = replace(QUARTERS, calendar="24/7", timeframe=Timeframe.HOUR_1, timezone="Europe/Berlin")
    text = "ts,open,high,low,close,volume\n" + "".join(
        f"2024-{day} {hour:02d}:00,1,1,1,1,1\n" for day in ("03-31", "10-27") for hour in range(5)
    )
    found = {f.code: f for f in read(write(tmp_path, text), plan).report.errors}
    assert found["nonexistent_time"].places[0].row == 4
    assert found["ambiguous_time"].places[0].row == 9
    assert "2024-10-27 02:00" in found["ambiguous_time"].places[0].detail


def test_naive_times_need_a_zone(tmp_path: Path) -> None:
    source = write(tmp_path, intraday_csv("2020-11-23", "2020-11-24"))
    with pytest.raises(InputError, match="no time zone") as caught:
        read(source, replace(QUARTERS, timezone=""))
    assert caught.value.field == "timezone"


def test_times_with_and_without_offset_in_one_file_are_refused(tmp_path: Path) -> None:
    text = intraday_csv("2020-11-23", "2020-11-24").replace("11-23 10:00", "11-23T10:00-05:00")
    found = codes(read(write(tmp_path, text), QUARTERS))
    assert found["mixed_time_zones"] == 51


def test_a_file_of_several_symbols_and_several_files_of_one_are_read(tmp_path: Path) -> None:
    rows = GOOD_DAYS.splitlines()
    long = "\n".join(
        [f"{rows[0]},symbol"] + [f"{row},{name}" for row in rows[1:] for name in ("bb", " AA ")]
    )
    plan = replace(DAILY, columns=guess_columns(long.splitlines()[0].split(",")))
    result = read(write(tmp_path, long), plan)
    assert [part.symbol for part in result.series] == ["AA", "BB"]
    years = [write(tmp_path, "\n".join([rows[0], *rows[4:]]), "AA_1d.csv"),
             write(tmp_path, "\n".join(rows[:4]), "aa.csv")]  # fmt: skip
    joined = read(years)
    assert [part.symbol for part in joined.series] == ["AA"]
    assert codes(joined) == {}  # a later file with earlier years is no disorder
    pd.testing.assert_frame_equal(joined.series[0].bars, result.series[0].bars)


def test_a_row_without_a_symbol_is_named(tmp_path: Path) -> None:
    text = "date,symbol,close\n2024-03-04,AA,1\n2024-03-05,,2\n"
    plan = replace(DAILY, columns=guess_columns(["date", "symbol", "close"]))
    finding = read(write(tmp_path, text), plan).report.errors[0]
    assert (finding.code, finding.places[0].row) == ("no_symbol", 3)


@pytest.mark.parametrize(
    ("symbol", "sentence"), [("A\x00B", "no symbol has"), ("A" * 40, "too long")]
)
def test_a_symbol_that_cannot_be_one_is_refused(tmp_path: Path, symbol: str, sentence: str) -> None:
    text = f"date,symbol,close\n2024-03-04,{symbol},1\n2024-03-05,{symbol},2\n"
    frame = pd.DataFrame([line.split(",") for line in text.splitlines()[1:]])
    frame.columns = ["date", "symbol", "close"]
    path = tmp_path / "A.parquet"
    frame.to_parquet(path)
    plan = replace(DAILY, columns=guess_columns(["date", "symbol", "close"]))
    with pytest.raises(InputError, match=sentence) as caught:
        read(SourceFile("A.parquet", path), plan)
    assert caught.value.field == "columns.symbol"


def test_closes_alone_are_not_dressed_up_as_bars(tmp_path: Path) -> None:
    text = "date,close\n2024-03-04,1\n2024-03-05,2\n"
    result = read(write(tmp_path, text), replace(DAILY, columns=guess_columns(["date", "close"])))
    assert result.series[0].bars[["open", "high", "low", "volume"]].isna().all().all()
    assert not result.report.blocking


def test_splits_and_dividends_come_from_their_columns(tmp_path: Path) -> None:
    text = (
        "date,close,dividends,stock splits\n2024-03-04,10,0,0\n"
        "2024-03-05,5,0,2\n2024-03-06,5,0.25,1\n"
    )
    plan = replace(DAILY, columns=guess_columns(text.splitlines()[0].split(",")))
    source = write(tmp_path, text)
    actions = read(source, plan).series[0].actions
    assert actions["kind"].tolist() == ["split", "dividend"]
    assert actions["value"].tolist() == [2.0, 0.25]
    split_adjusted = read(source, replace(plan, adjustment=Adjustment.SPLIT)).series[0].actions
    assert split_adjusted["kind"].tolist() == ["dividend"]
    fully = read(source, replace(plan, adjustment=Adjustment.SPLIT_DIVIDEND)).series[0].actions
    assert fully.empty


def test_a_dividend_that_no_price_can_pay_is_refused(tmp_path: Path) -> None:
    text = "date,close,dividend\n2024-03-04,10,0\n2024-03-05,5,0\n2024-03-06,5,25\n"
    plan = replace(DAILY, columns=guess_columns(["date", "close", "dividend"]))
    finding = read(write(tmp_path, text), plan).report.errors[0]
    assert finding.code == "action" and "25 on a close of 5" in str(finding.places[0])


def test_actions_are_derived_from_an_adjusted_close(tmp_path: Path) -> None:
    text = "Date,Close,Adj Close\n2024-03-04,10,5\n2024-03-05,5,5\n"
    plan = replace(DAILY, columns=guess_columns(["Date", "Close", "Adj Close"]))
    actions = read(write(tmp_path, text), plan).series[0].actions
    assert actions["kind"].tolist() == ["split"] and actions["value"].tolist() == [2.0]


def test_too_many_rows_are_refused_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "MAX_ROWS", 4)
    with pytest.raises(InputError, match="more than 4 rows"):
        read(write(tmp_path, GOOD_DAYS))


def test_a_full_disk_is_a_sentence(tmp_path: Path) -> None:
    source = write(tmp_path, GOOD_DAYS)
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "rows-000000.arrow").symlink_to(full)
    with pytest.raises(StorageFull, match="nothing was imported"):
        read_files([source], DAILY, get_calendar("XNYS"), folder)


def test_a_cancel_stops_the_import(tmp_path: Path) -> None:
    def cancel(fraction: float, stage: str, message: str) -> None:
        raise Cancelled("Cancelled by its owner.")

    with pytest.raises(Cancelled):
        read_files([write(tmp_path, GOOD_DAYS)], DAILY, get_calendar("XNYS"), tmp_path, cancel)


def test_progress_only_grows(tmp_path: Path) -> None:
    told: list[float] = []
    files = [write(tmp_path, GOOD_DAYS, f"S{k}.csv") for k in range(4)]
    read_files(files, DAILY, get_calendar("XNYS"), tmp_path, lambda f, s, m: told.append(f))
    assert told == sorted(told) and told[0] >= 0.0 and told[-1] <= 1.0


def test_a_long_file_is_read_in_pieces(tmp_path: Path) -> None:
    """12 MB of text: the peak of Python's memory stays near a block and the bars kept."""
    grid = get_calendar("24/7").grid("2022-01-01", "2022-06-30", Timeframe.MIN_1)
    frame = pd.DataFrame({"ts": np.datetime_as_string(grid, unit="s"), "close": 10.0})
    source = write(tmp_path, frame.to_csv(index=False))
    plan = replace(
        QUARTERS, columns=guess_columns(["ts", "close"]), timezone="UTC",
        timeframe=Timeframe.MIN_1, calendar="24/7",
    )  # fmt: skip
    tracemalloc.start()
    result = read(source, plan)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert result.report.bars == len(grid) == 260_640
    assert peak < 400 * len(grid)

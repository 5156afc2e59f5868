"""A real file of 36 stocks with known quirks, which must all be found and named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from terminal.market.calendars import get_calendar
from terminal.market.dataset import Adjustment
from terminal.market.importing.files import SourceFile
from terminal.market.importing.inspect import inspect_files
from terminal.market.importing.plan import ImportPlan, LabelSide
from terminal.market.importing.read import ReadResult, refusal
from terminal.market.timeframe import Timeframe
from tests.terminal.market.importing.made import read, write

pytestmark = pytest.mark.shared
CALENDAR = get_calendar("XNYS")


@pytest.fixture(scope="module")
def source(shared_dir: Path) -> SourceFile:
    path = shared_dir / "data" / "us_15min_av_2020_2022" / "bars_15min.parquet"
    return SourceFile("bars_15min.parquet", path)


@pytest.fixture(scope="module")
def plan(source: SourceFile) -> ImportPlan:
    """What the wizard proposes, with the zone a person adds."""
    found = inspect_files([source], CALENDAR)
    assert found.timeframe is Timeframe.MIN_15
    assert found.label.side is LabelSide.END and found.label.confidence > 0.9
    assert found.needs_timezone and found.columns.symbol == "symbol"
    assert found.time is not None
    return ImportPlan(
        found.columns, found.time.format, "America/New_York", found.timeframe, found.label.side,
        adjustment=Adjustment.SPLIT_DIVIDEND,
    )  # fmt: skip


@pytest.fixture(scope="module")
def imported(source: SourceFile, plan: ImportPlan) -> ReadResult:
    return read(source, plan)


def test_it_imports_with_its_quirks_named(imported: ReadResult) -> None:
    found = {finding.code: finding for finding in imported.report.findings}
    assert not imported.report.blocking
    assert imported.report.rows_read == 770_508 and imported.report.symbols == 36
    assert found["duplicate"].count == 211
    assert found["duplicate"].by_symbol == {
        "INTC": 64, "QCOM": 46, "RTX": 35, "TXN": 35, "LMT": 31,
    }  # fmt: skip
    assert [place.ts for place in found["half_days"].places] == [
        "2020-11-27", "2020-12-24", "2021-11-26",
    ]  # fmt: skip
    assert found["outside_session"].count > 300_000
    assert any("13:00" in said for said in imported.report.label_evidence)


def test_every_bar_lies_on_the_regular_grid(imported: ReadResult) -> None:
    for part in imported.series:
        ts = part.bars.index.tz_convert(None).to_numpy().astype("datetime64[ns]")
        sessions = CALENDAR.session_of(ts[[0, -1]])
        grid = CALENDAR.grid(sessions[0], sessions[1], Timeframe.MIN_15)
        assert np.isin(ts, grid).all()
        assert 0.99 < len(ts) / len(grid) <= 1.0


def test_bars_agree_with_another_source_that_labels_by_start(
    imported: ReadResult, shared_dir: Path
) -> None:
    """Shifted by one bar the same comparison fails: the label side was understood."""
    path = shared_dir / "data" / "us_15min_av_2020_2022" / "yahoo_15m_crosscheck.parquet"
    yahoo = pd.read_parquet(path)
    bars = {part.symbol: part.bars for part in imported.series}["AAPL"]
    theirs = yahoo[yahoo["symbol"] == "AAPL"].set_index("ts")["close"]
    both = pd.concat([bars["close"], theirs], axis=1, join="inner").to_numpy()
    assert len(both) == 832
    error = np.median(np.abs(both[:, 0] / both[:, 1] - 1))
    assert error < 1e-6
    shifted = np.median(np.abs(both[1:, 0] / both[:-1, 1] - 1))
    assert shifted > 1e-4


def test_taken_by_start_it_is_refused(source: SourceFile, plan: ImportPlan) -> None:
    report = read(source, replace(plan, label=LabelSide.START)).report
    error = refusal(report)
    assert error.field == "label_side"
    assert "09:30" in error.message


def test_a_folder_of_files_by_symbol_gives_the_same_bars(
    source: SourceFile, plan: ImportPlan, imported: ReadResult, tmp_path: Path
) -> None:
    frame = pd.read_parquet(source.path)
    files = [
        write(
            tmp_path,
            frame[frame["symbol"] == symbol].drop(columns="symbol").to_csv(index=False),
            f"{symbol}_15min.csv",
        )
        for symbol in ("INTC", "TXN")
    ]
    result = read(files, replace(plan, columns=replace(plan.columns, symbol="")))
    whole = {part.symbol: part.bars for part in imported.series}
    for part in result.series:
        pd.testing.assert_frame_equal(part.bars, whole[part.symbol])
    assert sum(f.count for f in result.report.findings if f.code == "duplicate") == 99


def test_daily_bars_of_110_stocks_import_with_their_actions(shared_dir: Path) -> None:
    path = shared_dir / "data" / "sp500_daily_unadj_2000_2021" / "daily.parquet"
    source = SourceFile("daily.parquet", path)
    found = inspect_files([source], CALENDAR)
    assert found.timeframe is Timeframe.DAY_1
    assert found.columns.split == "split_coefficient"
    assert found.columns.dividend == "dividend_amount"
    assert found.time is not None
    result = read(
        source, ImportPlan(found.columns, found.time.format, "", Timeframe.DAY_1, LabelSide.START)
    )
    assert (result.report.symbols, result.report.bars) == (110, 581_686)
    assert [f.code for f in result.report.errors] == []
    apple = next(part for part in result.series if part.symbol == "AAPL").actions
    splits = apple[apple["kind"] == "split"]
    assert splits["value"].round(3).tolist() == [2.0, 2.0, 7.0, 4.0]
    # TRMB's split of 2007 is not in the file: the report says so.
    like = {f.code: f for f in result.report.findings}["split_like"]
    assert "TRMB" in like.by_symbol

"""Checks of bars: each with the fault it must catch and a clean series it must leave alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from terminal.market.calendars import get_calendar
from terminal.market.findings import Check, Findings, Place, Severity
from terminal.market.quality import check_behaviour, check_gaps
from terminal.market.timeframe import Timeframe
from tests.terminal.market.panels import bars_frame

CALENDAR = get_calendar("XNYS")
DAYS = CALENDAR.grid("2020-01-02", "2022-12-30", Timeframe.DAY_1)


def behaviour(bars: pd.DataFrame, splits: list[np.datetime64] | None = None) -> dict[str, int]:
    findings = Findings()
    fields = {str(name): bars[name].to_numpy(copy=True) for name in bars}
    ts = bars.index.tz_convert(None).to_numpy().astype("datetime64[ns]")
    check_behaviour(findings, ts, fields, Timeframe.DAY_1, CALENDAR, "AAA", splits or [])
    return {finding.code: finding.count for finding in findings.all()}


def test_an_ordinary_series_raises_nothing() -> None:
    for seed in range(20):
        assert behaviour(bars_frame(DAYS, seed)) == {}


def test_a_wrong_tick_is_a_spike_and_a_crash_is_none() -> None:
    bars = bars_frame(DAYS)
    bars.iloc[300] = bars.iloc[300] * 1.5
    assert behaviour(bars) == {"spike": 1}
    crash = bars_frame(DAYS)
    crash.iloc[300:, :4] *= 0.7
    assert behaviour(crash) == {}


def test_a_split_that_nobody_recorded_is_noticed() -> None:
    bars = bars_frame(DAYS)
    bars.iloc[300:, :4] /= 2.0
    close = bars["close"].to_numpy()
    bars.iloc[300:, :4] *= (close[299] / 2.0) / close[300]  # no other move that night
    assert behaviour(bars) == {"split_like": 1}
    assert behaviour(bars, [DAYS[300]]) == {}


def test_a_stopped_feed_is_noticed() -> None:
    bars = bars_frame(DAYS)
    bars.iloc[100:108, :4] = bars.iloc[99]["close"]
    assert behaviour(bars) == {"stale": 1}
    assert behaviour(bars.assign(volume=0.0))["zero_volume"] == len(bars)


def test_gaps_are_counted_bar_by_bar_and_session_by_session() -> None:
    grid = CALENDAR.grid("2020-11-20", "2020-12-03", Timeframe.MIN_15)
    kept = grid[~np.isin(np.arange(len(grid)), [5, 6, 40])]
    kept = kept[CALENDAR.session_of(kept) != np.datetime64("2020-11-27")]
    findings = Findings()
    check_gaps(findings, kept, Timeframe.MIN_15, CALENDAR, "AAA")
    found = {finding.code: finding for finding in findings.all()}
    assert found["gap"].count == 3
    assert found["missing_session"].count == 1
    assert found["missing_session"].places[0].ts == "2020-11-27"
    clean = Findings()
    check_gaps(clean, grid, Timeframe.MIN_15, CALENDAR, "AAA")
    assert clean.all() == ()


def test_findings_count_everything_and_name_the_first_places() -> None:
    check = Check("x", Severity.ERROR, "{count} things.", "Do.")
    findings = Findings()
    findings.add(check, 1000, [Place("f.csv", k) for k in range(10)], "AAA")
    findings.add(check, 500, [Place("f.csv", 99)], "BBB")
    findings.add(check, 0, [], "CCC")
    (finding,) = findings.all()
    assert finding.sentence == "1,500 things."
    assert finding.by_symbol == {"AAA": 1000, "BBB": 500}
    assert [place.row for place in finding.places] == [0, 1, 2, 3, 4]
    assert finding.as_dict()["places"][0]["file"] == "f.csv"
    assert check.dropped().severity is Severity.WARNING


def test_errors_come_before_warnings_and_notes() -> None:
    findings = Findings()
    for code, severity in (("n", Severity.NOTE), ("e", Severity.ERROR), ("w", Severity.WARNING)):
        findings.add(Check(code, severity, "{count}", ""), 1)
    assert [finding.code for finding in findings.all()] == ["e", "w", "n"]

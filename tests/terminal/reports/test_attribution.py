"""Tables of attribution on a run of the engine: every one adds up, and says what it is."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import pandas as pd
import pytest

from terminal.backtest.result import BacktestResult
from terminal.charts.theme import DARK
from terminal.market.french_factors import monthly_factors
from terminal.reports import attribution as report
from tests.terminal.backtest.panels import random_panel
from tests.terminal.reports.engine_run import engine_result, on_sessions, sample_run

SECTORS = {"A": "Energy", "B": "Health Care", "C": "Health Care"}
ZONE = "America/New_York"


@lru_cache(maxsize=1)
def sectored() -> BacktestResult:
    bars = on_sessions(random_panel(4, 400, 3, ragged=False, events=False))
    return engine_result(bars, sectors=SECTORS)


def test_every_split_adds_up_to_what_was_earned_and_is_drawn() -> None:
    run = sectored()
    earned = run.curve["equity"].iloc[-1] - run.request.capital
    made = report.splits(run, ZONE)
    assert set(made) == {"instrument", "side", "month", "sector", "weekday"}
    for title, parts in made.values():
        assert sum(part.profit for part in parts) == pytest.approx(earned, abs=0.01), title
        assert report.split_table(title, parts, "Trades").rows[-1][0].text == "All"
    keys = {part.key for part in report.attribution_sections(run, DARK, timezone=ZONE)}
    assert keys == {f"attribution-{key}" for key in (*made, "excursions", "holding")}


def test_the_sectors_are_those_of_the_run_and_only_then_today_s() -> None:
    assert report.sectors_of(sectored(), {"A": "Elsewhere"}) == SECTORS
    old = replace(sectored(), judged=None)
    assert report.sectors_of(old, {"A": "Elsewhere"}) == {"A": "Elsewhere"}
    assert "sector" not in report.splits(old, ZONE)


def test_brinson_is_there_where_sectors_are_known() -> None:
    table = report.brinson_table(sectored())
    assert table is not None and "Carino" in table.note
    assert {row[0].text for row in table.rows} == {"Energy", "Health Care", "Cash", "All"}
    assert report.brinson_table(sample_run()) is None


def test_regimes_need_a_benchmark() -> None:
    run = sectored()
    table = report.regime_table(run, ZONE)
    assert table is not None and table.rows[-1][0].text == "Not known yet"
    without = replace(run, curve=run.curve.assign(benchmark=float("nan")))
    assert report.regime_table(without, ZONE) is None


def test_factors_are_left_out_where_the_months_do_not_overlap() -> None:
    factors = monthly_factors()
    assert report.fit_of(sectored(), factors, ZONE) is None  # 2020 and later
    assert report.fit_of(sectored(), None, ZONE) is None
    moved = sectored().curve.set_axis(pd.bdate_range("2000-01-03 14:30", periods=400, tz="UTC"))
    months = pd.concat(
        [moved, moved.set_axis(pd.bdate_range("2001-07-16 14:30", periods=400, tz="UTC"))]
    )
    fit = report.fit_of(replace(sectored(), curve=months), factors, ZONE)
    assert fit is not None and fit.n >= 24
    table = report.factor_table(fit, "somewhere")
    assert [row[0].text for row in table.rows] == ["Alpha", "Mkt-RF", "SMB", "HML"]
    assert "Newey–West" in table.note and "somewhere" in table.note


def test_a_crisis_within_the_run_is_named() -> None:
    assert report.crisis_table(sectored(), ZONE).rows[0][0].text == "Covid"

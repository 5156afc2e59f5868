"""The stages of a run: refusals, benchmark, the length of a year, what the result must say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from terminal.backtest import validate as validate_module
from terminal.backtest.metrics import session_last
from terminal.backtest.request import BacktestRequest
from terminal.backtest.run import benchmark_equity, periods_per_year, run_backtest
from terminal.errors import InputError, TerminalError
from terminal.market.calendars import get_calendar
from terminal.market.panel import FloatArray, Panel
from terminal.market.timeframe import Timeframe
from terminal.strategies.strategy import Strategy
from tests.terminal.backtest.panels import DAY, NAN, panel, random_panel

XNYS = get_calendar("XNYS")
REQUEST = BacktestRequest("sma-crossover", {"fast": 3, "slow": 10}, "made", ("A", "B", "C"))


def walk(n_bars: int = 60) -> Panel:
    return random_panel(3, n_bars, 3, ragged=False, events=False)


def test_the_stages_are_announced_in_order_and_timed() -> None:
    told: list[tuple[float, str]] = []
    done = run_backtest(REQUEST, walk(), None, XNYS, lambda at, stage: told.append((at, stage)))
    stages = ["Signals", "Look-ahead check", "Simulation", "Certificate", "Metrics"]
    assert [stage for _, stage in told] == stages
    assert [at for at, _ in told] == sorted(at for at, _ in told)
    assert set(done.seconds) == {"signals", "check", "engine", "certificate", "metrics"}
    assert done.check.passed and done.check.sentence in done.notes


def test_a_strategy_that_looks_ahead_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def next_close(bars: Panel, params: Any) -> FloatArray:
        ahead = np.roll(bars.close, -1, axis=0)
        return (ahead > bars.close) / bars.n_instruments

    real = validate_module.get_strategy("buy-and-hold")
    seer = Strategy("seer", "The seer", "test", "", real.params_type, lambda params: 0, next_close)
    monkeypatch.setattr(validate_module, "get_strategy", lambda slug: seer)
    with pytest.raises(TerminalError, match="it looks ahead") as caught:
        run_backtest(replace(REQUEST, strategy="seer", params={}), walk(), None, XNYS)
    assert caught.value.field == "strategy" and caught.value.remedy
    assert "The seer decided differently at bar" in caught.value.message
    kept = caught.value.as_dict()["certificate"]
    assert kept["status"] == "refused"
    assert [(check["key"], check["verdict"]) for check in kept["checks"]] == [("replay", "failed")]


def test_more_bars_needed_than_exist_is_refused() -> None:
    with pytest.raises(InputError, match=r"needs 9 bars .* has 9") as caught:
        run_backtest(REQUEST, walk(9), None, XNYS)
    assert caught.value.field == "start" and caught.value.remedy


def test_instruments_short_of_bars_are_named_and_all_of_them_refused() -> None:
    close = 50 + np.random.default_rng(1).random((40, 2)) * 5
    close[8:, 1] = NAN  # eight bars of its own
    close[:, 1] = np.where(np.isnan(close[:, 1]), NAN, close[:, 1])
    bars = panel(close, close)
    done = run_backtest(REQUEST, bars, None, XNYS)
    assert any(note.startswith("Never traded") and note.endswith(": B.") for note in done.notes)
    assert "B" not in set(done.fills["symbol"])
    close[8:20, 0] = NAN
    close[20:, :] = NAN
    with pytest.raises(InputError, match="has 8"):
        run_backtest(REQUEST, panel(close, close), None, XNYS)


@pytest.mark.parametrize("capital", [0.0, -1.0, NAN])
def test_the_engine_itself_refuses_a_capital_that_is_none(capital: float) -> None:
    with pytest.raises(InputError) as caught:
        run_backtest(replace(REQUEST, capital=capital), walk(), None, XNYS)
    assert caught.value.field == "capital"


def test_the_benchmark_is_bought_in_equal_parts_and_held() -> None:
    bars = panel([[10.0, 20.0], [10.0, 20.0], [20.0, 10.0]], [[10.0, 20.0]] * 3)
    found = benchmark_equity(bars, bars, 1_000.0)
    # 500 in each at the second open: 50 and 25 units
    assert list(found) == [1_000.0, 1_000.0, 50 * 20.0 + 25 * 10.0]  # type: ignore[arg-type]


def test_a_daily_benchmark_is_not_known_before_its_close() -> None:
    daily = panel([10.0, 11.0, 12.0], [10.0, 10.0, 12.0])
    noon = daily.ts[1] + np.timedelta64(2, "h")
    hours = np.array([daily.ts[1], noon, daily.ts[2] + DAY])
    intraday = replace(panel([1.0, 1.0, 1.0], ts=hours), close_ts=hours + np.timedelta64(1, "h"))
    found = benchmark_equity(intraday, daily, 100.0)
    assert list(found) == pytest.approx([100.0, 100.0, 120.0])  # type: ignore[arg-type]


def test_a_benchmark_that_begins_after_the_run_is_refused() -> None:
    bars, later = panel([1.0, 1.0]), panel([1.0, 1.0], ts=walk(40).ts[-2:])
    with pytest.raises(InputError, match="no bars in this range") as caught:
        benchmark_equity(bars, later, 100.0)
    assert caught.value.field == "benchmark" and caught.value.remedy


def test_without_a_benchmark_its_column_is_empty() -> None:
    assert np.isnan(benchmark_equity(walk(), None, 100.0))


@pytest.mark.parametrize(
    ("calendar", "timeframe", "expected"),
    [
        ("XNYS", Timeframe.DAY_1, 252.0),
        ("XNYS", Timeframe.HOUR_1, 252.0),
        ("XNYS", Timeframe.WEEK_1, 52.0),
        ("XNYS", Timeframe.MONTH_1, 12.0),
        ("24/7", Timeframe.DAY_1, 365.0),
    ],
)
def test_a_year_has_as_many_returns_as_its_market_has_sessions(
    calendar: str, timeframe: Timeframe, expected: float
) -> None:
    assert periods_per_year(timeframe, get_calendar(calendar)) == expected


def test_a_year_of_another_length_is_said() -> None:
    done = run_backtest(replace(REQUEST, timeframe=Timeframe.WEEK_1), walk(), None, XNYS)
    assert any(note.startswith("A year has 52 returns here") for note in done.notes)
    plain = run_backtest(REQUEST, walk(), None, XNYS)
    assert not any(note.startswith("A year has") for note in plain.notes)


def test_intraday_equity_is_reduced_to_the_last_value_of_each_session() -> None:
    times = pd.to_datetime(["2024-01-02 15:00", "2024-01-02 20:00", "2024-01-03 15:00"], utc=True)
    sessions = np.array(["2024-01-02", "2024-01-02", "2024-01-03"], dtype="datetime64[ns]")
    found = session_last(pd.Series([1.0, 2.0, 3.0], index=times), sessions)
    assert found.tolist() == [2.0, 3.0]
    assert list(found.index.strftime("%Y-%m-%d")) == ["2024-01-02", "2024-01-03"]


def test_the_same_run_twice_is_the_same_to_the_last_bit() -> None:
    bars = random_panel(5, 120, 3)
    one, two = (run_backtest(REQUEST, bars, bars, XNYS) for _ in range(2))
    for frame in ("curve", "fills", "trades", "positions"):
        assert getattr(one, frame).equals(getattr(two, frame)), frame
    assert one.metrics == two.metrics


def test_dates_of_a_request_are_sessions_of_the_exchange() -> None:
    """The first return of a run is the first session's, against the capital."""
    bars = walk()
    done = run_backtest(REQUEST, bars, bars, XNYS)
    assert done.curve.index[0].date() == date(2024, 1, 1)
    assert done.metrics["total_return"] == pytest.approx(
        done.curve["equity"].iloc[-1] / REQUEST.capital - 1
    )


def test_an_overlay_of_the_request_scales_the_run_and_lengthens_its_warm_up() -> None:
    target = {"volatility-target": {"target": 0.05, "window": 20}}
    plain = run_backtest(REQUEST, walk(), None, XNYS)
    under = run_backtest(replace(REQUEST, overlays=target), walk(), None, XNYS)
    assert under.check.passed
    assert 0 < under.curve["gross_exposure"].max() < 0.5 * plain.curve["gross_exposure"].max()
    first = [done.fills["bar"].min() for done in (plain, under)]
    assert first[0] < 20 <= first[1]
    with pytest.raises(InputError, match="needs 20 bars"):
        run_backtest(replace(REQUEST, overlays=target), walk(19), None, XNYS)


def test_shorts_an_account_cannot_hold_are_no_part_of_what_an_overlay_sizes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Half long, half short: sized as a hedged pair, the long side alone would be far too large."""

    def pair(bars: Panel, params: Any) -> FloatArray:
        return np.tile([0.5, -0.5], (bars.n_bars, 1))

    real = validate_module.get_strategy("buy-and-hold")
    hedged = Strategy("pair", "Pair", "test", "", real.params_type, lambda params: 0, pair)
    monkeypatch.setattr(validate_module, "get_strategy", lambda slug: hedged)
    market = np.random.default_rng(4).normal(0, 0.02, (400, 1)).cumsum(axis=0)
    noise = np.random.default_rng(5).normal(0, 0.001, (400, 2)).cumsum(axis=0)
    bars = panel(50 * np.exp(market + noise), 50 * np.exp(market + noise))
    request = replace(
        REQUEST,
        strategy="pair",
        params={},
        symbols=("A", "B"),
        overlays={"volatility-target": {"target": 0.1, "window": 60, "cap": 5.0}},
        leverage=5.0,
        lot=0.0,
    )
    alone = run_backtest(request, bars, None, XNYS)
    both = run_backtest(replace(request, long_only=False), bars, None, XNYS)
    usual = 0.02 * np.sqrt(252)  # what one unit of the long side moves in a year
    gross = alone.curve["gross_exposure"].iloc[-200:].mean()
    assert gross == pytest.approx(0.1 / usual, rel=0.3)
    assert both.curve["gross_exposure"].iloc[-200:].mean() > 5 * gross

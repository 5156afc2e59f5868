"""The simulator: the same seed gives the same bars, and they behave as real ones do."""

from __future__ import annotations

import time
from datetime import date

import numpy as np
import pandas as pd
import pytest

from terminal.market.calendars import get_calendar
from terminal.market.dataset import NewSeries
from terminal.market.simulate import SimulationSpec, dataset, simulate
from terminal.market.simulated_universe import SECTORS, UNIVERSE
from terminal.market.store.protocol import content_hash
from terminal.market.timeframe import Timeframe

CALENDAR = get_calendar("XNYS")
SPEC = SimulationSpec(seed=20_260_101)


@pytest.fixture(scope="module")
def parts() -> list[NewSeries]:
    began = time.perf_counter()
    made = list(simulate(SPEC, CALENDAR))
    assert time.perf_counter() - began < 20.0  # about 0.5 s on an idle core
    return made


@pytest.fixture(scope="module")
def returns(parts: list[NewSeries]) -> pd.DataFrame:
    """Log returns inside sessions: a column per stock; nights are left out."""
    close = pd.DataFrame({part.symbol: part.bars["close"] for part in parts})
    moves = np.log(close).diff()
    return moves[close.index.normalize() == close.index.normalize().to_series().shift().to_numpy()]


def test_there_are_46_stocks_over_four_and_a_half_years(parts: list[NewSeries]) -> None:
    assert len(parts) == 46 == len({part.symbol for part in parts})
    grid = CALENDAR.grid(SPEC.start, SPEC.end, Timeframe.MIN_15)
    for part in parts:
        assert np.array_equal(
            part.bars.index.tz_convert(None).to_numpy().astype("datetime64[ns]"), grid
        )
    sessions = CALENDAR.sessions_in(SPEC.start, SPEC.end)
    assert 4.4 < len(sessions) / 252 < 4.6
    assert len(grid) == 26 * len(sessions) - 12 * len(CALENDAR.half_days(SPEC.start, SPEC.end))


def test_nobody_can_mistake_it_for_real_data(parts: list[NewSeries]) -> None:
    made = dataset(SPEC)
    assert made.simulated and "SIMULATED" in made.title and "SIMULATED" in made.label
    assert made.label.count("SIMULATED") == 1
    assert all(part.symbol.endswith(".SIM") for part in parts)
    assert all("simulated" in part.name for part in parts)
    assert {company.sector for company in UNIVERSE} == set(SECTORS) and len(SECTORS) == 11


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(parts: list[NewSeries]) -> None:
    few = SimulationSpec(SPEC.seed, n_symbols=2)
    again = [content_hash(part.bars) for part in simulate(few, CALENDAR)]
    # Fewer stocks do not change the ones that are made.
    assert again == [content_hash(part.bars) for part in parts[:2]]
    other = next(simulate(SimulationSpec(SPEC.seed + 1, n_symbols=1), CALENDAR))
    assert content_hash(other.bars) != again[0]


def test_bars_are_coherent_on_the_cent_and_volumes_whole(parts: list[NewSeries]) -> None:
    for part in parts:
        bars = part.bars
        assert (bars["high"] >= bars[["open", "close", "low"]].max(axis=1)).all()
        assert (bars["low"] <= bars[["open", "close"]].min(axis=1)).all()
        assert (bars["low"] > 0).all() and (bars["volume"] >= 1).all()
        cents = bars[["open", "high", "low", "close"]].to_numpy() * 100
        assert np.abs(cents - np.rint(cents)).max() < 1e-6
        assert (bars["volume"] == np.rint(bars["volume"])).all()


def test_volume_and_volatility_are_u_shaped_over_the_day(
    parts: list[NewSeries], returns: pd.DataFrame
) -> None:
    volume = pd.DataFrame({part.symbol: part.bars["volume"] for part in parts})
    local = volume.index.tz_convert("America/New_York").strftime("%H:%M")
    by_time = (volume / volume.mean()).mean(axis=1).groupby(local).mean()
    assert by_time["09:30"] > 2 * by_time["12:30"] < by_time["15:45"]
    size = returns.abs().mean(axis=1)
    by_time = size.groupby(size.index.tz_convert("America/New_York").strftime("%H:%M")).mean()
    assert by_time["09:45"] > 1.3 * by_time["12:30"] < by_time["15:45"]


def test_returns_have_fat_tails_and_no_memory_but_their_size_has(parts: list[NewSeries]) -> None:
    daily = pd.DataFrame(
        {
            part.symbol: np.log(adjusted_close(part)).groupby(part.bars.index.date).last().diff()
            for part in parts
        }
    ).dropna()
    assert daily.kurt().median() > 2
    assert abs(daily.apply(lambda column: column.autocorr(1)).mean()) < 0.03
    size = daily.abs().mean(axis=1)
    assert size.autocorr(1) > 0.1 and size.autocorr(5) > 0.1
    annual = daily.std() * np.sqrt(252)
    assert 0.15 < annual.median() < 0.5


def adjusted_close(part: NewSeries) -> pd.Series:
    close = part.bars["close"].copy()
    for ts, kind, value in part.actions.itertuples(index=False, name=None):
        if kind == "split":
            close[close.index >= ts] *= value
    return close


def test_stocks_move_together_and_more_so_inside_a_sector(returns: pd.DataFrame) -> None:
    correlation = returns.corr().to_numpy()
    sector = np.array([company.sector for company in UNIVERSE])
    same = (sector[:, None] == sector) & ~np.eye(46, dtype=bool)
    other = sector[:, None] != sector
    assert 0.1 < correlation[other].mean() < 0.5
    assert correlation[same].mean() > correlation[other].mean() + 0.05


def test_prices_gap_overnight_and_jump_on_some_days(parts: list[NewSeries]) -> None:
    gaps, nights = [], []
    for part in parts:
        bars = part.bars
        first = bars.index.date != np.roll(bars.index.date, 1)
        gap = np.log(bars["open"].to_numpy()[1:] / bars["close"].to_numpy()[:-1])[first[1:]]
        nights.append(np.std(gap))
        gaps.append(np.abs(gap).max())
    assert np.median(nights) > 0.004
    assert np.median(gaps) > 0.08  # earnings


def test_a_split_divides_the_as_traded_price_and_a_dividend_is_taken_off(
    parts: list[NewSeries],
) -> None:
    splits = [
        (part, row) for part in parts for row in part.actions.itertuples() if row.kind == "split"
    ]
    assert len(splits) >= 5
    for part, row in splits:
        before = part.bars["close"][part.bars.index < row.ts].iloc[-1]
        after = part.bars.loc[row.ts, "open"]
        assert after * row.value == pytest.approx(before, rel=0.25)
    dividends = [
        row for part in parts for row in part.actions.itertuples() if row.kind == "dividend"
    ]
    assert len(dividends) > 300
    drops = []
    for part in parts:
        for row in part.actions.itertuples():
            if row.kind == "dividend":
                before = part.bars["close"][part.bars.index < row.ts].iloc[-1]
                drops.append((part.bars.loc[row.ts, "open"] - before) / row.value)
    assert np.mean(np.clip(drops, -20, 20)) == pytest.approx(-1.0, abs=0.7)


def test_half_days_are_short_and_busy_at_their_own_close(parts: list[NewSeries]) -> None:
    bars = parts[0].bars
    day = bars[bars.index.date == date(2024, 11, 29)]
    assert len(day) == 14
    assert day.index[-1].tz_convert("America/New_York").strftime("%H:%M") == "12:45"

"""A deterministic simulator of 15-minute stock bars. What it makes is always marked SIMULATED.

The model, with the stylised fact each part is there for (Cont 2001, "Empirical properties of
asset returns", Quantitative Finance 1, 223-236):

- sector and market factors with betas: returns are correlated, more inside a sector;
- market variance follows GJR-GARCH(1,1) (Glosten, Jagannathan, Runkle 1993, eq. 4) and sector and
  own volatility a log AR(1): volatility clusters, and rises after falls;
- Student-t shocks: fat tails; a share of each day's variance falls into the overnight gap;
- intraday variance and volume follow a U (Admati, Pfleiderer 1988);
- quarterly earnings gaps and rare intraday jumps;
- splits when a price has run away, with as-traded prices on both sides; quarterly dividends, by
  which the price falls at the ex-date's open;
- highs and lows are exact maxima and minima of a Brownian bridge from open to close;
- prices on the cent, volumes whole.

Sessions, half days and the bar grid come from the exchange calendar. Bars are named by their open.
All draws come from PCG64 streams spawned from one seed, a stream per instrument: the same seed
gives the same bars, and an instrument's bars do not depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from terminal.market.calendars import TradingCalendar
from terminal.market.dataset import Adjustment, Dataset, NewSeries
from terminal.market.panel import FloatArray
from terminal.market.simulated_factors import (
    MARKET_VOL,
    OVERNIGHT_SHARE,
    SECTOR_VOL,
    T_OWN,
    T_SECTOR,
    YEAR,
    Factor,
    Grid,
    bar_grid,
    factor,
    market_factor,
    shocks,
    wandering,
)
from terminal.market.simulated_universe import SECTORS, UNIVERSE, Company
from terminal.market.timeframe import Timeframe

SLUG = "sim-us-15min"
QUARTER = 63  # sessions
TICK = 0.01
SPLIT_ABOVE, SPLIT_TO = 320.0, 110.0  # currency: a price above is split to about
REVERSE_BELOW, REVERSE_TO = 4.0, 40.0
DAYS_TO_SPLIT = 10  # sessions from the decision to the ex-date


@dataclass(frozen=True)
class SimulationSpec:
    """What is simulated; the default is the built-in data set: 46 stocks, 4.5 years."""

    seed: int
    start: date = date(2021, 7, 1)
    end: date = date(2025, 12, 31)
    n_symbols: int = len(UNIVERSE)


def dataset(spec: SimulationSpec) -> Dataset:
    """The data set that the simulated series make."""
    return Dataset(
        slug=SLUG,
        title=f"SIMULATED US 15-minute bars, {spec.n_symbols} invented stocks",
        source=f"Simulated by AlphaTrade Terminal, seed {spec.seed}. Not market data.",
        licence="None needed: no real prices are in it",
        adjustment=Adjustment.AS_TRADED,
        timeframe=Timeframe.MIN_15,
        calendar="XNYS",
        simulated=True,
        fields="ohlcv",
        currency="USD",
        version="",
        note="SIMULATED: invented companies. Nothing earned or lost on it says anything about "
        "real markets.",
    )


def simulate(spec: SimulationSpec, calendar: TradingCalendar) -> Iterator[NewSeries]:
    """As-traded 15-minute bars and corporate actions of the first `n_symbols` companies."""
    grid = bar_grid(spec.start, spec.end, calendar)
    root = np.random.SeedSequence(spec.seed)
    market_seed, sector_seed, own_seed = root.spawn(3)
    market = market_factor(grid, np.random.Generator(np.random.PCG64(market_seed)))
    sectors = {
        name: factor(grid, SECTOR_VOL, T_SECTOR, np.random.Generator(np.random.PCG64(seed)))
        for name, seed in zip(SECTORS, sector_seed.spawn(len(SECTORS)), strict=True)
    }
    for company, seed in zip(
        UNIVERSE[: spec.n_symbols], own_seed.spawn(len(UNIVERSE)), strict=False
    ):
        generator = np.random.Generator(np.random.PCG64(seed))
        yield _stock(company, grid, market, sectors[company.sector], generator)


def _stock(
    company: Company,
    grid: Grid,
    market: Factor,
    sector: Factor,
    generator: np.random.Generator,
) -> NewSeries:
    beta_market = generator.uniform(0.6, 1.5)
    beta_sector = generator.uniform(0.7, 1.3)
    # Own volatility rises with the market's (Herskovic et al. 2016, "The common factor in
    # idiosyncratic volatility", Journal of Financial Economics 119, 249-283).
    nervous = np.sqrt(market.vol * np.sqrt(YEAR) / MARKET_VOL)
    own = factor(grid, generator.uniform(0.12, 0.30) * nervous, T_OWN, generator)
    night = beta_market * market.night + beta_sector * sector.night + own.night
    bar = beta_market * market.bar + beta_sector * sector.bar + own.bar
    vol = np.sqrt((beta_market * market.vol) ** 2 + (beta_sector * sector.vol) ** 2 + own.vol**2)
    # The drift of a log price is half a variance below that of the price.
    night -= OVERNIGHT_SHARE * vol**2 / 2
    bar -= (1 - OVERNIGHT_SHARE) * (vol[grid.session] * grid.shape) ** 2 / 2
    surprise = _earnings(grid, generator)
    night += surprise
    jumped = generator.random(len(grid.ts)) < 2.0 / (YEAR * len(grid.ts) / grid.n_sessions)
    bar += jumped * generator.normal(0.0, 0.02, len(grid.ts))
    price = generator.uniform(25.0, 290.0)
    dividend_yield = generator.uniform(0.005, 0.04) * (generator.random() < 0.65)
    path = _as_traded(grid, night, bar, price, dividend_yield, int(generator.integers(QUARTER)))
    spread = np.sqrt(1 - OVERNIGHT_SHARE) * vol[grid.session] * grid.shape
    bars = _bars(grid, path, bar, spread, generator)
    bars["volume"] = _volume(grid, path.units, bar, spread, surprise, generator)
    return NewSeries(company.symbol, bars, company.name, company.sector, "stock", path.actions)


def _earnings(grid: Grid, generator: np.random.Generator) -> FloatArray:
    """Overnight surprises once a quarter."""
    gap = np.zeros(grid.n_sessions)
    days = np.arange(int(generator.integers(QUARTER)), grid.n_sessions, QUARTER)
    gap[days] = 0.045 * shocks(generator, len(days), 5.0)
    return gap


@dataclass(frozen=True)
class _Path:
    """As-traded open and close of every bar (not yet on the tick), units per first unit."""

    open: FloatArray
    close: FloatArray
    units: FloatArray  # per session
    actions: pd.DataFrame


def _as_traded(
    grid: Grid,
    night: FloatArray,
    bar: FloatArray,
    price: float,
    dividend_yield: float,
    first_dividend: int,
) -> _Path:
    """Walk the sessions: gap, dividend, split, then the session's own path."""
    inside = np.cumsum(bar)
    last = np.append(grid.first[1:], len(bar)) - 1
    before = inside[grid.first] - bar[grid.first]
    within = inside[last] - before  # a session's return from open to close
    opens, units = np.empty(grid.n_sessions), np.ones(grid.n_sessions)
    found: list[tuple[int, str, float]] = []
    close, held, split_on, ratio = price, 1.0, -1, 1.0
    for day in range(grid.n_sessions):
        if day == split_on:
            close, held, split_on = close / ratio, held * ratio, -1
            found.append((day, "split", ratio))
        if dividend_yield and day and day % QUARTER == first_dividend:
            amount = round(close * dividend_yield / 4, 2)
            if amount >= TICK:
                close -= amount
                found.append((day, "dividend", amount))
        opens[day] = close * np.exp(night[day])
        units[day] = held
        close = opens[day] * np.exp(within[day])
        if split_on < 0 and not REVERSE_BELOW < close < SPLIT_ABOVE:
            split_on, ratio = day + DAYS_TO_SPLIT, _ratio(close)
    start = opens[grid.session] * np.exp(inside - bar - before[grid.session])
    times = pd.DatetimeIndex(grid.ts[grid.first], tz="UTC")
    actions = pd.DataFrame(
        {
            "ts": times[[day for day, _, _ in found]],
            "kind": [kind for _, kind, _ in found],
            "value": np.array([value for _, _, value in found], dtype=np.float64),
        }
    )
    return _Path(start, start * np.exp(bar), units, actions)


def _ratio(close: float) -> float:
    """Units per old unit of a split at this price; below 1 for a reverse split."""
    if close >= SPLIT_ABOVE:
        return float(max(2, round(close / SPLIT_TO)))
    return 1.0 / max(2, round(REVERSE_TO / close))


def _bars(
    grid: Grid, path: _Path, bar: FloatArray, spread: FloatArray, generator: np.random.Generator
) -> pd.DataFrame:
    """Extremes of a Brownian bridge over each bar, then everything on the tick.

    The maximum of a bridge from 0 to r with variance s^2 is
    (r + sqrt(r^2 - 2 s^2 log U)) / 2 with U uniform (Karatzas, Shreve 1991, problem 2.8.3).
    """
    size = len(bar)
    up = (bar + np.sqrt(bar**2 - 2 * spread**2 * np.log1p(-generator.random(size)))) / 2
    down = (bar - np.sqrt(bar**2 - 2 * spread**2 * np.log1p(-generator.random(size)))) / 2
    high, low = path.open * np.exp(up), path.open * np.exp(down)
    # The next bar seldom opens on the very tick of the last close.
    bounce = TICK * generator.integers(-1, 2, size)
    bounce[grid.first] = 0.0
    fields = {
        "open": _on_tick(path.open + bounce),
        "high": _on_tick(high),
        "low": _on_tick(low),
        "close": _on_tick(path.close),
    }
    fields["high"] = np.maximum.reduce(list(fields.values()))
    fields["low"] = np.minimum.reduce(list(fields.values()))
    index = pd.DatetimeIndex(grid.ts, tz="UTC", name="ts")
    return pd.DataFrame(fields, index=index)


def _on_tick(price: FloatArray) -> FloatArray:
    """The nearest whole cent, at least one, as the float closest to it."""
    return np.asarray(np.maximum(np.rint(price * 100.0), 1.0) / 100.0)


def _volume(
    grid: Grid,
    units: FloatArray,
    bar: FloatArray,
    spread: FloatArray,
    surprise: FloatArray,
    generator: np.random.Generator,
) -> FloatArray:
    """Whole units: a U over the day, more when prices move, more after earnings and splits."""
    daily = np.exp(generator.uniform(np.log(8e5), np.log(3e7)))
    mood = wandering(generator, grid.n_sessions, 0.9, 0.3)
    news = 1.0 + 25.0 * np.abs(surprise)
    moved = 0.6 + 0.4 * np.abs(bar) / (spread * np.sqrt(2 / np.pi))
    noise = np.exp(0.3 * generator.standard_normal(len(bar)) - 0.045)
    expected = daily * grid.busy * (units * mood * news)[grid.session] * moved * noise
    return np.asarray(np.maximum(np.rint(expected), 1.0))

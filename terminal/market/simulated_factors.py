"""The common movements of the simulator: the bar grid, the market and the sectors.

A factor is a return into each session's open and one inside each bar, with its volatility by
session. Conventions as in `terminal.market.simulate`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from terminal.market.calendars import TradingCalendar
from terminal.market.panel import FloatArray, TimeArray
from terminal.market.timeframe import Timeframe

YEAR = 252  # sessions
OVERNIGHT_SHARE = 0.25  # of a day's variance
T_MARKET, T_SECTOR, T_OWN = 6.0, 5.0, 4.0  # degrees of freedom of the shocks
ALPHA, GAMMA, BETA = 0.05, 0.14, 0.86  # GJR-GARCH of the market; persistence 0.98
MARKET_VOL, SECTOR_VOL = 0.15, 0.09  # annual
MARKET_DRIFT = 0.07  # annual, of the market factor


@dataclass(frozen=True)
class Grid:
    """The bar grid: opens of bars, session number of each bar, first bar of each session."""

    ts: TimeArray
    session: np.ndarray
    first: np.ndarray
    shape: FloatArray  # standard deviation of a bar as a fraction of the full session's
    busy: FloatArray  # expected share of a full session's volume

    @property
    def n_sessions(self) -> int:
        return len(self.first)


def bar_grid(start: date, end: date, calendar: TradingCalendar) -> Grid:
    """The grid of 15-minute bars from session `start` to session `end`."""
    ts = calendar.grid(start, end, Timeframe.MIN_15)
    opens = calendar.open_of(calendar.sessions_in(start, end))
    first = np.searchsorted(ts, opens)
    counts = np.diff(np.append(first, len(ts)))
    full = int(counts.max())
    session = np.repeat(np.arange(len(first)), counts)
    place = np.arange(len(ts)) - np.repeat(first, counts)
    # On a half day the U is squeezed into fewer bars: the close is busy whenever it comes.
    where = place / np.repeat(np.maximum(counts - 1, 1), counts)
    variance, volume = u_shape(where), u_shape(where) + 1.1 * (where == 1.0)
    reference = u_shape(np.linspace(0, 1, full))
    shape = np.sqrt(variance / reference.sum())
    return Grid(ts, session, first, shape, volume / (reference.sum() + 1.1))


def u_shape(where: FloatArray) -> FloatArray:
    """Relative activity at a place of the session, 0 the open and 1 the close."""
    return np.asarray(0.55 + 2.6 * np.exp(-where / 0.09) + 0.9 * np.exp(-(1 - where) / 0.10))


def shocks(generator: np.random.Generator, size: int, freedom: float) -> FloatArray:
    """Student-t draws of variance 1."""
    return np.asarray(generator.standard_t(freedom, size) * np.sqrt((freedom - 2) / freedom))


@dataclass(frozen=True)
class Factor:
    """Returns of a factor: `night[d]` into session d's open, `bar[k]` inside bar k; `vol[d]`."""

    night: FloatArray
    bar: FloatArray
    vol: FloatArray


def market_factor(grid: Grid, generator: np.random.Generator) -> Factor:
    """Market factor under daily GJR-GARCH; intraday shocks feed the next day's variance."""
    base = MARKET_VOL**2 / YEAR
    omega = base * (1 - ALPHA - GAMMA / 2 - BETA)
    night_shock = shocks(generator, grid.n_sessions, T_MARKET)
    bar_shock = grid.shape * shocks(generator, len(grid.ts), T_MARKET)
    day_shock = np.sqrt(OVERNIGHT_SHARE) * night_shock + np.sqrt(
        1 - OVERNIGHT_SHARE
    ) * np.add.reduceat(bar_shock, grid.first)
    variance = np.empty(grid.n_sessions)
    variance[0] = base
    for day in range(1, grid.n_sessions):
        shock = variance[day - 1] * day_shock[day - 1] ** 2
        asymmetry = GAMMA if day_shock[day - 1] < 0 else 0.0
        variance[day] = omega + (ALPHA + asymmetry) * shock + BETA * variance[day - 1]
    vol = np.sqrt(variance)
    return spread_over_bars(grid, vol, night_shock, bar_shock, MARKET_DRIFT / YEAR)


def factor(
    grid: Grid, annual_vol: float | FloatArray, freedom: float, generator: np.random.Generator
) -> Factor:
    """A factor whose log volatility is an AR(1) around `annual_vol` (one, or one a session)."""
    vol = annual_vol / np.sqrt(YEAR) * wandering(generator, grid.n_sessions, 0.98, 0.45)
    night = shocks(generator, grid.n_sessions, freedom)
    bar = grid.shape * shocks(generator, len(grid.ts), freedom)
    return spread_over_bars(grid, vol, night, bar, 0.0)


def spread_over_bars(
    grid: Grid, vol: FloatArray, night: FloatArray, bar: FloatArray, drift: float
) -> Factor:
    """Unit shocks into returns: each session's variance is shared between night and day."""
    return Factor(
        night=drift * OVERNIGHT_SHARE + np.sqrt(OVERNIGHT_SHARE) * vol * night,
        bar=drift * (1 - OVERNIGHT_SHARE) * grid.shape**2
        + np.sqrt(1 - OVERNIGHT_SHARE) * vol[grid.session] * bar,
        vol=vol,
    )


def wandering(
    generator: np.random.Generator, size: int, persistence: float, spread: float
) -> FloatArray:
    """exp of an AR(1) with stationary standard deviation `spread`, mean square 1."""
    noise = generator.standard_normal(size) * spread * np.sqrt(1 - persistence**2)
    log = np.empty(size)
    log[0] = spread * generator.standard_normal()
    for t in range(1, size):
        log[t] = persistence * log[t - 1] + noise[t]
    return np.asarray(np.exp(log - spread**2))

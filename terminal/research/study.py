"""A study of one feature: everything that is measured of it, in one pass over its values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.research.dispersion import Distribution, distribution, missing_shares
from terminal.research.groups import GroupReturns, group_returns, groups_of, turnover
from terminal.research.information import (
    FEWEST_INSTRUMENTS,
    Information,
    Mode,
    by_instrument,
    by_year,
    information,
)
from terminal.research.memory import Stationarity, autocorrelation, half_life, stationarity
from terminal.research.outcomes import forward_returns, over_the_universe

LAGS = 40
Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Measures:
    """What is asked of a feature.

    horizons : bars ahead, ascending; main : the one that single numbers are about.
    n_groups : quantiles. seed : of the block bootstrap.
    """

    mode: Mode
    horizons: tuple[int, ...]
    main: int
    n_groups: int
    seed: int = 0


@dataclass(frozen=True)
class InstrumentStudy:
    """What is measured of each instrument: n values, missing shares of its bars, and the rest."""

    n: int
    missing: float
    later: float
    mean: float
    deviation: float
    half_life: float
    coefficient: float
    stationarity: Stationarity


@dataclass(frozen=True)
class Study:
    """Results; `autocorrelations` is (n_instruments, LAGS), `group` (n_bars, n_instruments)."""

    measures: Measures
    distribution: Distribution
    information: tuple[Information, ...]
    groups: tuple[GroupReturns, ...]
    years: tuple[tuple[int, float, int], ...]
    autocorrelations: FloatArray
    instruments: tuple[InstrumentStudy, ...]
    turnover: float

    @property
    def main(self) -> Information:
        """The coefficient at the main horizon."""
        return next(one for one in self.information if one.horizon == self.measures.main)

    @property
    def main_groups(self) -> GroupReturns:
        """The groups at the main horizon."""
        return next(one for one in self.groups if one.horizon == self.measures.main)


def usual_mode(n_instruments: int, comparable: bool) -> Mode:
    """Across instruments where there are enough and their values can be compared."""
    return Mode.ACROSS if comparable and n_instruments >= FEWEST_INSTRUMENTS else Mode.THROUGH


def study(
    values: FloatArray,
    close: FloatArray,
    year: FloatArray,
    asked: Measures,
    progress: Progress = lambda _fraction, _stage: None,
) -> Study:
    """Measure a feature.

    Parameters
    ----------
    values : float64 (n_bars, n_instruments), row t known at the close of bar t; NaN where unknown.
    close : float64 (n_bars, n_instruments), total-return prices, NaN where there is no bar.
    year : (n_bars,), calendar year of each bar.

    Raises
    ------
    InputError : too few instruments to compare across, or no value at all.
    """
    if asked.mode is Mode.ACROSS and close.shape[1] < FEWEST_INSTRUMENTS:
        raise InputError(
            f"{close.shape[1]} instruments are too few to compare across them; "
            f"{FEWEST_INSTRUMENTS} are needed.",
            field="mode",
            remedy="Choose more instruments, or compare through time.",
        )
    if not np.isfinite(values).any():
        raise InputError(
            "The feature has no value on these bars: they are fewer than its warm-up, or lack what "
            "it is made from (volume, highs and lows).",
            field="feature",
            remedy="Choose a longer range, other data, or smaller windows.",
        )
    present = np.isfinite(close)
    progress(0.0, "Distribution")
    spread = distribution(values, present)
    group = groups_of(values, asked.n_groups, asked.mode)
    found, earned = [], []
    years: list[tuple[int, float, int]] = []
    coefficients = np.full(close.shape[1], np.nan)
    for k, horizon in enumerate(asked.horizons):
        progress(0.1 + 0.6 * k / len(asked.horizons), f"Horizon {horizon}")
        after = forward_returns(close, horizon)
        found.append(information(values, after, horizon, asked.mode, asked.seed))
        against = over_the_universe(after) if asked.mode is Mode.ACROSS else after
        earned.append(group_returns(group, against, asked.n_groups, horizon, asked.seed))
        if horizon == asked.main:
            years = by_year(values, after, year, asked.mode)
            coefficients = by_instrument(values, after)
    progress(0.75, "Memory")
    own = [_own_bars(values[:, j], present[:, j]) for j in range(values.shape[1])]
    return Study(
        measures=asked,
        distribution=spread,
        information=tuple(found),
        groups=tuple(earned),
        years=tuple(years),
        autocorrelations=np.stack([autocorrelation(one, LAGS) for one in own]),
        instruments=tuple(
            _instrument(one, values[:, [j]], present[:, [j]], float(coefficients[j]))
            for j, one in enumerate(own)
        ),
        turnover=float(np.nanmean([turnover(group, 0), turnover(group, asked.n_groups - 1)])),
    )


def _own_bars(values: FloatArray, present: FloatArray) -> FloatArray:
    """Values at the instrument's own bars from its first value on."""
    own = values[present.astype(bool)]
    known = np.flatnonzero(np.isfinite(own))
    return np.asarray(own[known[0] :] if len(known) else own[:0])


def _instrument(
    own: FloatArray, values: FloatArray, present: FloatArray, coefficient: float
) -> InstrumentStudy:
    known = own[np.isfinite(own)]
    missing, later = missing_shares(values, present)
    return InstrumentStudy(
        n=len(known),
        missing=missing,
        later=later,
        mean=float(known.mean()) if len(known) else float("nan"),
        deviation=float(known.std()) if len(known) else float("nan"),
        half_life=half_life(own),
        coefficient=coefficient,
        stationarity=stationarity(own),
    )

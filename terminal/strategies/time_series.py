"""Momentum of each instrument on its own: over one time frame with equal risk, and over two.

Time-series momentum: Moskowitz, Ooi and Pedersen (2012), Time series momentum, JFE 104, eq. (5).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.calendars import TradingCalendar, get_calendar
from terminal.market.panel import FloatArray, Panel, TimeArray
from terminal.market.timeframe import Timeframe
from terminal.params import param
from terminal.strategies.indicators import rate_of_change
from terminal.strategies.schedule import every_param, rebalance_param, rebalance_rows
from terminal.strategies.sizing import invested_param, sizing_param, weights
from terminal.strategies.strategy import Strategy
from terminal.strategies.volatility import STILL, bars_per_year, ewma_volatility, own_returns


@dataclass(frozen=True)
class TimeSeriesMomentumParams:
    """Look-back and the risk each instrument is given."""

    lookback: int = param(
        252,
        title="Look-back",
        low=5,
        high=2000,
        step=1,
        unit="bars",
        help="The sign of the return over these bars is the position's.",
    )
    target_volatility: float = param(
        0.40,
        title="Volatility target",
        low=0.01,
        high=2.0,
        step=0.01,
        help="Annual volatility each instrument is scaled to before the invested share is divided; "
        "the paper's is 0.40. A low target leaves part in cash.",
    )
    centre: int = param(
        60,
        title="Volatility memory",
        low=2,
        high=500,
        step=1,
        unit="bars",
        help="Centre of mass of the exponential weights of past squared returns.",
    )
    rebalance: str = rebalance_param()
    every: int = every_param()
    invested: float = invested_param()


def time_series_momentum_targets(panel: Panel, params: TimeSeriesMomentumParams) -> FloatArray:
    """On rebalancing bars: sign(past return) * target volatility / own volatility / names.

    A row whose weights add up to more than the invested share is scaled down to it as a whole, so
    that every instrument keeps the same part of the risk. Instruments without a full look-back, or
    without a bar, have no opinion (NaN); one that does not move is not held.
    """
    past = rate_of_change(panel.close, params.lookback)
    volatility = ewma_volatility(own_returns(panel.close), params.centre)
    moves = volatility > STILL
    annual = np.where(moves, volatility, 1.0) * np.sqrt(bars_per_year(panel))
    names = np.maximum(np.isfinite(past).sum(axis=1, keepdims=True), 1)
    size = np.where(moves, params.target_volatility / annual, 0.0) / names
    gross = np.nansum(np.where(np.isfinite(past), size, 0.0), axis=1, keepdims=True)
    size *= np.minimum(1.0, params.invested / np.maximum(gross, params.invested))
    decided = rebalance_rows(panel.ts, params.rebalance, params.every)[:, None]
    return np.where(decided, np.sign(past) * size, np.nan)


TIME_SERIES_MOMENTUM = Strategy(
    slug="time-series-momentum",
    title="Time-series momentum",
    family="momentum",
    description="Holds each instrument by the sign of its own past return, at equal risk.",
    params_type=TimeSeriesMomentumParams,
    warmup=lambda params: params.lookback,
    targets=time_series_momentum_targets,
)

MULTIPLE = "multiple of bars"
PERIODS = {"day": Timeframe.DAY_1, "week": Timeframe.WEEK_1, "month": Timeframe.MONTH_1}


@dataclass(frozen=True)
class MultiTimeframeParams:
    """A look-back on the panel's bars and one on coarser bars made of them."""

    lookback: int = param(
        20,
        title="Look-back",
        low=2,
        high=1000,
        step=1,
        unit="bars",
        help="Return on the data's own bars.",
    )
    coarse: str = param(
        MULTIPLE,
        title="Coarse bars",
        choices=(MULTIPLE, *PERIODS),
        help="Made of that many of an instrument's bars, or of whole days, weeks or months of the "
        "exchange; one counts only after it has closed.",
    )
    multiple: int = param(
        5,
        title="Multiple",
        low=2,
        high=500,
        step=1,
        unit="bars",
        help="Bars in a coarse bar, where it is a multiple.",
    )
    coarse_lookback: int = param(
        12,
        title="Coarse look-back",
        low=1,
        high=500,
        step=1,
        unit="coarse bars",
        help="Return on the coarse bars.",
    )
    sizing: str = sizing_param()
    invested: float = invested_param()


def multi_timeframe_targets(panel: Panel, params: MultiTimeframeParams) -> FloatArray:
    """Long while both returns are above zero, short while both are below, else flat.

    Raises
    ------
    InputError : the coarse bars are not coarser than the panel's.
    """
    fine = rate_of_change(panel.close, params.lookback)
    coarse = coarse_momentum(panel, params)
    side = np.where(np.sign(fine) == np.sign(coarse), np.sign(fine), 0.0)
    ready = np.isfinite(fine) & np.isfinite(coarse)
    return weights(side, ready, params.sizing, params.invested)


def coarse_momentum(panel: Panel, params: MultiTimeframeParams) -> FloatArray:
    """Return over `coarse_lookback` coarse bars, of those that have closed by each row's close.

    A coarse bar's close is the instrument's last close in it. NaN in the rows of missing bars.
    """
    calendar = _calendar(panel, params.coarse)
    out = np.full(panel.close.shape, np.nan)
    for column in range(panel.n_instruments):
        known = np.flatnonzero(np.isfinite(panel.close[:, column]))
        values = panel.close[known, column]
        if calendar is None:
            closed = (np.arange(known.size) + 1) // params.multiple
            closes = values[params.multiple - 1 :: params.multiple]
        else:
            ends = calendar.bar_close(panel.ts[known], PERIODS[params.coarse])
            closed, closes = _closed_periods(ends, panel.close_ts[known], values)
        # `closed` is how many coarse bars are finished; the newest is the one before that number
        enough = closed > params.coarse_lookback
        newest = closed[enough] - 1
        out[known[enough], column] = closes[newest] / closes[newest - params.coarse_lookback] - 1.0
    return out


def _closed_periods(
    ends: TimeArray, close_ts: TimeArray, values: FloatArray
) -> tuple[np.ndarray, FloatArray]:
    """(how many periods have ended by each bar's close, the last value of each period)."""
    if not ends.size:
        return np.zeros(0, dtype=np.int64), values
    last = np.append(np.flatnonzero(ends[1:] != ends[:-1]), ends.size - 1)
    return np.searchsorted(ends[last], close_ts, side="right"), values[last]


def _calendar(panel: Panel, coarse: str) -> TradingCalendar | None:
    if coarse == MULTIPLE:
        return None
    if PERIODS[coarse].order <= panel.timeframe.order:
        raise InputError(
            f"Coarse bars of a {coarse} are not coarser than the data's bars of {panel.timeframe}.",
            field="coarse",
            remedy=f"Choose a longer period or {MULTIPLE!r}.",
        )
    return get_calendar(panel.calendar)


def _multi_timeframe_warmup(params: MultiTimeframeParams) -> int:
    """A period has at least one bar of an instrument; how many it has, the data decides."""
    bars = params.multiple if params.coarse == MULTIPLE else 1
    return max(params.lookback, (params.coarse_lookback + 1) * bars - 1)


MULTI_TIMEFRAME = Strategy(
    slug="multi-timeframe-momentum",
    title="Multi-timeframe momentum",
    family="momentum",
    description="Holds an instrument while its trend agrees on its own bars and on coarser ones.",
    params_type=MultiTimeframeParams,
    warmup=_multi_timeframe_warmup,
    targets=multi_timeframe_targets,
)

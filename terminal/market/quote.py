"""What stands beside a price: last, change, the year's range, volume, volatility. Pure.

Sessions are the calendar's. Prices here are adjusted for splits and not for dividends, as an
exchange quotes them: the last price is the one that was traded, a fall on an ex-dividend date is a
fall. Returns are price returns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd

from terminal.market.calendars import TradingCalendar
from terminal.market.resample import resample
from terminal.market.timeframe import Timeframe

SESSIONS_A_YEAR = 252
AVERAGE_OVER = 20  # sessions
LEAST_RETURNS = 60  # fewer daily returns give no volatility
CLOSES = 60
NEEDED_DAYS = 400  # calendar days of bars before the last one


@dataclass(frozen=True)
class Quote:
    """The state of an instrument at its last bar; None where the data does not say.

    Attributes
    ----------
    last, before : closes of the last session (so far) and of the one before.
    at : open of the last bar, UTC. session : its date at the exchange.
    change : last / before - 1.
    high, low : of the year up to `session`, of closes where there are no highs and lows.
    volume : of the last session, units. average_volume : mean of the last 20 sessions.
    volatility : standard deviation (n - 1) of the daily log returns of the last 252 sessions, a
        year; fraction.
    year_to_date : against the last close of the year before. one_year : against the last close at
        least a year old.
    closes : of the last 60 sessions, the oldest first.
    """

    last: float | None = None
    before: float | None = None
    at: datetime | None = None
    session: date | None = None
    change: float | None = None
    high: float | None = None
    low: float | None = None
    volume: float | None = None
    average_volume: float | None = None
    volatility: float | None = None
    year_to_date: float | None = None
    one_year: float | None = None
    closes: tuple[float, ...] = ()

    @property
    def moved(self) -> float | None:
        """Change in the units of the price."""
        return None if self.last is None or self.before is None else self.last - self.before


def quote_of(
    bars: pd.DataFrame, actions: pd.DataFrame, timeframe: Timeframe, calendar: TradingCalendar
) -> Quote:
    """The quote at the last bar.

    Parameters
    ----------
    bars : open, high, low, close, volume by `ts` (UTC), raw; `NEEDED_DAYS` before the last one.
    actions : of the instrument: ts, kind, value.
    """
    bars = split_adjusted(bars[bars["close"].notna()], actions)
    if bars.empty:
        return Quote()
    daily = resample(bars, timeframe, Timeframe.DAY_1, calendar)
    ts = pd.DatetimeIndex(daily.index).tz_convert(None).to_numpy().astype("datetime64[ns]")
    days = calendar.session_of(ts)
    close = daily["close"].to_numpy(dtype=np.float64)
    a_year_ago = (pd.Timestamp(days[-1]) - pd.DateOffset(years=1)).to_datetime64()
    year = days > a_year_ago.astype("datetime64[D]")
    high = daily["high"] if daily["high"].notna().any() else daily["close"]
    low = daily["low"] if daily["low"].notna().any() else daily["close"]
    january = days[-1].astype("datetime64[Y]").astype("datetime64[D]")
    return Quote(
        last=_known(close[-1]),
        before=_known(close[-2]) if len(close) > 1 else None,
        at=pd.Timestamp(bars.index[-1]).to_pydatetime(),
        session=days[-1].astype(object),
        change=_known(close[-1] / close[-2] - 1.0) if len(close) > 1 else None,
        high=_known(float(high[year].max())),
        low=_known(float(low[year].min())),
        volume=_known(float(daily["volume"].iloc[-1])),
        average_volume=_known(float(daily["volume"].tail(AVERAGE_OVER).mean())),
        volatility=_volatility(close),
        year_to_date=_since(close, days < january),
        one_year=_since(close, days <= a_year_ago.astype("datetime64[D]")),
        closes=tuple(float(value) for value in close[-CLOSES:]),
    )


def split_adjusted(bars: pd.DataFrame, actions: pd.DataFrame) -> pd.DataFrame:
    """Bars in units of today: prices before a split divided by its ratio, volume multiplied.

    As in a panel, a split takes effect at the first bar at or after its time.
    """
    splits = actions[actions["kind"] == "split"]
    if splits.empty or bars.empty:
        return bars
    place = np.searchsorted(bars.index, pd.DatetimeIndex(splits["ts"]))
    factor = np.ones(len(bars))
    for row, ratio in zip(place, splits["value"].to_numpy(dtype=np.float64), strict=True):
        factor[:row] *= ratio
    out = bars.copy()
    for name in ("open", "high", "low", "close"):
        out[name] = bars[name] / factor
    out["volume"] = bars["volume"] * factor
    return out


def _volatility(close: np.ndarray) -> float | None:
    returns = np.diff(np.log(close[-SESSIONS_A_YEAR - 1 :]))
    if len(returns) < LEAST_RETURNS:
        return None
    return _known(float(returns.std(ddof=1)) * math.sqrt(SESSIONS_A_YEAR))


def _since(close: np.ndarray, earlier: np.ndarray) -> float | None:
    """Return since the last session that is `earlier`; None when there is none."""
    rows = np.flatnonzero(earlier)
    return _known(close[-1] / close[rows[-1]] - 1.0) if len(rows) else None


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None

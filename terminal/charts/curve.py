"""The series that figures draw, derived from an equity curve.

A *session return* is the change of equity from one session's last bar to the next one's, so that
intraday runs and daily runs read alike; runs of weekly or monthly bars use their bars. Returns are
simple fractions. Annualisation uses 252 sessions (52 weeks, 12 months).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from terminal.charts.time_axis import is_intraday, local

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = np.timedelta64(1, "D")


def drawdown(equity: pd.Series, start: float | None = None, timezone: str = "UTC") -> pd.Series:
    """Fraction below the highest equity so far, per session: -0.25 is a quarter below it.

    `start` is the starting capital, the first high; without it the first equity is.
    """
    values = session_equity(equity, timezone)
    return pd.Series(values / values.clip(lower=start).cummax() - 1.0)


def session_equity(equity: pd.Series, timezone: str = "UTC") -> pd.Series:
    """The last equity of each session, indexed by that bar's ts; unchanged unless intraday."""
    index = pd.DatetimeIndex(equity.index)
    if not is_intraday(index):
        return equity
    dates = local(index, timezone).normalize()
    last = np.append(dates[1:] != dates[:-1], True)
    return equity[last]


def session_returns(
    equity: pd.Series, timezone: str = "UTC", start: float | None = None
) -> pd.Series:
    """Simple returns between sessions.

    The first session's is against `start`, the starting capital; without it, it is left out.
    """
    values = session_equity(equity, timezone)
    returns = values.pct_change(fill_method=None)
    if start is None or not len(values):
        return returns.iloc[1:]
    returns.iloc[0] = values.iloc[0] / start - 1.0
    return returns


def periods_per_year(index: pd.Index) -> int:
    """252 for daily or intraday bars, 52 for weekly, 12 for monthly ones."""
    if len(index) < 2:
        return 252
    step = float(np.median(np.diff(pd.DatetimeIndex(index).as_unit("s").asi8))) / 86_400
    return 252 if step < 5 else 52 if step < 20 else 12


def period_returns(
    equity: pd.Series, period: str, timezone: str = "UTC", start: float | None = None
) -> pd.Series:
    """Returns per calendar period, compounded: `period` "M" or "Y" (pandas period codes).

    The first period starts from `start` (the starting capital; without it the first equity), so
    a run that begins inside a month shows the part it saw.
    """
    periods = local(pd.DatetimeIndex(equity.index), timezone).tz_localize(None).to_period(period)
    last = equity.groupby(periods).last()
    before = last.shift(1)
    before.iloc[0] = equity.iloc[0] if start is None else start
    return pd.Series(last / before - 1.0)


def monthly_table(
    equity: pd.Series, timezone: str = "UTC", start: float | None = None
) -> pd.DataFrame:
    """Returns by year (rows, ascending) and month (columns Jan..Dec), with the year's total."""
    months = period_returns(equity, "M", timezone, start)
    periods = pd.PeriodIndex(months.index)
    table = pd.DataFrame(
        {"year": periods.year, "month": periods.month, "value": months.to_numpy()}
    ).pivot(index="year", columns="month", values="value")
    table = table.reindex(columns=range(1, 13)).astype(float)
    table.columns = pd.Index(MONTHS)
    years = period_returns(equity, "Y", timezone, start)
    table["Year"] = pd.Series(years.to_numpy(), index=pd.PeriodIndex(years.index).year)
    return table


def rolling_volatility(equity: pd.Series, window: int, timezone: str = "UTC") -> pd.Series:
    """Annualised standard deviation (n - 1) of the last `window` session returns, a fraction."""
    returns = session_returns(equity, timezone)
    deviation = returns.rolling(window).std(ddof=1)
    return pd.Series(deviation * np.sqrt(periods_per_year(returns.index)))


def rolling_sharpe(
    equity: pd.Series, window: int, risk_free_rate: float = 0.0, timezone: str = "UTC"
) -> pd.Series:
    """Annualised mean excess session return over its standard deviation, last `window` sessions.

    `risk_free_rate` is annual and simple, spread evenly over the sessions. Where the deviation is
    zero the ratio is undefined (NaN).
    """
    returns = session_returns(equity, timezone)
    years = periods_per_year(returns.index)
    excess = returns - risk_free_rate / years
    deviation = excess.rolling(window).std(ddof=1)
    ratio = excess.rolling(window).mean() / deviation.where(deviation > 1e-15)
    return pd.Series(ratio * np.sqrt(years))


def worst_drawdowns(
    equity: pd.Series, count: int = 10, timezone: str = "UTC", start: float | None = None
) -> pd.DataFrame:
    """The deepest separate falls, by session: peak, trough and recovery ts, depth and length.

    Columns: peak_ts, trough_ts, recovery_ts (NaT while not recovered), depth (fraction, negative),
    days (calendar days from peak to recovery, or to the last bar).
    """
    columns = ["peak_ts", "trough_ts", "recovery_ts", "depth", "days"]
    falls = drawdown(equity, start, timezone)
    depth = falls.to_numpy(dtype=float)
    index = pd.DatetimeIndex(falls.index)
    under = depth < 0
    if not under.any():
        return pd.DataFrame(columns=columns)
    edges = np.diff(under.astype(np.int8), prepend=0, append=0)
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    rows = []
    for start_at, end in zip(starts.tolist(), ends.tolist(), strict=True):
        trough = start_at + int(np.argmin(depth[start_at:end]))
        recovered = end < len(index)
        peak = index[max(start_at - 1, 0)]
        rows.append(
            {
                "peak_ts": peak,
                "trough_ts": index[trough],
                "recovery_ts": index[end] if recovered else pd.NaT,
                "depth": depth[trough],
                "days": (index[min(end, len(index) - 1)] - peak) / _DAY,
            }
        )
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("depth", kind="stable").head(count).reset_index(drop=True)

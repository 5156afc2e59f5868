"""Checks of one instrument's bars before they are stored.

Pure functions of arrays and the calendar. A check says how often and where; whether that stops an
import stands in its `Check`. Robust statistics: a spike is measured against the median absolute
deviation, which the spike itself does not move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from terminal.market.calendars import TradingCalendar
from terminal.market.findings import FIRST_PLACES, Check, Findings, Place, Severity
from terminal.market.panel import FloatArray, TimeArray
from terminal.market.timeframe import Timeframe

ROUNDING = 1e-6  # relative: adjusted prices carry rounding in the last digits
SPIKE = 12.0  # robust standard deviations
SPIKE_RETURNS = 0.6  # part of the jump that the next bar takes back
LEAST_SPIKE = 0.05  # log return: smaller moves are never called spikes
STALE_RUN = {True: 13, False: 5}  # bars without any change: intraday (half a session), daily
SPLIT_RATIOS = (1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 30.0, 50.0)
SPLIT_NEAR = 0.02  # relative distance of a price ratio from a simple one

NOT_FINITE = Check(
    "not_finite",
    Severity.ERROR,
    "{count} rows have a price that is missing, NaN or infinite.",
    "Correct or remove the rows, or choose to leave bad rows out.",
)
NOT_POSITIVE = Check(
    "not_positive",
    Severity.ERROR,
    "{count} rows have a price of zero or below.",
    "Correct or remove the rows, or choose to leave bad rows out.",
)
BAD_VOLUME = Check(
    "bad_volume",
    Severity.ERROR,
    "{count} rows have a volume that is negative, missing or infinite.",
    "Correct or remove the rows, or choose to leave bad rows out.",
)
OHLC = Check(
    "ohlc",
    Severity.ERROR,
    "{count} rows have a high below, or a low above, another price of the bar.",
    "Check the mapping of the columns; correct the rows, or choose to leave bad rows out.",
)
DUPLICATE = Check(
    "duplicate",
    Severity.WARNING,
    "{count} rows repeat another row exactly; each is kept once.",
    "Nothing to do; the source sends some rows twice.",
)
CONFLICT = Check(
    "conflict",
    Severity.ERROR,
    "{count} rows have the time of another row of the symbol but other values.",
    "Keep the right one in the file; check the time zone and that each symbol comes once.",
    droppable=False,
)
ORDER = Check(
    "order",
    Severity.WARNING,
    "{count} rows stand before an earlier one of their symbol; they are sorted.",
    "Nothing to do, unless the file should have been in order.",
)
GAP = Check(
    "gap",
    Severity.WARNING,
    "{count} bars that the calendar expects between a symbol's first and last are not there.",
    "Look whether the source misses them; they stay missing and are never filled in.",
)
MISSING_SESSION = Check(
    "missing_session",
    Severity.WARNING,
    "{count} whole sessions between a symbol's first and last bar are not there.",
    "Look whether the instrument was halted or the calendar is another.",
)
SPIKE_CHECK = Check(
    "spike",
    Severity.WARNING,
    "{count} closes jump and come back at once: possibly wrong ticks.",
    "Compare them with another source.",
)
SPLIT_LIKE = Check(
    "split_like",
    Severity.WARNING,
    "{count} overnight moves look like a split that is neither adjusted for nor recorded.",
    "Map the split column, or check the adjustment that was chosen.",
)
STALE = Check(
    "stale",
    Severity.WARNING,
    "{count} runs of bars do not change at all: possibly a stopped feed.",
    "Compare them with another source.",
)
ACTION = Check(
    "action",
    Severity.ERROR,
    "{count} dividends cannot be: they are as large as the price before them.",
    "Check the dividend column, and whether prices and dividends are in the same units.",
    droppable=False,
)
NO_VOLUME = Check(
    "zero_volume", Severity.NOTE, "{count} bars have no volume.", "Orders there may never fill."
)


Where = Callable[[int], Place]


def check_values(
    findings: Findings,
    fields: dict[str, FloatArray],
    where: Where,
    symbol: str,
    *,
    has_volume: bool,
    drop: bool,
) -> np.ndarray:
    """Rows whose values cannot be true; which rows are good.

    Parameters
    ----------
    fields : open, high, low, close, volume; all NaN where the source has no such column.
    where : place of a row. drop : the person chose to leave such rows out.
    """
    prices = [
        fields[name]
        for name in ("open", "high", "low", "close")
        if name == "close" or np.isfinite(fields[name]).any()
    ]
    finite = np.logical_and.reduce([np.isfinite(price) for price in prices])
    positive = np.logical_and.reduce([price > 0 for price in prices])
    good = finite & positive
    volume = fields["volume"]
    volume_ok = np.isfinite(volume) & (volume >= 0) if has_volume else np.ones(len(good), bool)
    coherent = np.ones(len(good), dtype=bool)
    if len(prices) == 4:
        o, h, low, c = prices
        slack = ROUNDING * np.abs(c)
        with np.errstate(invalid="ignore"):
            coherent = (h >= np.maximum(np.maximum(o, c), low) - slack) & (
                low <= np.minimum(np.minimum(o, c), h) + slack
            )
    for check, wrong in (
        (NOT_FINITE, ~finite),
        (NOT_POSITIVE, finite & ~positive),
        (OHLC, good & ~coherent),
        (BAD_VOLUME, ~volume_ok),
    ):
        report(findings, check.dropped() if drop else check, wrong, where, symbol)
    return np.asarray(good & coherent & volume_ok)


def report(
    findings: Findings, check: Check, wrong: np.ndarray, where: Where, symbol: str = ""
) -> None:
    """Add the rows where `wrong`, with the first places."""
    rows = np.flatnonzero(wrong)
    findings.add(check, len(rows), [where(int(row)) for row in rows[:FIRST_PLACES]], symbol)


def check_gaps(
    findings: Findings,
    ts: TimeArray,
    timeframe: Timeframe,
    calendar: TradingCalendar,
    symbol: str,
) -> None:
    """Bars and sessions the calendar expects between the first and the last one."""
    if not len(ts):
        return
    days = calendar.session_of(ts[[0, -1]])
    expected = calendar.grid(days[0], days[1], timeframe)
    expected = expected[(expected >= ts[0]) & (expected <= ts[-1])]
    missing = expected[~np.isin(expected, ts)]
    absent = calendar.sessions_in(days[0], days[1])
    absent = absent[~np.isin(absent, calendar.session_of(ts))]
    findings.add(
        MISSING_SESSION,
        len(absent),
        [Place(symbol=symbol, ts=str(day)) for day in absent[:FIRST_PLACES]],
        symbol,
    )
    if timeframe.intraday:
        missing = missing[~np.isin(calendar.session_of(missing), absent)]
        places = [Place(symbol=symbol, ts=_said(time)) for time in missing[:FIRST_PLACES]]
        findings.add(GAP, len(missing), places, symbol)


def check_behaviour(
    findings: Findings,
    ts: TimeArray,
    fields: dict[str, FloatArray],
    timeframe: Timeframe,
    calendar: TradingCalendar,
    symbol: str,
    splits_at: Sequence[np.datetime64] = (),
) -> None:
    """Spikes, moves like splits, runs without change, bars without volume."""
    close = fields["close"]
    if len(close) < 3:
        return
    move = np.diff(np.log(close), prepend=np.log(close[0]))

    def place(row: int) -> Place:
        return Place(
            symbol=symbol, ts=_said(ts[row]), detail=f"{close[row - 1]:g} to {close[row]:g}"
        )

    spike = _spikes(move)
    report(findings, SPIKE_CHECK, spike, place, symbol)
    session = calendar.session_of(ts)
    overnight = np.append(False, session[1:] != session[:-1])
    looks = overnight & _near_a_ratio(np.exp(np.abs(move))) & (np.abs(move) > np.log(1.4))
    looks &= ~(spike | np.append(False, spike[:-1]))
    known = np.isin(session, calendar.session_of(np.asarray(splits_at, dtype="datetime64[ns]")))
    report(findings, SPLIT_LIKE, looks & ~known, place, symbol)
    runs = _unchanged_runs(fields, STALE_RUN[timeframe.intraday])
    findings.add(STALE, len(runs), [place(max(row, 1)) for row in runs[:FIRST_PLACES]], symbol)
    findings.add(NO_VOLUME, int((fields["volume"] == 0).sum()), (), symbol)


def check_actions(
    findings: Findings, bars: pd.DataFrame, actions: pd.DataFrame, symbol: str
) -> None:
    """Dividends that no price can pay."""
    paid = actions[actions["kind"] == "dividend"]
    if paid.empty:
        return
    before = np.searchsorted(bars.index, pd.DatetimeIndex(paid["ts"])) - 1
    close = np.where(before >= 0, bars["close"].to_numpy()[np.maximum(before, 0)], np.nan)
    wrong = ~(close - paid["value"].to_numpy(dtype=np.float64) > 0)
    wrong &= before >= 0  # on the very first bar nothing is held yet: it has no effect

    def place(row: int) -> Place:
        event = paid.iloc[row]
        detail = f"{event['value']:g} on a close of {close[row]:g}"
        return Place(symbol=symbol, ts=f"{event['ts']:%Y-%m-%d}", detail=detail)

    report(findings, ACTION, wrong, place, symbol)


def _spikes(move: FloatArray) -> np.ndarray:
    """Jumps of many robust deviations that the next bar takes back."""
    deviation = 1.4826 * np.median(np.abs(move - np.median(move)))
    limit = max(SPIKE * deviation, LEAST_SPIKE)
    following = np.append(move[1:], 0.0)
    back = np.sign(following) == -np.sign(move)
    return np.asarray(
        (np.abs(move) > limit) & back & (np.abs(following) > SPIKE_RETURNS * np.abs(move))
    )


def _near_a_ratio(ratio: FloatArray) -> np.ndarray:
    simple = np.array(SPLIT_RATIOS)
    return np.asarray((np.abs(ratio[:, None] / simple - 1) < SPLIT_NEAR).any(axis=1))


def _unchanged_runs(fields: dict[str, FloatArray], least: int) -> np.ndarray:
    """First rows of runs of at least `least` bars that repeat the close and do not move."""
    close = fields["close"]
    still = np.append(False, close[1:] == close[:-1])
    if np.isfinite(fields["high"]).any():
        still &= fields["high"] == fields["low"]
    edges = np.diff(np.concatenate([[0], still.astype(np.int8), [0]]))
    begin, end = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return np.asarray(begin[end - begin >= least])


def _said(time: np.datetime64) -> str:
    return f"{np.datetime_as_string(time, unit='m').replace('T', ' ')} UTC"

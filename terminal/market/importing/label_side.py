"""Do times name the start or the end of a bar? Evidence from the calendar and from activity.

The first regular bar of a session that opens at 09:30 is called 09:30 by its start and 09:45 by
its end, the last one 15:45 or 16:00. Where a file holds regular hours only, the labels that exist
decide. Where pre- and post-market bars surround them, activity does: it jumps at the opening bell
and falls after the closing bell, on half days at the early one. Of each of these places the two
candidates are compared; the answer comes with its reasons, for a person to confirm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.market.calendars import TradingCalendar
from terminal.market.importing.plan import LabelSide
from terminal.market.timeframe import Timeframe

ENOUGH_SESSIONS = 5  # fewer lower the confidence
CLEAR_JUMP = 1.0  # log activity: a jump by e counts fully
_MINUTE = 60_000_000_000


@dataclass(frozen=True)
class LabelEvidence:
    """The likelier side (None: nothing speaks for either), confidence 0..1, and why."""

    side: LabelSide | None
    confidence: float
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class _Vote:
    """For the start (> 0) or the end (< 0), up to 1 in size, and why."""

    weight: float
    sentence: str


def detect_label_side(
    ns: np.ndarray,
    activity: np.ndarray,
    symbols: np.ndarray,
    timeframe: Timeframe,
    calendar: TradingCalendar,
) -> LabelEvidence:
    """Weigh the evidence of intraday bars.

    Parameters
    ----------
    ns : UTC nanoseconds of the labels. activity : volume, or range where there is none.
    symbols : a code per row; activity is compared within a symbol.
    """
    if not timeframe.intraday:
        return LabelEvidence(LabelSide.START, 1.0, ("Daily bars are named by their date.",))
    frame = _by_session(ns, activity, symbols, calendar)
    if frame.empty:
        return LabelEvidence(None, 0.0, ("No time falls on a trading day of the calendar.",))
    step = timeframe.minutes
    full = frame["length"] == frame["length"].mode()[0]
    votes = [
        *_votes(frame[full], step, calendar, "full days", opening=True),
        *_votes(frame[~full], step, calendar, "half days", opening=False),
    ]
    strength = sum(abs(vote.weight) for vote in votes)
    if strength < 0.2:
        return LabelEvidence(
            None, 0.0, ("The times alone do not show it; look it up where the file comes from.",)
        )
    lean = sum(vote.weight for vote in votes)
    sessions = frame["session"].nunique()
    confidence = abs(lean) / strength * min(1.0, sessions / ENOUGH_SESSIONS) * min(1.0, strength)
    side = LabelSide.START if lean > 0 else LabelSide.END
    return LabelEvidence(side, round(float(confidence), 3), tuple(v.sentence for v in votes))


def _by_session(
    ns: np.ndarray, activity: np.ndarray, symbols: np.ndarray, calendar: TradingCalendar
) -> pd.DataFrame:
    """Minutes from the open of the label's own day, the session's length, relative activity."""
    times = ns.astype("datetime64[ns]")
    days = local_days(times, calendar)
    kept = calendar.is_session(days)
    opens = calendar.open_of(days[kept])
    frame = pd.DataFrame(
        {
            "session": days[kept].astype(np.int64),
            "minute": (times[kept] - opens).astype(np.int64) / _MINUTE,
            "length": (calendar.close_of(days[kept]) - opens).astype(np.int64) / _MINUTE,
            "symbol": symbols[kept],
            "activity": np.where(activity[kept] > 0, activity[kept], np.nan),
        }
    )
    usual = frame.groupby("symbol")["activity"].transform("median")
    frame["activity"] = np.log(frame["activity"] / usual)
    return frame


def local_days(times: np.ndarray, calendar: TradingCalendar) -> np.ndarray:
    """Calendar date of each UTC time at the exchange."""
    local = pd.DatetimeIndex(times, tz="UTC").tz_convert(calendar.timezone).tz_localize(None)
    return local.to_numpy().astype("datetime64[D]")


def _votes(
    frame: pd.DataFrame, step: int, calendar: TradingCalendar, which: str, *, opening: bool
) -> list[_Vote]:
    if frame.empty:
        return []
    length = int(frame["length"].iloc[0])
    open_at, close_at = _clock(frame, 0, calendar), _clock(frame, length, calendar)
    around = frame[(frame["minute"] < 0) | (frame["minute"] > length)]
    votes = []
    if around.empty and opening:
        votes += _vote_by_presence(frame, length, open_at, close_at)
    if not around.empty and opening:
        before, at, after = (_usual(frame, minute) for minute in (-step, 0, step))
        votes += _vote_by_jump(
            before, at, after, f"Activity at the open ({which})", open_at, rising=True
        )
    if not around.empty:
        before, at, after = (_usual(frame, length + k * step) for k in (-1, 0, 1))
        votes += _vote_by_jump(
            before, at, after, f"Activity at the close ({which})", close_at, rising=False
        )
    if around.empty and not opening:
        votes += _vote_by_presence(frame, length, open_at, f"the early close {close_at}")
    return votes


def _vote_by_presence(frame: pd.DataFrame, length: int, open_at: str, close_at: str) -> list[_Vote]:
    """A session with a label at the open and none at the close is labelled by start."""
    keys = [frame["symbol"], frame["session"]]
    at_open = (frame["minute"] == 0).groupby(keys).any()
    at_close = (frame["minute"] == length).groupby(keys).any()
    start = float((at_open & ~at_close).mean())
    end = float((~at_open & at_close).mean())
    if max(start, end) < 0.05:
        return []
    if start >= end:
        said = f"{start:.0%} of sessions have a bar called {open_at} and none called {close_at}"
    else:
        said = f"{end:.0%} of sessions have a bar called {close_at} and none called {open_at}"
    return [_Vote(start - end, f"{said}.")]


def _vote_by_jump(
    before: float, at: float, after: float, what: str, bell: str, *, rising: bool
) -> list[_Vote]:
    """Where activity changes more: into the label of the bell, or into the next one."""
    into, out = at - before, after - at
    if not (np.isfinite(into) and np.isfinite(out)):
        return []
    # Under labels by start the change at either bell is into the label that carries its time:
    # up at the open, down at the close.
    rises = 1.0 if rising else -1.0
    lean = float(np.clip(rises * (into - out) / CLEAR_JUMP, -1.0, 1.0))
    said = f"×{np.exp(into):.2g} into the bar called {bell}, ×{np.exp(out):.2g} into the next"
    return [_Vote(lean, f"{what}: {said}.")]


def _usual(frame: pd.DataFrame, minute: int) -> float:
    return float(frame.loc[frame["minute"] == minute, "activity"].median())


def _clock(frame: pd.DataFrame, minute: int, calendar: TradingCalendar) -> str:
    """Exchange clock time, `minute` after the open of the newest session of the frame."""
    session = np.array([frame["session"].iloc[-1]]).astype("datetime64[D]")
    moment = pd.Timestamp(calendar.open_of(session)[0] + np.timedelta64(minute, "m"), tz="UTC")
    return f"{moment.tz_convert(calendar.timezone):%H:%M}"

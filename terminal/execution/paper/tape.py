"""The market that is replayed: bars of a panel, with the exchange's sessions.

A row is a bar. It is traded in two phases: at its open, and through it until its close. Of a source
that has closes only, all of a bar happens at its close.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from terminal.errors import InputError
from terminal.market.panel import Panel

if TYPE_CHECKING:
    from terminal.market.calendars import TradingCalendar

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Bar:
    """Prices of one instrument in one row; volume 0 where the source has none."""

    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True)
class Tape:
    """A panel on the sessions of its exchange.

    Attributes
    ----------
    first : row with which the replay begins; rows before it are history.
    session : datetime64[D] of shape (n_bars,). opens, closes : of each row's session, datetime64.
    timezone : of the exchange.
    """

    panel: Panel
    first: int
    session: npt.NDArray[np.datetime64]
    opens: npt.NDArray[np.datetime64]
    closes: npt.NDArray[np.datetime64]
    timezone: str
    close_only: bool
    columns: dict[str, int]
    last_rows: tuple[int, ...]

    @property
    def n_rows(self) -> int:
        return self.panel.n_bars

    def begins(self, row: int) -> datetime:
        """When what opens in a row trades."""
        times = self.panel.close_ts if self.close_only else self.panel.ts
        return as_datetime(times[row])

    def ends(self, row: int) -> datetime:
        """When a row is known."""
        return as_datetime(self.panel.close_ts[row])

    def named(self, row: int) -> datetime:
        """A bar's name: its open."""
        return as_datetime(self.panel.ts[row])

    def session_of(self, row: int) -> date:
        return date.fromisoformat(str(self.session[row]))

    def opens_session(self, row: int) -> bool:
        return row == 0 or bool(self.session[row] != self.session[row - 1])

    def closes_session(self, row: int) -> bool:
        """Whether a row is its session's last; the data's last row is."""
        return row == self.n_rows - 1 or bool(self.session[row] != self.session[row + 1])

    def bar(self, row: int, column: int) -> Bar | None:
        """The bar, None where there is none."""
        panel = self.panel
        close = float(panel.close[row, column])
        if not close > 0:
            return None
        volume = float(panel.volume[row, column])
        if self.close_only:
            return Bar(close, close, close, close, 0.0)
        values = (panel.open[row, column], panel.high[row, column], panel.low[row, column])
        opened, high, low = (float(value) for value in values)
        if not (opened > 0 and high > 0 and low > 0):
            return None
        return Bar(opened, high, low, close, volume if volume > 0 else 0.0)

    def ended(self, row: int, column: int) -> bool:
        """Whether an instrument has no bar at `row` or later, though others do."""
        return row > self.last_rows[column]

    def row_at(self, moment: datetime) -> int:
        """The last row whose bar is named by `moment` or earlier; -1: none."""
        stamp = np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "ns")
        return int(np.searchsorted(self.panel.ts, stamp, side="right")) - 1

    def last_close(self, row: int, column: int) -> float | None:
        """The last known close up to and with `row`."""
        closes = self.panel.close[: row + 1, column]
        known = np.flatnonzero(closes > 0)
        return float(closes[known[-1]]) if len(known) else None


def make_tape(panel: Panel, calendar: TradingCalendar, start: date | None = None) -> Tape:
    """A tape whose replay begins with the first session at or after `start`.

    Raises
    ------
    InputError : the panel has bars of several calendars, or ends before `start`.
    """
    if panel.begun is not None or panel.n_bars == 0:
        raise InputError("An exchange replays bars of one calendar.", field="exchange_dataset")
    session = calendar.session_of(panel.ts).astype("datetime64[D]")
    first = 0 if start is None else int(np.searchsorted(session, np.datetime64(start, "D")))
    if first >= panel.n_bars:
        raise InputError(
            f"The data ends before {start}.",
            field="exchange_start",
            remedy="Choose an earlier day, or leave it empty.",
        )
    known = panel.close > 0
    last = [int(np.flatnonzero(column)[-1]) if column.any() else -1 for column in known.T]
    return Tape(
        panel=panel,
        first=first,
        session=session,
        opens=calendar.open_of(session),
        closes=calendar.close_of(session),
        timezone=calendar.timezone,
        close_only=panel.close_only,
        columns={symbol: column for column, symbol in enumerate(panel.symbols)},
        last_rows=tuple(last),
    )


def as_datetime(moment: np.datetime64) -> datetime:
    """UTC-aware, to the microsecond."""
    return EPOCH + timedelta(microseconds=int(moment.astype("datetime64[us]").astype(np.int64)))

"""One symbol's rows to bars: named by their open, on the calendar's grid, checked.

Rows that belong to no bar of the calendar, repeat another or cannot be true are reported; what
remains is sorted and unique. Nothing is filled in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.market.calendars import TradingCalendar
from terminal.market.dataset import BAR_COLUMNS, Adjustment, NewSeries
from terminal.market.findings import Check, Findings, Place, Severity
from terminal.market.implied_actions import implied_actions
from terminal.market.importing.label_side import local_days
from terminal.market.importing.plan import BadRows, Hours, ImportPlan, LabelSide
from terminal.market.quality import (
    CONFLICT,
    DUPLICATE,
    ORDER,
    check_actions,
    check_behaviour,
    check_gaps,
    check_values,
    report,
)
from terminal.market.resample import bar_open

OFF_CALENDAR = Check(
    "off_calendar",
    Severity.ERROR,
    "{count} rows are on days on which the exchange is closed.",
    "Check the calendar and the time zone, or choose to leave bad rows out.",
)
OFF_GRID = Check(
    "off_grid",
    Severity.ERROR,
    "{count} rows have times between the bars of the chosen timeframe.",
    "Check the timeframe and the time zone, or choose to leave bad rows out.",
)
OUTSIDE = Check(
    "outside_session",
    Severity.NOTE,
    "{count} bars are before the open or after the close and were left out.",
    "Choose all hours to keep them.",
)
EXTENDED = Check(
    "extended_hours",
    Severity.NOTE,
    "{count} bars are before the open or after the close; they are kept.",
    "Choose the regular session to leave them out.",
)


@dataclass(frozen=True)
class _Rows:
    """A symbol's rows in the order they were read, and how to name a place among them."""

    symbol: str
    frame: pd.DataFrame
    files: Sequence[str]

    def where(self, k: int) -> Place:
        row = self.frame.iloc[k]
        time = np.datetime_as_string(np.datetime64(int(row["ns"]), "ns"), unit="s")
        said = f"{time.replace('T', ' ')} UTC"
        return Place(self.files[int(row["file"])], int(row["row"]), self.symbol, said)

    def keep(self, good: np.ndarray) -> _Rows:
        if good.all():
            return self
        return _Rows(self.symbol, self.frame[good].reset_index(drop=True), self.files)


def build_series(
    symbol: str,
    frame: pd.DataFrame,
    files: Sequence[str],
    plan: ImportPlan,
    calendar: TradingCalendar,
    findings: Findings,
) -> NewSeries:
    """Bars of one symbol.

    Parameters
    ----------
    frame : as `normalise` leaves them: ns, zoned, the mapped numbers, row, file.
    files : file names by number.
    """
    drop = plan.bad_rows is BadRows.DROP
    rows = _named_by_open(_Rows(symbol, frame, files), plan, calendar, findings)
    rows = _without_repeats(_sorted(rows, findings), findings)
    rows = _in_hours(rows, plan, calendar, findings)
    fields = _fields(rows.frame)
    has_volume = bool(plan.columns.volume)
    good = check_values(findings, fields, rows.where, symbol, has_volume=has_volume, drop=drop)
    rows = _without_conflicts(rows.keep(good), findings)
    fields = _fields(rows.frame)
    ts = rows.frame["ns"].to_numpy().astype("datetime64[ns]")
    actions = _actions(rows.frame, ts, plan)
    regular = _regular(ts, calendar)
    check_gaps(findings, ts[regular], plan.timeframe, calendar, symbol)
    splits = actions.loc[actions["kind"] == "split", "ts"]
    check_behaviour(
        findings,
        ts[regular],
        {name: values[regular] for name, values in fields.items()},
        plan.timeframe,
        calendar,
        symbol,
        [np.datetime64(time.tz_convert(None)) for time in splits],
    )
    bars = pd.DataFrame(fields, index=pd.DatetimeIndex(ts, tz="UTC", name="ts"))
    check_actions(findings, bars, actions, symbol)
    return NewSeries(symbol, bars, actions=actions)


def _fields(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    nothing = np.full(len(frame), np.nan)
    return {
        name: frame[name].to_numpy(dtype=np.float64) if name in frame else nothing
        for name in BAR_COLUMNS
    }


def _named_by_open(
    rows: _Rows, plan: ImportPlan, calendar: TradingCalendar, findings: Findings
) -> _Rows:
    """Replace each label by the open of its bar; rows on no bar are reported and left out."""
    drop = plan.bad_rows is BadRows.DROP
    label = rows.frame["ns"].to_numpy().astype("datetime64[ns]")
    if plan.timeframe.intraday and plan.label is LabelSide.END:
        inside = label - np.timedelta64(1, "ns")
    else:
        inside = label
    if plan.timeframe.intraday:
        days = local_days(inside, calendar)
    else:
        days = session_dates(label, rows.frame["zoned"].to_numpy(dtype=bool), calendar)
    closed = ~calendar.is_session(days)
    report(findings, OFF_CALENDAR.dropped() if drop else OFF_CALENDAR, closed, rows.where,
           rows.symbol)  # fmt: skip
    rows, inside, label, days = rows.keep(~closed), inside[~closed], label[~closed], days[~closed]
    if not plan.timeframe.intraday:
        opens = calendar.open_of(days)
        return _Rows(rows.symbol, rows.frame.assign(ns=opens.astype(np.int64)), rows.files)
    opens = bar_open(inside, plan.timeframe, calendar)
    if plan.label is LabelSide.END:
        step = plan.timeframe.delta
        on_grid = (label == opens + step) | (label == calendar.bar_close(opens, plan.timeframe))
    else:
        on_grid = label == opens
    report(findings, OFF_GRID.dropped() if drop else OFF_GRID, ~on_grid, rows.where, rows.symbol)
    named = _Rows(rows.symbol, rows.frame.assign(ns=opens.astype(np.int64)), rows.files)
    return named.keep(on_grid)


def session_dates(label: np.ndarray, zoned: np.ndarray, calendar: TradingCalendar) -> np.ndarray:
    """Dates of daily rows.

    A naive time is read as the date it shows. Zoned ones that are all midnight UTC are dates too;
    other zoned ones are moments, of which the date at the exchange counts.
    """
    days = label.astype("datetime64[D]")
    moments = zoned & bool((label[zoned] != days[zoned]).any())
    return np.where(moments, local_days(label, calendar), days) if moments.any() else days


def _regular(ts: np.ndarray, calendar: TradingCalendar) -> np.ndarray:
    """Which bars open inside a regular session."""
    days = local_days(ts, calendar)
    session = calendar.is_session(days)
    inside = np.zeros(len(ts), dtype=bool)
    inside[session] = (ts[session] >= calendar.open_of(days[session])) & (
        ts[session] < calendar.close_of(days[session])
    )
    return inside


def _in_hours(
    rows: _Rows, plan: ImportPlan, calendar: TradingCalendar, findings: Findings
) -> _Rows:
    if not plan.timeframe.intraday:
        return rows
    inside = _regular(rows.frame["ns"].to_numpy().astype("datetime64[ns]"), calendar)
    check = OUTSIDE if plan.hours is Hours.REGULAR else EXTENDED
    findings.add(check, int((~inside).sum()), (), rows.symbol)
    return rows.keep(inside) if plan.hours is Hours.REGULAR else rows


def _sorted(rows: _Rows, findings: Findings) -> _Rows:
    ns = rows.frame["ns"].to_numpy()
    # A later file may hold earlier years; only disorder inside a file is worth a word.
    same_file = np.append(False, np.diff(rows.frame["file"].to_numpy()) == 0)
    early = np.append(False, ns[1:] < ns[:-1]) & same_file
    report(findings, ORDER, early, rows.where, rows.symbol)
    order = np.argsort(ns, kind="stable")
    return _Rows(rows.symbol, rows.frame.iloc[order].reset_index(drop=True), rows.files)


def _without_repeats(rows: _Rows, findings: Findings) -> _Rows:
    """Exact repetitions are kept once."""
    content = [name for name in rows.frame.columns if name not in ("row", "file", "zoned")]
    # Only rows that share their time can repeat each other; the rest need no comparison.
    shared = rows.frame["ns"].duplicated(keep=False).to_numpy()
    repeated = np.zeros(len(rows.frame), dtype=bool)
    repeated[shared] = rows.frame[shared].duplicated(subset=content).to_numpy()
    report(findings, DUPLICATE, repeated, rows.where, rows.symbol)
    return rows.keep(~repeated)


def _without_conflicts(rows: _Rows, findings: Findings) -> _Rows:
    """The same time with other values is an error: nobody can say which is right."""
    conflicting = rows.frame.duplicated(subset=["ns"]).to_numpy()
    report(findings, CONFLICT, conflicting, rows.where, rows.symbol)
    return rows.keep(~conflicting)


def _actions(frame: pd.DataFrame, ts: np.ndarray, plan: ImportPlan) -> pd.DataFrame:
    """Corporate actions from their columns, else from an adjusted close beside a traded one."""
    index = pd.DatetimeIndex(ts, tz="UTC")
    columns, traded = plan.columns, plan.adjustment is Adjustment.AS_TRADED
    if traded and columns.adjusted_close and not (columns.split or columns.dividend):
        close = pd.Series(frame["close"].to_numpy(), index=index)
        return implied_actions(close, pd.Series(frame["adjusted_close"].to_numpy(), index=index))
    parts = []
    for kind, nothing in (("split", 1.0), ("dividend", 0.0)):
        if kind not in frame or plan.adjustment is Adjustment.SPLIT_DIVIDEND:
            continue
        if kind == "split" and plan.adjustment is Adjustment.SPLIT:
            continue  # the prices have it already
        value = frame[kind].to_numpy(dtype=np.float64)
        happened = np.isfinite(value) & (value > 0) & (value != nothing)
        parts.append(pd.DataFrame({"ts": index[happened], "kind": kind, "value": value[happened]}))
    if not parts:
        return pd.DataFrame({"ts": index[:0], "kind": pd.Series(dtype="str"), "value": np.empty(0)})
    return pd.concat(parts).sort_values("ts", kind="stable", ignore_index=True)

"""The prices a portfolio is valued at: days by instruments, from closes, trades and last prices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np

from terminal.holdings.activity import Activity, What, in_order
from terminal.market.panel import FloatArray, TimeArray

APART = 0.3
"""A trade's price that differs more than this from the day's close is worth a question."""
MOST_NAMED = 3


@dataclass(frozen=True)
class Closes:
    """An instrument's closes: days datetime64[D] (m,), close and split float64 (m,)."""

    days: TimeArray
    close: FloatArray
    split: FloatArray


@dataclass(frozen=True)
class Grid:
    """Prices float64 (T, n) at `dates`, NaN before an instrument's first; and what to know."""

    dates: TimeArray
    symbols: tuple[str, ...]
    prices: FloatArray
    notes: tuple[str, ...]


def price_grid(
    activities: Sequence[Activity],
    closes: Mapping[str, Closes],
    last: Mapping[str, tuple[date, float]],
) -> Grid:
    """Prices at every close from the first activity on.

    A day without a close repeats the price before it, or the trade's of that day where the data
    knows none yet; a split in between divides it. The last price known stands behind all.

    Parameters
    ----------
    closes : of the instruments that the data has. last : newest price by symbol, with its day.
    """
    symbols = tuple(sorted({one.symbol for one in activities if one.symbol}))
    first = min(np.datetime64(one.day) for one in activities)
    sources = [closes[s].days[closes[s].days >= first] for s in symbols if s in closes]
    moments = [np.datetime64(one.day) for one in activities]
    moments += [np.datetime64(day) for symbol, (day, _) in last.items() if symbol in symbols]
    # a weekend's transaction counts on the next close; behind the last one it has a row of its own
    known = np.unique(np.concatenate([*sources, np.array([], "M8[D]")])).astype("M8[D]")
    end = known[-1] if len(known) else first - 1
    extra = [day for day in moments if day > end] if len(known) else moments
    dates = np.unique(np.concatenate([known, np.array(extra, dtype="M8[D]")])).astype("M8[D]")
    prices = np.full((len(dates), len(symbols)), np.nan)
    notes, unknown = [], [s for s in symbols if s not in closes]
    for k, symbol in enumerate(symbols):
        own = [one for one in activities if one.symbol == symbol]
        prices[:, k] = _column(dates, own, closes.get(symbol), last.get(symbol))
    if unknown and closes:
        notes.append(
            f"Without prices in this data set: {_few(unknown)}; between trades they are valued at "
            "the last one known."
        )
    elif unknown and not last:
        notes.append("Without a data set, positions are valued at the price of their last trade.")
    elif unknown:
        notes.append("Without a data set, positions are valued at trades and last prices only.")
    notes += _apart(activities, closes)
    return Grid(dates, symbols, prices, tuple(notes))


def _column(
    dates: TimeArray,
    own: Sequence[Activity],
    closes: Closes | None,
    last: tuple[date, float] | None,
) -> FloatArray:
    """One instrument's prices at `dates`."""
    column = np.full(len(dates), np.nan)
    said = np.zeros(len(dates), dtype=bool)
    if closes is not None:
        at = np.searchsorted(dates, closes.days)
        inside = (at < len(dates)) & (closes.days >= dates[0])
        column[at[inside]] = closes.close[inside]
        said[at[inside]] = True
    ratio = np.ones(len(dates))
    for one in own:
        row = int(np.searchsorted(dates, np.datetime64(one.day)))
        if one.what is What.SPLIT and not said[row]:
            ratio[row] *= float(one.ratio)
        elif one.what in (What.TRADE, What.TRANSFER) and not said[row] and one.quantity:
            column[row] = float(one.amount / one.quantity)
    if last is not None:
        row = int(np.searchsorted(dates, np.datetime64(last[0])))
        if row < len(dates) and not said[row]:
            column[row] = last[1]
    known = np.isfinite(column)
    last_known = np.maximum.accumulate(np.where(known, np.arange(len(dates)), -1))
    # a split after the last price known divides it
    units = np.cumprod(ratio)
    repeated = column[last_known] * units[last_known] / units
    return np.where(known, column, np.where(last_known >= 0, repeated, np.nan))


def with_splits(
    activities: Sequence[Activity], closes: Mapping[str, Closes]
) -> tuple[tuple[Activity, ...], tuple[str, ...]]:
    """Splits of the data that the transactions do not name, where units were held; and notes.

    For as-traded prices only: the price falls at a split, so that units must grow.
    """
    named = {(one.symbol, one.day) for one in activities if one.what is What.SPLIT}
    made, notes = [], []
    for symbol, own in closes.items():
        trades = [one for one in activities if one.symbol == symbol]
        if not trades:
            continue
        for row in np.flatnonzero(own.split != 1.0).tolist():
            day: date = own.days[row].item()
            near = any(s == symbol and abs((d - day).days) <= 7 for s, d in named)
            held = sum((one.quantity for one in trades if one.day < day), Decimal(0))
            if near or not held:
                continue
            ratio = Decimal(str(round(float(own.split[row]), 9)))
            made.append(Activity(day, What.SPLIT, symbol, ratio=ratio))
            notes.append(
                f"{symbol} split {ratio.normalize():f} for 1 on {day}; the transactions do not say "
                "so, the data set does, and it is applied."
            )
    return in_order([*activities, *made]), tuple(notes)


def _apart(activities: Sequence[Activity], closes: Mapping[str, Closes]) -> list[str]:
    """Trades whose price is far from the close of their day."""
    found = []
    for one in activities:
        own = closes.get(one.symbol)
        if own is None or one.what is not What.TRADE or not one.quantity:
            continue
        at = int(np.searchsorted(own.days, np.datetime64(one.day)))
        if at >= len(own.days) or own.days[at] != np.datetime64(one.day):
            continue
        price, close = float(one.amount / one.quantity), float(own.close[at])
        if price > 0 and abs(close / price - 1.0) > APART:
            found.append(f"{one.symbol} on {one.day}: {price:,.2f} against {close:,.2f}")
    if not found:
        return []
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return [
        "Prices paid are far from this data set's closes, which may be adjusted for splits: "
        + "; ".join(found[:MOST_NAMED])
        + f"{more}."
    ]


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more

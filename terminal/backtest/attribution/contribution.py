"""Profit by instrument, sector, side, hour, weekday and month; each split adds up to the whole.

What belongs to no trade stands under its own name: borrow fees, interest, and fractions (cash paid
for what a split left over, where it does not match the trade it came from).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.market.panel import FloatArray

BORROW, INTEREST, FRACTIONS = "Borrow fees", "Interest", "Fractions of splits"
UNKNOWN_SECTOR = "Sector not known"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
CENT = 0.005


@dataclass(frozen=True)
class Part:
    """One part of the profit: its name, money, and of how many trades or bars it is made."""

    name: str
    profit: float
    count: int | None = None


def by_instrument(curve: pd.DataFrame, trades: pd.DataFrame, capital: float) -> list[Part]:
    """Net profit of each instrument's trades, the best first, then what belongs to none."""
    return _by(trades["symbol"], curve, trades, capital)


def by_sector(
    curve: pd.DataFrame, trades: pd.DataFrame, capital: float, sectors: Mapping[str, str]
) -> list[Part]:
    """The same by sector; `sectors` by symbol."""
    names = trades["symbol"].map(lambda symbol: sectors.get(symbol) or UNKNOWN_SECTOR)
    return _by(names, curve, trades, capital)


def by_side(curve: pd.DataFrame, trades: pd.DataFrame, capital: float) -> list[Part]:
    """The same by side: long and short."""
    return _by(trades["side"].str.capitalize(), curve, trades, capital)


def _by(names: pd.Series, curve: pd.DataFrame, trades: pd.DataFrame, capital: float) -> list[Part]:
    profit = trades["pnl"].groupby(names.to_numpy()).agg(["sum", "size"])
    profit = profit.sort_values("sum", ascending=False, kind="stable")
    parts = [
        Part(str(name), float(row["sum"]), int(row["size"])) for name, row in profit.iterrows()
    ]
    return [*parts, *_rest(curve, sum(part.profit for part in parts), capital)]


def _rest(curve: pd.DataFrame, of_trades: float, capital: float) -> list[Part]:
    borrow, interest = -float(curve["borrow"].sum()), float(curve["interest"].sum())
    earned = float(curve["equity"].iloc[-1]) - capital
    left = earned - of_trades - borrow - interest
    parts = [Part(BORROW, borrow), Part(INTEREST, interest)]
    if abs(left) >= CENT:
        parts.append(Part(FRACTIONS, left))
    return [part for part in parts if part.profit != 0.0]


def profit_by_bar(curve: pd.DataFrame, capital: float) -> FloatArray:
    """Change of equity in each bar, the first against the capital: (n_bars,)."""
    return np.diff(curve["equity"].to_numpy(dtype=np.float64), prepend=capital)


def by_hour(curve: pd.DataFrame, capital: float, timezone: str) -> list[Part]:
    """Profit by the hour, at the exchange, in which bars begin."""
    hours = _wall(curve, timezone).hour
    return _by_label(curve, capital, hours, {hour: f"{hour:02d}:00" for hour in range(24)})


def by_weekday(curve: pd.DataFrame, capital: float, timezone: str) -> list[Part]:
    """Profit by the exchange's weekday."""
    return _by_label(curve, capital, _wall(curve, timezone).weekday, dict(enumerate(WEEKDAYS)))


def by_month(curve: pd.DataFrame, capital: float, timezone: str) -> list[Part]:
    """Profit by month of the year, all years together."""
    return _by_label(curve, capital, _wall(curve, timezone).month, dict(enumerate(MONTHS, start=1)))


def _wall(curve: pd.DataFrame, timezone: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(curve.index).tz_convert(timezone)


def _by_label(
    curve: pd.DataFrame, capital: float, labels: pd.Index, names: Mapping[int, str]
) -> list[Part]:
    profit = profit_by_bar(curve, capital)
    found = np.unique(labels.to_numpy())
    return [
        Part(names[int(label)], float(profit[labels == label].sum()), int((labels == label).sum()))
        for label in found
    ]

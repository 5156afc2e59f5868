"""Past crises met by today's book: what each position returned then, times its weight now.

Positions are kept from the first close to the last. An instrument that did not trade yet is stood
for by its beta times what the market did, and named; without a market it is named as missing and
counts nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray, TimeArray
from terminal.risk.book import check_weights
from terminal.risk.stress.windows import WINDOWS

LARGEST = 5


@dataclass(frozen=True)
class Part:
    """Profit or loss of a part of the book, as a fraction of equity; a loss is negative."""

    name: str
    profit: float


@dataclass(frozen=True)
class Replay:
    """A crisis.

    Attributes
    ----------
    profit : of the book, fraction of equity; market : compounded return of the market, or None.
    parts : the positions that lost or gained most.
    proxies : symbols stood for by beta; missing : symbols that count nothing.
    covered : share of gross value with own prices then.
    """

    name: str
    first: date
    last: date
    profit: float
    market: float | None
    parts: tuple[Part, ...]
    proxies: tuple[str, ...]
    missing: tuple[str, ...]
    covered: float

    @property
    def sentence(self) -> str:
        """What stands behind the number."""
        said = f"{self.covered:.0%} of gross value traded then"
        if self.proxies:
            said += f"; by beta: {_few(self.proxies)}"
        if self.missing:
            said += f"; left out: {_few(self.missing)}"
        return said + "."


@dataclass(frozen=True)
class NotReplayed:
    """A window that no price reaches, and why."""

    name: str
    first: date
    last: date
    reason: str


def replay(
    symbols: tuple[str, ...],
    weights: FloatArray,
    dates: TimeArray,
    returns: FloatArray,
    *,
    market: FloatArray | None = None,
    betas: FloatArray | None = None,
    windows: tuple[tuple[str, date, date], ...] = WINDOWS,
) -> tuple[tuple[Replay, ...], tuple[NotReplayed, ...]]:
    """Every window that prices of the book or of the market cover whole.

    Parameters
    ----------
    dates : datetime64 (T,), ascending. returns : float64 (T, n), NaN where an instrument did not
        trade: of the longest history there is, not of the window that risk is measured on.
    market : float64 (T,), NaN where not known. betas : float64 (n,), of recent returns.

    Raises
    ------
    InputError : shapes that do not match.
    """
    check_weights(weights, symbols)
    if returns.shape != (len(dates), len(symbols)):
        raise InputError(
            f"returns have the shape {returns.shape} for {len(dates)} dates and {len(symbols)} "
            "instruments.",
            field="returns",
        )
    days = dates.astype("datetime64[D]")
    told, untold = [], []
    for name, first, last in windows:
        rows = _rows(days, first, last)
        if rows is None:
            untold.append(NotReplayed(name, first, last, _why(days)))
            continue
        own = _compounded(returns[rows])
        moved = None if market is None else float(_compounded(market[rows][:, None])[0])
        if moved is not None and not np.isfinite(moved):
            moved = None
        known = np.isfinite(own)
        by_beta = ~known & (betas is not None and moved is not None)
        used = np.where(known, own, 0.0)
        if betas is not None and moved is not None:
            used = np.where(by_beta, np.maximum(betas * moved, -1.0), used)
        held = weights != 0.0
        if not (held & (known | by_beta)).any():
            untold.append(NotReplayed(name, first, last, "No instrument of the book traded then."))
            continue
        profit = weights * used
        gross = np.abs(weights)
        told.append(
            Replay(
                name,
                first,
                last,
                float(profit.sum()),
                moved,
                largest(symbols, profit),
                tuple(s for s, at in zip(symbols, by_beta & held, strict=True) if at),
                tuple(s for s, at in zip(symbols, ~known & ~by_beta & held, strict=True) if at),
                float(gross[known].sum() / gross.sum()),
            )
        )
    return tuple(told), tuple(untold)


def largest(symbols: tuple[str, ...], profit: FloatArray, count: int = LARGEST) -> tuple[Part, ...]:
    """The parts that moved most, largest first."""
    order = np.argsort(-np.abs(profit), kind="stable")[:count]
    return tuple(Part(symbols[k], float(profit[k])) for k in order if profit[k] != 0.0)


def _rows(days: TimeArray, first: date, last: date) -> slice | None:
    """Rows of returns from the close of `first` to that of `last`, or None where not covered."""
    if not len(days) or days[0] > np.datetime64(first) or days[-1] < np.datetime64(last):
        return None
    begin = int(np.searchsorted(days, np.datetime64(first), side="right"))
    end = int(np.searchsorted(days, np.datetime64(last), side="right"))
    return slice(begin, end) if end > begin else None


def _compounded(returns: FloatArray) -> FloatArray:
    """Of each column; NaN where a row is missing."""
    return np.asarray(np.prod(1.0 + returns, axis=0) - 1.0)


def _why(days: TimeArray) -> str:
    return f"Returns reach from {days[0]} to {days[-1]}." if len(days) else "There are no returns."


def _few(names: tuple[str, ...], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

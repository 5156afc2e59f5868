"""Named falls of the market, and how a run came through those within its range.

Windows run from the last high to the low of the S&P 500 (closes), but for the Quant quake, which
was within: dates are well known and typed by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from terminal.backtest.return_metrics import max_drawdown
from terminal.market.panel import FloatArray

CRISES: tuple[tuple[str, date, date], ...] = (
    ("Gulf crisis", date(1990, 7, 16), date(1990, 10, 11)),
    ("Asian crisis", date(1997, 10, 7), date(1997, 10, 27)),
    ("Russia and LTCM", date(1998, 7, 17), date(1998, 8, 31)),
    ("End of the dot-com boom", date(2000, 3, 24), date(2001, 4, 4)),
    ("11 September 2001", date(2001, 9, 10), date(2001, 9, 21)),
    ("Accounting scandals", date(2002, 3, 19), date(2002, 10, 9)),
    ("Quant quake", date(2007, 8, 3), date(2007, 8, 15)),
    ("Financial crisis", date(2007, 10, 9), date(2009, 3, 9)),
    ("Euro crisis, first act", date(2010, 4, 23), date(2010, 7, 2)),
    ("Euro crisis, US downgrade", date(2011, 4, 29), date(2011, 10, 3)),
    ("China's devaluation", date(2015, 7, 20), date(2016, 2, 11)),
    ("Volmageddon", date(2018, 1, 26), date(2018, 2, 8)),
    ("End of 2018", date(2018, 9, 20), date(2018, 12, 24)),
    ("Covid", date(2020, 2, 19), date(2020, 3, 23)),
    ("Inflation and rates", date(2022, 1, 3), date(2022, 10, 12)),
    ("Tariffs", date(2025, 2, 19), date(2025, 4, 8)),
)


@dataclass(frozen=True)
class Crisis:
    """How run and benchmark did from the close of `first` to that of `last`."""

    name: str
    first: date
    last: date
    total_return: float
    max_drawdown: float
    benchmark: float | None


def crises_within(equity: pd.Series, benchmark: pd.Series | None) -> list[Crisis]:
    """The crises that lie wholly inside a run.

    Parameters
    ----------
    equity, benchmark : at each session's close, indexed by the session's date (naive).
    """
    index = pd.DatetimeIndex(equity.index)
    found = []
    for name, first, last in CRISES:
        if index.size < 2 or index[0].date() > first or index[-1].date() < last:
            continue
        own = _window(equity, first, last)
        other = None if benchmark is None else _window(benchmark, first, last)
        if own.size < 2:
            continue
        returns = own[1:] / own[:-1] - 1.0
        found.append(
            Crisis(
                name,
                first,
                last,
                float(own[-1] / own[0] - 1.0),
                max_drawdown(returns) or 0.0,
                None if other is None else float(other[-1] / other[0] - 1.0),
            )
        )
    return found


def _window(levels: pd.Series, first: date, last: date) -> FloatArray:
    """From the last close at or before `first` to that of `last`."""
    index = pd.DatetimeIndex(levels.index)
    start = max(0, int(index.searchsorted(pd.Timestamp(first), side="right")) - 1)
    end = int(index.searchsorted(pd.Timestamp(last), side="right"))
    return np.asarray(levels.to_numpy(dtype=np.float64)[start:end])

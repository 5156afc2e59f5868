"""The 1000 dollar bars that mlfinlab's tests use, as a panel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe


def dollar_bars(folder: Path) -> Panel:
    """One instrument whose bars are named by the times of the file."""
    frame = pd.read_csv(folder / "data" / "dollar_bar_sample.csv")
    ts = pd.to_datetime(frame["date_time"]).to_numpy().astype("datetime64[ns]")
    prices = {
        name: frame[[name]].to_numpy(dtype=float) for name in ("open", "high", "low", "close")
    }
    return Panel(
        timeframe=Timeframe.MIN_15,
        calendar="CMES",
        symbols=("ES",),
        ts=ts,
        close_ts=ts + np.timedelta64(1, "ms"),
        volume=frame[["cum_vol"]].to_numpy(dtype=float),
        split=np.ones((len(frame), 1)),
        dividend=np.zeros((len(frame), 1)),
        **prices,
    )

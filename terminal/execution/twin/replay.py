"""The engine's side of the comparison, from what a backtest gives."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd

from terminal.execution.twin.gap import Record, Targets, TwinFill

NUMBERS = ("quantity", "price", "commission", "reference_price")


def replayed(targets: pd.DataFrame, fills: pd.DataFrame, profit: float | None = None) -> Record:
    """What the engine decided and filled.

    A fill belongs to the newest decision before its bar: the last bar at which its symbol's target
    was another than at the bar before, or was stated again after a bar without one.

    Parameters
    ----------
    targets : target weights, indexed by bar (its open time, UTC), a column per symbol; NaN: none.
    fills : ts, symbol, side, quantity, price, reference_price and commission, as a result has them.
    """
    index = pd.DatetimeIndex(targets.index)
    times: list[datetime] = [stamp.to_pydatetime() for stamp in index]
    names = [str(name) for name in targets.columns]
    values = targets.to_numpy(dtype=np.float64)
    before = np.vstack([np.full((1, values.shape[1]), np.nan), values[:-1]])
    decided = np.isfinite(values) & ~(values == before)
    rows = {name: np.flatnonzero(decided[:, j]) for j, name in enumerate(names)}
    decisions: dict[datetime, Targets] = {
        at: {name: float(v) if np.isfinite(v) else None for name, v in zip(names, row, strict=True)}
        for at, row in zip(times, values, strict=True)
    }
    at = pd.DatetimeIndex(fills["ts"])
    bars = index.get_indexer(at, method="ffill").tolist()
    columns = [fills[name].astype(float).tolist() for name in NUMBERS]
    made = []
    for ts, bar, symbol, side, quantity, price, fee, market in zip(
        at, bars, fills["symbol"].tolist(), fills["side"].tolist(), *columns, strict=True
    ):
        known = rows.get(str(symbol), np.array([], dtype=np.int64))
        k = int(np.searchsorted(known, bar)) - 1  # strictly before the bar it filled in
        made.append(
            TwinFill(
                symbol=str(symbol),
                quantity=quantity if side == "buy" else -quantity,
                price=price,
                fee=fee,
                at=ts.to_pydatetime(),
                decided_on=times[int(known[k])] if k >= 0 else None,
                reference=market,
            )
        )
    return Record(decisions, tuple(made), profit)

"""Fills against their bars: none before its decision, none at a price the bar did not have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.market.panel import FloatArray, Panel

ROUNDING = 1e-9
BOOKED = ("delisted", "bankrupt", "cash in lieu")
"""Entries at the last known price, not trades at the market."""


@dataclass(frozen=True)
class FillCheck:
    """What was found.

    Attributes
    ----------
    fills : trades at the market; booked : entries without one.
    early : fills that came before a decision about their instrument could be acted on.
    outside : fills whose reference price is not inside their bar.
    first : the first wrong fill, in words; "" where none is.
    """

    fills: int
    booked: int
    early: int
    outside: int
    first: str = ""

    @property
    def passed(self) -> bool:
        return not self.early and not self.outside


def check_fills(fills: pd.DataFrame, targets: FloatArray, panel: Panel) -> FillCheck:
    """Every fill of a run against the bars and the decisions it was made from.

    Parameters
    ----------
    fills : as `Simulation.fills`. targets : of the run. panel : raw bars.

    A decision of bar t can be acted on from t + 1. The reference price is the one before spread,
    slippage and impact; a bar's range covers its open and its close.
    """
    market = ~fills["reason"].isin(BOOKED).to_numpy()
    bar = fills["bar"].to_numpy()[market]
    column = pd.Index(panel.symbols).get_indexer(pd.Index(fills["symbol"]))[market]
    price = fills["reference_price"].to_numpy(dtype=float)[market]
    heard = np.isfinite(panel.close) | bool(panel.calendars)
    decided = np.isfinite(targets) & (targets != 0.0) & heard
    first = np.where(decided.any(axis=0), decided.argmax(axis=0), panel.n_bars)
    early = bar <= first[column]
    parts = [side[bar, column] for side in (panel.open, panel.high, panel.low, panel.close)]
    low, high = np.fmin.reduce(parts), np.fmax.reduce(parts)
    inside = (price >= low * (1 - ROUNDING)) & (price <= high * (1 + ROUNDING))
    wrong = np.flatnonzero(early | ~inside)
    said = ""
    if wrong.size:
        k = wrong[0]
        said = f"{panel.symbols[column[k]]} at bar {bar[k]}, {price[k]:g}, " + (
            "before its decision" if early[k] else f"outside {low[k]:g} to {high[k]:g}"
        )
    return FillCheck(
        fills=int(market.sum()),
        booked=int((~market).sum()),
        early=int(early.sum()),
        outside=int((~inside).sum()),
        first=said,
    )

"""Splits and dividends implied by a traded close and an adjusted close that stand side by side.

The factor adjusted / traded rises at each event. How far a dividend D lifts it depends on where the
source reinvests it:

- at the close before the ex-date (CRSP, Yahoo): factor[t] / factor[t-1] = 1 / (1 - D / P[t-1]);
- at the ex-date's own close (Quandl's WIKI prices): factor[t] / factor[t-1] = 1 + D / P[t].

Error of the amounts: one unit in the last published digit of the adjusted close, relative to it,
times the price; that of the six digits bokeh_sampledata publishes is below 0.001 per share.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import pandas as pd

SPLIT_FROM = 1.2  # a rise of the factor by this much or more is a split
DIVIDEND_FROM = 2e-4  # smaller steps are the rounding of the published adjusted close
LEAST_DIVIDEND = 0.01  # currency per unit


class Reinvested(StrEnum):
    """At which price a source's adjustment reinvests a dividend."""

    PREVIOUS_CLOSE = "previous_close"
    EX_CLOSE = "ex_close"


def implied_actions(
    close: pd.Series, adjusted: pd.Series, reinvested: Reinvested | None = None
) -> pd.DataFrame:
    """Corporate actions: ts, kind ("split", "dividend"), value, in order of time.

    Parameters
    ----------
    close, adjusted : of the same bars, indexed by time.
    reinvested : the source's convention; None: the one under which amounts are nearer to whole
        cents, as nearly all declared dividends are.
    """
    if reinvested is None:
        both = [implied_actions(close, adjusted, way) for way in Reinvested]
        return min(both, key=_distance_from_cents)
    factor = (adjusted / close).to_numpy(dtype=np.float64)
    price = close.to_numpy(dtype=np.float64)
    growth = factor[1:] / factor[:-1]
    found: list[tuple[pd.Timestamp, str, float]] = []
    for row in map(int, np.flatnonzero(np.abs(growth - 1) > DIVIDEND_FROM)):
        when, rise = close.index[row + 1], float(growth[row])
        if rise >= SPLIT_FROM or rise <= 1 / SPLIT_FROM:
            found.append((when, "split", simple_ratio(rise)))
            continue
        if reinvested is Reinvested.EX_CLOSE:
            amount = price[row + 1] * (rise - 1)
        else:
            amount = price[row] * (1 - 1 / rise)
        amount = round(float(amount), 3)
        if amount >= LEAST_DIVIDEND:
            found.append((when, "dividend", amount))
    if not found:
        return pd.DataFrame({"ts": close.index[:0], "kind": pd.Series(dtype="str"), "value": []})
    return pd.DataFrame(found, columns=["ts", "kind", "value"])


def simple_ratio(value: float) -> float:
    """The ratio of small whole numbers nearest to `value`, e.g. 2.0, 1.5 or 0.1."""
    ratios = (a / b for b in (1, 2, 3) for a in range(1, 51))
    either_way = (ratio for up in ratios for ratio in (up, 1 / up))
    return min(either_way, key=lambda ratio: abs(ratio / value - 1))


def _distance_from_cents(actions: pd.DataFrame) -> float:
    amounts = actions.loc[actions["kind"] == "dividend", "value"].to_numpy(dtype=np.float64)
    return float(np.abs(amounts * 100 - np.rint(amounts * 100)).mean()) if len(amounts) else 0.0

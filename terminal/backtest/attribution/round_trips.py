"""Round trips by instrument, side and reason of their end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from terminal.backtest import trade_metrics

STILL_OPEN = "still open"


@dataclass(frozen=True)
class Trips:
    """Measures of a group of trades; None where undefined. Money net of costs."""

    name: str
    count: int
    win_rate: float | None
    expectancy: float | None
    profit_factor: float | None
    payoff_ratio: float | None
    bars_held: float | None
    profit: float


def measured(name: str, trades: pd.DataFrame) -> Trips:
    """The measures of these trades."""
    return Trips(
        name,
        len(trades),
        trade_metrics.win_rate(trades),
        trade_metrics.expectancy(trades),
        trade_metrics.profit_factor(trades),
        trade_metrics.payoff_ratio(trades),
        trade_metrics.mean_of(trades, "bars_held"),
        float(trades["pnl"].sum()),
    )


def by_column(trades: pd.DataFrame, column: str) -> list[Trips]:
    """Trades by the values of a column, the most numerous first."""
    counts = trades[column].value_counts(sort=True)
    return [measured(str(name), trades[trades[column] == name]) for name in counts.index]


def with_reasons(trades: pd.DataFrame, fills: pd.DataFrame) -> pd.DataFrame:
    """The trades with a column `reason`: of the fill that ended each, in words of the engine."""
    if trades.empty:
        return trades.assign(reason=pd.Series(dtype="str"))
    closing = np.where(trades["side"] == "long", "sell", "buy")
    ends = fills.drop_duplicates(["ts", "symbol", "side"], keep="last")
    known = ends.set_index(["ts", "symbol", "side"])["reason"]
    wanted = pd.MultiIndex.from_arrays([trades["exit_ts"], trades["symbol"], closing])
    reasons = known.reindex(wanted).fillna("order").to_numpy()
    return trades.assign(reason=np.where(trades["open"], STILL_OPEN, reasons))

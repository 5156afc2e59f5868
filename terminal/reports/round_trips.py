"""Round trips in groups, and the bets that positions were, as tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from terminal.backtest.attribution.positions import hhi
from terminal.backtest.attribution.round_trips import Trips, by_column, with_reasons
from terminal.backtest.result import BacktestResult
from terminal.charts.curve import session_returns
from terminal.charts.numbers import MISSING
from terminal.charts.time_axis import local
from terminal.reports.sessions import session_curve
from terminal.reports.tables import Cell, Table, number, text


def trips_table(title: str, trips: Sequence[Trips], first: str) -> Table:
    """Measures of groups of trades."""
    return Table(
        title,
        (first, "Trades", "Won", "Expectancy", "Profit factor", "Payoff", "Bars", "Profit"),
        ("left", *["right"] * 7),  # type: ignore[arg-type]
        tuple(
            (
                text(one.name),
                number(one.count, "count"),
                number(one.win_rate, "percent"),
                number(one.expectancy, "currency", change=True),
                number(one.profit_factor, "ratio"),
                number(one.payoff_ratio, "ratio"),
                Cell(MISSING if one.bars_held is None else f"{one.bars_held:,.1f}"),
                number(one.profit, "currency", change=True),
            )
            for one in trips
        ),
        "There are no trades.",
        "Net of costs; what is still open counts as marked at the last bar.",
    )


def trips_tables(result: BacktestResult) -> list[Table]:
    """Round trips by side, by reason of their end, and by instrument."""
    trades = with_reasons(result.trades, result.fills)
    sided = trades.assign(side=trades["side"].str.capitalize())
    worded = trades.assign(reason=trades["reason"].str.capitalize())
    return [
        trips_table("Round trips by side", by_column(sided, "side"), "Side"),
        trips_table("Round trips by end", by_column(worded, "reason"), "Ended by"),
        trips_table("Round trips by instrument", by_column(trades, "symbol"), "Instrument"),
    ]


def bets_table(result: BacktestResult, timezone: str = "UTC") -> Table:
    """What the positions say: bets, their length, and how few of them made the return."""
    trades = result.trades
    r = session_returns(session_curve(result)["equity"], timezone, result.request.capital)
    won, lost = r[r > 0].to_numpy(), r[r < 0].to_numpy()
    entered = local(pd.DatetimeIndex(trades["entry_ts"]), timezone).tz_localize(None)
    a_month = pd.Series(1.0, entered.to_period("M")).groupby(level=0).sum()
    each = trades["pnl"].groupby(trades["symbol"]).size()
    stored = None if result.judged is None else result.judged.analysis.positions
    rows = [
        ("Concentration of gains", hhi(won), "ratio",
         "Normalised Herfindahl index of positive session returns: 0 all alike, 1 a single one"),
        ("Concentration of losses", hhi(lost), "ratio", "The same of negative session returns"),
        ("Concentration in time", hhi(np.asarray(a_month, dtype=np.float64)), "ratio",
         "The same of the number of trades entered in each month that had one"),
        ("Concentration of trades", hhi(np.asarray(each, dtype=np.float64)), "ratio",
         "The same of the number of trades in each instrument"),
    ]  # fmt: skip
    if stored is not None:
        rows = [
            ("Bets ended flat", float(stored.flattenings), "count",
             "Positions that ended in nothing, of all instruments"),
            ("Bets turned round", float(stored.flips), "count",
             "Positions that changed sides without a bar between"),
            ("Mean holding", stored.holding_days, "days",
             "Calendar days from entry to exit, weighted by what was closed"),
            *rows,
        ]  # fmt: skip
    return Table(
        "Bets and their concentration",
        ("", "Value"),
        ("left", "right"),
        tuple(
            (text(title, why), _shown_as(value, unit))
            for title, value, unit, why in rows
        ),
    )  # fmt: skip


def _shown_as(value: float | None, unit: str) -> Cell:
    """An index of concentration lies near 0 and needs its digits; days need few."""
    if unit == "ratio":
        return Cell(MISSING if value is None else f"{value:.4f}".replace("-", "−"))
    return number(round(value, 1) if value is not None and unit == "days" else value, unit)

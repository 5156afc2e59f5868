"""Where the gross return went, and what more it could have paid: in words, tables, figures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from terminal.backtest.break_even import (
    FILL_COSTS,
    BreakEven,
    Dearer,
    Repricing,
    at_cost,
    break_even,
    paid_rate,
    repricing,
)
from terminal.backtest.costs import COST_COLUMNS
from terminal.backtest.result import BacktestResult
from terminal.charts.costs import dearer_figure, paid_figure, waterfall_figure
from terminal.charts.curve import session_equity
from terminal.charts.numbers import format_value
from terminal.charts.theme import Theme
from terminal.charts.time_axis import is_intraday, local
from terminal.reports.figures import Section
from terminal.reports.sessions import own_sessions
from terminal.reports.tables import Cell, Table, number, text

BPS = 1e-4
MOST_ROWS = 40
METHOD = (
    "The stored fills, re-priced: the same trades as shares of equity, each dearer by so much of "
    "its notional. What the smaller account would have done otherwise is not known."
)


@dataclass(frozen=True)
class Priced:
    """A run that can be made dearer, with what its headline numbers need."""

    result: BacktestResult
    run: Repricing
    periods: float

    @cached_property
    def dies(self) -> BreakEven:
        """Where the edge ends; extra cost as a fraction of notional."""
        return break_even(
            self.run, self.periods, self.result.request.risk_free_rate, self.benchmark
        )

    @property
    def benchmark(self) -> float | None:
        """Total return of the benchmark over the range."""
        values = self.result.curve["benchmark"].dropna()
        return None if values.empty else float(values.iloc[-1]) / self.run.capital - 1.0

    def at(self, extra: float) -> Dearer:
        """Headline numbers at an extra cost, a fraction of notional."""
        return at_cost(self.run, extra, self.periods, self.result.request.risk_free_rate)


def priced(result: BacktestResult, timezone: str = "UTC", periods: float | None = None) -> Priced:
    """A result as a run that can be made dearer.

    Parameters
    ----------
    periods : sessions in a year; where not given, what the run's own evidence says, else 252.
    """
    index = pd.DatetimeIndex(result.curve.index)
    sessions = np.arange(len(index))
    own = own_sessions(result)
    if own is not None:
        sessions = own
    elif is_intraday(index):
        sessions = local(index, timezone).normalize().asi8
    if periods is None:
        judged = result.judged
        periods = 252.0 if judged is None else judged.analysis.evidence.periods
    run = repricing(result.curve, result.fills, result.request.capital, sessions)
    return Priced(result, run, periods)


def break_even_sentence(made: Priced) -> str:
    """The break-even in words, beside what was paid."""
    paid = paid_rate(made.result.fills)
    if paid is None:
        return "Nothing was traded: there is no cost that could end this."
    dies = made.dies
    said = [f"Every fill cost {_bps(paid)} of its notional on average."]
    if dies.total_return == 0.0:
        said.append("At these costs it earned nothing: there is no edge left to lose.")
    elif dies.total_return is None:
        said.append("No cost of its few fills would have ended its return.")
    else:
        said.append(f"The return of the whole range is gone at {_bps(dies.total_return)} more.")
    if dies.sharpe and made.result.request.risk_free_rate:
        said.append(f"The Sharpe ratio is zero at {_bps(dies.sharpe)} more.")
    if dies.benchmark == 0.0 and dies.total_return != 0.0:
        said.append("It was behind its benchmark already.")
    elif dies.benchmark:
        said.append(f"The lead over the benchmark is gone at {_bps(dies.benchmark)} more.")
    return " ".join(said)


def _bps(value: float) -> str:
    return format_value(value, "bps")


def waterfall_steps(result: BacktestResult) -> list[tuple[str, float]]:
    """Gross profit, each cost, net profit (currency); interest and dividends are in the gross."""
    curve = result.curve
    net = float(curve["equity"].iloc[-1]) - result.request.capital
    paid = [(name.capitalize(), -float(curve[name].sum())) for name in COST_COLUMNS]
    gross = net - sum(amount for _, amount in paid)
    return [("Gross profit", gross), *paid, ("Net profit", net)]


def split_table(result: BacktestResult) -> Table:
    """The same as numbers, with shares of capital and of the gross profit."""
    steps = waterfall_steps(result)
    gross = steps[0][1]
    return Table(
        "From gross to net",
        ("", "Amount", "Of capital", "Of gross profit"),
        ("left", "right", "right", "right"),
        tuple(
            (
                text(name),
                number(amount, "currency", change=True),
                number(amount / result.request.capital, "percent"),
                number(amount / gross if gross > 0 else None, "percent"),
            )
            for name, amount in steps
        ),
        note="As paid: what the money would have earned since is not counted. Interest and "
        "dividends are in the gross profit.",
    )


def instrument_cost_table(result: BacktestResult) -> Table:
    """What each instrument cost, the dearest first."""
    fills = result.fills
    parts = fills.groupby("symbol")[["notional", *FILL_COSTS]].sum()
    parts["paid"] = parts[list(FILL_COSTS)].sum(axis=1)
    pnl = result.trades.groupby("symbol")["pnl"].sum()
    parts["pnl"] = pnl.reindex(parts.index).fillna(0.0)
    ranked = parts.sort_values("paid", ascending=False, kind="stable")
    shown = ranked.head(MOST_ROWS)
    rows = [_instrument(str(name), row) for name, row in shown.iterrows()]
    if len(ranked) > MOST_ROWS:
        rest = ranked.iloc[MOST_ROWS:].sum()
        rows.append(_instrument(f"{len(ranked) - MOST_ROWS} others", rest))
    if len(rows) > 1:
        rows.append(_instrument("All", ranked.sum()))
    borrowed = float(result.curve["borrow"].sum())
    note = "Net of all costs but borrowing and interest, which are paid for the account."
    if borrowed:
        note += f" Borrow fees: {format_value(borrowed, 'currency')}."
    return Table(
        "Costs by instrument",
        ("", "Traded", "Commission", "Spread", "Slippage", "Impact", "Together", "Of traded",
         "Profit"),
        ("left", *["right"] * 8),  # type: ignore[arg-type]
        tuple(rows),
        "Nothing was traded.",
        note,
    )  # fmt: skip


def _instrument(name: str, row: pd.Series) -> tuple[Cell, ...]:
    traded = float(row["notional"])
    return (
        text(name),
        number(traded, "currency"),
        *(number(float(row[part]), "currency") for part in (*FILL_COSTS, "paid")),
        number(float(row["paid"]) / traded if traded else None, "bps"),
        number(float(row["pnl"]), "currency", change=True),
    )


def cost_sections(result: BacktestResult, theme: Theme, *, timezone: str = "UTC") -> list[Section]:
    """From gross to net, and what was paid over time."""
    simulated = result.provenance.simulated
    return [
        Section(
            "costs-split", "From gross to net", "Profit before costs, what each part took, and "
            "what was left.",
            waterfall_figure(waterfall_steps(result), theme, simulated=simulated), 280, wide=False,
        ),
        Section(
            "costs-paid", "Costs over time", "What had been paid up to each bar, part on part.",
            paid_figure(
                result.curve, COST_COLUMNS, theme, timezone=timezone, simulated=simulated
            ), 280, wide=False,
        ),
    ]  # fmt: skip


def dearer_section(made: Priced, extra: float, theme: Theme, *, timezone: str = "UTC") -> Section:
    """Equity with every fill dearer by `extra`, a fraction of its notional."""
    equity = made.run.equity(extra)
    curve = made.result.curve
    shown = session_equity(curve["equity"], timezone)
    at = curve.index.get_indexer(shown.index)
    lowest = min(float(equity.min()), float(curve["equity"].min()))
    return Section(
        "dearer", "Had trading been dearer", METHOD,
        dearer_figure(
            curve.iloc[at], equity[at], f"{_bps(extra)} dearer", theme,
            scale="log" if lowest > 0 else "linear", timezone=timezone,
            simulated=made.result.provenance.simulated,
        ), 320,
    )  # fmt: skip

"""How much money a strategy could carry, in words and as a curve."""

from __future__ import annotations

import numpy as np

from terminal.backtest.capacity import Capacity
from terminal.backtest.result import BacktestResult
from terminal.charts.capacity import capacity_figure
from terminal.charts.numbers import MISSING, format_value
from terminal.charts.theme import Theme
from terminal.reports.figures import Section
from terminal.reports.tables import Cell, Table, number, text

NO_VOLUMES = "No capacity: the data has no volumes to measure an order against, or nothing traded."
ASSUMED = (
    "Every fill is made larger alike and pays the square-root law, Y σ √(order / volume), with σ "
    "and volume of the 20 sessions before it; nothing is left unfilled, nobody else reacts, and no "
    "order is spread over days."
)


def capacity_of(result: BacktestResult) -> Capacity | None:
    """The stored capacity; None where there is none."""
    return None if result.judged is None else result.judged.analysis.capacity


def capacity_sentence(result: BacktestResult) -> str:
    """The finding in words."""
    made = capacity_of(result)
    if made is None:
        return NO_VOLUMES
    if made.total_return == 0.0:
        return "No capacity: it earned nothing even without impact."
    if made.total_return is None:
        return "Its own trading would not end its return at any capital looked at."
    said = (
        f"Its own impact takes the whole return from about {_money(made.total_return)} of starting "
        f"capital on"
    )
    if made.benchmark:
        said += f", and the lead over the benchmark from about {_money(made.benchmark)} on"
    return said + "."


def _money(value: float) -> str:
    """Two digits: an estimate of its order of magnitude deserves no more."""
    size = 10.0 ** np.floor(np.log10(value))
    rounded = round(value / size, 1) * size
    for unit, name in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if rounded >= unit:
            return f"{rounded / unit:,.3g} {name}"
    return format_value(rounded, "count")


def _from(value: float | None) -> Cell:
    if value is None:
        return Cell(MISSING)
    return Cell(_money(value)) if value else Cell("any")


def capacity_table(result: BacktestResult) -> Table:
    """Where return, Sharpe ratio and lead end, and what the estimate rests on."""
    made = capacity_of(result)
    rows: tuple[tuple[Cell, ...], ...] = ()
    if made is not None:
        rows = (
            (text("Return gone from"), _from(made.total_return)),
            (text("Sharpe ratio of 0 from"), _from(made.sharpe)),
            (text("Lead over the benchmark gone from"), _from(made.benchmark)),
            (text("Capital of this run"), number(made.capital, "currency")),
            (
                text("A fill's share of a session's volume", "Median, at the capital of this run"),
                number(made.participation, "bps"),
            ),
            (
                text("Traded notional with known liquidity"),
                number(made.known, "percent"),
            ),
            (text("Y of the square-root law"), number(made.y, "ratio")),
        )
    return Table(
        "Capacity", ("Starting capital", "Estimate"), ("left", "right"), rows, NO_VOLUMES, ASSUMED
    )


def capacity_sections(result: BacktestResult, theme: Theme) -> list[Section]:
    """Growth that is left by capital; nothing without an estimate."""
    made = capacity_of(result)
    if made is None or made.total_return == 0.0:
        return []
    return [
        Section(
            "costs-capacity", "Growth left at more capital", ASSUMED,
            capacity_figure(made.money, made.cagr, made.capital, theme,
                            simulated=result.provenance.simulated),
            260, wide=False,
        )
    ]  # fmt: skip

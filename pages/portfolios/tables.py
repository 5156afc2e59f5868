"""Tables of a portfolio, each cell from its overview; the same rows as CSV."""

from __future__ import annotations

from typing import Any

import pandas as pd
from dash import html

from pages.backtests.cards import table_panel
from pages.components.number import change, number, stat, stats
from pages.components.panel import panel
from pages.components.table import change_column, number_column, table, text_column
from terminal.holdings.overview import PERIODS, Overview
from terminal.reports.tables import Table, text
from terminal.reports.tables import number as number_cell

MOST_HEIGHT = 460
MONEY = {
    "time": "What a unit earned that stayed all the time: linked daily returns, money that came in "
    "counted from its day's beginning, money that went out until its day's end.",
    "money": "The yearly rate at which everything that came in grows to everything that went out "
    "and what is left (internal rate of return, 365 days a year).",
}


def headline(found: Overview) -> html.Div:
    """The numbers at the top."""
    day, since = found.period("day"), found.period("since")
    items = [
        stat("Value", number(found.equity, "currency"), f"At the close of {found.last}."),
        stat("Cash", number(found.cash, "currency"),
             "Part of the value; not known where no money was deposited."),
        stat("Day", change(day.profit, "currency"), f"Profit since the close before {day.first}."),
        stat("Profit", change(since.profit, "currency"),
             "Realised, unrealised and income less fees since the start."),
        stat("Time-weighted", change(since.time_weighted), MONEY["time"]),
        stat("Time-weighted, a year", change(found.time_weighted_year),
             "The same a year; from a year on."),
        stat("Money-weighted, a year", change(found.money_weighted_year), MONEY["money"]),
        stat("Benchmark", change(since.benchmark),
             f"{found.benchmark_name or 'None is chosen'}: total return over the same closes."),
    ]  # fmt: skip
    row = stats(items)
    row.className = "stats pf-stats"
    return row


def holdings_panel(found: Overview, actions: list[Any]) -> html.Section:
    """Every instrument that is or was held."""
    rows = [
        {
            "symbol": one.symbol,
            "name": one.name or one.sector,
            "quantity": one.quantity or None,
            "average_cost": one.average_cost or None,
            "price": one.price if one.quantity else None,
            "value": one.value if one.quantity else None,
            "weight": one.weight,
            "unrealised": one.unrealised if one.quantity else None,
            "realised": one.realised,
            "income": one.income,
            "fees": one.fees,
            "profit": one.profit,
        }
        for one in found.holdings
    ]
    columns = [
        text_column("symbol", "Symbol", width=134, pinned="left"),
        text_column("name", "Name", minWidth=130, flex=2),
        number_column("quantity", "Units", "quantity", width=96),
        number_column("average_cost", "Average cost", "price", width=112),
        number_column("price", "Price", "price", width=92),
        number_column("value", "Value", "currency", width=116),
        number_column("weight", "Weight", "percent", width=88),
        change_column("profit", "Profit", "currency", width=128),
        change_column("unrealised", "Unrealised", "currency", width=124),
        change_column("realised", "Realised", "currency", width=124),
        number_column("income", "Income", "currency", width=100),
        number_column("fees", "Fees", "currency", width=90),
    ]
    height = min(MOST_HEIGHT, 34 + 30 * max(2, len(rows)) + 4)
    return panel(
        "Holdings",
        table("pf-holdings", columns, rows, row_id="symbol", height=height,
              nothing="Nothing was ever held."),
        unit=found.currency,
        help="Realised before fees. Profit = unrealised + realised + income − fees.",
        actions=actions,
        flush=True,
    )  # fmt: skip


def period_table(found: Overview) -> Table:
    """Where the profit of each period comes from, and its returns."""
    rows = tuple(
        (
            text(one.title),
            text(one.first),
            number_cell(one.begin, "currency"),
            number_cell(one.inflow, "currency", change=True),
            number_cell(one.realised, "currency", change=True),
            number_cell(one.unrealised, "currency", change=True),
            number_cell(one.income, "currency"),
            number_cell(one.fees, "currency"),
            number_cell(one.profit, "currency", change=True),
            number_cell(one.time_weighted, "percent", change=True),
            number_cell(one.money_weighted, "percent", change=True),
            number_cell(one.benchmark, "percent", change=True),
        )
        for one in found.periods
    )
    return Table(
        "Profit and return by period",
        ("Period", "First day", "Begin", "Money in", "Realised", "Unrealised", "Income", "Fees",
         "Profit", "Time-weighted", "Money-weighted", "Benchmark"),
        ("left", "left", *(("right",) * 10)),
        rows,
        note="Profit = realised + change of unrealised + income − fees, and end = begin + money in "
        f"+ profit. In {found.currency}.",
    )  # fmt: skip


def instrument_table(found: Overview) -> Table:
    """Profit of every instrument in every period, and the sum."""
    rows = [
        (
            text(one.symbol),
            *(number_cell(one.by_period[key], "currency", change=True) for key, _ in PERIODS),
            number_cell(one.contribution, "percent", change=True),
        )
        for one in found.holdings
    ]
    rows.append(
        (
            text("All"),
            *(number_cell(one.profit, "currency", change=True) for one in found.periods),
            number_cell(found.period("since").time_weighted, "percent", change=True),
        )
    )
    return Table(
        "Profit by instrument",
        ("Symbol", *(title for _, title in PERIODS), "Part of the return"),
        ("left", *(("right",) * (len(PERIODS) + 1))),
        tuple(rows),
        note="Parts of the return are those of a unit invested at the start: each day's profit "
        "over the day's capital, times what the unit had become. They add up to the time-weighted "
        "return.",
    )


def panels(found: Overview) -> list[html.Section]:
    """Both tables."""
    return [table_panel(period_table(found)), table_panel(instrument_table(found))]


def holdings_frame(found: Overview) -> pd.DataFrame:
    """The holdings as a file has them, every digit."""
    return pd.DataFrame(
        [
            {
                "symbol": one.symbol,
                "name": one.name,
                "sector": one.sector,
                "quantity": one.quantity,
                "average_cost": one.average_cost,
                "price": one.price,
                "value": one.value,
                "weight": one.weight,
                "unrealised": one.unrealised,
                "realised": one.realised,
                "income": one.income,
                "fees": one.fees,
                "profit": one.profit,
                **{f"profit_{key}": one.by_period[key] for key, _ in PERIODS},
                "part_of_return": one.contribution,
            }
            for one in found.holdings
        ]
    )

"""Tab "Metrics": every measure beside the benchmark's, with formula and annualisation on hover."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dash import html

from pages.backtests.cards import table_panel
from pages.backtests.run import Run
from terminal.charts.numbers import MISSING
from terminal.reports import content
from terminal.reports.tables import Table


def measures(run: Run) -> list[Any]:
    """One table a group, then how each number is computed."""
    tables = content.metric_tables(run.result)
    return [
        html.P(
            "Point at a metric for its formula and how it is annualised. A dash means that it is "
            "not defined for this run.",
            className="muted",
        ),
        html.Div([table_panel(compact(table)) for table in tables], className="bt-measures"),
    ]


def compact(table: Table) -> Table:
    """Without the benchmark's column where it has nothing to say."""
    if any(row[-1].text != MISSING for row in table.rows):
        return table
    rows = tuple(row[:-1] for row in table.rows)
    return replace(table, columns=table.columns[:-1], align=table.align[:-1], rows=rows)

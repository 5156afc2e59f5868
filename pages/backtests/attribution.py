"""Tab "Attribution": who earned it, when, in which market, against which benchmark."""

from __future__ import annotations

from typing import Any

from dash import html

from pages.backtests.cards import table_panel
from pages.backtests.figures import own_theme, run_sections, section_card
from pages.backtests.run import Run
from terminal.market.french_factors import SOURCE, monthly_factors
from terminal.reports import attribution as report
from terminal.reports import content, round_trips
from terminal.reports.tables import Table

LONG = 12
"""Rows from which a table has the page's width."""


def attribution(run: Run) -> list[Any]:
    """Splits of the profit, then the market, then the trades themselves."""
    result, zone = run.result, run.timezone
    figures = [
        section_card(part, run, later=True)
        for part in run_sections(run, own_theme(), "attribution").values()
    ]
    counted = {"instrument": "Trades", "sector": "Trades", "side": "Trades"}
    tables = [
        report.split_table(title, parts, counted.get(key, "Bars"))
        for key, (title, parts) in report.splits(result, zone).items()
    ]
    fit = report.fit_of(result, monthly_factors(), zone)
    market = [
        report.regime_table(result, zone),
        report.brinson_table(result),
        None if fit is None else report.factor_table(fit, SOURCE),
        report.crisis_table(result, zone),
        content.drawdown_table(result, zone),
    ]
    return [
        *_pairs(figures),
        *_panels(tables),
        *_panels([table for table in market if table is not None]),
        *_panels([round_trips.bets_table(result, zone), *round_trips.trips_tables(result)]),
    ]


def _panels(tables: list[Table]) -> list[Any]:
    """Narrow short tables two abreast, the others alone."""
    narrow = [t for t in tables if len(t.columns) <= 5 and len(t.rows) <= LONG]
    wide = [t for t in tables if t not in narrow]
    return [*_pairs([table_panel(t) for t in narrow]), *(table_panel(t) for t in wide)]


def _pairs(parts: list[Any]) -> list[Any]:
    pairs = [parts[k : k + 2] for k in range(0, len(parts), 2)]
    return [html.Div(pair, className="grid-2") if len(pair) > 1 else pair[0] for pair in pairs]

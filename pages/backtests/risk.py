"""Tab "Risk": rolling measures, exposure, turnover, the distribution, the deepest falls."""

from __future__ import annotations

from typing import Any

from dash import html

from pages.backtests.cards import table_panel
from pages.backtests.figures import own_theme, run_sections, section_card
from pages.backtests.run import Run
from terminal.reports import content


def risk(run: Run) -> list[Any]:
    """Two figures a row, then the table of drawdowns."""
    made = run_sections(run, own_theme())
    pairs = (("sharpe", "volatility"), ("exposure", "turnover"))
    return [
        *(
            html.Div([section_card(made[key], run, later=True) for key in pair], className="grid-2")
            for pair in pairs
        ),
        section_card(made["distribution"], run, later=True),
        table_panel(content.drawdown_table(run.result, run.timezone)),
    ]

"""What stands below the choice of a portfolio: numbers, figures, tables."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from pages.backtests.figures import own_theme
from pages.components.badge import simulated_badge
from pages.components.button import button, link_button
from pages.components.empty_state import empty_state
from pages.components.figure_card import figure_card
from pages.components.notice import notice
from pages.portfolios.choosing import Chosen, prices
from pages.portfolios.tables import headline, holdings_panel, panels
from pages.server.context import actor
from terminal.charts.holdings import (
    bars_height,
    contribution_figure,
    contribution_rows,
    equity_figure,
    growth_figure,
    treemap_figure,
)
from terminal.charts.theme import Theme
from terminal.errors import InputError
from terminal.holdings.overview import PERIODS, Overview
from terminal.holdings.view import overview_of

FIGURES = ("treemap", "growth", "contribution", "equity")


def figure_id(key: Any) -> dict[str, Any]:
    """Id of the graph of one figure."""
    return {"type": "pf-figure", "key": key}


def found_of(chosen: Chosen) -> Overview:
    """The numbers of what is chosen."""
    return overview_of(prices(), actor(), chosen.source, chosen.data, chosen.benchmark)


def body(chosen: Chosen, theme: Theme | None = None) -> list[Any]:
    """The page below its head; a sentence where there is nothing to add up."""
    if not chosen.source.activities:
        return [
            html.Section(
                empty_state(
                    f"Nothing has happened in {chosen.choice.title} yet",
                    "An account fills with its first movement of money or execution.",
                    [link_button("Trading", "/trading")],
                    icon="portfolio",
                ),
                className="panel",
            )
        ]
    try:
        found = found_of(chosen)
    except InputError as error:
        return [notice(error.message, "warning", error.remedy)]
    theme = theme or own_theme()
    drawn = drawn_figures(found, theme)
    return [
        *([html.Div(simulated_badge(), className="bt-badges")] if found.simulated else []),
        headline(found),
        *_notes(found.notes),
        holdings_panel(
            found,
            [button("CSV", "pf-csv", icon="download", small=True, title="Every number of the table "
                    "and of every period")],
        ),
        html.Div(
            [
                figure_card(
                    figure_id("treemap"), "Positions", figure=drawn["treemap"], height=340,
                    help="Size by value, within sectors; colour and number: profit of the period "
                    "over the value before it.",
                    actions=[period_switch()], filename="positions",
                ),
                figure_card(
                    figure_id("growth"), "Performance", figure=drawn["growth"], height=340,
                    help="Time-weighted: money that came and went does not move it.",
                    filename="performance",
                ),
            ],
            className="grid-2",
        ),
        panels(found)[0],
        html.Div(
            [
                figure_card(
                    figure_id("contribution"), "Contribution", figure=drawn["contribution"],
                    height=bars_height(len(contribution_rows(found))),
                    help="Parts add up to the time-weighted return since the start.",
                    filename="contribution",
                ),
                figure_card(
                    figure_id("equity"), "Value", figure=drawn["equity"], unit=found.currency,
                    height=340, help="At each close, with money that came in and went out.",
                    filename="value",
                ),
            ],
            className="grid-2 pf-top",
        ),
        panels(found)[1],
    ]  # fmt: skip


def _notes(notes: tuple[str, ...]) -> list[Any]:
    return [notice(html.Ul([html.Li(note) for note in notes]), "info")] if notes else []


def drawn_figures(found: Overview, theme: Theme, period: str = "day") -> dict[str, Any]:
    """Every figure by key."""
    return {
        "treemap": treemap_figure(found, period, theme),
        "growth": growth_figure(found, theme),
        "contribution": contribution_figure(found, theme),
        "equity": equity_figure(found, theme),
    }


def period_switch() -> html.Div:
    """Period of the treemap's colours."""
    short = {"ytd": "YTD", "since": "All"}
    options = [{"label": short.get(key, title), "value": key} for key, title in PERIODS]
    return html.Div(
        dcc.RadioItems(
            options, "day", id="pf-period", inline=True, className="segmented segmented-small"
        ),
        role="group",
        **{"aria-label": "Period"},
    )

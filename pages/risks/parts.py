"""The tabs of the Risk page, each from the same panel as the report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import html

from pages.backtests.cards import table_panel
from pages.components.figure_card import figure_card
from pages.components.notice import notice
from pages.components.tabs import tab_links
from pages.risks.asking import address_of
from pages.risks.gauges import gauge_row
from terminal.charts.risk_bars import bars_height, factor_figure
from terminal.charts.theme import Theme
from terminal.holdings.risk_book import RiskFound, RiskView
from terminal.reports import risk_report_content as content
from terminal.reports import risk_report_tables as tables
from terminal.reports.figures import Section
from terminal.reports.risk_report_figures import risk_sections
from terminal.reports.tables import Table, number, text


def figure_id(key: str) -> dict[str, str]:
    """Id of a figure's graph."""
    return {"type": "rk-figure", "key": key}


def body(found: RiskFound, view: RiskView, tab: str, theme: Theme) -> list[Any]:
    """Sentences, gauges, tabs and the open one."""
    panel = found.panel
    chosen = tab if tab in TABS else "overview"
    first, *rest = content.statements(panel)
    market = found.market or "the mean of what is held"
    basis = (
        f"At the close of {panel.last}, from {panel.periods:,} sessions since {panel.first}; "
        f"market: {market}."
    )
    said = [
        html.P(html.Strong(first)),
        *(html.P(line) for line in rest),
        html.P(basis, className="muted"),
    ]
    links = [
        (title, address_of(view, tab="" if key == "overview" else key))
        for key, (title, _) in TABS.items()
    ]
    current = address_of(view, tab="" if chosen == "overview" else chosen)
    return [
        html.Div(said, className="rk-said"),
        gauge_row(panel),
        *_notes(panel.notes),
        tab_links(links, current, "Parts of the risk"),
        html.Div(TABS[chosen][1](found, theme), className="stack"),
    ]


def _notes(notes: tuple[str, ...]) -> list[Any]:
    return [notice(html.Ul([html.Li(note) for note in notes]), "info")] if notes else []


def _figures(found: RiskFound, theme: Theme) -> dict[str, Section]:
    made = risk_sections(found.panel, theme, simulated=found.simulated)
    return {section.key: section for section in made}


def _card(section: Section) -> html.Section:
    return figure_card(
        figure_id(section.key), section.title, figure=section.figure, help=section.reading,
        height=section.height, filename=section.key,
        className="bt-wide-figure" if section.min_width else "",
    )  # fmt: skip


def overview(found: RiskFound, theme: Theme) -> list[Any]:
    """The cone, drawdowns, and where the shortfall comes from."""
    made = _figures(found, theme)
    return [
        html.Div([_card(made["cone"]), _card(made["underwater"])], className="grid-2"),
        _card(made["contributions"]),
        table_panel(tables.position_table(found.panel)),
    ]


def value_at_risk(found: RiskFound, _theme: Theme) -> list[Any]:
    """Every method, and whether it held."""
    return [table_panel(table) for table in tables.tail_tables(found.panel)]


def factors(found: RiskFound, theme: Theme) -> list[Any]:
    """Bars of every model that could be fitted, and the months on Fama and French's factors."""
    cards = [
        figure_card(
            figure_id(f"factors-{k}"), model.kind,
            figure=factor_figure(model, theme, simulated=found.simulated),
            help="Share of the book's variance by factor; a hedge stands below zero.",
            height=bars_height(min(17, len(model.parts) + 1)), filename=f"factors-{k}",
        )
        for k, model in enumerate(found.panel.factors)
    ]  # fmt: skip
    parts: list[Any] = [html.Div(cards, className="grid-2 pf-top")]
    parts.append(table_panel(fama_french_table(found)))
    parts.append(table_panel(tables.factor_table(found.panel)))
    return parts


def fama_french_table(found: RiskFound) -> Table:
    """The regression of the book's months."""
    fit = found.panel.fama_french
    rows = []
    if fit is not None:
        rows = [
            (
                text(f"{one.name}, a month" if k == 0 else one.name),
                number(one.value, "percent" if k == 0 else "ratio"),
                number(one.t, "ratio"),
            )
            for k, one in enumerate(fit.coefficients)
        ]
    return Table(
        "Months on Fama and French's factors",
        ("Factor", "Coefficient", "t"),
        ("left", "right", "right"),
        tuple(rows),
        "Too few months of the history lie within the factors that are loaded.",
        ""
        if fit is None
        else f"{fit.n} months, {fit.first} to {fit.last}, of today's weights; R² "
        f"{fit.r_squared:.2f}; errors by Newey and West, {fit.lags} lags.",
    )


def stress(found: RiskFound, theme: Theme) -> list[Any]:
    """Crises, shocks, correlations, reverse."""
    return [
        _card(_figures(found, theme)["stress"]),
        *(table_panel(table) for table in tables.stress_tables(found.panel)),
    ]


def shape(found: RiskFound, theme: Theme) -> list[Any]:
    """The correlation map with its clusters, sectors, concentration, deepest falls."""
    return [
        _card(_figures(found, theme)["correlations"]),
        *(table_panel(table) for table in tables.shape_tables(found.panel)),
    ]


def leaving(found: RiskFound, _theme: Theme) -> list[Any]:
    """Days to leave."""
    return [table_panel(tables.liquidity_table(found.panel))]


TABS: dict[str, tuple[str, Callable[[RiskFound, Theme], list[Any]]]] = {
    "overview": ("Overview", overview),
    "var": ("Value at risk", value_at_risk),
    "factors": ("Factors", factors),
    "stress": ("Stress", stress),
    "shape": ("Correlations", shape),
    "leaving": ("Liquidity", leaving),
}

"""An optimisation on its page: numbers, frontier, weights, tree, instruments, trades, sending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from pages.backtests.figures import load_plotly
from pages.components.badge import simulated_badge
from pages.components.button import download_button, link_button
from pages.components.notice import notice
from pages.components.page_header import page_header
from pages.components.panel import facts, panel
from pages.components.table import change_column, number_column, quick_filter, table, text_column
from pages.optimising import sending
from pages.optimising.stored import load_proposal, weights_file
from pages.researching import figures
from terminal.charts.numbers import format_value
from terminal.charts.portfolio_dendrogram import dendrogram_figure, dendrogram_height
from terminal.charts.portfolio_frontier import frontier_figure
from terminal.charts.portfolio_weights import shown_rows, weights_figure, weights_height
from terminal.charts.theme import Theme
from terminal.jobs.values import Job
from terminal.portfolio.proposal import Proposal

KIND = "optimise"
FRONTIER_PX = 420


def result_view(job: Job) -> html.Div:
    """The whole proposal."""
    found = load_proposal(job.id)
    held = any(row.before for row in found.rows)
    height = max(FRONTIER_PX, weights_height(len(shown_rows(found.rows))))
    parts: list[Any] = [
        *figures.subject(KIND, job.id),
        page_header(
            job.title,
            f"{found.title} of {len(found.rows)} instruments, {found.first} to {found.last} "
            f"({found.periods:,} periods). {found.estimates}.",
            [
                download_button("Weights", f"/artifacts/{weights_file(job.id).id}", "primary"),
                link_button("Change", f"/optimise?from={job.id}", icon="filter"),
                link_button("Job", f"/jobs/{job.id}", icon="jobs"),
            ],
            [("Optimise", "/optimise")],
        ),
    ]
    if found.simulated:
        parts.append(html.Div(simulated_badge(), className="bt-badges"))
    parts += [notice(note, "warning" if "urviv" in note else "info") for note in found.notes]
    parts += [
        html.Div(
            [
                panel("Portfolios", _portfolios(found), flush=True),
                panel("In numbers", facts(_facts(found))),
            ],
            className="grid-2",
        ),
        html.Div(
            [
                figures.figure(
                    KIND,
                    job.id,
                    "frontier",
                    "Efficient frontier",
                    height=height,
                    help="The least volatility for each expected return within the limits. What is "
                    "held now may lie beyond them. Expected returns are estimates.",
                ),
                figures.figure(
                    KIND,
                    job.id,
                    "weights",
                    "Weights and risk",
                    height=height,
                    help="Each instrument's share of equity and of the variance. Those with the "
                    "largest weights.",
                ),
            ],
            className="grid-2",
        ),
    ]
    if found.tree is not None:
        parts.append(
            figures.figure(
                KIND,
                job.id,
                "tree",
                "What moves together",
                height=dendrogram_height(len(found.tree.symbols)),
                help="Instruments that join low move together. A colour is a group of the tree.",
            )
        )
    parts += [_instruments(found, held), _trades(found), sending.section(job.id), load_plotly()]
    return html.Div(parts, className="stack")


def _portfolios(found: Proposal) -> html.Div:
    rows = [
        html.Tr(
            [
                html.Td(point.name),
                html.Td(format_value(point.expected, "percent"), className="num"),
                html.Td(format_value(point.volatility, "percent"), className="num"),
                html.Td(format_value(point.sharpe), className="num"),
            ]
        )
        for point in found.points
    ]
    head = html.Tr(
        [
            html.Th("Portfolio"),
            html.Th("Expected a year", className="num"),
            html.Th("Volatility a year", className="num"),
            html.Th("Sharpe ratio", className="num"),
        ]
    )
    body = html.Table([html.Thead(head), html.Tbody(rows)], className="plain-table")
    return html.Div(body, className="plain-table-wrap")


def _facts(found: Proposal) -> list[tuple[Any, Any]]:
    unit = found.currency or "currency"
    active = sum(abs(row.weight) > 5e-5 for row in found.rows)
    return [
        (f"Equity, {unit}", format_value(found.equity, "currency")),
        ("Instruments with a weight", format_value(active, "count")),
        ("Largest weight", format_value(max(abs(row.weight) for row in found.rows), "percent")),
        ("Largest share of risk", format_value(max(row.risk for row in found.rows), "percent")),
        ("Trades needed", format_value(len(found.trades), "count")),
        ("Turnover", format_value(found.turnover, "percent")),
        (f"Expected cost, {unit}", f"{format_value(found.cost, 'currency')} "
         f"({format_value(found.cost / found.equity, 'bps')} of equity)"),
        (f"Cash left, {unit}", format_value(found.cash, "currency")),
        ("Limits that bind", "; ".join(found.binding) or "none"),
    ]  # fmt: skip


def _instruments(found: Proposal, held: bool) -> html.Section:
    rows = [
        {**vars(row), "change": row.weight - row.before}
        for row in found.rows
    ]  # fmt: skip
    columns = [
        text_column("symbol", "Instrument", minWidth=90, flex=1, cellClass="mono"),
        *([text_column("sector", "Sector", minWidth=130, flex=2)]
          if any(row.sector for row in found.rows) else []),
        number_column("price", "Price", "price", minWidth=90),
        number_column("weight", "Weight", "percent", minWidth=90, sort="desc"),
        *([number_column("before", "Held now", "percent", minWidth=90),
           change_column("change", "Change", minWidth=100)] if held else []),
        number_column("risk", "Share of risk", "percent", minWidth=100),
        number_column("expected", "Expected a year", "percent", minWidth=110),
        number_column("volatility", "Volatility a year", "percent", minWidth=110),
        number_column("wanted", "Units", "quantity", minWidth=90),
        number_column("whole", "Weight of units", "percent", minWidth=110),
    ]  # fmt: skip
    return panel(
        "Instruments",
        table(
            "op-rows", columns, rows, row_id="symbol", height=min(520, 30 * (len(rows) + 1) + 18)
        ),
        flush=True,
        actions=[quick_filter("op-rows", "Search instruments")],
    )


def _trades(found: Proposal) -> html.Section:
    if not found.trades:
        return panel("Trades needed", html.P("None: what is held is what is wanted."))
    rows = [
        {**vars(trade), "side": "buy" if trade.units > 0 else "sell", "number": k + 1}
        for k, trade in enumerate(found.trades)
    ]
    columns = [
        number_column("number", "#", "count", width=64),
        text_column("side", "Side", width=84),
        text_column("symbol", "Instrument", minWidth=90, flex=1, cellClass="mono"),
        number_column("units", "Units", "quantity", minWidth=90),
        number_column("price", "Price", "price", minWidth=90),
        number_column("notional", "Value", "currency", minWidth=110),
        number_column("cost", "Expected cost", "currency", minWidth=110),
    ]
    return panel(
        "Trades needed",
        table("op-trades", columns, rows, row_id="number",
              height=min(460, 30 * (len(rows) + 1) + 18)),
        help="Sales first. Costs by the commission, spread and slippage of the request.",
        flush=True,
    )  # fmt: skip


def draw(job_id: str, key: str, theme: Theme, _choices: Mapping[str, Any]) -> Any:
    """One figure of a proposal."""
    found = load_proposal(job_id)
    if key == "frontier":
        return frontier_figure(
            found.frontier, found.points, found.rows, theme, simulated=found.simulated
        )
    if key == "tree":
        return dendrogram_figure(found.tree, theme, simulated=found.simulated)
    return weights_figure(found.rows, theme, simulated=found.simulated)


figures.DRAWERS[KIND] = draw

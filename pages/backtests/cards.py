"""Cells, tables and headline numbers of reports, on a page: same values, same words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from pages.components.hint import hint
from pages.components.panel import panel
from terminal.charts.numbers import ARROWS
from terminal.reports.content import Card
from terminal.reports.tables import Cell, Table


def cell(value: Cell, arrow: bool = False) -> html.Span:
    """A cell's text in the colour of its sign."""
    drawn = ARROWS[value.sign] if arrow else ""
    parts: list[Any] = [value.text]
    if drawn:
        parts.insert(0, html.Span(drawn, className="num-arrow", **{"aria-hidden": "true"}))
    sign = "" if value.sign == "flat" else f" num-{value.sign}"
    return html.Span(parts, className=f"num{sign}")


def card_stats(cards: Sequence[Card]) -> html.Div:
    """The headline numbers in one row, each with its formula and the benchmark's value."""
    return html.Div([_stat(card) for card in cards], className="stats bt-stats")


def _stat(card: Card) -> html.Div:
    beside = html.Div(f"Benchmark {card.benchmark}" if card.benchmark else "", className="stat-sub")
    return html.Div(
        [
            html.Div([card.title, " ", hint(card.hint)], className="stat-label"),
            html.Div(cell(card.value, arrow=True), className="stat-value"),
            beside,
        ],
        className="stat",
    )


def table_panel(table: Table, **attributes: Any) -> html.Section:
    """A report's table as a panel; hints appear on hover and focus."""
    body: Any = plain_table(table) if table.rows else html.P(table.empty, className="muted bt-none")
    parts = [html.Div(body, className="plain-table-wrap")]
    if table.note:
        parts.append(html.P(table.note, className="bt-table-note"))
    return panel(table.title, parts, flush=True, **attributes)


def plain_table(table: Table) -> html.Table:
    """The rows under their titles, numbers right-aligned."""
    sides = ["num" if side == "right" else "" for side in table.align]
    head = html.Tr(
        [html.Th(name, className=side) for name, side in zip(table.columns, sides, strict=True)]
    )
    rows = [
        html.Tr(
            [
                html.Td([cell(value), *_hint(value)] if side == "" else cell(value), className=side)
                for value, side in zip(row, sides, strict=True)
            ]
        )
        for row in table.rows
    ]
    return html.Table([html.Thead(head), html.Tbody(rows)], className="plain-table bt-table")


def _hint(value: Cell) -> list[Any]:
    return [" ", hint(value.hint)] if value.hint else []

"""Numbers on a page: tabular figures, right-aligned, a change with sign, arrow and colour.

The text comes from `terminal.charts.numbers`, the one formatter of pages, figures and reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from pages.components.hint import hint
from terminal.charts.numbers import format_change, format_value


def number(value: float | int | None, unit: str = "ratio", signed: bool = False) -> html.Span:
    """A value in its unit (a key of `terminal.charts.numbers.UNITS`); missing reads as a dash."""
    return html.Span(format_value(value, unit, signed), className="num")


def change(value: float | int | None, unit: str = "percent") -> html.Span:
    """A gain or loss: arrow, sign and colour, so that colour alone never carries it."""
    shown = format_change(value, unit)
    return html.Span(
        [
            html.Span(shown.arrow, className="num-arrow", **{"aria-hidden": "true"}),
            shown.text,
        ],
        className=f"num {shown.css_class}",
    )


def stat(label: str, value: Any, help: Any = None) -> html.Div:
    """A headline number: `value` from `number()` or `change()`, explained on hover."""
    head: list[Any] = [label]
    if help:
        head += [" ", hint(help)]
    return html.Div(
        [html.Div(head, className="stat-label"), html.Div(value, className="stat-value")],
        className="stat",
    )


def stats(items: Sequence[html.Div]) -> html.Div:
    """A row of `stat`s that wraps."""
    return html.Div(list(items), className="stats")

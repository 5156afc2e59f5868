"""A titled box: the unit a page is composed of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from pages.components.hint import hint


def panel(
    title: Any,
    body: Any,
    *,
    unit: str | None = None,
    help: Any = None,
    actions: Sequence[Any] = (),
    flush: bool = False,
    **attributes: Any,
) -> html.Section:
    """A box with a head.

    Parameters
    ----------
    unit : unit of what is inside, in muted type after the title.
    help : explanation on hover.
    actions : small buttons at the right of the head.
    flush : the body touches the border (tables, figures).
    attributes : go to the element (`id`, `style`, `hidden`, ...).
    """
    classes = f"panel {attributes.pop('className', '')}".strip()
    return html.Section(
        [
            panel_head(title, unit=unit, help=help, actions=actions),
            html.Div(body, className="panel-body panel-flush" if flush else "panel-body"),
        ],
        className=classes,
        **attributes,
    )


def panel_head(
    title: Any, *, unit: str | None = None, help: Any = None, actions: Sequence[Any] = ()
) -> html.Div:
    """The head of a panel alone, for panels with a body of their own kind."""
    words: list[Any] = [title]
    if unit:
        words.append(html.Span(unit, className="panel-unit"))
    if help:
        words.append(hint(help))
    parts: list[Any] = [html.H2(words, className="panel-title")]
    if actions:
        parts.append(html.Div(list(actions), className="row"))
    return html.Div(parts, className="panel-head")


def facts(pairs: Sequence[tuple[Any, Any]]) -> html.Dl:
    """Label and value pairs in two aligned columns."""
    items: list[Any] = []
    for label, value in pairs:
        items += [html.Dt(label), html.Dd(value)]
    return html.Dl(items, className="facts")

"""The head of a page: crumbs, title, one line of explanation, actions at the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from pages.components.icon import icon


def page_header(
    title: Any,
    subtitle: Any = None,
    actions: Sequence[Any] = (),
    crumbs: Sequence[tuple[str, str]] = (),
) -> html.Header:
    """The page's only `h1`.

    Parameters
    ----------
    title : text or elements.
    subtitle : what the page is for, one line.
    actions : buttons or links at the right.
    crumbs : (text, address) of the pages above this one.
    """
    text: list[Any] = []
    if crumbs:
        trail: list[Any] = []
        for name, href in crumbs:
            trail += [dcc.Link(name, href=href), icon("chevron-right")]
        text.append(html.Nav(trail, className="crumbs", **{"aria-label": "Breadcrumb"}))
    text.append(html.H1(title))
    if subtitle is not None:
        text.append(html.P(subtitle, className="page-subtitle"))
    parts: list[Any] = [html.Div(text, className="page-header-text")]
    if actions:
        parts.append(html.Div(list(actions), className="page-actions"))
    return html.Header(parts, className="page-header")

"""Tabs as links: every tab has an address, the keyboard reaches it, the back button works."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html


def tab_links(tabs: Sequence[tuple[str, str]], current: str, label: str) -> html.Nav:
    """Links (title, address); `current` is the address of the one that is open."""
    links = [
        html.A(
            title,
            href=href,
            className="tab-link",
            **{"data-inside": "", **({"aria-current": "page"} if href == current else {})},
        )
        for title, href in tabs
    ]
    return html.Nav(links, className="tab-links", **{"aria-label": label})

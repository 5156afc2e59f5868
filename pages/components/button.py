"""Buttons and links that look like buttons."""

from __future__ import annotations

from typing import Any, Literal

from dash import dcc, html

from pages.components.icon import icon as draw

Look = Literal["plain", "primary", "danger", "quiet"]


def button(
    text: str,
    id: Any,
    look: Look = "plain",
    icon: str | None = None,
    small: bool = False,
    **attributes: Any,
) -> html.Button:
    """A button; `attributes` go to the element (`disabled`, `title`, `hidden`, ...)."""
    return html.Button(
        content(text, icon),
        id=id,
        type="button",
        n_clicks=0,
        className=_classes(look, small),
        **attributes,
    )


def link_button(
    text: str,
    href: str,
    look: Look = "plain",
    icon: str | None = None,
    small: bool = False,
    **attributes: Any,
) -> dcc.Link:
    """A link inside the terminal that looks like a button."""
    return dcc.Link(content(text, icon), href=href, className=_classes(look, small), **attributes)


def download_button(text: str, href: str, look: Look = "plain", small: bool = False) -> html.A:
    """A link to a file of the server, saved under the name the server gives it."""
    return html.A(
        content(text, "download"), href=href, download="", className=_classes(look, small)
    )


def content(text: str, icon: str | None) -> list[Any]:
    """Icon and text, for a callback that changes what a button says."""
    return [draw(icon), text] if icon else [text]


def _classes(look: Look, small: bool) -> str:
    names = ["button"]
    if look != "plain":
        names.append(f"button-{look}")
    if small:
        names.append("button-small")
    return " ".join(names)

"""A boxed message inside a page, and every `TerminalError` as the sentence a person reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from dash import html

from pages.components.icon import icon
from terminal.errors import TerminalError

Kind = Literal["info", "success", "warning", "error"]
ICONS: dict[Kind, str] = {
    "info": "info",
    "success": "check",
    "warning": "warning",
    "error": "error",
}


def notice(message: Any, kind: Kind = "info", remedy: Any = None) -> html.Div:
    """A message with what to do about it; errors are announced by screen readers at once."""
    text: list[Any] = [html.Div(message)]
    if remedy:
        text.append(html.Div(remedy, className="notice-remedy"))
    return html.Div(
        [icon(ICONS[kind]), html.Div(text)],
        className=f"notice notice-{kind}",
        role="alert" if kind == "error" else "status",
    )


def error_notice(error: TerminalError | Mapping[str, Any]) -> html.Div:
    """An error, or its stored JSON form (`TerminalError.as_dict`), with field, row and remedy."""
    parts = error.as_dict() if isinstance(error, TerminalError) else dict(error)
    where = ", ".join(
        text
        for text in (
            str(parts.get("field") or ""),
            f"row {parts['row']}" if parts.get("row") is not None else "",
        )
        if text
    )
    message: list[Any] = [html.Strong(f"{where}: ")] if where else []
    message.append(parts.get("message") or "Something went wrong.")
    return notice(message, "error", parts.get("remedy"))

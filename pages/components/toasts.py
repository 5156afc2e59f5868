"""Short messages in the corner.

Inside a callback `toast("Saved.", "success")` is enough. The message travels to the browser in
the store `toasts`; assets/toasts.js shows it, stacks it, and takes it away after a time that its
kind decides (errors stay until they are closed).
"""

from __future__ import annotations

import uuid
from typing import Any, Literal

from dash import ClientsideFunction, Input, Output, clientside_callback, dcc, html, set_props
from flask import g, has_request_context

Kind = Literal["info", "success", "warning", "error"]
STORE = "toasts"


def toast(message: str, kind: Kind = "info", remedy: str | None = None) -> None:
    """Show `message` to the person whose callback is running; several in one callback stack."""
    item = {"id": uuid.uuid4().hex, "message": message, "kind": kind, "remedy": remedy}
    items: list[dict[str, Any]] = [item]
    if has_request_context():
        items = [*getattr(g, "toasts", []), item]
        g.toasts = items
    set_props(STORE, {"data": {"items": items}})


def toast_host() -> html.Div:
    """The stack and its store; once, in the shell."""
    return html.Div(
        [
            dcc.Store(id=STORE),
            html.Div(id="toast-stack", className="toast-stack", role="status",
                     **{"aria-live": "polite", "aria-atomic": "false"}),
            html.Div(id="toast-sink", hidden=True),
        ]
    )  # fmt: skip


def register() -> None:
    """Connect the store to the script that shows it."""
    clientside_callback(
        ClientsideFunction("terminalToasts", "show"),
        Output("toast-sink", "children"),
        Input(STORE, "data"),
        prevent_initial_call=True,
    )

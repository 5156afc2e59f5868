"""Send the browser to another page from inside a callback, without reloading."""

from __future__ import annotations

import uuid

from dash import ClientsideFunction, Input, Output, clientside_callback, dcc, html, set_props

STORE = "go"


def navigate(href: str, *, reload: bool = False) -> None:
    """Open `href`, an address of this terminal, for the person whose callback is running.

    `reload` asks the server for a new page, as the sign-in page needs.
    """
    set_props(STORE, {"data": {"href": href, "reload": reload, "id": uuid.uuid4().hex}})


def navigate_host() -> html.Div:
    """The store behind `navigate`; once, in the shell."""
    return html.Div([dcc.Store(id=STORE), html.Div(id="go-sink", hidden=True)])


def register() -> None:
    """Connect the store to the script that opens the page."""
    clientside_callback(
        ClientsideFunction("terminalShell", "follow"),
        Output("go-sink", "children"),
        Input(STORE, "data"),
        prevent_initial_call=True,
    )

"""One light query twice a second says what changed; only that part of the page is read again.

assets/trading.js asks, not a timer component: Dash looks at every component of the page whenever a
property changes, so that a tick that finds nothing new must change none. It never asks while the
last question is open, nor from a tab that nobody looks at, and only every fourth time while no
session runs.
"""

from __future__ import annotations

from typing import Any

import orjson
from dash import Input, Output, State, dcc, html, no_update

from pages.server import guard
from pages.server.context import actor, services
from terminal import clock
from terminal.db.repositories import trading_room

AGES_S = 5
"""Ages of heartbeat and feed on a session's card are as old as this at most."""
LEDGER, PRICES, SESSION = "tr-ledger", "tr-prices", "tr-session"


def parts(account_id: str) -> list[Any]:
    """Stores that begin with what the page was drawn from, and the same for the script."""
    ledger, prices, session, slow = marks(account_id)
    seen = {LEDGER: ledger, PRICES: prices, SESSION: session, "tr-slow": slow}
    return [
        html.Div(
            id="tr-poll",
            hidden=True,
            **{"data-account": account_id, "data-seen": orjson.dumps(seen).decode()},
        ),
        dcc.Store(id="tr-tick"),
        *(dcc.Store(id=name, data=value) for name, value in seen.items()),
    ]


def marks(account_id: str) -> tuple[str, str, str, bool]:
    """Marks of ledger, prices and session, and whether nothing runs that could change them."""
    with services().db.read() as conn:
        found = trading_room.marks(conn, actor(), account_id)
    session, runs = found.session, found.state not in ("", "stopped", "failed")
    if runs:  # its card shows ages, which pass while nothing else changes
        session += f"/{int(clock.now().timestamp()) // AGES_S}"
    return found.ledger, found.prices, session, not runs


def register() -> None:
    """What the script asks."""

    @guard.callback(
        Output(LEDGER, "data"),
        Output(PRICES, "data"),
        Output(SESSION, "data"),
        Output("tr-slow", "data"),
        Input("tr-tick", "data"),
        State("tr-account", "data"),
        State(LEDGER, "data"),
        State(PRICES, "data"),
        State(SESSION, "data"),
        State("tr-slow", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def poll(_tick: Any, account_id: str, *seen: Any) -> Any:
        now = marks(account_id)
        return tuple(
            no_update if one == before else one for one, before in zip(now, seen, strict=True)
        )

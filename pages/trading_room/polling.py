"""One light query twice a second says what changed; only that part of the page is read again.

The browser's timer never calls the server while the last call is under way, nor from a tab that
nobody looks at, and only every fourth time while no session runs.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dash import (
    ClientsideFunction,
    Input,
    Output,
    State,
    clientside_callback,
    dcc,
    no_update,
)

from pages.server import guard
from pages.server.context import actor, services
from terminal import clock
from terminal.db.repositories import trading_room

POLL_MS = 500
SILENT = timedelta(seconds=5)
"""A session that has not shown itself this long is shown with its age."""
LEDGER, PRICES, SESSION = "tr-ledger", "tr-prices", "tr-session"


def parts(account_id: str) -> list[Any]:
    """Timer and stores; the stores begin with what the page was drawn from."""
    ledger, prices, session, slow = marks(account_id)
    return [
        dcc.Interval(id="tr-interval", interval=POLL_MS),
        dcc.Store(id="tr-tick"),
        dcc.Store(id="tr-busy", data=False),
        dcc.Store(id="tr-slow", data=slow),
        dcc.Store(id=LEDGER, data=ledger),
        dcc.Store(id=PRICES, data=prices),
        dcc.Store(id=SESSION, data=session),
    ]


def marks(account_id: str) -> tuple[str, str, str, bool]:
    """Marks of ledger, prices and session, and whether nothing runs that could change them."""
    with services().db.read() as conn:
        found = trading_room.marks(conn, actor(), account_id)
    session, runs = found.session, found.state not in ("", "stopped", "failed")
    if runs and found.beat_at is not None:
        age = clock.now() - found.beat_at
        if age > SILENT:
            session += f"/{age // SILENT}"
    return found.ledger, found.prices, session, not runs


def register() -> None:
    """Timer, and what it asks."""
    clientside_callback(
        ClientsideFunction("terminalTrading", "tick"),
        Output("tr-tick", "data"),
        Input("tr-interval", "n_intervals"),
        State("tr-busy", "data"),
        State("tr-slow", "data"),
        prevent_initial_call=True,
    )

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
        running=[(Output("tr-busy", "data"), True, False)],
        prevent_initial_call=True,
        role="viewer",
    )
    def poll(_tick: Any, account_id: str, *seen: Any) -> Any:
        now = marks(account_id)
        return tuple(
            no_update if one == before else one for one, before in zip(now, seen, strict=True)
        )

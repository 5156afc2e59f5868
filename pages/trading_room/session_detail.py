"""One session: its card, its decisions, what its orders cost, its twin."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from pages.components.panel import panel
from pages.components.table import (
    market_time_column,
    number_column,
    table,
    text_column,
    time_column,
)
from pages.server.context import actor, services
from pages.trading_room import session_cards
from pages.trading_room.costs_view import costs_view
from pages.trading_room.headline import ZONE
from pages.trading_room.twin_view import twin_panel
from terminal.db.repositories import live_sessions
from terminal.db.repositories.live_sessions import LiveSession, SessionBar

MOST_BARS = 300


def find(session_id: str) -> LiveSession:
    """The session; NotFound when it is not the person's to see."""
    with services().db.read() as conn:
        return live_sessions.get(conn, actor(), session_id)


def session_view(session: LiveSession) -> list[Any]:
    """Everything below the head."""
    with services().db.read() as conn:
        decided = live_sessions.bars(conn, session.id)
    job = services().jobs.get(actor(), session.id)
    strategy = str(dict(job.request).get("strategy") or "")
    return [
        html.Div(session_cards.card(session), className="tr-cards"),
        *([_decisions(decided)] if strategy else []),
        *twin_panel(session.id, strategy),
        *costs_view(session.account_id, "order", session.id if strategy else None),
        dcc.Store(id="tr-session-id", data=session.id),
        html.Div(id="tr-twin-sink", hidden=True),
    ]


def _decisions(decided: Any) -> html.Section:
    rows = [_row(bar) for bar in decided[-MOST_BARS:]][::-1]
    return panel(
        "Decisions",
        table(
            "tr-decisions",
            [
                market_time_column("bar", "Bar", ZONE, width=150),
                time_column("decided", "Decided at", "second", width=164),
                number_column("equity", "Equity", "currency", width=126),
                number_column("invested", "Invested", "percent", width=100),
                text_column("targets", "Targets", minWidth=260, flex=2),
            ],
            rows,
            height=min(330, 70 + 30 * max(len(rows), 2)),
            nothing="It has not decided yet: the first closed bar is waited for.",
        ),
        unit=f"{len(decided):,} bars" if decided else None,
        flush=True,
    )


def _row(bar: SessionBar) -> dict[str, Any]:
    weights = {symbol: weight for symbol, weight in bar.targets.items() if weight}
    return {
        "bar": bar.bar_ts.isoformat(),
        "decided": bar.decided_at.isoformat(),
        "equity": float(bar.equity),
        "invested": sum(abs(weight) for weight in weights.values()),
        "targets": ", ".join(f"{symbol} {weight:.1%}" for symbol, weight in weights.items())
        or "nothing",
    }

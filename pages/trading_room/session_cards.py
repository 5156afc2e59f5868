"""Cards of sessions: state, heartbeat, last signal, next bar, feed, use of limits, commands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from dash import ALL, Input, Output, State, ctx, html, no_update

from pages.components.badge import Tone, badge
from pages.components.button import button, link_button
from pages.components.clock import duration, moment
from pages.components.empty_state import empty_state
from pages.components.notice import error_notice
from pages.components.panel import facts
from pages.components.toasts import toast
from pages.server import guard
from pages.server.context import actor, services
from pages.trading_room import account as room
from pages.trading_room.headline import ZONE, read
from pages.trading_room.polling import LEDGER, SESSION
from terminal import clock
from terminal.db.repositories import live_sessions, trading_accounts, trading_room
from terminal.db.repositories.live_sessions import LiveSession
from terminal.errors import NotFound
from terminal.execution.breakers import BreakerLimits
from terminal.execution.limits import Limits
from terminal.jobs.values import Job
from terminal.strategies.registry import STRATEGIES, get_strategy

STATE_TONES: dict[str, Tone] = {
    "starting": "warn", "reconciling": "warn", "running": "up", "paused": "warn",
    "halted": "down", "stopping": "warn", "failed": "down",
}  # fmt: skip
COMMANDS = {
    "pause": "Pausing: no new decisions; orders already sent go on.",
    "resume": "Resuming.",
    "flatten": "Flattening: everything is cancelled, then every position is closed.",
    "stop": "Stopping: the session cancels its own orders and ends.",
}
GREEN_S, YELLOW_S = 30.0, 300.0
LATE_S = 15.0
"""A heartbeat this old is no longer in time."""


def cards_place(account_id: str, limit: int = 1) -> html.Div:
    """The newest sessions of an account; a callback keeps them new."""
    return html.Div(
        cards(account_id, limit),
        id={"type": "tr-cards", "limit": limit},
        className="tr-cards",
    )


def cards(account_id: str, limit: int) -> list[Any]:
    """One card a session, the running one first."""
    with services().db.read() as conn:
        trading_accounts.get(conn, actor(), account_id)
        found = live_sessions.of_account(conn, account_id, limit)
    waiting = room.desk().waiting_session(actor(), account_id)
    made: list[Any] = []
    if waiting is not None and all(waiting.id != one.id for one in found):
        made.append(_waiting_card(waiting))
    made += [card(one) for one in found]
    if made:
        return made
    return [_none(account_id)]


def card(session: LiveSession) -> html.Section:
    """One session."""
    job = _job(session.id)
    request = dict(job.request) if job else {}
    return html.Section(
        [
            html.Div(
                [
                    html.H2(title_of(request, job), className="panel-title"),
                    badge(session.state, STATE_TONES.get(session.state, "neutral")),
                    *([badge(f"{session.command} asked for", "warn")] if session.command else []),
                ],
                className="panel-head",
            ),
            html.Div(
                [
                    facts(_facts(session, request)),
                    *([_gauges(session.account_id)] if not session.ended else []),
                    _failure(job),
                ],
                className="panel-body tr-card-body",
            ),
            html.Div(
                [
                    *(_buttons(session) if room.may_trade() and not session.ended else []),
                    html.Div(_links(session), className="row tr-card-links"),
                ],
                className="row tr-card-bar",
            ),
        ],
        className="panel tr-card",
    )  # fmt: skip


def title_of(request: Mapping[str, Any], job: Job | None) -> str:
    """The session's own name, its strategy, or that orders come by hand."""
    if request.get("name"):
        return str(request["name"])
    strategy = str(request.get("strategy") or "")
    if not strategy:
        return "Desk: orders by hand"
    title = get_strategy(strategy).title if strategy in STRATEGIES else strategy
    symbols = request.get("symbols") or ()
    what = symbols[0] if len(symbols) == 1 else f"{len(symbols)} instruments"
    return f"{title} · {what} · {request.get('timeframe', '')}"


def staleness(silent_s: float | None) -> tuple[str, str]:
    """(colour of the dot, words) for a feed that was silent so long."""
    if silent_s is None:
        return "grey", "nothing heard yet"
    words = f"last heard {duration(silent_s)} ago"
    if silent_s < GREEN_S:
        return "green", words
    return ("yellow", words) if silent_s < YELLOW_S else ("red", words)


def feed_silence(session: LiveSession, now: datetime) -> float | None:
    """Seconds since the feed said anything: what the session saw, and the time since it looked."""
    silent = (session.feed or {}).get("silent_s")
    if silent is None:
        return None
    since = (now - session.heartbeat_at).total_seconds() if session.heartbeat_at else 0.0
    return float(silent) + max(since, 0.0)


def gauge(label: str, used: float | None, allowed: float, words: str) -> html.Div:
    """How much of a limit is used; allowed 0: the limit is off."""
    if not allowed:
        return html.Div([html.Span(label), html.Span("off", className="muted")],
                        className="tr-gauge")  # fmt: skip
    share = max(used or 0.0, 0.0) / allowed
    tone = "down" if share >= 0.9 else "warn" if share >= 0.7 else "accent"
    return html.Div(
        [
            html.Span(label),
            html.Div(
                html.Div(className=f"progress-bar tr-bar-{tone}",
                         style={"width": f"{min(share, 1.0):.0%}"}),
                className="progress",
                role="meter",
                **{"aria-label": label, "aria-valuenow": f"{share:.2f}", "aria-valuemin": "0",
                   "aria-valuemax": "1"},
            ),
            html.Span(words, className="num"),
        ],
        className="tr-gauge",
    )  # fmt: skip


def register() -> None:
    """Follow, command, start a desk."""

    @guard.callback(
        Output({"type": "tr-cards", "limit": ALL}, "children"),
        Input(SESSION, "data"),
        Input(LEDGER, "data"),
        State({"type": "tr-cards", "limit": ALL}, "id"),
        State("tr-account", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def follow(_session: Any, _ledger: Any, places: Any, account_id: str) -> Any:
        return [cards(account_id, int(own["limit"])) for own in places]

    @guard.callback(
        Output({"type": "tr-cards", "limit": ALL}, "children", allow_duplicate=True),
        Input({"type": "tr-command", "wanted": ALL, "session": ALL}, "n_clicks"),
        State({"type": "tr-cards", "limit": ALL}, "id"),
        State("tr-account", "data"),
        prevent_initial_call=True,
        role="trader",
    )
    def command(_clicks: Any, places: Any, account_id: str) -> Any:
        if not ctx.triggered_id or not ctx.triggered[0]["value"]:
            return [no_update] * len(places)
        wanted = ctx.triggered_id["wanted"]
        room.desk().command(actor(), ctx.triggered_id["session"], wanted)
        toast(COMMANDS[wanted], "info")
        return [cards(account_id, int(own["limit"])) for own in places]

    @guard.callback(
        Output({"type": "tr-cards", "limit": ALL}, "children", allow_duplicate=True),
        Input("tr-start-desk", "n_clicks"),
        State({"type": "tr-cards", "limit": ALL}, "id"),
        State("tr-account", "data"),
        running=[(Output("tr-start-desk", "disabled"), True, False)],
        prevent_initial_call=True,
        role="trader",
    )
    def start_desk(clicks: int, places: Any, account_id: str) -> Any:
        if not clicks:
            return [no_update] * len(places)
        room.desk().ensure_session(actor(), account_id)
        return [cards(account_id, int(own["limit"])) for own in places]


def _none(account_id: str) -> html.Section:
    words = (
        "A session holds the account: it follows prices, sends orders and compares the books with "
        "the broker's. Start a desk to trade by hand, or a strategy."
    )
    actions = [
        button("Start the desk", "tr-start-desk", "primary", "play"),
        link_button("Start a strategy", room.address("/trading/sessions", account_id)),
    ]
    if not room.may_trade():
        actions = []
    return html.Section(
        empty_state("No session yet", words, actions, icon="play"), className="panel"
    )


def _waiting_card(job: Job) -> html.Section:
    return html.Section(
        [
            html.Div(
                [
                    html.H2(title_of(dict(job.request), job), className="panel-title"),
                    badge("starting", "warn"),
                    html.Div(link_button("Job", f"/jobs/{job.id}", "quiet", small=True),
                             className="row tr-card-links"),
                ],
                className="panel-head",
            ),
            html.P("The session's worker takes it up within seconds.", className="muted tr-pad"),
        ],
        className="panel tr-card",
    )  # fmt: skip


def _facts(session: LiveSession, request: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    now = clock.now()
    if session.ended:
        return [
            ("Began", moment(session.started_at)),
            ("Ended", moment(session.ended_at)),
            ("Last signal", _signal(session)),
        ]
    feed = session.feed or {}
    dot, words = staleness(feed_silence(session, now))
    rows: list[tuple[Any, Any]] = [
        ("Heartbeat", _heartbeat(session, now)),
        (
            "Feed",
            [html.Span(className=f"dot tr-dot-{dot}"), f" {feed.get('name') or '–'}, {words}"],
        ),
    ]
    if feed.get("exchange_at"):
        rows.append(("Exchange", _exchange(feed)))
    if request.get("strategy"):
        rows += [
            ("Last signal", _signal(session)),
            ("Next bar", moment(session.next_bar_at, "minute", ZONE)),
        ]
    if feed.get("gaps"):
        rows.append(("Gaps in the feed", f"{feed['gaps']}"))
    rows.append(("Books", _books(feed)))
    return rows


def _heartbeat(session: LiveSession, now: datetime) -> Any:
    if session.heartbeat_at is None:
        return "–"
    age = (now - session.heartbeat_at).total_seconds()
    dot = "green" if age < LATE_S else "red"
    words = "in time" if age < LATE_S else f"{duration(age)} ago"
    return [html.Span(className=f"dot tr-dot-{dot}"), f" {words}"]


def _exchange(feed: Mapping[str, Any]) -> list[Any]:
    at = datetime.fromisoformat(str(feed["exchange_at"])).astimezone(UTC)
    shown: list[Any] = [
        "open" if feed.get("is_open") else "closed",
        ", ",
        moment(at, "minute", ZONE),
    ]
    if feed.get("simulated"):
        shown.append(" (replayed)")
    return shown


def _books(feed: Mapping[str, Any]) -> Any:
    if not feed.get("reconciled_at"):
        return "not compared yet"
    at = datetime.fromisoformat(str(feed["reconciled_at"]))
    words = "agree with the broker's" if feed.get("clean") else "being compared"
    return [words, ", ", moment(at)]


def _signal(session: LiveSession) -> Any:
    signal = session.last_signal
    if not signal:
        return "none yet"
    at = signal.get("bar_ts") or signal.get("ts")
    targets = signal.get("targets") or {}
    wanted = sorted(
        ((symbol, weight) for symbol, weight in targets.items() if weight),
        key=lambda one: -abs(one[1]),
    )
    named = [f"{symbol} {weight:.1%}" for symbol, weight in wanted]
    words = ", ".join(named[:6]) + (f" and {len(named) - 6} more" if len(named) > 6 else "")
    parts: list[Any] = [words or "nothing held"]
    if at:
        parts += [", bar of ", moment(datetime.fromisoformat(str(at)), "minute", ZONE)]
    return parts


def _gauges(account_id: str) -> html.Div:
    limits, breakers = room.desk().limits(actor(), account_id)
    money = read(account_id)
    with services().db.read() as conn:
        minute = trading_room.orders_last_minute(
            conn, account_id, clock.now() - timedelta(seconds=60)
        )
    return html.Div(
        [*_exposure(money.gross, money.equity, limits), *_losses(money, breakers),
         gauge("Orders a minute", minute, limits.max_orders_per_minute,
               f"{minute} of {limits.max_orders_per_minute}")],
        className="tr-gauges",
    )  # fmt: skip


def _exposure(gross: Decimal, equity: Decimal | None, limits: Limits) -> list[html.Div]:
    used = float(gross / equity) if equity and equity > 0 else None
    made = [
        gauge("Leverage", used, limits.max_leverage,
              f"{used or 0.0:.2f}× of {limits.max_leverage:g}×"),
    ]  # fmt: skip
    if limits.max_gross_notional:
        made.append(
            gauge("Gross", float(gross), limits.max_gross_notional,
                  f"{float(gross):,.0f} of {limits.max_gross_notional:,.0f}")
        )  # fmt: skip
    return made


def _losses(money: trading_room.Money, breakers: BreakerLimits) -> list[html.Div]:
    made = []
    for label, base, allowed in (
        ("Daily loss", money.opening, breakers.daily_loss),
        ("Drawdown", money.peak, breakers.drawdown),
    ):
        lost = 0.0
        if base and base > 0 and money.equity is not None:
            lost = max(float((base - money.equity) / base), 0.0)
        made.append(gauge(label, lost, allowed, f"{lost:.2%} of {allowed:.2%}"))
    return made


def _buttons(session: LiveSession) -> list[Any]:
    first = "resume" if session.state == "paused" else "pause"
    looks = {"flatten": "danger", "stop": "danger"}
    return [
        button(wanted.capitalize(), {"type": "tr-command", "wanted": wanted, "session": session.id},
               looks.get(wanted, "plain"), small=True)  # type: ignore[arg-type]
        for wanted in (first, "flatten", "stop")
    ]  # fmt: skip


def _links(session: LiveSession) -> list[Any]:
    return [
        link_button("Details", f"/trading/session/{session.id}", "quiet", small=True),
        link_button("Job", f"/jobs/{session.id}", "quiet", small=True),
    ]


def _failure(job: Job | None) -> Any:
    return error_notice(job.error) if job is not None and job.error else ""


def _job(session_id: str) -> Job | None:
    try:
        return services().jobs.get(actor(), session_id)
    except NotFound:
        return None

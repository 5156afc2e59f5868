"""Job `shadow_twin`: the session's strategy through the engine on the same bars, and the gap.

The engine decides nothing before the session's first decision, and pays the costs the session was
asked with. Both begin flat: what an account held before is on neither side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import orjson
import pandas as pd

from terminal.accounts.actor import Actor
from terminal.backtest.engine import checked_targets, simulate
from terminal.backtest.following import model_at_hand
from terminal.backtest.request import BacktestRequest
from terminal.backtest.truncation import decide
from terminal.backtest.validate import account_of, costs_of
from terminal.codec import from_json, to_json
from terminal.db.repositories import jobs, live_sessions, orders
from terminal.errors import InputError
from terminal.execution.order import Side
from terminal.execution.request import LiveSessionRequest
from terminal.execution.session.signals import LiveStrategy
from terminal.execution.twin import Record, TwinFill, compare, replayed
from terminal.execution.twin_request import TwinRequest
from terminal.jobs.context import JobContext
from terminal.jobs.values import Outcome
from terminal.market.calendars import get_calendar
from terminal.market.catalogue import Catalogue
from terminal.market.panel import Panel
from terminal.market.store import open_store

FILE = "twin.json"
MOST_FILLS = 100_000


def run(request: TwinRequest, ctx: JobContext) -> Outcome:
    """Replay a session and say where the gap is.

    Raises
    ------
    InputError : the session follows no strategy or no stored data, or has not decided yet.
    """
    with ctx.db.read() as conn:
        session = live_sessions.get(conn, ctx.actor, request.session_id)
        job = jobs.get(conn, ctx.actor, request.session_id)
        bars = live_sessions.bars(conn, session.id)
    asked: LiveSessionRequest = from_json(LiveSessionRequest, dict(job.request))
    if not asked.strategy or not asked.dataset:
        raise InputError(
            "Only a session that follows a strategy on a stored data set has a twin.",
            field="session",
        )
    if not bars:
        raise InputError("The session has not decided on any bar yet.", field="session")
    ctx.progress(0.1, "Loading bars")
    live = _live(ctx, ctx.actor, session.account_id, session.id, bars)
    panel = _panel(ctx, asked, live, bars)
    backtest = asked.as_backtest(capital=float(bars[0].equity))
    ctx.progress(0.3, "Replay")
    with model_at_hand(backtest, panel, ctx):
        engine, closes = _engine(backtest, asked.share, panel, bars[0].bar_ts, bars[-1].bar_ts)
    ctx.progress(0.9, "Comparison")
    twin = compare(live, engine, closes)
    rows = pd.DataFrame([to_json(row) for row in twin.rows])
    content = {
        "total": twin.total,
        "other": twin.other,
        "parts": twin.parts,
        "by_symbol": twin.by_symbol(),
        "words": list(twin.in_words()),
        "bars": len(bars),
        "fills": len(live.fills),
        "twin_fills": len(engine.fills),
        "from": bars[0].bar_ts.isoformat(),
        "to": bars[-1].bar_ts.isoformat(),
        "rows": [to_json(row) for row in twin.rows],
    }
    ctx.artifact(FILE, orjson.dumps(content), "application/json")
    return Outcome(
        summary={key: content[key] for key in ("total", "parts", "words", "bars", "fills")}
        | {"session": session.id},
        frames={"twin": rows} if len(rows) else {},
        data_version=panel.data_version,
    )


def _live(
    ctx: JobContext,
    actor: Actor,
    account_id: str,
    session_id: str,
    bars: Sequence[live_sessions.SessionBar],
) -> Record:
    """What the session decided and what was filled of it."""
    with ctx.db.read() as conn:
        chosen = orders.OrderFilter(account_id=account_id, session_id=session_id)
        own = {
            row.client_order_id: row
            for row in orders.blotter(conn, actor, chosen, limit=MOST_FILLS)
        }
        fills = orders.fills(conn, actor, account_id, limit=MOST_FILLS)
    made = tuple(
        TwinFill(
            symbol=fill.symbol,
            quantity=float(fill.quantity) * (1 if fill.side is Side.BUY else -1),
            price=float(fill.price),
            fee=float(fill.fee),
            at=fill.at,
            decided_on=own[fill.client_order_id].bar_ts,
        )
        for fill in fills
        if fill.client_order_id in own and not fill.busted
    )
    return Record({bar.bar_ts: bar.targets for bar in bars}, made)


def _panel(
    ctx: JobContext,
    asked: LiveSessionRequest,
    live: Record,
    bars: Sequence[live_sessions.SessionBar],
) -> Panel:
    """The session's bars with their history, up to where it decided or filled last."""
    catalogue = Catalogue(ctx.db, open_store(ctx.settings, ctx.db))
    panel = catalogue.panel(ctx.actor, asked.dataset, asked.symbols, asked.timeframe, asked.start)
    last = max([bars[-1].bar_ts, *(fill.at for fill in live.fills)])
    rows = int(np.searchsorted(panel.ts, _ns(last), side="right"))
    return panel.truncated(rows)


def _engine(
    backtest: BacktestRequest, share: float, panel: Panel, first: datetime, last: datetime
) -> tuple[Record, Mapping[str, float]]:
    """(the engine's record, the last close of each instrument).

    A share of the account is the account with weights of that share: sizes follow its equity.
    """
    strategy = LiveStrategy.of(backtest)
    account = account_of(backtest)
    targets = checked_targets(panel, decide(strategy.strategy, strategy.params, panel), account)
    outside = (panel.ts < _ns(first)) | (panel.ts > _ns(last))
    targets = np.where(outside[:, None], np.nan, share * targets)
    calendar = get_calendar(panel.calendar)
    made = simulate(
        panel,
        targets,
        account,
        costs_of(backtest.costs),
        sessions=calendar.session_of(panel.ts),
    )
    frame = pd.DataFrame(
        targets[~outside],
        index=pd.DatetimeIndex(panel.ts[~outside], tz=UTC),
        columns=list(panel.symbols),
    )
    # the engine sells what has ended at the end of the data; a session's data goes on
    fills = made.fills[made.fills["reason"] != "delisted"]
    closes = {}
    for j, symbol in enumerate(panel.symbols):
        known = panel.close[np.isfinite(panel.close[:, j]), j]
        if len(known):
            closes[symbol] = float(known[-1])
    return replayed(frame, fills), closes


def _ns(at: datetime) -> np.datetime64:
    return np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "ns")

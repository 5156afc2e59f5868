"""Job `live_session`: put together what a session needs, and run it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from terminal.backtest.following import model_at_hand
from terminal.db.repositories import trading_accounts
from terminal.db.repositories.trading_accounts import TradingAccount
from terminal.execution.brokers.exchange_control import exchange_control
from terminal.execution.brokers.registry import connect, open_feed
from terminal.execution.request import LiveSessionRequest
from terminal.execution.session.algorithms import AlgorithmDesk
from terminal.execution.session.desk_work import DeskWork
from terminal.execution.session.runtime import LiveSession
from terminal.execution.session.trader import Trader
from terminal.execution.session.validate import validate_session
from terminal.execution.session.window import NONE, Action, BarWindow
from terminal.jobs.context import JobContext
from terminal.jobs.values import Outcome
from terminal.market.calendars import get_calendar
from terminal.market.catalogue import Catalogue
from terminal.market.panel import Panel
from terminal.market.store import open_store
from terminal.market.timeframe import Timeframe

USUAL_CALENDAR = "XNYS"
ADV_SESSIONS = 20


def run(request: LiveSessionRequest, ctx: JobContext) -> Outcome:
    """Until it is stopped, cancelled or fails; a restart begins here again.

    Raises
    ------
    InputError : the request does not fit the data. Conflict : the account has a session.
    """
    with ctx.db.read() as conn:
        account = trading_accounts.get(conn, ctx.actor, request.account_id)
    request = _with_symbols(request, account, ctx)
    strategy = validate_session(ctx.db, ctx.settings, ctx.actor, request)
    parts = _Parts(request, ctx)
    with ExitStack() as stack:
        broker = connect(ctx.db, account, ctx.settings)
        now = broker.clock().at
        window = parts.window(now)
        if strategy is not None and window.panel.n_bars:
            backtest = request.as_backtest(capital=100_000.0)
            stack.enter_context(model_at_hand(backtest, window.panel, ctx))

        def work(session: LiveSession) -> DeskWork:
            trader = None
            if strategy is not None:
                trader = Trader(
                    ctx.db,
                    ctx.actor,
                    session.id,
                    request,
                    strategy,
                    window,
                    lambda: session.gateway.lease.token,
                    lambda: session.gateway.keep_lease(),
                )
            return DeskWork(
                ctx.db,
                ctx.actor,
                session.id,
                request.account_id,
                open_feed(
                    ctx.db,
                    account,
                    ctx.settings,
                    window.symbols,
                    request.timeframe,
                    window.calendar,
                    window.known_until(now),
                ),
                window,
                trader,
                AlgorithmDesk(ctx.db, ctx.actor, request.account_id),
                parts.facts(window.panel),
                parts.actions(window),
                session.refresh,
            )

        summary = LiveSession(request, ctx, broker, work).run()
    return Outcome(summary=summary, data_version=window.panel.data_version)


def _with_symbols(
    request: LiveSessionRequest, account: TradingAccount, ctx: JobContext
) -> LiveSessionRequest:
    """Of a desk on the paper exchange: everything that trades there can be traded by hand."""
    if request.strategy or account.broker != "paper":
        return request
    exchange = exchange_control(ctx.settings).state()
    symbols = tuple(sorted({*request.symbols, *exchange["symbols"]}))
    catalogue = Catalogue(ctx.db, open_store(ctx.settings, ctx.db))
    known = {dataset.slug for dataset in catalogue.datasets(ctx.actor)}
    slug = exchange["dataset"] if exchange["dataset"] in known else ""
    return replace(
        request,
        symbols=symbols,
        dataset=slug,
        timeframe=Timeframe(exchange["timeframe"]),
    )


class _Parts:
    """What the stored data gives a session: history, volumes, sectors, corporate actions."""

    def __init__(self, request: LiveSessionRequest, ctx: JobContext) -> None:
        self.request = request
        self.ctx = ctx
        self.catalogue = Catalogue(ctx.db, open_store(ctx.settings, ctx.db))

    def window(self, now: datetime) -> BarWindow:
        """History whose bars had closed at `now`, the exchange's time."""
        request, calendar_name, simulated = self.request, USUAL_CALENDAR, False
        history: Panel | None = None
        if request.dataset:
            dataset = self.catalogue.dataset(self.ctx.actor, request.dataset)
            calendar_name, simulated = dataset.calendar, dataset.simulated
            history = self._history(now) if request.symbols else None
        return BarWindow(
            history,
            request.symbols,
            request.timeframe,
            get_calendar(calendar_name),
            calendar_name,
            simulated=simulated,
        )

    def _history(self, now: datetime) -> Panel | None:
        request = self.request
        if request.dataset and request.start and pd.Timestamp(request.start, tz=UTC) > now:
            return None
        panel = self.catalogue.panel(
            self.ctx.actor, request.dataset, request.symbols, request.timeframe, request.start
        )
        closed = int(
            np.searchsorted(panel.close_ts, np.datetime64(now.replace(tzinfo=None), "ns"), "right")
        )
        return panel.truncated(closed)

    def facts(self, panel: Panel) -> Mapping[str, tuple[Decimal | None, str]]:
        """(mean units a session over the last sessions known, sector) by symbol."""
        if not self.request.dataset:
            return {}
        sectors = {
            part.symbol: part.sector
            for part in self.catalogue.series(self.ctx.actor, self.request.dataset)
        }
        volumes = average_volumes(panel)
        return {s: (volumes.get(s), sectors.get(s, "")) for s in self.request.symbols}

    def actions(self, window: BarWindow) -> Mapping[datetime, Mapping[str, Action]]:
        """Splits and dividends the data set knows after the history, by the bar they come with."""
        request = self.request
        if not request.dataset or not request.symbols:
            return {}
        found = self.catalogue.actions(self.ctx.actor, request.dataset, list(request.symbols))
        out: dict[datetime, dict[str, Action]] = {}
        last = window.last_ts
        rows: Iterable[Any] = found.itertuples()
        for row in rows:
            at = pd.Timestamp(row.ts)
            if last is not None and at <= pd.Timestamp(last, tz="UTC"):
                continue
            own = out.setdefault(at.to_pydatetime(), {})
            before = own.get(row.symbol, NONE)
            own[row.symbol] = (
                Action(before.ratio * row.value, before.dividend)
                if row.kind == "split"
                else Action(before.ratio, before.dividend + row.value)
            )
        return out


def average_volumes(panel: Panel) -> dict[str, Decimal]:
    """Mean units a session of the last sessions in the panel; instruments without volume: none."""
    if not panel.n_bars:
        return {}
    calendar = get_calendar(panel.calendar)
    sessions = calendar.session_of(panel.ts)
    recent = np.unique(sessions)[-ADV_SESSIONS:]
    part = panel.volume[np.searchsorted(sessions, recent[0]) :]
    means = np.nansum(part, axis=0) / len(recent)
    return {
        symbol: Decimal(round(mean))
        for symbol, mean in zip(panel.symbols, means.tolist(), strict=True)
        if mean > 0
    }

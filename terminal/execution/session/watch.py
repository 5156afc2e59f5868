"""What the holder of the lease watches: equity, losses since the session began, rates, silence."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa

from terminal import clock
from terminal.db.database import Database
from terminal.db.repositories import ledger
from terminal.db.tables import trading as tables
from terminal.execution.account_view import EXCHANGE_ZONE, limits_of
from terminal.execution.breakers import Baseline, Seen, Trip, rebased, tripped
from terminal.execution.gateway import Gateway, equity_of

LOOK_EVERY_S = 0.5
MARK_EVERY_S = 5.0


class Watch:
    """Looks at one account between sends."""

    def __init__(self, db: Database, account_id: str, gateway: Gateway) -> None:
        self.db = db
        self.account_id = account_id
        self.gateway = gateway
        self._looked = self._marked = float("-inf")

    def look(self, feed_silent_s: float | None, is_open: bool) -> tuple[Trip | None, bool]:
        """(the breaker that trips, whether it also flattens); at most twice a second."""
        if time.monotonic() - self._looked < LOOK_EVERY_S:
            return None, False
        self._looked = time.monotonic()
        with self.db.read() as conn:
            _, limits = limits_of(conn, self.account_id)
            equity = self._equity(conn)[0]
            baseline = self._baseline(conn)
            intents = self._intents(conn, limits.window_s)
        if equity is not None:
            baseline = self._rebase(baseline, equity)
        seen = Seen(
            equity=equity,
            rejects=self.gateway.counted(self.gateway.rejects, limits.window_s),
            errors=self.gateway.counted(self.gateway.errors, limits.window_s),
            intents=intents,
            feed_silent_s=feed_silent_s,
            broker_silent_s=time.monotonic() - self.gateway.answered_at,
            is_open=is_open,
        )
        return tripped(seen, baseline, limits), limits.flatten

    def keep_marks(self) -> None:
        """Write what the account is worth, for its sparkline."""
        if time.monotonic() - self._marked < MARK_EVERY_S:
            return
        self._marked = time.monotonic()
        with self.db.read() as conn:
            equity, cash, values = self._equity(conn)
        if equity is None:
            return
        with self.db.write() as conn:
            conn.execute(
                tables.account_marks.insert().values(
                    account_id=self.account_id,
                    at=clock.now(),
                    equity=equity,
                    cash=cash,
                    gross=sum((abs(value) for value in values), Decimal(0)),
                    net=sum(values, Decimal(0)),
                )
            )

    def _equity(self, conn: sa.Connection) -> tuple[Decimal | None, Decimal, list[Decimal]]:
        units = {s: held for s, held in ledger.units(conn, self.account_id).items() if held}
        cash = ledger.cash_balance(conn, self.account_id)
        table = tables.last_prices
        prices = {
            row.symbol: row.price
            for row in conn.execute(
                sa.select(table.c.symbol, table.c.price).where(
                    table.c.account_id == self.account_id
                )
            )
        }
        values = [held * prices[s] for s, held in units.items() if s in prices]
        return equity_of(cash, units, prices), cash, values

    def _baseline(self, conn: sa.Connection) -> Baseline | None:
        table = tables.loss_baselines
        row = conn.execute(
            sa.select(table).where(table.c.account_id == self.account_id)
        ).one_or_none()
        if row is None:
            return None
        return Baseline(row.session_date, row.opening_equity, row.peak_equity)

    def _rebase(self, before: Baseline | None, equity: Decimal) -> Baseline:
        """The baseline with this equity seen; written only where it changed."""
        after = rebased(before, equity, clock.now().astimezone(EXCHANGE_ZONE).date())
        if after == before:
            return after
        values = {
            "session_date": after.session_date,
            "opening_equity": after.opening_equity,
            "peak_equity": after.peak_equity,
            "updated_at": clock.now(),
        }
        table = tables.loss_baselines
        with self.db.write() as conn:
            if before is None:
                conn.execute(table.insert().values(account_id=self.account_id, **values))
            else:
                conn.execute(
                    table.update().where(table.c.account_id == self.account_id).values(**values)
                )
        return after

    def _intents(self, conn: sa.Connection, window_s: float) -> int:
        """Orders of the strategy within the window, refused ones included."""
        table = tables.orders
        return int(
            conn.execute(
                sa.select(sa.func.count()).where(
                    table.c.account_id == self.account_id,
                    table.c.session_id.is_not(None),
                    table.c.created_at >= clock.now() - timedelta(seconds=window_s),
                )
            ).scalar_one()
        )

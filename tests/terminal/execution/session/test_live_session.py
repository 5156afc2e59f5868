"""A session on the paper exchange: the backtest's orders row for row, its statement, its kill."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from terminal import clock
from terminal.accounts.actor import Actor
from terminal.backtest.costs import Costs
from terminal.backtest.engine import checked_targets, simulate
from terminal.backtest.truncation import decide
from terminal.codec import content_hash, to_json
from terminal.db.database import Database
from terminal.db.repositories import ledger, ledger_check, live_sessions, orders, statements
from terminal.db.tables.jobs import jobs
from terminal.execution import kill
from terminal.execution.desk import TradingDesk
from terminal.execution.opening import open_paper
from terminal.execution.order import Side
from terminal.execution.request import LiveSessionRequest
from terminal.execution.session.signals import LiveStrategy
from terminal.execution.session_job import run
from terminal.execution.states import OrderState
from terminal.execution.ticket import read_ticket
from terminal.jobs.artifacts import ArtifactStore
from terminal.jobs.context import JobContext
from terminal.jobs.kinds import get_kind
from terminal.jobs.rows import new_row
from terminal.market.calendars import get_calendar
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe
from terminal.settings import ROOT, Settings, load_settings
from tests.paper_exchange import Served, bars, served, variables, walk
from tests.terminal.execution.trading_fixtures import a_trader

SYMBOLS = ("AAA", "BBB", "CCC")
ROWS, BARS_A_DAY = 60, 26
ALL = tuple(OrderState)


@dataclass
class Floor:
    """An exchange, a trader with an account there, and sessions that run in threads."""

    db: Database
    settings: Settings
    exchange: Served
    actor: Actor
    account_id: str

    def start(self, **asked: object) -> Session:
        request = LiveSessionRequest(self.account_id, SYMBOLS, **asked)  # type: ignore[arg-type]
        return Session(self, request)


class Session:
    """A session's job, run in a thread of this process."""

    def __init__(self, floor: Floor, request: LiveSessionRequest) -> None:
        self.floor = floor
        kind = get_kind("live_session")
        row = new_row(
            floor.settings, floor.actor, kind, to_json(request), content_hash(to_json(request))
        )
        token = uuid.uuid4().hex
        row |= {"title": "test", "seed": 1, "parent_id": None, "reproduce_of": None}
        row |= {"state": "running", "claim_token": token, "started_at": clock.now(), "attempt": 1}
        with floor.db.write() as conn:
            conn.execute(jobs.insert().values(row))
        self.id = str(row["id"])
        context = JobContext(
            job_id=self.id,
            token=token,
            actor=floor.actor,
            seed=1,
            code_version="test",
            db=floor.db,
            settings=floor.settings,
            store=ArtifactStore(floor.settings.storage.root, 0),
        )
        self.failure: BaseException | None = None

        def work() -> None:
            try:
                run(request, context)
            except BaseException as error:  # noqa: BLE001  told to the test
                self.failure = error

        self.thread = threading.Thread(target=work, daemon=True)
        self.thread.start()

    def until(self, holds: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until something holds; fails with what ended the session."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert self.failure is None, self.failure
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.02)

    @property
    def state(self) -> str:
        with self.floor.db.read() as conn:
            return next(
                (s.state for s in live_sessions.of_account(conn, self.floor.account_id)), ""
            )

    def decided(self) -> int:
        with self.floor.db.read() as conn:
            return len(live_sessions.bars(conn, self.id))

    def step(self) -> None:
        """One bar: wait until it was decided on and everything of it was sent."""
        before = self.decided()
        self.floor.exchange.step()
        self.until(lambda: self.decided() > before)
        self.until(lambda: not self.in_states(OrderState.INTENT, OrderState.SENDING))

    def in_states(self, *states: OrderState) -> list[orders.OrderRow]:
        with self.floor.db.read() as conn:
            return orders.in_states(conn, self.floor.account_id, states)

    def stop(self) -> None:
        with self.floor.db.write() as conn:
            live_sessions.update(conn, self.id, command="stop")
        self.thread.join(30)
        assert not self.thread.is_alive()
        assert self.failure is None, self.failure


@pytest.fixture
def floor(sqlite_database: Database, tmp_path: Path) -> Iterator[Floor]:
    with served(tmp_path / "x", bars(walk(SYMBOLS, ROWS))) as exchange:
        given = variables(tmp_path / "x", exchange.port, {"ATT_TRADING__RECONCILE_S": "5"})
        settings = load_settings(ROOT / "config", given)
        actor = a_trader(sqlite_database)
        account = open_paper(sqlite_database, settings, actor, "play", Decimal(100_000))
        yield Floor(sqlite_database, settings, exchange, actor, account.id)


def the_panel(floor: Floor, rows: int) -> Panel:
    frame = bars(walk(SYMBOLS, ROWS))
    wide = {
        name: frame.pivot(index="ts", columns="symbol", values=name).to_numpy()[:rows]
        for name in ("open", "high", "low", "close", "volume", "split", "dividend")
    }
    ts = np.unique(frame["ts"].dt.tz_convert(None).to_numpy().astype("datetime64[ns]"))[:rows]
    close_ts = get_calendar("XNYS").bar_close(ts, Timeframe.MIN_15)
    return Panel(Timeframe.MIN_15, "XNYS", SYMBOLS, ts, close_ts, **wide)


def issued(floor: Floor) -> list[statements.StatementRow]:
    with floor.db.read() as conn:
        return list(statements.find(conn, floor.actor, floor.account_id))


def test_it_trades_as_its_backtest_row_for_row(floor: Floor) -> None:
    asked = {"strategy": "sma-crossover", "params": {"fast": 2, "slow": 5}, "share": 0.9}
    session = floor.start(**asked)
    session.until(lambda: session.state == "running")
    for bar in range(34):
        session.step()
        if bar == BARS_A_DAY - 1:
            session.until(lambda: bool(issued(floor)))
    session.stop()
    request = LiveSessionRequest(floor.account_id, SYMBOLS, **asked)  # type: ignore[arg-type]
    with floor.db.read() as conn:
        first = live_sessions.bars(conn, session.id)[0]
        fills = orders.fills(conn, floor.actor, floor.account_id, limit=10_000)
        by_name = {row.client_order_id: row for row in session.in_states(*ALL)}
        assert ledger.verify(conn, floor.account_id).intact
        assert ledger_check.compare(conn, floor.account_id) == ()
    strategy = LiveStrategy.of(request.as_backtest(100_000.0))
    panel = the_panel(floor, 34)
    targets = checked_targets(
        panel, decide(strategy.strategy, strategy.params, panel), strategy.account
    )
    start = np.datetime64(first.bar_ts.replace(tzinfo=None), "ns")
    targets[panel.ts < start] = np.nan
    targets *= request.share
    engine = simulate(panel, targets, strategy.account, Costs(half_spread_bps=1.0))
    expected = [
        (f.symbol, f.side, f.quantity, round(f.price, 6), f.ts.to_pydatetime())
        for f in engine.fills.itertuples()
        if f.reason == "order"
    ]
    got = [
        (
            fill.symbol,
            fill.side.value,
            float(fill.quantity),
            round(float(fill.price), 6),
            fill.at.replace(microsecond=0),  # the exchange counts orders of a moment in these
        )
        for fill in fills
    ]
    assert len(expected) > 10
    refused = [(row.symbol, row.state, row.reason) for row in by_name.values() if row.reason]
    assert sorted(got) == sorted(expected), refused
    for fill in fills:  # an order is decided at the close before the open it fills at
        row = by_name[fill.client_order_id]
        assert row.bar_ts is not None
        assert row.bar_ts < fill.at
    (statement,) = issued(floor)
    assert statement.session_date.isoformat() == "2024-03-04"
    assert statement.reconciled


def test_by_hand_then_killed_then_flattened(floor: Floor) -> None:
    desk = TradingDesk(floor.db, floor.settings)
    session = floor.start()
    session.until(lambda: session.state == "running")
    floor.exchange.step()

    def ticket(**terms: str) -> dict[str, str]:
        common = {"account_id": floor.account_id, "symbol": "AAA", "side": "buy", "quantity": "10"}
        return {**common, "nonce": uuid.uuid4().hex, **terms}

    def priced() -> bool:
        return desk.preview(floor.actor, read_ticket(ticket())).price is not None

    session.until(priced)
    bought = desk.submit(floor.actor, read_ticket(ticket()))
    assert bought.accepted, bought.denials
    session.until(lambda: bool(session.in_states(OrderState.ACCEPTED)))
    floor.exchange.step()
    session.until(lambda: bool(session.in_states(OrderState.FILLED)))
    resting = desk.submit(
        floor.actor, read_ticket(ticket(symbol="BBB", type="limit", limit_price="99"))
    )
    assert resting.accepted, resting.denials
    session.until(lambda: bool(session.in_states(OrderState.ACCEPTED)))
    assert desk.kill(floor.actor, floor.account_id, "drill")
    session.until(lambda: bool(session.in_states(OrderState.CANCELLED)))
    session.until(lambda: session.state == "halted")
    refused = desk.submit(floor.actor, read_ticket(ticket(symbol="CCC")))
    assert [denial.limit for denial in refused.denials] == ["kill_switch"]
    desk.flatten(floor.actor, floor.account_id)
    session.until(lambda: bool(session.in_states(OrderState.ACCEPTED)))
    floor.exchange.step()

    def flat() -> bool:
        with floor.db.read() as conn:
            return not ledger.units(conn, floor.account_id)

    session.until(flat)
    desk.rearm(floor.actor, floor.account_id, "the drill is over")
    session.until(lambda: session.state == "running")
    with floor.db.read() as conn:
        assert kill.engaged(conn, floor.account_id) is None
    session.stop()
    assert [row.side for row in session.in_states(OrderState.FILLED)] == [Side.BUY, Side.SELL]


def test_a_second_session_of_the_account_does_not_send(floor: Floor) -> None:
    from terminal.execution.session import runtime

    first = floor.start()
    first.until(lambda: first.state == "running")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runtime, "WAIT_FOR_LEASE_S", 0.0)
        short = floor.settings.model_copy(
            update={"trading": floor.settings.trading.model_copy(update={"lease_s": 0.5})}
        )
        second = Session(Floor(floor.db, short, floor.exchange, floor.actor, floor.account_id),
                         LiveSessionRequest(floor.account_id, SYMBOLS))  # fmt: skip
        second.thread.join(20)
    assert "Another session" in str(second.failure)
    first.stop()
    with floor.db.read() as conn:
        assert conn.execute(sa.text("SELECT max(token) FROM account_leases")).scalar_one() == 1

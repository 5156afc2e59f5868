"""The operator's commands on a real exchange, with no session, web or Redis anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from terminal.db.database import Database
from terminal.db.repositories import ledger, orders, trading_accounts
from terminal.db.repositories.trading_accounts import TradingAccount
from terminal.execution import kill
from terminal.execution.__main__ import main
from terminal.execution.brokers.registry import connect
from terminal.execution.opening import open_paper
from terminal.execution.order import OrderIntent, OrderType, Side
from terminal.execution.states import OrderState
from terminal.settings import ROOT, Settings, load_settings
from tests.paper_exchange import bars, served, variables, walk
from tests.terminal.execution.trading_fixtures import a_trader


@pytest.fixture
def room(
    sqlite_database: Database, tmp_path: Path
) -> Iterator[tuple[Database, Settings, TradingAccount]]:
    with served(tmp_path / "x", bars(walk(["AAA"], 30))) as exchange:
        settings = load_settings(ROOT / "config", variables(tmp_path / "x", exchange.port, None))
        exchange.step()
        actor = a_trader(sqlite_database)
        account = open_paper(sqlite_database, settings, actor, "play", Decimal(50_000))
        yield sqlite_database, settings, account


def resting(account: TradingAccount, name: str) -> OrderIntent:
    return OrderIntent(
        client_order_id=name,
        account_id=account.id,
        symbol="AAA",
        side=Side.BUY,
        quantity=Decimal(5),
        type=OrderType.LIMIT,
        limit_price=Decimal(50),
    )


def test_a_kill_cancels_at_the_broker_and_writes_it_down(
    room: tuple[Database, Settings, TradingAccount], capsys: pytest.CaptureFixture[str]
) -> None:
    db, settings, account = room
    broker = connect(db, account, settings)
    broker.submit(resting(account, "one"))
    broker.submit(resting(account, "two"))
    assert main(["kill", "--account", "play", "--reason", "drill"], db, settings) == 0
    assert "2 orders asked to cancel" in capsys.readouterr().out
    assert broker.open_orders() == ()
    with db.read() as conn:
        assert kill.engaged(conn, account.id) is not None
        rows = orders.in_states(conn, account.id, (OrderState.CANCELLED,))
        assert {row.client_order_id for row in rows} == {"one", "two"}
        assert ledger.cash_balance(conn, account.id) == 50_000
        assert trading_accounts.of_everybody(conn)[0].head_seq > 0
    assert main(["status"], db, settings) == 0
    assert "STOPPED" in capsys.readouterr().out
    assert main(["verify", "--account", account.id], db, settings) == 0
    assert main(["submit", "--account", "play", "buy", "1", "AAA"], db, settings) == 1
    assert "kill switch" in capsys.readouterr().err
    assert main(["rearm", "--account", "play", "--reason", "drill over"], db, settings) == 0
    with db.read() as conn:
        assert kill.engaged(conn, account.id) is None


def test_a_kill_of_all_stands_though_a_broker_is_away(
    room: tuple[Database, Settings, TradingAccount], capsys: pytest.CaptureFixture[str]
) -> None:
    db, settings, account = room
    away = settings.model_copy(
        update={
            "trading": settings.trading.model_copy(
                update={"exchange_url": "http://127.0.0.1:9", "broker_timeout_s": 0.5}
            )
        }
    )
    assert main(["kill", "--all", "--reason", "drill"], db, away) == 1
    assert "play" in capsys.readouterr().err
    with db.read() as conn:
        stopped = kill.engaged(conn, account.id)
    assert stopped is not None
    assert stopped.scope == kill.EVERY_ACCOUNT


def test_an_unknown_account_is_named(
    sqlite_database: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reconcile", "--account", "nobody"], sqlite_database, settings) == 1
    assert "nobody" in capsys.readouterr().err

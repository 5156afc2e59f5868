"""One way in: the same order is refused with the same words whoever asks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from terminal.accounts.actor import Role
from terminal.db.database import Database
from terminal.db.repositories import audit, ledger, orders
from terminal.errors import Conflict, Forbidden, NotFound
from terminal.execution import __main__ as command_line
from terminal.execution.account_view import limits_of, set_limits
from terminal.execution.breakers import BreakerLimits
from terminal.execution.desk import TradingDesk
from terminal.execution.events import EventKind
from terminal.execution.limits import Limits
from terminal.execution.order import Side
from terminal.execution.states import OrderState
from terminal.execution.submit import submit
from terminal.execution.ticket import read_ticket
from terminal.settings import Settings
from tests.terminal.execution.trading_fixtures import Bench, a_bench, a_trader


@pytest.fixture
def bench(database: Database) -> Bench:
    made = a_bench(database)
    limits = replace(Limits(), max_order_quantity=100.0)
    with database.write() as conn:
        set_limits(conn, made.actor, made.account_id, limits, BreakerLimits())
    return made


def reasons(bench: Bench, name: str) -> str:
    with bench.db.read() as conn:
        return orders.by_id(conn, bench.account_id, name).reason


@pytest.mark.parametrize("quantity", [100, 101])
def test_the_same_answer_on_every_path(
    bench: Bench, settings: Settings, quantity: int, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = quantity > 100
    by_strategy = submit(bench.db, bench.actor, bench.intent(quantity=quantity, source="trend"))
    desk = TradingDesk(bench.db, settings)
    given = {
        "account_id": bench.account_id, "symbol": "bbb", "side": "buy",
        "quantity": str(quantity), "nonce": "n1",
    }  # fmt: skip
    shown = desk.preview(bench.actor, read_ticket(given))
    by_page = desk.submit(bench.actor, read_ticket(given))
    code = command_line.main(
        ["submit", "--account", bench.account_id, "buy", str(quantity), "CCC", "--name", "n2"],
        bench.db,
        settings,
    )
    printed = capsys.readouterr()
    assert [made.accepted for made in (by_strategy, by_page)] == [not refused] * 2
    assert [bool(shown.denials), code] == [refused, int(refused)]
    if refused:
        expected = [denial.as_dict() for denial in by_strategy.denials]
        assert [denial.as_dict() for denial in by_page.denials] == expected
        assert [denial.as_dict() for denial in shown.denials] == expected
        assert by_strategy.denials[0].message in printed.err
        assert reasons(bench, by_page.client_order_id) == by_page.denials[0].message


def test_a_refused_order_is_kept_with_its_reason_and_never_sent(bench: Bench) -> None:
    made = bench.submit(quantity=101)
    assert made.state is OrderState.DENIED
    assert bench.gateway.send_pending() == 0
    with bench.db.read() as conn:
        kinds = [e.kind for e in ledger.of_order(conn, bench.account_id, made.client_order_id)]
    assert kinds == [EventKind.INTENT, EventKind.DENIED]


def test_limits_are_looked_at_again_before_the_send(bench: Bench) -> None:
    made = bench.submit(quantity=90)
    tighter = replace(Limits(), max_order_quantity=50.0)
    with bench.db.write() as conn:
        set_limits(conn, bench.actor, bench.account_id, tighter, BreakerLimits())
    bench.gateway.send_pending()
    assert bench.state(made.client_order_id) is OrderState.DENIED
    assert bench.broker.submits == []


def test_an_edit_of_limits_is_audited_with_what_changed(bench: Bench) -> None:
    with bench.db.read() as conn:
        entry = audit.newest(conn, limit=1)[0]
        found, _ = limits_of(conn, bench.account_id)
    assert entry.action == "trading.limits"
    assert entry.detail["max_order_quantity"] == {"before": 0.0, "after": 100.0}
    assert found.max_order_quantity == 100.0
    with bench.db.write() as conn:
        assert set_limits(conn, bench.actor, bench.account_id, found, BreakerLimits()) == {}


def test_nobody_trades_in_an_account_of_others(bench: Bench) -> None:
    other = a_trader(bench.db)
    with pytest.raises(NotFound):
        submit(bench.db, other, bench.intent())
    with pytest.raises(Forbidden):
        submit(bench.db, replace(bench.actor, role=Role.VIEWER), bench.intent())


def test_a_ticket_pressed_twice_is_one_order(bench: Bench, settings: Settings) -> None:
    desk = TradingDesk(bench.db, settings)
    given = {
        "account_id": bench.account_id, "symbol": "AAA", "side": "buy", "quantity": "5",
        "nonce": "same",
    }  # fmt: skip
    first = desk.submit(bench.actor, read_ticket(given))
    again = desk.submit(bench.actor, read_ticket(given))
    assert again.existing
    assert again.client_order_id == first.client_order_id


def test_a_replacement_takes_the_place_of_its_order(bench: Bench, settings: Settings) -> None:
    desk = TradingDesk(bench.db, settings)
    made = bench.submit(quantity=10, limit="99")
    with pytest.raises(Conflict):
        desk.replace(
            bench.actor, bench.account_id, made.client_order_id, limit_price=Decimal("99.5")
        )
    bench.gateway.send_pending()
    after = desk.replace(
        bench.actor, bench.account_id, made.client_order_id, limit_price=Decimal("99.5")
    )
    bench.gateway.send_pending()
    bench.gateway.take_updates()
    assert bench.state(made.client_order_id) is OrderState.REPLACED
    assert bench.state(after.client_order_id) is OrderState.ACCEPTED


def test_what_a_cancel_all_and_a_kill_would_do_is_counted(bench: Bench, settings: Settings) -> None:
    desk = TradingDesk(bench.db, settings)
    filled = bench.submit(quantity=10)
    bench.gateway.send_pending()
    bench.broker.fill(filled.client_order_id, Decimal(10), Decimal(100))
    bench.gateway.take_updates()
    bench.submit(side=Side.BUY, symbol="BBB", quantity=5, limit="90")
    bench.gateway.send_pending()
    bench.submit(side=Side.BUY, symbol="CCC", quantity=7, limit="90")
    reach = desk.reach(bench.actor, bench.account_id)
    assert (reach.working, reach.waiting, reach.positions) == (1, 1, 1)
    assert reach.notional == 1_000
    assert desk.cancel_all(bench.actor, bench.account_id) == 2

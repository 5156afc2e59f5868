"""A basket leads an account to its weights, once, and says what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from terminal.db.database import Database
from terminal.db.repositories import orders
from terminal.errors import InputError, NotFound
from terminal.execution.account_view import set_limits
from terminal.execution.basket import plan, send
from terminal.execution.breakers import BreakerLimits
from terminal.execution.desk import TradingDesk
from terminal.execution.events import EventKind
from terminal.execution.limits import Limits
from terminal.execution.order import Side
from terminal.execution.states import OrderState
from terminal.settings import Settings
from tests.terminal.execution.ledgers import fill_payload
from tests.terminal.execution.trading_fixtures import Bench, a_bench, a_trader

WEIGHTS = {"AAA": 0.5, "BBB": 0.3, "CCC": 0.0}
PRICES = {"AAA": 1.0, "BBB": 1.0, "CCC": 1.0, "DDD": 50.0}


@pytest.fixture
def bench(shared_database: Database) -> Bench:
    """100,000 in cash, prices of 100, no limit that a basket meets."""
    made = a_bench(shared_database)
    with shared_database.write() as conn:
        set_limits(conn, made.actor, made.account_id, Limits(), BreakerLimits())
    return made


def holding(bench: Bench, symbol: str, units: int) -> None:
    """A filled purchase."""
    from terminal.db.repositories import ledger

    made = bench.submit(symbol=symbol, quantity=units)
    with bench.db.write() as conn:
        for kind, payload in (
            (EventKind.SEND_BEGUN, {"attempt": 1}),
            (EventKind.FILL, fill_payload("e1", symbol, "buy", units, 100)),
        ):
            ledger.append(conn, bench.account_id, kind, payload,
                          client_order_id=made.client_order_id, external_id=None)  # fmt: skip


def test_units_are_of_the_accounts_own_equity_and_prices(bench: Bench, settings: Settings) -> None:
    desk = TradingDesk(bench.db, settings)
    found = plan(desk, bench.actor, bench.account_id, WEIGHTS, PRICES, "greedy", "n")
    assert found.equity == 100_000 and found.unpriced == ()
    assert [(leg.ticket.symbol, leg.ticket.quantity) for leg in found.legs] == [
        ("AAA", 500), ("BBB", 300),
    ]  # fmt: skip
    assert all(leg.preview.cost is not None for leg in found.legs)


def test_sent_twice_is_sent_once_and_a_new_plan_has_nothing_left(
    bench: Bench, settings: Settings
) -> None:
    desk = TradingDesk(bench.db, settings)
    found = plan(desk, bench.actor, bench.account_id, WEIGHTS, PRICES, "greedy", "n")
    tickets = [leg.ticket for leg in found.legs]
    first, again = send(desk, bench.actor, tickets), send(desk, bench.actor, tickets)
    assert all(one.made and one.made.accepted and not one.made.existing for one in first)
    assert all(one.made and one.made.existing for one in again)
    with bench.db.read() as conn:
        assert len(orders.in_states(conn, bench.account_id, (OrderState.INTENT,))) == 2
    assert plan(desk, bench.actor, bench.account_id, WEIGHTS, PRICES, "greedy", "m").legs == ()


def test_sales_come_first_and_a_refusal_does_not_stop_the_rest(
    bench: Bench, settings: Settings
) -> None:
    holding(bench, "CCC", 200)
    with bench.db.write() as conn:
        tight = replace(Limits(), max_order_quantity=400.0)
        set_limits(conn, bench.actor, bench.account_id, tight, BreakerLimits())
    desk = TradingDesk(bench.db, settings)
    found = plan(desk, bench.actor, bench.account_id, WEIGHTS, PRICES, "greedy", "n")
    assert [(leg.ticket.side, leg.ticket.symbol) for leg in found.legs] == [
        (Side.SELL, "CCC"), (Side.BUY, "AAA"), (Side.BUY, "BBB"),
    ]  # fmt: skip
    refused = {leg.ticket.symbol for leg in found.legs if leg.preview.denials}
    sent = send(desk, bench.actor, [leg.ticket for leg in reversed(found.legs)])
    assert sent[0].ticket.symbol == "CCC"
    assert {one.ticket.symbol for one in sent if one.denials} == refused == {"AAA"}


def test_what_has_no_price_is_named_and_what_is_beside_is_left_alone(
    bench: Bench, settings: Settings
) -> None:
    holding(bench, "CCC", 100)
    desk = TradingDesk(bench.db, settings)
    weights = {"AAA": 0.5, "DDD": 0.5}
    found = plan(desk, bench.actor, bench.account_id, weights, PRICES, "greedy", "n")
    assert found.unpriced == ("DDD",) and found.apart == ("CCC",)
    assert next(leg for leg in found.legs if leg.ticket.symbol == "DDD").preview.denials


def test_another_persons_account_is_not_there(bench: Bench, settings: Settings) -> None:
    desk = TradingDesk(bench.db, settings)
    other = a_trader(bench.db)
    with pytest.raises(NotFound):
        plan(desk, other, bench.account_id, WEIGHTS, PRICES, "greedy", "n")
    ticket = (
        plan(desk, bench.actor, bench.account_id, WEIGHTS, PRICES, "greedy", "n").legs[0].ticket
    )
    assert send(desk, other, [ticket])[0].made is None
    with pytest.raises(InputError, match="does not pay"):
        plan(desk, bench.actor, bench.account_id, {"DDD": 1e-5}, PRICES, "greedy", "n")

"""Whatever the ledger missed, one pass makes it say what the broker's books say; a second finds
nothing."""

from __future__ import annotations

import os
import random
from decimal import Decimal

import pytest

from terminal.db.database import Database
from terminal.db.repositories import ledger
from terminal.execution.brokers.protocol import CashMovement
from terminal.execution.order import Side
from terminal.execution.reconcile import Reconciliation, reconcile
from tests.terminal.execution.trading_fixtures import Bench, a_bench

DIVERGENCES = int(os.environ.get("RECONCILE_EXAMPLES", "12"))
SYMBOLS = ("AAA", "BBB", "CCC")


def run(bench: Bench) -> Reconciliation:
    return reconcile(
        bench.db, bench.broker, bench.account_id, bench.gateway.lease.token, sleep=lambda _s: None
    )


def same(bench: Bench) -> bool:
    units = {s: u for s, u in bench.broker.held.items() if u}
    with bench.db.read() as conn:
        return ledger.units(conn, bench.account_id) == units and bench.cash() == bench.broker.cash


def diverge(bench: Bench, rng: random.Random) -> None:
    """One thing that happens behind the ledger's back."""
    broker = bench.broker
    symbol, units = rng.choice(SYMBOLS), Decimal(rng.randint(1, 50))
    price = Decimal(rng.randint(9_000, 11_000)) / 100
    match rng.randrange(6):
        case 0:
            broker.foreign(symbol, rng.choice(list(Side)), units, price)
        case 1 if broker.open_orders():
            order = rng.choice(broker.open_orders())
            broker.fill(order.client_order_id, order.quantity - order.filled_quantity, price)
        case 2 if broker.open_orders():
            broker.cancel(rng.choice(broker.open_orders()).broker_order_id)
        case 3:
            amount = Decimal(rng.randint(-500, 500)) or Decimal(7)
            broker.movements.append(
                CashMovement(f"m{rng.random()}", "interest", amount, broker.now, symbol)
            )
            broker.cash += amount
        case 4:  # units appear that no execution explains
            broker.held[symbol] = broker.held.get(symbol, Decimal(0)) + units
            broker.cost[symbol] = price
        case _:
            broker.cash += Decimal(rng.randint(-9_999, 9_999)) / 100


@pytest.mark.parametrize("seed", range(DIVERGENCES))
def test_it_converges_and_then_finds_nothing(sqlite_database: Database, seed: int) -> None:
    bench, rng = a_bench(sqlite_database), random.Random(seed)
    for _ in range(4):
        bench.submit(symbol=rng.choice(SYMBOLS), quantity=rng.randint(1, 60), limit="99")
    bench.gateway.send_pending()
    bench.broker.muted = True
    for _ in range(rng.randint(1, 6)):
        diverge(bench, rng)
    first = run(bench)
    assert first.clean
    assert same(bench)
    with bench.db.read() as conn:
        head = list(ledger.events(conn, bench.account_id))[-1].seq
    second = run(bench)
    assert second.clean
    assert not second.changed
    assert second.differences == []
    with bench.db.read() as conn:
        assert list(ledger.events(conn, bench.account_id))[-1].seq == head
        assert ledger.verify(conn, bench.account_id).intact


def test_on_postgresql_too(database: Database) -> None:
    bench, rng = a_bench(database), random.Random(1)
    bench.broker.muted = True
    for _ in range(6):
        diverge(bench, rng)
    assert run(bench).clean
    assert same(bench)
    assert not run(bench).changed


def test_a_fill_under_way_is_not_taken_for_a_divergence(sqlite_database: Database) -> None:
    """Positions are read after the executions; one that comes between is fetched, not booked."""
    bench = a_bench(sqlite_database)
    made = bench.submit(quantity=10)
    bench.gateway.send_pending()
    bench.broker.muted = True
    read = bench.broker.positions
    bench.broker.positions = lambda: (  # type: ignore[method-assign]
        bench.broker.fill(made.client_order_id, Decimal(10), Decimal(100)),
        setattr(bench.broker, "positions", read),
        read(),
    )[2]
    found = run(bench)
    assert found.clean
    assert found.adjustments == 0
    assert same(bench)


def test_an_order_the_broker_lost_ends(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from terminal.execution import reconcile as module

    monkeypatch.setattr(module, "LOST_AFTER", timedelta(0))
    bench = a_bench(sqlite_database)
    made = bench.submit(limit="90")
    bench.gateway.send_pending()
    del bench.broker.orders[made.client_order_id]
    found = run(bench)
    assert found.clean
    assert bench.state(made.client_order_id).is_end
    assert "unknown to the broker" in found.differences[0]


def test_what_has_no_answer_is_not_clean(sqlite_database: Database) -> None:
    bench = a_bench(sqlite_database)
    bench.broker.faults.append("never_arrived")
    bench.submit()
    bench.gateway.send_pending()
    assert not run(bench).clean

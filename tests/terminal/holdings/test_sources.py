"""An account's activity, read from its ledger, plays to what the ledger itself says."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from terminal.db.database import Database
from terminal.db.repositories import holdings, portfolios
from terminal.errors import NotFound
from terminal.execution.events import EventKind
from terminal.execution.lots import LotMethod
from terminal.holdings.positions import play
from terminal.holdings.sources import choices, load_source, stamp_of
from terminal.holdings.transactions import EXAMPLE, read_transactions
from tests.terminal.execution.desks import Desk, person
from tests.terminal.execution.ledgers import NOW, cash_payload


@pytest.fixture(params=[LotMethod.FIFO, LotMethod.AVERAGE])
def desk(request: pytest.FixtureRequest, shared_database: Database) -> Desk:
    made = Desk(shared_database, name=f"of {request.param}", method=request.param)
    made.deposit(10_000, f"d {request.param}")
    for name, side, units, price, at in (
        ("a", "buy", 9, 100, 1), ("b", "buy", 5, 110, 2), ("c", "sell", 11, 120, 3),
        ("gone", "buy", 7, 90, 4),
    ):  # fmt: skip
        made.intend(name, side, units)
        made.send(name)
        made.fill(name, f"e-{name}", "AAPL", side, units, price, "0.5", at=at)
    made.bust("e-gone")
    made.append(EventKind.CASH, {**cash_payload("dividend", "3.21"), "symbol": "AAPL"},
                external_id="div")  # fmt: skip
    made.append(EventKind.CASH, cash_payload("fee", "-1.5"), external_id="fee")
    made.append(
        EventKind.SPLIT,
        {"symbol": "AAPL", "ratio": Decimal(3), "per": Decimal(2), "at": NOW + timedelta(days=2),
         "fraction": Decimal("0.5"), "cash": Decimal("40")},
        external_id="split",
    )  # fmt: skip
    return made


def test_what_is_played_is_what_the_ledger_projects(desk: Desk) -> None:
    source = load_source(desk.database, desk.owner, f"account:{desk.id}")
    played = play(source.activities, source.method)
    with desk.database.read() as conn:
        (held,) = holdings.positions(conn, desk.owner, desk.id, flat=True)
    own = played.positions["AAPL"]
    assert (own.quantity, own.cost, own.realised, own.fees, own.income) == (
        held.quantity, held.cost, held.realised, held.fees, held.dividends,
    )  # fmt: skip
    assert played.cash == desk.cash


def test_the_stamp_changes_with_the_ledger_and_accounts_are_their_owners(desk: Desk) -> None:
    key = f"account:{desk.id}"
    before = stamp_of(desk.database, desk.owner, key)
    assert before == load_source(desk.database, desk.owner, key).stamp
    desk.deposit(1, "more")
    assert stamp_of(desk.database, desk.owner, key) != before
    stranger = person(desk.database)
    for call in (load_source, stamp_of):
        with pytest.raises(NotFound):
            call(desk.database, stranger, key)
    with pytest.raises(NotFound):
        load_source(desk.database, desk.owner, "elsewhere:1")


def test_accounts_and_files_stand_in_one_list(desk: Desk) -> None:
    rows = read_transactions(EXAMPLE.encode(), NOW.date()).transactions
    with desk.database.write() as conn:
        made = portfolios.create(conn, desk.owner, "From a file", rows, NOW)
    listed = choices(desk.database, desk.owner)
    assert [one.key for one in listed] == [f"account:{desk.id}", f"portfolio:{made}"]
    source = load_source(desk.database, desk.owner, listed[1].key)
    assert source.money and len(source.activities) == len(rows)

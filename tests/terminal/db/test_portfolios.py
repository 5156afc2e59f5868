"""Imported portfolios: whole or not at all, for their owner only, the same row once."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from terminal.accounts.actor import Actor, Role
from terminal.db.database import Database
from terminal.db.repositories import portfolios
from terminal.db.tables.accounts import users
from terminal.db.tables.portfolios import portfolio_transactions
from terminal.errors import Conflict, InputError, NotFound
from terminal.holdings.transactions import EXAMPLE, read_transactions
from tests.terminal.db.test_migrations import required

NOW = datetime(2024, 12, 31, tzinfo=UTC)
ANN, BOB = (Actor(number, name, Role.TRADER) for number, name in ((81, "ann"), (82, "bob")))
ROWS = read_transactions(EXAMPLE.encode(), date(2024, 12, 31)).transactions


@pytest.fixture(autouse=True)
def people(database: Database) -> None:
    with database.write() as conn:
        for who in (ANN, BOB):
            given = required(users, id=who.user_id, username=who.username, role="trader")
            conn.execute(sa.insert(users).values(**given))


def test_rows_come_back_as_they_were_and_a_longer_file_adds_only_what_is_new(
    database: Database,
) -> None:
    with database.write() as conn:
        made = portfolios.create(conn, ANN, "Mine", ROWS[:4], NOW)
        assert portfolios.add(conn, ANN, made, ROWS, NOW) == 3
        assert portfolios.add(conn, ANN, made, ROWS, NOW) == 0
        assert portfolios.add(conn, ANN, made, [*ROWS, ROWS[1]], NOW) == 1
    with database.read() as conn:
        found = portfolios.transactions(conn, ANN, made)
    assert [(o.day, o.kind, o.quantity, o.price, o.fees) for o in found if o.row <= 7] == [
        (o.day, o.kind, o.quantity, o.price, o.fees) for o in ROWS
    ]


def test_nobody_reaches_the_portfolio_of_another(database: Database) -> None:
    with database.write() as conn:
        made = portfolios.create(conn, ANN, "Mine", ROWS, NOW)
    attempts = (
        lambda conn: portfolios.get(conn, BOB, made),
        lambda conn: portfolios.transactions(conn, BOB, made),
        lambda conn: portfolios.add(conn, BOB, made, ROWS, NOW),
        lambda conn: portfolios.delete(conn, BOB, made),
    )
    for attempt in attempts:
        with pytest.raises(NotFound), database.write() as conn:
            attempt(conn)
    with database.read() as conn:
        assert portfolios.find(conn, BOB) == []
        assert len(portfolios.transactions(conn, ANN, made)) == len(ROWS)


def test_a_name_once_and_nothing_half_written(database: Database) -> None:
    with database.write() as conn:
        made = portfolios.create(conn, ANN, "Mine", ROWS, NOW)
    for name, rows, error in (
        ("Mine", ROWS, Conflict),
        ("", ROWS, InputError),
        ("Other", (), InputError),
    ):
        with pytest.raises(error), database.write() as conn:
            portfolios.create(conn, ANN, name, rows, NOW)
    with database.write() as conn:
        portfolios.delete(conn, ANN, made)
    with database.read() as conn:
        left = conn.execute(sa.select(sa.func.count()).select_from(portfolio_transactions))
        assert left.scalar_one() == 0

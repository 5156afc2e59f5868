"""Old marks are thinned to one an hour, the last; young ones stay."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa

from terminal import clock
from terminal.db.database import Database
from terminal.db.tables.trading import account_marks
from terminal.execution.nightly import MARKS_WHOLE, thin_marks
from tests.terminal.execution.trading_fixtures import a_trader, an_account


def test_old_marks_are_one_an_hour(database: Database) -> None:
    account = an_account(database, a_trader(database))
    hour = (clock.now() - MARKS_WHOLE - timedelta(days=1)).replace(
        minute=0, second=0, microsecond=0
    )
    old = [hour + timedelta(minutes=20 * k) for k in range(9)]
    young = [clock.now() - timedelta(seconds=5 * k) for k in range(3)]
    with database.write() as conn:
        for at in (*old, *young):
            conn.execute(
                account_marks.insert().values(
                    account_id=account, at=at, equity=Decimal(1), cash=Decimal(1),
                    gross=Decimal(0), net=Decimal(0),
                )
            )  # fmt: skip
    assert thin_marks(database) == 6
    assert thin_marks(database) == 0
    with database.read() as conn:
        kept = conn.execute(
            sa.select(account_marks.c.at)
            .where(account_marks.c.account_id == account)
            .order_by(account_marks.c.at)
        ).scalars()
        assert list(kept)[:3] == [old[2], old[5], old[8]]

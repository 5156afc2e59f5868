"""Queries on watch lists: each person has one, in an order of their own."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from terminal.accounts.actor import Actor
from terminal.db.tables.market import watchlist


def get(conn: sa.Connection, actor: Actor) -> list[tuple[str, str]]:
    """The actor's watch list as (slug of the data set, symbol), in its order."""
    query = (
        sa.select(watchlist.c.dataset, watchlist.c.symbol)
        .where(watchlist.c.user_id == actor.user_id)
        .order_by(watchlist.c.position)
    )
    return [(row.dataset, row.symbol) for row in conn.execute(query)]


def replace(conn: sa.Connection, actor: Actor, items: Sequence[tuple[str, str]]) -> None:
    """Put `items` in the place of the actor's watch list; repetitions count once."""
    conn.execute(watchlist.delete().where(watchlist.c.user_id == actor.user_id))
    for position, (dataset, symbol) in enumerate(dict.fromkeys(items)):
        conn.execute(
            watchlist.insert().values(
                user_id=actor.user_id, dataset=dataset, symbol=symbol, position=position
            )
        )

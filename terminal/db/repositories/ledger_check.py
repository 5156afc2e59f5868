"""Projection tables against the ledger they come from: what differs, and writing them anew."""

from __future__ import annotations

from collections import deque
from typing import Any

import sqlalchemy as sa

from terminal import clock
from terminal.db.repositories import ledger
from terminal.db.repositories.ledger_rows import Row, rows_of, same
from terminal.db.tables import trading as tables
from terminal.errors import Conflict
from terminal.execution.states import TRANSITIONS, OrderState, is_legal

_KEYS = {
    "orders": ("client_order_id",),
    "fills": ("execution_id",),
    "positions": ("symbol",),
    "lots": ("symbol", "number"),
    "cash": (),
}
_TABLES = {
    "orders": tables.orders,
    "fills": tables.fills,
    "positions": tables.positions,
    "lots": tables.lots,
    "cash": tables.cash,
}
Stored = dict[str, dict[tuple[Any, ...], Row]]


def compare(conn: sa.Connection, account_id: str) -> tuple[str, ...]:
    """Differences between the projection tables and a replay, each as a sentence; () = same."""
    wanted, found = rows_of(ledger.replay(conn, account_id), account_id), _stored(conn, account_id)
    said = []
    for table, rows in wanted.items():
        for key in sorted(rows.keys() | found[table].keys()):
            where = " ".join((table, *map(str, key)))
            if key not in found[table]:
                said.append(f"{where}: in the ledger, not in the table.")
            elif key not in rows:
                said.append(f"{where}: in the table, not in the ledger.")
            else:
                said += [
                    f"{where}: {column} is {found[table][key][column]} in the table and "
                    f"{rows[key][column]} in the ledger."
                    for column in same(found[table][key], rows[key])
                ]
    return tuple(said)


def rebuild(conn: sa.Connection, account_id: str) -> None:
    """Write the projection tables of an account anew from its ledger.

    Orders keep their rows, which the database never deletes, and reach their state by legal steps.

    Raises
    ------
    Conflict : an order's row is in no ledger, or no legal steps lead to the state it should have.
    """
    ledger.lock(conn, account_id)
    wanted, found = rows_of(ledger.replay(conn, account_id), account_id), _stored(conn, account_id)
    now = clock.now()
    strange = found["orders"].keys() - wanted["orders"].keys()
    if strange:
        raise Conflict(
            f"Order {min(strange)[0]} is in the table and not in the ledger.",
            field="order",
            remedy="Restore the database from a backup; orders are never deleted.",
        )
    for key, row in wanted["orders"].items():
        _write_order(conn, row, found["orders"].get(key))
    for name in ("lots", "positions", "fills", "cash"):
        table = _TABLES[name]
        conn.execute(table.delete().where(table.c.account_id == account_id))
        stamped = {"updated_at": now} if "updated_at" in table.c else {}
        rows = [{**row, **stamped} for row in wanted[name].values()]
        if rows:
            conn.execute(table.insert(), rows)


def _write_order(conn: sa.Connection, row: Row, stored: Row | None) -> None:
    table = tables.orders
    if stored is None:
        conn.execute(table.insert().values(row))
        return
    mine = table.update().where(
        table.c.account_id == row["account_id"],
        table.c.client_order_id == row["client_order_id"],
    )
    for state in _path(OrderState(stored["state"]), OrderState(row["state"]), row):
        conn.execute(mine.values(state=state.value))
    conn.execute(mine.values({name: value for name, value in row.items() if name != "state"}))


def _path(before: OrderState, after: OrderState, row: Row) -> list[OrderState]:
    """The shortest legal way from one state to another, without its start."""
    if is_legal(before, after):
        return [after]
    ways, seen = deque([[before]]), {before}
    while ways:
        way = ways.popleft()
        for step in sorted(to for frm, to in TRANSITIONS if frm is way[-1] and to not in seen):
            if step is after:
                return [*way[1:], step]
            seen.add(step)
            ways.append([*way, step])
    raise Conflict(
        f"Order {row['client_order_id']} is {before} in the table and {after} in the ledger; no "
        "legal steps lead there.",
        field="order",
        remedy="Restore the database from a backup.",
    )


def _stored(conn: sa.Connection, account_id: str) -> Stored:
    found: Stored = {}
    for name, key in _KEYS.items():
        table = _TABLES[name]
        rows = conn.execute(sa.select(table).where(table.c.account_id == account_id)).mappings()
        found[name] = {tuple(row[part] for part in key): dict(row) for row in rows}
    return found

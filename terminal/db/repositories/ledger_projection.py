"""One event into the projection tables, touching only the rows it concerns.

An order's row, one symbol's position and lots (`ledger_symbol`), the cash. The account's row is
locked by the caller.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

import sqlalchemy as sa

from terminal.db.repositories.ledger_rows import (
    changing,
    event_from,
    keyed,
    order_row,
    record_from,
)
from terminal.db.repositories.ledger_symbol import SymbolRows
from terminal.db.tables import trading as tables
from terminal.decimals import EXACT
from terminal.execution.events import OF_ORDERS, EventKind, LedgerEvent
from terminal.execution.lots import ZERO, LotMethod
from terminal.execution.order_record import OrderRecord
from terminal.execution.states import OrderState, is_legal
from terminal.execution.tape import entry_of, play_on

_EVENT = tables.ledger_events
_FIRST_TELLING = (EventKind.INTENT, EventKind.EXTERNAL_ORDER)
# Built once: what SQLAlchemy does to build a statement takes longer than running it.
_ORDER = sa.select(tables.orders).where(*keyed(tables.orders, "client_order_id"))
_ORDER_UPDATE = tables.orders.update().where(*keyed(tables.orders, "client_order_id"))
_ORDER_EVENTS = sa.select(_EVENT).where(*keyed(_EVENT, "client_order_id")).order_by(_EVENT.c.seq)
_EXTERNAL = sa.select(_EVENT.c.seq, _EVENT.c.at).where(*keyed(_EVENT, "external_id"))
_INSERT_ORDER, _INSERT_FILL = tables.orders.insert(), tables.fills.insert()
_FILL = sa.select(tables.fills).where(*keyed(tables.fills, "execution_id"))
_FILL_UPDATE = tables.fills.update().where(*keyed(tables.fills, "execution_id"))
_CASH = sa.select(tables.cash.c.balance).where(*keyed(tables.cash))
_CASH_UPDATE = tables.cash.update().where(*keyed(tables.cash))


def load_order(
    conn: sa.Connection, account_id: str, client_order_id: str, kind: EventKind | None = None
) -> tuple[OrderRecord | None, OrderState | None]:
    """What is known of an order, and the state its row has; (None, None): nothing is.

    Before its intent is in the ledger an order has no row; what was told of it is in its events.
    """
    if kind not in _FIRST_TELLING:
        mine = {"my_account_id": account_id, "my_client_order_id": client_order_id}
        row = conn.execute(_ORDER, mine).one_or_none()
        if row is not None:
            return record_from(row), OrderState(row.state)
    return _from_events(conn, account_id, client_order_id), None


def apply(
    conn: sa.Connection,
    event: LedgerEvent,
    method: LotMethod,
    record: OrderRecord | None,
    state: OrderState | None,
) -> None:
    """Carry an event that has just been written into the tables.

    record, state : of `load_order`, for kinds that name an order.
    """
    if event.kind in OF_ORDERS and event.client_order_id is not None:
        record = record or OrderRecord(event.client_order_id)
        record.note(event)
        if event.kind is EventKind.FILL:
            _fill(conn, event, method, record)
        _save_order(conn, event.account_id, record, state)
    elif event.kind is EventKind.BUST:
        _bust(conn, event, method)
    elif event.kind is EventKind.CASH:
        _cash(conn, event)
    elif event.kind in (EventKind.SPLIT, EventKind.ADJUSTMENT):
        _change(conn, event, method)


def _from_events(conn: sa.Connection, account_id: str, client_order_id: str) -> OrderRecord | None:
    mine = {"my_account_id": account_id, "my_client_order_id": client_order_id}
    rows = conn.execute(_ORDER_EVENTS, mine).all()
    told = [event_from(row) for row in rows if row.kind in OF_ORDERS]
    if not told:
        return None
    record = OrderRecord(client_order_id)
    for event in told:
        record.note(event)
        if event.kind is not EventKind.FILL:
            continue
        name = event.payload["execution_id"]
        bust = _bust_of(conn, account_id, name)
        if bust is None:
            record.count(event.decimal("quantity"), event.decimal("price"), event.decimal("fee"), 1)
        elif bust.seq > record.last_seq:
            record.last_seq, record.updated_at = bust.seq, bust.at
    return record


def _save_order(
    conn: sa.Connection, account_id: str, record: OrderRecord, before: OrderState | None
) -> None:
    if record.quantity is None:
        return
    if before is None:
        conn.execute(_INSERT_ORDER, order_row(account_id, record))
        return
    mine = {"my_account_id": account_id, "my_client_order_id": record.client_order_id}
    if before is OrderState.INTENT and not is_legal(before, record.state):
        # the broker shows what we never wrote as sent: that it was sent comes first
        conn.execute(_ORDER_UPDATE, {**mine, "state": OrderState.SENDING.value})
    conn.execute(_ORDER_UPDATE, {**mine, **changing(record)})


def _bust_of(
    conn: sa.Connection, account_id: str, execution_id: str
) -> sa.Row[*tuple[Any, ...]] | None:
    mine = {"my_account_id": account_id, "my_external_id": f"bust:{execution_id}"}
    return conn.execute(_EXTERNAL, mine).one_or_none()


def _fill(conn: sa.Connection, event: LedgerEvent, method: LotMethod, record: OrderRecord) -> None:
    payload, account_id = event.payload, event.account_id
    name, symbol = payload["execution_id"], payload["symbol"]
    quantity, price, fee = (event.decimal(one) for one in ("quantity", "price", "fee"))
    busted = _bust_of(conn, account_id, name) is not None
    entry = entry_of(event)
    assert entry is not None  # noqa: S101  a fill always is one
    row = {
        "account_id": account_id,
        "execution_id": name,
        "client_order_id": record.client_order_id,
        "symbol": symbol,
        "side": payload["side"],
        "quantity": quantity,
        "price": price,
        "fee": fee,
        "realised": ZERO,
        "at": datetime.fromisoformat(event.happened),
        "recorded_at": event.at,
        "busted": busted,
        "seq": event.seq,
    }
    symbol_of = SymbolRows(conn, account_id, symbol, event.at)
    if busted:
        conn.execute(_INSERT_FILL, row)
        symbol_of.save(symbol_of.holding)
        return
    record.count(quantity, price, fee, 1)
    with localcontext(EXACT):
        symbol_of.fees += fee
    if entry.key > symbol_of.holding.end:
        holding, row["realised"] = play_on(symbol_of.holding, entry, method)
        conn.execute(_INSERT_FILL, row)
        symbol_of.save(holding)
    else:
        conn.execute(_INSERT_FILL, row)
        symbol_of.play_again(method)
    with localcontext(EXACT):
        _add_cash(conn, event, -entry.amount - fee)


def _bust(conn: sa.Connection, event: LedgerEvent, method: LotMethod) -> None:
    account_id = event.account_id
    mine = {"my_account_id": account_id, "my_execution_id": event.payload["execution_id"]}
    fill = conn.execute(_FILL, mine).one_or_none()
    if fill is None:
        return
    conn.execute(_FILL_UPDATE, {**mine, "busted": True, "realised": ZERO})
    record, state = load_order(conn, account_id, fill.client_order_id)
    if record is not None and state is not None:
        record.count(fill.quantity, fill.price, fill.fee, -1)
        record.last_seq, record.updated_at = event.seq, event.at
        _save_order(conn, account_id, record, state)
    symbol = SymbolRows(conn, account_id, fill.symbol, event.at)
    with localcontext(EXACT):
        symbol.fees -= fill.fee
        sign = 1 if fill.side == "buy" else -1
        _add_cash(conn, event, sign * fill.quantity * fill.price + fill.fee)
    symbol.play_again(method)


def _cash(conn: sa.Connection, event: LedgerEvent) -> None:
    amount, movement = event.decimal("amount"), event.payload["movement"]
    _add_cash(conn, event, amount)
    if "symbol" not in event.payload or movement not in ("dividend", "fee"):
        return
    symbol = SymbolRows(conn, event.account_id, event.payload["symbol"], event.at)
    with localcontext(EXACT):
        if movement == "dividend":
            symbol.dividends += amount
        else:
            symbol.fees -= amount
    symbol.save(symbol.holding)


def _change(conn: sa.Connection, event: LedgerEvent, method: LotMethod) -> None:
    entry = entry_of(event)
    if entry is None:
        _add_cash(conn, event, event.decimal("amount"))
        return
    if event.kind is EventKind.SPLIT:
        _add_cash(conn, event, event.decimal("cash"))
    symbol = SymbolRows(conn, event.account_id, event.payload["symbol"], event.at)
    if entry.key > symbol.holding.end:
        symbol.save(play_on(symbol.holding, entry, method)[0])
    else:
        symbol.play_again(method)


def _add_cash(conn: sa.Connection, event: LedgerEvent, amount: Decimal) -> None:
    mine = {"my_account_id": event.account_id}
    balance = conn.execute(_CASH, mine).scalar_one()
    with localcontext(EXACT):
        balance += amount
    conn.execute(_CASH_UPDATE, {**mine, "balance": balance, "updated_at": event.at})

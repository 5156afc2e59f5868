"""How the ledger's projections look as rows, and an order's record as read back from its row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
import sqlalchemy as sa

from terminal.decimals import decimal_text
from terminal.execution.book import Book
from terminal.execution.events import EventKind, LedgerEvent
from terminal.execution.lots import Lot, average_cost, held
from terminal.execution.order_record import OrderRecord
from terminal.execution.tape import Holding

Row = dict[str, Any]
_DECIMALS = ("limit_price", "stop_price", "trail_price", "trail_percent", "reference_price")


def keyed(table: sa.Table, *columns: str) -> tuple[sa.ColumnElement[bool], ...]:
    """The row of a key that is given as parameters: its columns' names with "my_" before them."""
    return tuple(table.c[name] == sa.bindparam(f"my_{name}") for name in ("account_id", *columns))


def order_row(account_id: str, record: OrderRecord) -> Row:
    """All columns of an order whose terms are known."""
    terms = record.terms or {}
    return {
        "account_id": account_id,
        "client_order_id": record.client_order_id,
        "session_id": terms.get("session_id"),
        "parent_id": terms.get("parent_id"),
        "replaces": terms.get("replaces"),
        "source": terms.get("source", ""),
        "bar_ts": datetime.fromisoformat(terms["bar_ts"]) if "bar_ts" in terms else None,
        "leg": terms.get("leg", ""),
        "symbol": terms["symbol"],
        "side": terms["side"],
        "type": terms["type"],
        "time_in_force": terms["time_in_force"],
        "quantity": record.quantity,
        "expected_cost": terms.get("expected_cost"),
        "created_at": record.created_at,
        **{name: Decimal(terms[name]) if name in terms else None for name in _DECIMALS},
        **changing(record),
    }


def changing(record: OrderRecord) -> Row:
    """The columns of an order that events change after its intent."""
    return {
        "broker_order_id": record.broker_order_id,
        "state": record.state.value,
        "filled_quantity": record.filled,
        "average_price": record.average_price,
        "fees": record.fees,
        "facts": {
            "marks": record.marks,
            "denial": record.denial,
            "closing": list(record.closing) if record.closing else None,
            "named": list(record.named) if record.named else None,
            "notional": decimal_text(record.notional),
            "attempts": record.attempts,
        },
        "flag": record.flag,
        "reason": record.reason,
        "sent_at": record.sent_at,
        "updated_at": record.updated_at,
        "last_seq": record.last_seq,
    }


def record_from(row: sa.Row[Any]) -> OrderRecord:
    """The record of an order's row, without its terms: enough to apply the next event."""
    facts = row.facts
    return OrderRecord(
        client_order_id=row.client_order_id,
        quantity=row.quantity,
        marks=dict(facts["marks"]),
        denial=facts["denial"],
        closing=tuple(facts["closing"]) if facts["closing"] else None,
        named=tuple(facts["named"]) if facts["named"] else None,
        filled=row.filled_quantity,
        notional=Decimal(facts["notional"]),
        fees=row.fees,
        attempts=facts["attempts"],
        created_at=row.created_at,
        sent_at=row.sent_at,
        updated_at=row.updated_at,
        last_seq=row.last_seq,
    )


def position_row(holding: Holding, fees: Decimal, dividends: Decimal) -> Row:
    """The columns of a position that follow from its tape and sums."""
    quantity, cost = held(holding.lots)
    return {
        "quantity": quantity,
        "cost": cost,
        "average_cost": average_cost(quantity, cost),
        "realised": holding.realised,
        "fees": fees,
        "dividends": dividends,
        "tape_end": holding.end,
    }


def lot_row(account_id: str, symbol: str, lot: Lot) -> Row:
    """All columns of a lot."""
    return {
        "account_id": account_id,
        "symbol": symbol,
        "number": lot.number,
        "quantity": lot.quantity,
        "cost": lot.cost,
        "opened_at": datetime.fromisoformat(lot.opened_at),
    }


def rows_of(book: Book, account_id: str) -> dict[str, dict[tuple[Any, ...], Row]]:
    """Every projection of a book: table -> key -> columns (without `updated_at` of sums)."""
    positions: dict[tuple[Any, ...], Row] = {}
    lots: dict[tuple[Any, ...], Row] = {}
    for symbol, position in book.positions.items():
        holding = book.tape(symbol).holding
        positions[(symbol,)] = {
            "account_id": account_id,
            "symbol": symbol,
            **position_row(holding, position.fees, position.dividends),
        }
        lots |= {(symbol, lot.number): lot_row(account_id, symbol, lot) for lot in holding.lots}
    fills = {
        (name,): {
            "account_id": account_id,
            "execution_id": name,
            "client_order_id": fill.client_order_id,
            "symbol": fill.symbol,
            "side": fill.event.payload["side"],
            "quantity": abs(fill.signed),
            "price": fill.price,
            "fee": fill.fee,
            "realised": book.tape(fill.symbol).realised_by(name),
            "at": datetime.fromisoformat(fill.event.happened),
            "recorded_at": fill.event.at,
            "busted": fill.busted,
            "seq": fill.event.seq,
        }
        for name, fill in book.fills.items()
    }
    return {
        "orders": {(name,): order_row(account_id, one) for name, one in book.orders.items()},
        "fills": fills,
        "positions": positions,
        "lots": lots,
        "cash": {(): {"account_id": account_id, "balance": book.cash}},
    }


def event_from(row: sa.Row[Any]) -> LedgerEvent:
    """A ledger event as read back."""
    return LedgerEvent(
        account_id=row.account_id,
        seq=row.seq,
        at=row.at,
        kind=EventKind(row.kind),
        client_order_id=row.client_order_id,
        external_id=row.external_id,
        fencing_token=row.fencing_token,
        payload=orjson.loads(row.payload),
        previous_hash=row.previous_hash,
        hash=row.hash,
    )


def same(left: Mapping[str, Any], right: Mapping[str, Any]) -> tuple[str, ...]:
    """Columns of `right` in which `left` differs."""
    return tuple(name for name in right if _plain(left.get(name)) != _plain(right[name]))


def _plain(value: Any) -> Any:
    return orjson.loads(orjson.dumps(value)) if isinstance(value, dict) else value

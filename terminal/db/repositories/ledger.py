"""The ledger of an account: append, read, verify, replay.

`append` is the only way in. It locks the account's row, checks the lease's token when one is given,
writes the event behind the last one, and carries it into the projection tables, all inside the
caller's transaction. What has an external name known already is not written again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from terminal import clock
from terminal.db.repositories import ledger_projection as projection
from terminal.db.repositories.audit import Verification
from terminal.db.repositories.ledger_rows import event_from
from terminal.db.tables import trading as tables
from terminal.errors import Conflict, InputError, NotFound
from terminal.execution import lease
from terminal.execution.book import Book
from terminal.execution.events import (
    GENESIS,
    NAME_LENGTH,
    OF_ORDERS,
    EventKind,
    LedgerEvent,
    canonical,
    event_hash,
    external_name,
)
from terminal.execution.lots import LotMethod
from terminal.execution.order_record import refusal

_EVENT = tables.ledger_events
_ACCOUNT = tables.trading_accounts
_CHUNK = 2_000
# Built once: what SQLAlchemy does to build a statement takes longer than running it.
_LOCK = (
    sa.select(_ACCOUNT.c.head_seq, _ACCOUNT.c.head_hash, _ACCOUNT.c.lot_method)
    .where(_ACCOUNT.c.id == sa.bindparam("account"))
    .with_for_update()
)
_MOVE_HEAD = (
    _ACCOUNT.update()
    .where(_ACCOUNT.c.id == sa.bindparam("account"))
    .values(head_seq=sa.bindparam("seq"), head_hash=sa.bindparam("hash_"))
)
_CLASH = ("account_id", "external_id")
_ONCE = {
    "postgresql": postgresql.insert(_EVENT)
    .on_conflict_do_nothing(index_elements=_CLASH)
    .returning(_EVENT.c.seq),
    "sqlite": sqlite.insert(_EVENT)
    .on_conflict_do_nothing(index_elements=_CLASH)
    .returning(_EVENT.c.seq),
}
_ALWAYS = _EVENT.insert()


@dataclass(frozen=True)
class Head:
    """Where an account's ledger ends, and how the account's lots are closed."""

    seq: int
    hash: str
    lot_method: LotMethod


def append(
    conn: sa.Connection,
    account_id: str,
    kind: EventKind,
    payload: Mapping[str, Any],
    *,
    client_order_id: str | None = None,
    external_id: str | None = None,
    token: int | None = None,
    at: datetime | None = None,
    head: Head | None = None,
) -> LedgerEvent | None:
    """Write an event and what follows from it; None when its external name is known already.

    Parameters
    ----------
    payload : see `events.FIELDS`; Decimals, datetimes and enums are written as text.
    external_id : of a movement or split: the broker's name of it. Fills, busts, intents and
        external orders have their own; others may have one so as to be told once.
    token : of the lease under which this is written; checked in this transaction.
    at : when it is recorded; None: now.
    head : where the ledger ends, of whoever has locked the account's row already.

    Raises
    ------
    InputError : a field is missing, unknown or not of its type. NotFound : there is no such
    account. Conflict : a step of ours that the order's state does not allow. LeaseLost : the lease
    of `token` does not hold.
    """
    text = canonical(kind, payload)
    name = _name(kind, client_order_id, payload, external_id)
    head = head or lock(conn, account_id)
    if token is not None:
        lease.require(conn, account_id, token)
    record = state = None
    if client_order_id is not None and kind in OF_ORDERS:
        record, state = projection.load_order(conn, account_id, client_order_id, kind)
        why = refusal(record, kind)
        if why:
            raise Conflict(
                f"Order {client_order_id} takes no {kind.value.replace('_', ' ')}: {why}.",
                field="order",
            )
    moment = (at or clock.now()).astimezone(UTC)
    told = (account_id, head.seq + 1, moment, kind, client_order_id, name, token)
    event = LedgerEvent(*told, orjson.loads(text), head.hash, event_hash(*told, text, head.hash))
    if not _write(conn, event, text):
        return None
    conn.execute(_MOVE_HEAD, {"account": account_id, "seq": event.seq, "hash_": event.hash})
    projection.apply(conn, event, head.lot_method, record, state)
    return event


def lock(conn: sa.Connection, account_id: str) -> Head:
    """The account's row, held until the transaction ends: writers of an account take turns."""
    row = conn.execute(_LOCK, {"account": account_id}).one_or_none()
    if row is None:
        raise NotFound(f"There is no trading account {account_id}.", field="account")
    return Head(row.head_seq, row.head_hash, LotMethod(row.lot_method))


def events(conn: sa.Connection, account_id: str, after: int = 0) -> Iterator[LedgerEvent]:
    """The account's events beyond `after`, oldest first, read in portions."""
    query = (
        sa.select(_EVENT)
        .where(_EVENT.c.account_id == account_id, _EVENT.c.seq > after)
        .order_by(_EVENT.c.seq)
        .execution_options(yield_per=_CHUNK)
    )
    for row in conn.execute(query):
        yield event_from(row)


def of_order(conn: sa.Connection, account_id: str, client_order_id: str) -> tuple[LedgerEvent, ...]:
    """What the ledger says of one order, oldest first."""
    query = (
        sa.select(_EVENT)
        .where(_EVENT.c.account_id == account_id, _EVENT.c.client_order_id == client_order_id)
        .order_by(_EVENT.c.seq)
    )
    return tuple(event_from(row) for row in conn.execute(query))


def replay(conn: sa.Connection, account_id: str) -> Book:
    """The book that the account's events add up to."""
    method = conn.execute(
        sa.select(_ACCOUNT.c.lot_method).where(_ACCOUNT.c.id == account_id)
    ).scalar_one_or_none()
    if method is None:
        raise NotFound(f"There is no trading account {account_id}.", field="account")
    return Book.of(events(conn, account_id), LotMethod(method))


def verify(
    conn: sa.Connection, account_id: str, noted: Iterable[tuple[int, str]] = ()
) -> Verification:
    """Walk the account's chain and name the first event that does not hold.

    The end must be the head in the account's row, and heads noted down in the account's statements
    (and in `noted`, as (seq, hash)) must still be in the chain: that shows a ledger that was cut
    off or written anew.
    """
    heads = dict(noted)
    for row in conn.execute(
        sa.select(tables.statements.c.head_seq, tables.statements.c.head_hash).where(
            tables.statements.c.account_id == account_id
        )
    ):
        heads[row.head_seq] = row.head_hash
    head = conn.execute(
        sa.select(_ACCOUNT.c.head_seq, _ACCOUNT.c.head_hash).where(_ACCOUNT.c.id == account_id)
    ).one_or_none()
    if head is None:
        raise NotFound(f"There is no trading account {account_id}.", field="account")
    previous, expected = GENESIS, 1
    query = sa.select(_EVENT).where(_EVENT.c.account_id == account_id).order_by(_EVENT.c.seq)
    for row in conn.execute(query.execution_options(yield_per=_CHUNK)):
        reason = _flaw(row, expected, previous)
        if not reason and heads.pop(row.seq, row.hash) != row.hash:
            reason = "it is not the event that was noted down"
        if reason:
            return Verification(expected - 1, previous, expected, reason)
        previous, expected = row.hash, expected + 1
    if any(seq >= expected for seq in heads):
        reason = "the ledger ends before an event that was noted down"
        return Verification(expected - 1, previous, expected, reason)
    if (head.head_seq, head.head_hash) != (expected - 1, previous):
        reason = f"the account's head says that event {head.head_seq} is the last"
        return Verification(expected - 1, previous, expected, reason)
    return Verification(expected - 1, previous, None, "")


def opened_at(conn: sa.Connection, account_id: str) -> datetime:
    """When the account was opened here, UTC."""
    found: datetime = conn.execute(
        sa.select(_ACCOUNT.c.created_at).where(_ACCOUNT.c.id == account_id)
    ).scalar_one()
    return found


def units(conn: sa.Connection, account_id: str) -> dict[str, Decimal]:
    """What is held, by symbol; nothing that is 0."""
    table = tables.positions
    rows = conn.execute(
        sa.select(table.c.symbol, table.c.quantity).where(table.c.account_id == account_id)
    )
    return {row.symbol: row.quantity for row in rows if row.quantity}


def cash_balance(conn: sa.Connection, account_id: str) -> Decimal:
    """The account's cash."""
    found: Decimal = conn.execute(
        sa.select(tables.cash.c.balance).where(tables.cash.c.account_id == account_id)
    ).scalar_one()
    return found


def _name(
    kind: EventKind,
    client_order_id: str | None,
    payload: Mapping[str, Any],
    external_id: str | None,
) -> str | None:
    if kind in OF_ORDERS and not client_order_id:
        raise InputError(f"An event {kind} needs a client_order_id.", field="client_order_id")
    name = external_name(kind, client_order_id, payload, external_id)
    longest = max(len(client_order_id or ""), len(name or "") - len(kind.value) - 1)
    if longest > NAME_LENGTH:
        raise InputError(
            f"A name of {longest} characters is longer than {NAME_LENGTH}.", field="external_id"
        )
    return name


def _write(conn: sa.Connection, event: LedgerEvent, payload: str) -> bool:
    """Write the event; False when its external name is there (another clash raises)."""
    row = {
        "account_id": event.account_id,
        "seq": event.seq,
        "at": event.at,
        "kind": event.kind.value,
        "client_order_id": event.client_order_id,
        "external_id": event.external_id,
        "fencing_token": event.fencing_token,
        "payload": payload,
        "previous_hash": event.previous_hash,
        "hash": event.hash,
    }
    if event.external_id is None:
        conn.execute(_ALWAYS, row)
        return True
    return conn.execute(_ONCE[conn.dialect.name], row).one_or_none() is not None


def _flaw(row: sa.Row[*tuple[Any, ...]], expected: int, previous: str) -> str:
    """What is wrong with an event in its place; empty when nothing is."""
    if row.seq != expected:
        return "it is missing"
    if row.previous_hash != previous:
        return "it does not follow the event before it"
    found = event_hash(
        row.account_id, row.seq, row.at, row.kind, row.client_order_id, row.external_id,
        row.fencing_token, row.payload, row.previous_hash,
    )  # fmt: skip
    return "" if row.hash == found else "its contents were changed"

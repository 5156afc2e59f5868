"""The position and lots of one symbol as the tables have them, and how they are written.

A fill older than what the symbol's tape ends with, and a bust, play the tape again from the fills,
splits and transfers kept, and correct what later fills realised.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from terminal.db.repositories.ledger_rows import event_from, keyed, lot_row, position_row, same
from terminal.db.tables import trading as tables
from terminal.execution.events import EventKind, time_text
from terminal.execution.lots import ZERO, Lot, LotMethod
from terminal.execution.tape import Entry, Holding, entry_of, fill_entry, play

_EVENT = tables.ledger_events
# Built once: what SQLAlchemy does to build a statement takes longer than running it.
_FILL_UPDATE = tables.fills.update().where(*keyed(tables.fills, "execution_id"))
_POSITION = sa.select(tables.positions).where(*keyed(tables.positions, "symbol"))
_POSITION_UPDATE = tables.positions.update().where(*keyed(tables.positions, "symbol"))
_INSERT_POSITION = tables.positions.insert()
_LOTS = sa.select(tables.lots).where(*keyed(tables.lots, "symbol")).order_by(tables.lots.c.number)
_LOT_UPDATE = tables.lots.update().where(*keyed(tables.lots, "symbol", "number"))
_LOT_DELETE = tables.lots.delete().where(*keyed(tables.lots, "symbol", "number"))
_INSERT_LOT = tables.lots.insert()


class SymbolRows:
    """The position and lots of one symbol, as the tables have them."""

    def __init__(self, conn: sa.Connection, account_id: str, symbol: str, at: datetime) -> None:
        self._conn, self._account_id, self._symbol, self._at = conn, account_id, symbol, at
        self._mine = {"my_account_id": account_id, "my_symbol": symbol}
        row = conn.execute(_POSITION, self._mine).one_or_none()
        self._exists = row is not None
        self.fees: Decimal = ZERO if row is None else row.fees
        self.dividends: Decimal = ZERO if row is None else row.dividends
        self._lots: tuple[Lot, ...] = self._load_lots() if row is not None and row.quantity else ()
        self.holding = Holding() if row is None else Holding(self._lots, row.realised, row.tape_end)

    def save(self, holding: Holding) -> None:
        """Write what is held now."""
        values = {
            **position_row(holding, self.fees, self.dividends),
            "updated_at": self._at,
        }
        if self._exists:
            self._conn.execute(_POSITION_UPDATE, {**self._mine, **values})
        else:
            key = {"account_id": self._account_id, "symbol": self._symbol}
            self._conn.execute(_INSERT_POSITION, {**key, **values})
        self._save_lots(holding.lots)

    def play_again(self, method: LotMethod) -> None:
        """Play the whole tape, correct what its fills realised, and write what is held."""
        table = tables.fills
        rows = self._conn.execute(
            sa.select(table).where(
                table.c.account_id == self._account_id,
                table.c.symbol == self._symbol,
                table.c.busted.is_(False),
            )
        ).all()
        entries = [
            fill_entry(
                row.execution_id,
                row.quantity if row.side == "buy" else -row.quantity,
                row.price,
                time_text(row.at),
            )
            for row in rows
        ]
        holding, realised = play(sorted(entries + self._changes()), method)
        for row in rows:
            if row.realised != realised[row.execution_id]:
                mine = {"my_account_id": self._account_id, "my_execution_id": row.execution_id}
                self._conn.execute(_FILL_UPDATE, {**mine, "realised": realised[row.execution_id]})
        self.save(holding)

    def _changes(self) -> list[Entry]:
        kinds = (EventKind.SPLIT.value, EventKind.ADJUSTMENT.value)
        rows = self._conn.execute(
            sa.select(_EVENT).where(
                _EVENT.c.account_id == self._account_id, _EVENT.c.kind.in_(kinds)
            )
        )
        events = [event_from(row) for row in rows]
        entries = [entry_of(one) for one in events if one.payload.get("symbol") == self._symbol]
        return [entry for entry in entries if entry is not None]

    def _load_lots(self) -> tuple[Lot, ...]:
        rows = self._conn.execute(_LOTS, self._mine)
        return tuple(
            Lot(row.number, row.quantity, row.cost, time_text(row.opened_at)) for row in rows
        )

    def _save_lots(self, after: tuple[Lot, ...]) -> None:
        was = {lot.number: lot for lot in self._lots}
        now = {lot.number: lot for lot in after}
        for number in was:
            if number not in now:
                self._conn.execute(_LOT_DELETE, {**self._mine, "my_number": number})
        for number, lot in now.items():
            values = lot_row(self._account_id, self._symbol, lot)
            if number not in was:
                self._conn.execute(_INSERT_LOT, values)
            elif same(lot_row(self._account_id, self._symbol, was[number]), values):
                self._conn.execute(_LOT_UPDATE, {**self._mine, "my_number": number, **values})

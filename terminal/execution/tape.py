"""What happened to one symbol of an account, in the order it happened, and what is held after it.

Fills, splits and transfers are sorted by when they happened at the broker (`key`), not by when we
heard: a fill that arrives late stands where it belongs, and any order of arrival gives the same
lots. Adding at the end is cheap; anything else, a bust too, plays the symbol's tape again.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from terminal.decimals import EXACT
from terminal.execution.events import EventKind, LedgerEvent
from terminal.execution.lots import ZERO, Lot, LotMethod, average_cost, held, split, trade

_RANK = {EventKind.SPLIT: 0, EventKind.ADJUSTMENT: 1, EventKind.FILL: 2}
FIRST = ""


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One thing on a tape.

    key : sorts by time, then splits before transfers before fills, then by name.
    quantity, amount : signed units and their price in total (a split: of the fraction paid out).
    ratio, per : of a split; 0 otherwise.
    """

    key: str
    execution_id: str = field(compare=False)
    quantity: Decimal = field(compare=False)
    amount: Decimal = field(compare=False)
    at: str = field(compare=False)
    ratio: Decimal = field(default=ZERO, compare=False)
    per: Decimal = field(default=Decimal(1), compare=False)


@dataclass(frozen=True, slots=True)
class Holding:
    """What a tape leaves: lots, P&L realised before fees, and the key it ends at."""

    lots: tuple[Lot, ...] = ()
    realised: Decimal = ZERO
    end: str = FIRST

    @property
    def quantity(self) -> Decimal:
        return held(self.lots)[0]

    @property
    def cost(self) -> Decimal:
        return held(self.lots)[1]


@dataclass(frozen=True, slots=True)
class Position:
    """A symbol of an account; `cost` is signed like `quantity`, `realised` is before `fees`."""

    symbol: str
    quantity: Decimal
    cost: Decimal
    realised: Decimal
    fees: Decimal
    dividends: Decimal

    @property
    def average_cost(self) -> Decimal:
        return average_cost(self.quantity, self.cost)

    def unrealised(self, price: Decimal) -> Decimal:
        """P&L of what is held at `price`."""
        with localcontext(EXACT):
            return self.quantity * price - self.cost


def entry_of(event: LedgerEvent) -> Entry | None:
    """What an event puts on its symbol's tape; None: nothing."""
    kind, payload = event.kind, event.payload
    if kind not in _RANK or (kind is EventKind.ADJUSTMENT and payload["what"] != "position"):
        return None
    at = event.happened
    name = payload.get("execution_id") or event.external_id or f"{event.seq:015d}"
    key = f"{at}|{_RANK[kind]}|{name}"
    if kind is EventKind.SPLIT:
        return Entry(
            key, "", -event.decimal("fraction"), -event.decimal("cash"), at,
            event.decimal("ratio"), Decimal(payload.get("per", 1)),
        )  # fmt: skip
    quantity = event.decimal("quantity")
    if kind is EventKind.FILL and payload["side"] == "sell":
        quantity = -quantity
    with localcontext(EXACT):
        amount = quantity * event.decimal("price")
    return Entry(key, payload.get("execution_id", ""), quantity, amount, at)


def fill_entry(execution_id: str, quantity: Decimal, price: Decimal, at: str) -> Entry:
    """The entry of a fill from its own values; `quantity` signed, `at` ISO text."""
    with localcontext(EXACT):
        amount = quantity * price
    return Entry(f"{at}|{_RANK[EventKind.FILL]}|{execution_id}", execution_id, quantity, amount, at)


def play_on(holding: Holding, entry: Entry, method: LotMethod) -> tuple[Holding, Decimal]:
    """One entry after the end; the holding and what the entry realised."""
    lots, realised = holding.lots, ZERO
    with localcontext(EXACT):
        if entry.ratio:
            lots, realised = split(lots, entry.ratio, entry.per)
        lots, closed = trade(lots, entry.quantity, entry.amount, entry.at, method)
        realised += closed
        return Holding(lots, holding.realised + realised, entry.key), realised


def play(entries: Iterable[Entry], method: LotMethod) -> tuple[Holding, dict[str, Decimal]]:
    """A whole tape, sorted already; the holding, and P&L realised by execution id."""
    holding, by_fill = Holding(), {}
    for entry in entries:
        holding, realised = play_on(holding, entry, method)
        if entry.execution_id:
            by_fill[entry.execution_id] = realised
    return holding, by_fill


class Tape:
    """The entries of one symbol and the holding they leave, played again only when it must be."""

    def __init__(self, method: LotMethod) -> None:
        self._method = method
        self._entries: list[Entry] = []
        self._holding: Holding | None = Holding()
        self._realised: dict[str, Decimal] = {}

    def add(self, entry: Entry) -> None:
        """Put an entry where it belongs."""
        if self._holding is not None and entry.key > self._holding.end:
            self._entries.append(entry)
            self._holding, realised = play_on(self._holding, entry, self._method)
            if entry.execution_id:
                self._realised[entry.execution_id] = realised
            return
        insort(self._entries, entry)
        self._holding = None

    def remove(self, execution_id: str) -> None:
        """Take a busted fill off the tape."""
        self._entries = [one for one in self._entries if one.execution_id != execution_id]
        self._holding = None

    @property
    def holding(self) -> Holding:
        """What is held after everything on the tape."""
        if self._holding is None:
            self._holding, self._realised = play(self._entries, self._method)
        return self._holding

    def realised_by(self, execution_id: str) -> Decimal:
        """P&L that a fill closed; 0 when it is not on the tape."""
        _ = self.holding
        return self._realised.get(execution_id, ZERO)

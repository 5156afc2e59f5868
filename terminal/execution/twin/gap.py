"""The shadow twin: a live session against the engine's replay of it on the same bars.

Both made fills; what a fill earned by the end is quantity x (last price - its price) - fee. The gap
is the session's sum less the twin's, currency, and every decision (a bar and an instrument) has its
share of it. Write Q for the units filled on a decision, p for their mean price, m for the market's
price at the fill, Q_e, p_e, m_e for the engine's, and M for the last price. A share is split in
this order:

    missed  all of it, where only one of the two traded on the decision, or they decided otherwise
    size    (Q - Q_e)(M - p_e), less the engine's fee on the difference
    timing  -Q (m - m_e): the market had moved when it was filled
    price   -Q ((p - m) - (p_e - m_e)): filled worse than the engine assumes
    fees    the session's fee less the engine's for as many units

The five add up to the gap for any input; `residual` says how far rounding left them apart. Orders
that were decided on alike but never filled are size: nothing of it came. Quantities and prices are
in units of the last bar (splits applied); what both held at the start is left out of both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from terminal.errors import InputError

PARTS = ("missed", "timing", "price", "fees", "size")
SAME = 1e-9
"""Targets nearer than this are the same decision."""

Targets = Mapping[str, float | None]
K = TypeVar("K")


@dataclass(frozen=True)
class TwinFill:
    """A fill of either side.

    Attributes
    ----------
    quantity : signed units. price, fee : currency. at : UTC.
    decided_on : open time of the bar its order was decided on; None: on none (a person's order, a
        flattening).
    reference : price of the market when it filled; None: not known, the engine's is taken.
    """

    symbol: str
    quantity: float
    price: float
    fee: float
    at: datetime
    decided_on: datetime | None
    reference: float | None = None


@dataclass(frozen=True)
class Record:
    """What one side did.

    Attributes
    ----------
    decisions : target weights by bar (its open time) and symbol.
    profit : change of equity over the whole, currency; None: not known.
    """

    decisions: Mapping[datetime, Targets] = field(default_factory=dict)
    fills: tuple[TwinFill, ...] = ()
    profit: float | None = None


@dataclass(frozen=True)
class TwinRow:
    """A decision that somebody traded on: parts as in `PARTS`, currency, and why.

    late_s : how much later than the engine's the session's fills came, seconds; None: one has none.
    """

    decided_on: datetime | None
    symbol: str
    quantity: float
    twin_quantity: float
    price: float | None
    twin_price: float | None
    missed: float = 0.0
    timing: float = 0.0
    price_gap: float = 0.0
    fees: float = 0.0
    size: float = 0.0
    total: float = 0.0
    late_s: float | None = None
    reason: str = ""

    def parts(self) -> dict[str, float]:
        """The parts by name."""
        names = {"price": "price_gap"}
        return {name: getattr(self, names.get(name, name)) for name in PARTS}


@dataclass(frozen=True)
class Twin:
    """The gap of a session.

    Attributes
    ----------
    rows : by bar and symbol. total : session less twin, currency.
    other : what the equities differ by beyond the fills (dividends, interest, borrow fees, what one
        held at the start); None: an equity is not known.
    """

    rows: tuple[TwinRow, ...]
    total: float
    other: float | None

    @property
    def parts(self) -> dict[str, float]:
        """The five parts over all rows."""
        return {name: math.fsum(row.parts()[name] for row in self.rows) for name in PARTS}

    @property
    def residual(self) -> float:
        """Total less the parts: rounding, and nothing else."""
        return self.total - math.fsum(self.parts.values())

    def by_symbol(self) -> dict[str, dict[str, float]]:
        """The parts of each symbol."""
        return _sums((row.symbol, row) for row in self.rows)

    def by_bar(self) -> dict[datetime | None, dict[str, float]]:
        """The parts of each bar."""
        return _sums((row.decided_on, row) for row in self.rows)

    def in_words(self) -> tuple[str, ...]:
        """A sentence on the whole, and one on each part that is a cent or more."""
        if abs(self.total) < 0.005 and all(abs(part) < 0.005 for part in self.parts.values()):
            return ("The session earned what its replay earns, to the cent.",)
        side = "more" if self.total > 0 else "less"
        first = f"The session earned {abs(self.total):,.2f} {side} than its replay."
        return (first, *(_part_in_words(name, self) for name, part in self.parts.items()
                         if abs(part) >= 0.005))  # fmt: skip


def compare(live: Record, engine: Record, last: Mapping[str, float]) -> Twin:
    """The gap between a session and the engine's replay of it.

    Parameters
    ----------
    last : price of each traded symbol at the end, the same for both.

    Raises
    ------
    InputError : a traded symbol has no last price, or a number is not finite.
    """
    ours, twins = _by_decision(live.fills), _by_decision(engine.fills)
    rows = []
    for key in sorted(
        ours.keys() | twins.keys(), key=lambda k: (k[0] is not None, k[0] or 0, k[1])
    ):
        symbol = key[1]
        if symbol not in last:
            raise InputError(f"There is no last price of {symbol}.", field="last",
                             remedy="Give one for every symbol that was traded.")  # fmt: skip
        a, b = ours.get(key, _NOTHING), twins.get(key, _NOTHING)
        rows.append(_row(key, a, b, last[symbol], _why(key, a, b, live, engine)))
    total = math.fsum(
        sign * (one.quantity * (last[one.symbol] - one.price) - one.fee)
        for sign, record in ((1.0, live), (-1.0, engine))
        for one in record.fills
    )
    if not math.isfinite(total):
        raise InputError("A quantity, price or fee is not a finite number.", field="fills")
    other = None
    if live.profit is not None and engine.profit is not None:
        other = live.profit - engine.profit - total
    return Twin(tuple(rows), total, other)


@dataclass(frozen=True)
class _Traded:
    """Everything filled for one decision: signed units, and means over them."""

    quantity: float = 0.0
    value: float = 0.0  # sum of quantity x price
    market: float | None = None  # mean price of the market
    fee: float = 0.0
    at: float | None = None  # mean time, seconds
    filled: bool = False

    @property
    def price(self) -> float | None:
        return self.value / self.quantity if self.quantity else None


_NOTHING = _Traded()
_Key = tuple[datetime | None, str]


def _by_decision(fills: Iterable[TwinFill]) -> dict[_Key, _Traded]:
    members: dict[_Key, list[TwinFill]] = {}
    for one in fills:
        members.setdefault((one.decided_on, one.symbol), []).append(one)
    return {key: _traded(group) for key, group in members.items()}


def _traded(fills: list[TwinFill]) -> _Traded:
    quantity = math.fsum(one.quantity for one in fills)
    market = None
    if quantity and all(one.reference is not None for one in fills):
        market = math.fsum(one.quantity * (one.reference or 0.0) for one in fills) / quantity
    units = math.fsum(abs(one.quantity) for one in fills)
    at = math.fsum(abs(one.quantity) * one.at.timestamp() for one in fills) / units
    value = math.fsum(one.quantity * one.price for one in fills)
    return _Traded(quantity, value, market, math.fsum(one.fee for one in fills), at, True)


def _why(key: _Key, a: _Traded, b: _Traded, live: Record, engine: Record) -> str:
    """Why a row is not split, or "" where both traded, or one did not come to."""
    bar, symbol = key
    if bar is None:
        return "not asked for by the strategy"
    ours, twins = live.decisions.get(bar), engine.decisions.get(bar)
    if ours is None and not a.filled:
        return "the session did not decide at this bar"
    if ours is not None and twins is not None and _differ(ours.get(symbol), twins.get(symbol)):
        return "decided otherwise"
    if not b.quantity:
        return "traded where the replay does not"
    return ""


def _differ(a: float | None, b: float | None) -> bool:
    none_a, none_b = a is None or math.isnan(a), b is None or math.isnan(b)
    if none_a or none_b:
        return none_a != none_b
    return abs((a or 0.0) - (b or 0.0)) > SAME


def _row(key: _Key, a: _Traded, b: _Traded, last: float, why: str) -> TwinRow:
    total = (a.quantity * last - a.value - a.fee) - (b.quantity * last - b.value - b.fee)
    late = a.at - b.at if a.at is not None and b.at is not None else None
    row = TwinRow(
        key[0], key[1], a.quantity, b.quantity, a.price, b.price, total=total, late_s=late
    )
    price_e = b.price
    if why or price_e is None:
        return replace(row, missed=total, reason=why)
    rate = b.fee / abs(b.quantity)
    size = (a.quantity - b.quantity) * (last - price_e) - (rate * abs(a.quantity) - b.fee)
    market_e = price_e if b.market is None else b.market
    market = market_e if a.market is None else a.market
    timing = -a.quantity * (market - market_e)
    price = -(a.value - a.quantity * price_e) - timing
    fees = rate * abs(a.quantity) - a.fee
    reason = "" if a.filled else "decided, but never filled"
    return replace(row, timing=timing, price_gap=price, fees=fees, size=size, reason=reason)


def _sums(keyed: Iterable[tuple[K, TwinRow]]) -> dict[K, dict[str, float]]:
    out: dict[K, dict[str, float]] = {}
    for key, row in keyed:
        sums = out.setdefault(key, dict.fromkeys(PARTS, 0.0))
        for name, part in row.parts().items():
            sums[name] += part
    return out


_WORDS = {
    "missed": "Signals missed, added or decided otherwise",
    "timing": "Fills at another time",
    "price": "Fills at another price",
    "fees": "Other fees",
    "size": "Other sizes",
}


def _part_in_words(name: str, twin: Twin) -> str:
    part = twin.parts[name]
    most = max(twin.rows, key=lambda row: abs(row.parts()[name]))
    verb = "gained" if part > 0 else "cost"
    when = f" of {most.decided_on:%Y-%m-%d %H:%M} UTC" if most.decided_on else ""
    reason = f", {most.reason}" if most.reason else ""
    return (
        f"{_WORDS[name]} {verb} {abs(part):,.2f}; most in {most.symbol}{when}"
        f" ({most.parts()[name]:+,.2f}{reason})."
    )

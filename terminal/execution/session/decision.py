"""From target weights to orders: step 8 of the engine's law (docs/engine.md), for a live account.

Pure. The engine's kernel does the same over arrays; a test holds the two together order by order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from terminal.backtest.kernel.layout import DUST, ROUNDING


@dataclass(frozen=True)
class Standing:
    """What was last acted on: the target by symbol, and whether one has been stated since silence.

    Kept with every bar, so that a session which starts again knows what it had decided.
    """

    acted: Mapping[str, float] = field(default_factory=dict)
    stated: frozenset[str] = frozenset()

    def as_json(self) -> dict[str, Any]:
        return {"acted": dict(self.acted), "stated": sorted(self.stated)}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Standing:
        """Of what `as_json` gave."""
        return cls(dict(given["acted"]), frozenset(given["stated"]))


@dataclass(frozen=True)
class Change:
    """Units to trade in one instrument (negative: sell), and the target they follow from."""

    symbol: str
    quantity: Decimal
    target: float


def decide(
    targets: Mapping[str, float],
    closes: Mapping[str, float],
    equity: float,
    units: Mapping[str, float],
    standing: Standing,
    lot: float,
) -> tuple[tuple[Change, ...], Standing]:
    """What this bar's targets lead to.

    Parameters
    ----------
    targets : share of equity by symbol, as the account may hold it; NaN: no opinion.
    closes : of this bar; NaN: the instrument has no bar, which says nothing at all.
    equity : at this close. units : held, plus what working orders will add.
    lot : units an order is rounded to, toward zero; 0: nine decimals.
    """
    acted, stated = dict(standing.acted), set(standing.stated)
    changes = []
    for symbol, target in targets.items():
        close = closes.get(symbol, math.nan)
        if math.isnan(close):
            continue
        if math.isnan(target):
            stated.discard(symbol)
            continue
        if symbol in stated and abs(target - acted[symbol]) <= ROUNDING:
            continue
        acted[symbol] = target
        stated.add(symbol)
        held = units.get(symbol, 0.0)
        wanted = _whole(target * equity / close, lot)
        change = wanted - held
        if abs(change) > DUST * max(abs(wanted), abs(held)):
            changes.append(Change(symbol, _exact(change, lot), target))
    return tuple(changes), Standing(acted, frozenset(stated))


def _whole(quantity: float, lot: float) -> float:
    """As the kernel's `whole`."""
    if lot == 0.0:
        return quantity
    return math.trunc(quantity / lot + math.copysign(1e-9, quantity)) * lot


def _exact(change: float, lot: float) -> Decimal:
    """Whole lots as whole numbers; fractions toward zero at the nine decimals brokers take."""
    if lot == 0.0:
        return Decimal(str(math.trunc(change * 1e9))) / Decimal(10**9)
    return Decimal(str(round(change / lot))) * Decimal(str(lot))

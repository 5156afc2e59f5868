"""What happened to a portfolio, in one form for ledgers and imported files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from terminal.execution.lots import ZERO


class What(StrEnum):
    """Kinds of activity. TRANSFER: units that came or went without being paid for."""

    SPLIT = "split"
    TRANSFER = "transfer"
    TRADE = "trade"
    INCOME = "income"
    FEE = "fee"
    FLOW = "flow"


@dataclass(frozen=True, slots=True)
class Activity:
    """One thing that happened on a day.

    Attributes
    ----------
    key : sorts what happened on the same day.
    symbol : "" where it concerns none.
    quantity : units, signed: bought or received above 0. amount : currency; of a trade or transfer
        units times price with the sign of the units, else what came in (above 0) or went out.
    fee : what was paid for it, above 0. ratio : of a split, new units for an old one.
    """

    day: date
    what: What
    symbol: str = ""
    quantity: Decimal = ZERO
    amount: Decimal = ZERO
    fee: Decimal = ZERO
    ratio: Decimal = Decimal(1)
    key: str = ""

    @property
    def cash(self) -> Decimal:
        """What it did to cash."""
        if self.what is What.TRADE:
            return -self.amount - self.fee
        if self.what in (What.SPLIT, What.TRANSFER):
            return -self.fee
        return self.amount - self.fee


def in_order(activities: list[Activity] | tuple[Activity, ...]) -> tuple[Activity, ...]:
    """By day, then as they were recorded; splits before everything else of their day."""
    return tuple(sorted(activities, key=lambda one: (one.day, one.what is not What.SPLIT, one.key)))

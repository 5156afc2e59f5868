"""Lots: what is held, when it was bought (or sold short) and what it cost.

Quantity and cost carry the same sign, negative for a short, so that `quantity * price - cost` is
the unrealised P&L of either. The cost of a whole lot is kept, not a price: what a sale takes out is
rounded to 18 decimals and the rest stays in the lot, so no cost is ever lost to rounding. Realised
P&L is before fees. Methods: average cost (one lot whose cost mixes) and FIFO (oldest lot first).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum

from terminal.decimals import EXACT, FINEST

ZERO = Decimal(0)
UNIT = Decimal("0.000000001")
"""The finest quantity; what a split makes is rounded to it."""
COST_DECIMALS = Decimal("0.000000000001")


class LotMethod(StrEnum):
    """Which cost a sale realises against."""

    AVERAGE = "average"
    FIFO = "fifo"


@dataclass(frozen=True, slots=True)
class Lot:
    """Units with one history. number : rises with age's opposite; opened_at : ISO text, UTC."""

    number: int
    quantity: Decimal
    cost: Decimal
    opened_at: str


def trade(
    lots: Sequence[Lot],
    quantity: Decimal,
    amount: Decimal,
    at: str,
    method: LotMethod,
) -> tuple[tuple[Lot, ...], Decimal]:
    """Add `quantity` units (negative: sell) for `amount` in total, of the same sign.

    Closes against what is held first; what is beyond opens the other way (through zero).

    Returns
    -------
    The lots after it and the P&L realised.
    """
    held = list(lots)
    realised = ZERO
    if not quantity:
        return tuple(held), realised
    with localcontext(EXACT):
        left, paid = quantity, amount
        while left and held and (held[0].quantity > 0) != (left > 0):
            oldest = held[0]
            if abs(oldest.quantity) <= abs(left):
                taken, cost = oldest.quantity, oldest.cost
                del held[0]
            else:
                taken, cost = -left, part(oldest.cost, -left, oldest.quantity)
                held[0] = Lot(
                    oldest.number, oldest.quantity - taken, oldest.cost - cost, oldest.opened_at
                )
            share = paid if taken == -left else part(paid, -taken, left)
            realised += -share - cost
            left, paid = left + taken, paid - share
        if not left:
            return tuple(held), realised
        if held and method == LotMethod.AVERAGE:
            one = held[0]
            held[0] = Lot(one.number, one.quantity + left, one.cost + paid, one.opened_at)
        else:
            held.append(Lot(held[-1].number + 1 if held else 1, left, paid, at))
    return tuple(held), realised


def split(lots: Sequence[Lot], ratio: Decimal, per: Decimal) -> tuple[tuple[Lot, ...], Decimal]:
    """`ratio` new units for each `per` old ones; cost stays.

    Quantities are rounded to nine decimals so that their sum is the rounded sum. What rounds to
    nothing at all is realised as a loss of its cost.
    """
    made: list[Lot] = []
    before = after = cost = ZERO
    with localcontext(EXACT):
        for lot in lots:
            before, cost = before + lot.quantity, cost + lot.cost
            upto = (before * ratio / per).quantize(UNIT, rounding=ROUND_HALF_EVEN)
            if upto != after:
                made.append(Lot(lot.number, upto - after, cost, lot.opened_at))
                after, cost = upto, ZERO
        if cost and made:
            last = made.pop()
            made.append(Lot(last.number, last.quantity, last.cost + cost, last.opened_at))
            cost = ZERO
        return tuple(made), -cost


def part(whole: Decimal, some: Decimal, of: Decimal) -> Decimal:
    """`whole * some / of`, rounded to 18 decimals; call it inside `EXACT`."""
    return (whole * some / of).quantize(FINEST)


def held(lots: Sequence[Lot]) -> tuple[Decimal, Decimal]:
    """Units and cost of all lots together."""
    with localcontext(EXACT):
        return sum((lot.quantity for lot in lots), ZERO), sum((lot.cost for lot in lots), ZERO)


def average_cost(quantity: Decimal, cost: Decimal) -> Decimal:
    """Cost of a unit, rounded to 12 decimals, for the eye; 0 when nothing is held."""
    if not quantity:
        return ZERO
    with localcontext(EXACT):
        return (cost / quantity).quantize(COST_DECIMALS)

"""What an order cost in the end, and where: implementation shortfall (Perold, 1988) in parts.

The paper portfolio trades all of an order at once, at the price of the decision, for nothing. What
the order cost is the difference to it, currency, positive when paid, and the sum of its parts
exactly:

    timing       how the market moved between decision and fills
    spread       from the middle of the market to its edge, negative where a fill earned it
    impact       beyond the edge
    opportunity  how the market moved away from what was not filled (what was filled beyond the
                 order counts the other way)
    fees         commission and fees

Money and units are Decimal; prices of the market come from whoever saw it. Without a middle of the
market at a fill the arrival price stands for it, and all of the difference counts as impact.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, localcontext

from terminal.errors import InputError
from terminal.execution.order import Side

ZERO = Decimal(0)
BPS = Decimal(10_000)
PARTS = ("timing", "spread", "impact", "opportunity", "fees")


@dataclass(frozen=True)
class Execution:
    """A fill. mid, half_spread : of the market just before it; None: nobody saw it."""

    at: datetime
    quantity: Decimal
    price: Decimal
    fee: Decimal = ZERO
    mid: Decimal | None = None
    half_spread: Decimal | None = None


@dataclass(frozen=True)
class Worked:
    """An order, or a parent with the fills of all its children, that has ended.

    Attributes
    ----------
    quantity : units wanted. decision_price, arrival_price, end_price : of the market when it was
        decided on, when it was first sent, and when it ended.
    vwap, twap : of the market between arrival and end; None: not known.
    predicted : expected cost (spread, slippage, impact, commission, fees), currency; None: there
        was no preview.
    day : date of the session, at the exchange.
    """

    id: str
    symbol: str
    side: Side
    quantity: Decimal
    day: date
    decision_price: Decimal
    arrival_price: Decimal
    end_price: Decimal
    executions: tuple[Execution, ...] = ()
    parent_id: str | None = None
    vwap: Decimal | None = None
    twap: Decimal | None = None
    predicted: Decimal | None = None


@dataclass(frozen=True)
class Cost:
    """What an order cost, currency; parts as in `PARTS`.

    Attributes
    ----------
    delay : the share of `timing` that passed before the order was sent.
    notional : units wanted at the price of the decision; `bps` are of it.
    against_vwap, against_twap : paid beyond the market's average for what was filled; None: not
        known, or nothing filled.
    unquoted : fills whose market nobody saw.
    """

    id: str
    parent_id: str | None
    symbol: str
    side: Side
    day: date
    quantity: Decimal
    filled: Decimal
    average_price: Decimal | None
    notional: Decimal
    timing: Decimal
    spread: Decimal
    impact: Decimal
    opportunity: Decimal
    fees: Decimal
    delay: Decimal
    total: Decimal
    against_vwap: Decimal | None
    against_twap: Decimal | None
    predicted: Decimal | None
    unquoted: int

    @property
    def bps(self) -> Decimal:
        """The total in basis points of the notional."""
        return self.total / self.notional * BPS

    @property
    def paid(self) -> Decimal:
        """What a preview predicts: spread, impact and fees."""
        return self.spread + self.impact + self.fees

    @property
    def surprise(self) -> Decimal | None:
        """Paid beyond what was predicted for the units that filled; None: nothing was."""
        if self.predicted is None:
            return None
        return self.paid - self.predicted * self.filled / self.quantity

    def parts(self) -> dict[str, Decimal]:
        """The parts by name, in the order of a waterfall."""
        return {name: getattr(self, name) for name in PARTS}


def cost_of(order: Worked) -> Cost:
    """The implementation shortfall of an order and its parts.

    Raises
    ------
    InputError : prices or quantities that are not above 0.
    """
    _require(order)
    with localcontext() as context:
        context.prec = 60  # products of prices and quantities are exact
        sign = Decimal(order.side.sign)
        filled = sum((one.quantity for one in order.executions), ZERO)
        paid = sum((one.quantity * one.price for one in order.executions), ZERO)
        fees = sum((one.fee for one in order.executions), ZERO)
        timing = spread = impact = ZERO
        for one in order.executions:
            mid = order.arrival_price if one.mid is None else one.mid
            timing += sign * one.quantity * (mid - order.decision_price)
            away = sign * (one.price - mid)
            edge = ZERO if one.half_spread is None or one.mid is None else one.half_spread
            within = min(max(away, -edge), edge)
            spread += one.quantity * within
            impact += one.quantity * (away - within)
        left = order.quantity - filled
        opportunity = sign * left * (order.end_price - order.decision_price)
        paper = sign * order.quantity * (order.end_price - order.decision_price)
        real = sign * (filled * order.end_price - paid) - fees
        return Cost(
            id=order.id,
            parent_id=order.parent_id,
            symbol=order.symbol,
            side=order.side,
            day=order.day,
            quantity=order.quantity,
            filled=filled,
            average_price=paid / filled if filled else None,
            notional=order.quantity * order.decision_price,
            timing=timing,
            spread=spread,
            impact=impact,
            opportunity=opportunity,
            fees=fees,
            delay=sign * filled * (order.arrival_price - order.decision_price),
            total=paper - real,
            against_vwap=_against(order.vwap, sign, paid, filled),
            against_twap=_against(order.twap, sign, paid, filled),
            predicted=order.predicted,
            unquoted=sum(one.mid is None for one in order.executions),
        )


def _against(
    benchmark: Decimal | None, sign: Decimal, paid: Decimal, filled: Decimal
) -> Decimal | None:
    return None if benchmark is None or not filled else sign * (paid - filled * benchmark)


def _require(order: Worked) -> None:
    prices = ("quantity", "decision_price", "arrival_price", "end_price")
    for name in prices:
        value: Decimal = getattr(order, name)
        if not value.is_finite() or value <= 0:
            raise InputError(f"{value} is not a {name.replace('_', ' ')} above 0.", field=name)
    for row, one in enumerate(order.executions, start=1):
        if one.quantity <= 0 or one.price <= 0:
            raise InputError("A fill has a quantity and a price above 0.", field="executions",
                             row=row)  # fmt: skip


def merged(parent: Worked, children: Iterable[Worked]) -> Worked:
    """A parent with the fills of its children, in the order of time."""
    fills = [one for child in children for one in child.executions]
    return replace(parent, executions=tuple(sorted(fills, key=lambda one: one.at)))

"""What a fill costs: the fixed part of `terminal.backtest.costs`, so that a fill at the exchange is
the fill of a backtest.

Prices and fees are rounded to nine decimals: finer than any float of that size is certain to be.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal

from terminal.backtest.costs import BASIS_POINT, FREE, Costs
from terminal.errors import InputError
from terminal.execution.order import Side

STEP = Decimal("0.000000001")


@dataclass(frozen=True)
class Rules:
    """How the exchange fills.

    Attributes
    ----------
    costs : spread, slippage, commission and fees; nothing that depends on a fill's surroundings.
    participation : share of a bar's volume that all orders of an instrument share; 0: no limit.
    latency : simulated time an order is on its way.
    """

    costs: Costs = FREE
    participation: float = 0.0
    latency: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        if self.costs.uses_liquidity or self.costs.commission_tiers:
            raise InputError(
                "The exchange knows fixed costs only: no spread, slippage or impact by volume.",
                field="costs",
            )
        if not 0 <= self.participation <= 1:
            raise InputError("Participation is a share from 0 to 1.", field="participation")

    @property
    def half_spread(self) -> float:
        """Fraction of the price."""
        return self.costs.half_spread_bps * BASIS_POINT

    def taken(self, reference: float, side: Side, limit: Decimal | None = None) -> Decimal:
        """Price of an order that takes: reference x (1 +- (half spread + slippage)), not beyond
        its limit."""
        rate = self.half_spread + self.costs.slippage_bps * BASIS_POINT
        price = exact(reference * (1.0 + side.sign * rate))
        if limit is None:
            return price
        return min(price, limit) if side is Side.BUY else max(price, limit)

    def fee(self, side: Side, quantity: Decimal, price: Decimal) -> Decimal:
        """Commission and fees of a fill."""
        costs = self.costs
        value = quantity * price
        commission = max(
            Decimal(repr(costs.commission_minimum)),
            quantity * Decimal(repr(costs.commission_per_share))
            + value * Decimal(repr(costs.commission_bps)) / 10_000,
        )
        fee = Decimal(0)
        if side is Side.SELL:
            fee = value * Decimal(repr(costs.sell_fee_bps)) / 10_000
            of_units = quantity * Decimal(repr(costs.sell_fee_per_share))
            most = Decimal(repr(costs.sell_fee_maximum))
            fee += min(of_units, most) if most else of_units
        return (commission + fee).quantize(STEP).normalize()

    def available(self, volume: float) -> Decimal | None:
        """Whole units that may trade in a bar; None: no limit."""
        if not self.participation:
            return None
        return exact(volume * self.participation).to_integral_value(ROUND_DOWN)


def exact(value: float) -> Decimal:
    """A float as a price of at most nine decimals."""
    return Decimal(repr(round(value, 9)))

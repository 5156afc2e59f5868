"""What an order is likely to cost, before it is sent: by the same cost models as a backtest's.

The arithmetic is the engine's (`terminal.backtest.kernel.fills`), written out in plain Python so
that a page need not load a compiler; a test holds the two to the same numbers. Money is float, in
the account's currency; costs are positive.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from terminal.backtest.costs import BASIS_POINT, FIXED, Costs
from terminal.backtest.kernel import layout
from terminal.errors import InputError
from terminal.execution.order import Side


@dataclass(frozen=True)
class Liquidity:
    """What past sessions say of the instrument; None: not known, and counted as nothing.

    half_spread : of the price, a fraction; used unless the costs fix it. volatility : standard
    deviation of a session's return. daily_volume : mean units a session. clock : the multiplier of
    slippage and impact at this time of day.
    """

    half_spread: float | None = None
    volatility: float | None = None
    daily_volume: float | None = None
    clock: float = 1.0


@dataclass(frozen=True)
class ExpectedCost:
    """The preview of an order, currency.

    Attributes
    ----------
    reference, price : the price it starts from, and the one it is expected to fill at.
    notional : units at the reference price.
    spread, slippage, impact, commission, fees : parts; fees are the exchange's and regulator's.
    unknown : what the models needed and nobody knows ("spread", "volatility", "volume").
    """

    quantity: float
    reference: float
    price: float
    notional: float
    spread: float
    slippage: float
    impact: float
    commission: float
    fees: float
    unknown: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        """The sum of the parts."""
        return self.spread + self.slippage + self.impact + self.commission + self.fees

    @property
    def bps(self) -> float:
        """The total in basis points of the notional."""
        return self.total / self.notional / BASIS_POINT

    def in_bps(self) -> dict[str, float]:
        """Each part in basis points of the notional."""
        return {name: getattr(self, name) / self.notional / BASIS_POINT for name in PARTS}

    def as_dict(self) -> dict[str, Any]:
        """As the ledger keeps it, with the total."""
        return asdict(self) | {"unknown": list(self.unknown), "total": self.total, "bps": self.bps}


PARTS = ("spread", "slippage", "impact", "commission", "fees")


def from_dict(stored: dict[str, Any]) -> ExpectedCost:
    """The preview that was stored with an order."""
    known = {field.name for field in fields(ExpectedCost)}
    values = {name: value for name, value in stored.items() if name in known}
    return ExpectedCost(**values | {"unknown": tuple(values.get("unknown", ()))})


def expected_cost(
    side: Side,
    quantity: float,
    reference: float,
    costs: Costs,
    liquidity: Liquidity | None = None,
    *,
    limit: float | None = None,
    month_units: float = 0.0,
    execution_days: float = 1.0,
) -> ExpectedCost:
    """The expected cost of an order, or of a parent order as a whole.

    Parameters
    ----------
    quantity : units, > 0. reference : last price known, currency.
    limit : of a limit order. Short of the reference it rests, and if it fills it pays neither
        spread nor slippage nor impact; beyond it costs never carry the fill past the limit.
    month_units : units traded this month so far, for tiered commission.
    execution_days : sessions over which the order is worked; enters temporary impact.

    Raises
    ------
    InputError : a quantity, price or duration that is not above 0.
    """
    for name, value in (("quantity", quantity), ("reference", reference), ("limit", limit),
                        ("execution_days", execution_days)):  # fmt: skip
        if value is not None and (not math.isfinite(value) or value <= 0):
            raise InputError(f"{value} is not a {name.replace('_', ' ')} above 0.", field=name)
    known = liquidity or Liquidity()
    sign = side.sign
    spread = slippage = impact = 0.0
    if limit is None or sign * (limit - reference) >= 0:
        spread, slippage, impact = _worsening(quantity, costs, known, execution_days)
    price = reference * (1.0 + sign * (spread + slippage + impact))
    if limit is not None and sign * (limit - reference) < 0:
        price = reference = limit  # it rests: it fills at its limit, which is then the market
    elif limit is not None and sign * (price - limit) > 0:
        scale = abs(limit - reference) / abs(price - reference)
        spread, slippage, impact = spread * scale, slippage * scale, impact * scale
        price = limit
    notional = quantity * reference
    commission, fees = _commission(side, quantity, price, costs, month_units)
    return ExpectedCost(
        quantity, reference, price, notional, notional * spread, notional * slippage,
        notional * impact, commission, fees, _unknown(costs, known),
    )  # fmt: skip


def _worsening(
    quantity: float, costs: Costs, known: Liquidity, execution_days: float
) -> tuple[float, float, float]:
    """(half spread, slippage, impact) as fractions of the reference price."""
    rates = costs.rates(execution_days)
    if not costs.uses_liquidity:
        return float(rates[layout.HALF_SPREAD]), float(rates[layout.SLIPPAGE_RATE]), 0.0
    sigma, volume = known.volatility or 0.0, known.daily_volume or 0.0
    share = quantity / volume if volume > 0.0 else 0.0
    slippage = rates[layout.SLIPPAGE_RATE] + rates[layout.SLIPPAGE_OF_SIGMA] * sigma
    slippage += rates[layout.SLIPPAGE_OF_VOLUME] * share
    impact = sigma * (
        rates[layout.IMPACT_ROOT] * math.sqrt(share)
        + 0.5 * rates[layout.IMPACT_PERMANENT] * share
        + rates[layout.IMPACT_TEMPORARY] * share ** rates[layout.IMPACT_EXPONENT]
    )
    fixed = costs.spread_model == FIXED
    spread = rates[layout.HALF_SPREAD] if fixed else known.half_spread or 0.0
    slippage, impact = known.clock * slippage, known.clock * impact
    scale = min(1.0, layout.WORST / max(spread + slippage + impact, layout.WORST))
    return float(spread * scale), float(slippage * scale), float(impact * scale)


def _commission(
    side: Side, quantity: float, price: float, costs: Costs, month_units: float
) -> tuple[float, float]:
    """The broker's commission, and the fees of a sale."""
    per_share = costs.commission_per_share
    for units, rate in costs.commission_tiers:
        if month_units >= units:
            per_share = rate
    paid = quantity * (per_share + costs.commission_bps * BASIS_POINT * price)
    fees = 0.0
    if side is Side.SELL:
        most = costs.sell_fee_maximum or math.inf
        fees = costs.sell_fee_bps * BASIS_POINT * quantity * price
        fees += min(most, costs.sell_fee_per_share * quantity)
    return max(costs.commission_minimum, paid), fees


def _unknown(costs: Costs, known: Liquidity) -> tuple[str, ...]:
    out = []
    if costs.spread_model != FIXED and known.half_spread is None:
        out.append("spread")
    by_volume = costs.impact_root or costs.impact_permanent or costs.impact_temporary
    if (costs.slippage_volatility or by_volume) and known.volatility is None:
        out.append("volatility")
    if (costs.slippage_volume_bps or by_volume) and known.daily_volume is None:
        out.append("volume")
    return tuple(out)

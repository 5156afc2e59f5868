"""From weights to the trades they take: units that are wanted, less those that are held."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.portfolio.optimise_request import FRACTIONS
from terminal.portfolio.proposal import Trade
from terminal.portfolio.shares import whole_shares

Pricing = Callable[[float, float], float]
"""`cost(units, price)` -> currency; units negative to sell."""
DECIMALS = 6
"""Of units, where fractions are allowed."""


def units_for(
    weights: FloatArray, prices: FloatArray, equity: float, rule: str, symbols: Sequence[str]
) -> FloatArray:
    """Units (n,) that come near `weights` of `equity`: whole ones, or fractions.

    Raises
    ------
    InputError : see `whole_shares`.
    """
    if rule != FRACTIONS:
        found = whole_shares(weights, prices, equity, rule=rule, symbols=tuple(symbols))
        return found.shares.astype(np.float64)
    if not (np.isfinite(equity) and equity > 0):
        raise InputError(f"The equity is {equity:g}; it must be above zero.", field="equity")
    # Towards zero, so that rounding never spends more than there is.
    return np.asarray(np.trunc(weights * equity / prices * 10**DECIMALS) / 10**DECIMALS)


def trades_towards(
    symbols: Sequence[str],
    wanted: FloatArray,
    held: FloatArray,
    prices: FloatArray,
    cost: Pricing,
) -> tuple[Trade, ...]:
    """The trades from `held` to `wanted` units, sales first, the largest of each side first."""
    change = np.round(wanted - held, DECIMALS)
    found = [
        Trade(
            symbol,
            float(units),
            float(price),
            abs(float(units * price)),
            cost(float(units), float(price)),
        )
        for symbol, units, price in zip(symbols, change, prices, strict=True)
        if units != 0
    ]
    return tuple(sorted(found, key=lambda trade: (trade.units > 0, -trade.notional)))

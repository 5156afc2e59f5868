"""One fill: what it costs, and how the account books it."""

from __future__ import annotations

import math

import numpy as np

from terminal.backtest.kernel.compiled import compiled, inlined
from terminal.backtest.kernel.layout import (
    ADV_AT,
    BEST,
    CASH,
    CLOCK_AT,
    COMMISSION,
    COMMISSION_RATE,
    ENTRY,
    FILL_BAR,
    FILL_COLUMN,
    FILL_COMMISSION,
    FILL_IMPACT,
    FILL_KIND,
    FILL_ORDER,
    FILL_PRICE,
    FILL_QUANTITY,
    FILL_REFERENCE,
    FILL_SLIPPAGE,
    FILL_SPREAD,
    HALF_SPREAD,
    HALF_SPREAD_AT,
    IMPACT,
    IMPACT_EXPONENT,
    IMPACT_PERMANENT,
    IMPACT_ROOT,
    IMPACT_TEMPORARY,
    LEFT,
    LEVERAGE,
    LOT,
    MINIMUM,
    MONTH_UNITS,
    N_FILL,
    N_FILLS,
    OPENED,
    PER_SHARE,
    PRECISION,
    SELL_MAXIMUM,
    SELL_PER_SHARE,
    SELL_RATE,
    SIGMA_AT,
    SLIPPAGE,
    SLIPPAGE_OF_SIGMA,
    SLIPPAGE_OF_VOLUME,
    SLIPPAGE_RATE,
    SPREAD,
    TRADED,
    UNITS,
    USES_LIQUIDITY,
    WORST,
)
from terminal.market.panel import FloatArray


@inlined
def whole(quantity: float, lot: float) -> float:
    """Toward zero to a multiple of the lot; a lot of 0 leaves fractions."""
    if lot == 0.0:
        return quantity
    return float(np.trunc(quantity / lot + math.copysign(1e-9, quantity)) * lot)


@inlined
def worsening(
    t: int, j: int, quantity: float, rates: FloatArray, liquidity: FloatArray
) -> tuple[float, float, float]:
    """(half spread, slippage, impact) of a marketable fill, as fractions of the reference price.

    Impact: `root * sigma * sqrt(Q / V)`, and of Almgren, Thum, Hauptmann and Li (2005), eq. 8-10,
    half the permanent `gamma * sigma * Q / V` and the temporary `eta * sigma * |Q / (V T)|^beta`;
    the factors that do not change within a run are in `rates` already.
    """
    if rates[USES_LIQUIDITY] == 0.0:
        return rates[HALF_SPREAD], rates[SLIPPAGE_RATE], 0.0
    sigma, clock = liquidity[SIGMA_AT, t, j], liquidity[CLOCK_AT, t, j]
    adv = liquidity[ADV_AT, t, j]
    share = abs(quantity) / adv if adv > 0.0 else 0.0
    slippage = rates[SLIPPAGE_RATE] + rates[SLIPPAGE_OF_SIGMA] * sigma
    slippage += rates[SLIPPAGE_OF_VOLUME] * share
    impact = sigma * (
        rates[IMPACT_ROOT] * math.sqrt(share)
        + 0.5 * rates[IMPACT_PERMANENT] * share
        + rates[IMPACT_TEMPORARY] * share ** rates[IMPACT_EXPONENT]
    )
    spread, slippage, impact = liquidity[HALF_SPREAD_AT, t, j], clock * slippage, clock * impact
    total = spread + slippage + impact
    if total > WORST:
        scale = WORST / total
        return spread * scale, slippage * scale, impact * scale
    return spread, slippage, impact


@inlined
def tier_rate(month_units: float, per_share: float, tiers: FloatArray) -> float:
    """Commission a unit after `month_units` of this month; tiers (k, 2): from units, per unit."""
    rate = per_share
    for row in range(tiers.shape[0]):
        if month_units >= tiers[row, 0]:
            rate = tiers[row, 1]
    return rate


@inlined
def commission_of(
    quantity: float, price: float, per_share: float, minimum: float, rates: FloatArray
) -> float:
    """Broker's commission, and the regulator's fees of a sale."""
    units = abs(quantity)
    paid = max(minimum, units * (per_share + rates[COMMISSION_RATE] * price))
    if quantity < 0.0:
        paid += rates[SELL_RATE] * units * price
        paid += min(rates[SELL_MAXIMUM], rates[SELL_PER_SHARE] * units)
    return float(paid)


@inlined
def settle(
    t: int,
    j: int,
    quantity: float,
    reference: float,
    kind: int,
    order: int,
    passive: bool,
    bound: float,
    rates: FloatArray,
    tiers: FloatArray,
    liquidity: FloatArray,
    state: FloatArray,
    book: FloatArray,
    fills: FloatArray,
) -> None:
    """Book a fill.

    `passive`: a resting limit was hit, so neither spread nor slippage is paid. `bound`: the limit
    of an order that takes what is there, which no cost can break; NaN for none.
    """
    spread = slippage = impact = 0.0
    if not passive:
        spread, slippage, impact = worsening(t, j, quantity, rates, liquidity)
    side = 1.0 if quantity > 0.0 else -1.0
    price = reference * (1.0 + side * (spread + slippage + impact))
    if side * (price - bound) > 0.0:
        scale = abs(bound - reference) / abs(price - reference)
        spread, slippage, impact = spread * scale, slippage * scale, impact * scale
        price = bound
    per_share = tier_rate(book[MONTH_UNITS], rates[PER_SHARE], tiers)
    commission = commission_of(quantity, price, per_share, rates[MINIMUM], rates)
    put(t, j, quantity, price, reference, commission, spread, slippage, impact, kind, order,
        state, book, fills)  # fmt: skip
    book[MONTH_UNITS] += abs(quantity)


@inlined
def put(
    t: int,
    j: int,
    quantity: float,
    price: float,
    reference: float,
    commission: float,
    spread: float,  # spread, slippage and impact: fractions of the reference price
    slippage: float,
    impact: float,
    kind: int,
    order: int,
    state: FloatArray,
    book: FloatArray,
    fills: FloatArray,
) -> None:
    """Book a fill whose price and costs are known."""
    held = state[UNITS, j]
    units = abs(quantity)
    after = held + quantity
    if abs(after) < 1e-12:
        after = 0.0
    if held == 0.0 or held * after < 0.0:
        state[ENTRY, j] = price
        state[BEST, j] = reference
        state[OPENED, j] = t
    elif held * quantity > 0.0:
        state[ENTRY, j] = (state[ENTRY, j] * abs(held) + price * units) / abs(after)
    state[UNITS, j] = after
    state[LEFT, j] -= units
    book[CASH] -= quantity * price + commission
    book[TRADED] += units * price
    book[COMMISSION] += commission
    money = units * reference
    book[SPREAD] += money * spread
    book[SLIPPAGE] += money * slippage
    book[IMPACT] += money * impact
    row = int(book[N_FILLS])
    fills[row, FILL_BAR] = t
    fills[row, FILL_COLUMN] = j
    fills[row, FILL_QUANTITY] = quantity
    fills[row, FILL_PRICE] = price
    fills[row, FILL_REFERENCE] = reference
    fills[row, FILL_COMMISSION] = commission
    fills[row, FILL_SPREAD] = money * spread
    fills[row, FILL_SLIPPAGE] = money * slippage
    fills[row, FILL_IMPACT] = money * impact
    fills[row, FILL_KIND] = kind
    fills[row, FILL_ORDER] = order
    book[N_FILLS] = row + 1


@inlined
def need_of(
    t: int,
    j: int,
    quantity: float,
    reference: float,
    minimum: float,
    rates: FloatArray,
    tiers: FloatArray,
    liquidity: FloatArray,
    month_units: float,
    leverage: float,
) -> float:
    """Buying power that adding `quantity` uses: its notional and, levered, what it costs."""
    spread, slippage, impact = worsening(t, j, quantity, rates, liquidity)
    side = 1.0 if quantity > 0.0 else -1.0
    price = reference * (1.0 + side * (spread + slippage + impact))
    per_share = tier_rate(month_units, rates[PER_SHARE], tiers)
    paid = commission_of(quantity, price, per_share, minimum, rates)
    units = abs(quantity)
    return units * reference + leverage * (units * abs(price - reference) + paid)


@inlined
def affordable(
    t: int,
    j: int,
    quantity: float,
    reference: float,
    power: float,
    rates: FloatArray,
    tiers: FloatArray,
    liquidity: FloatArray,
    book: FloatArray,
) -> float:
    """The largest part of an adding order that buying power pays for, in whole lots."""
    leverage = rates[LEVERAGE]
    month_units = book[MONTH_UNITS]
    need = need_of(
        t, j, quantity, reference, rates[MINIMUM], rates, tiers, liquidity, month_units, leverage
    )
    lot = rates[LOT]
    if need <= power * (1.0 + PRECISION):
        return whole(quantity, lot)
    # without the minimum, costs fall at least as fast as the quantity: the share is affordable
    variable = need_of(
        t, j, quantity, reference, 0.0, rates, tiers, liquidity, month_units, leverage
    )
    left = power - leverage * rates[MINIMUM]
    if left <= 0.0:
        return 0.0
    return whole(quantity * min(1.0, left / variable), lot)


@compiled
def room_for(n_more: int, book: FloatArray, fills: FloatArray) -> FloatArray:
    """`fills` with space for `n_more`."""
    taken = int(book[N_FILLS])
    if taken + n_more <= fills.shape[0]:
        return fills
    larger = np.zeros((2 * fills.shape[0] + n_more, N_FILL))
    larger[:taken] = fills[:taken]
    return larger

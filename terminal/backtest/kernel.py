"""The simulation loop: plain Python, and the same function compiled by numba.

One pass over the bars. At bar t, in this order:

1. Corporate actions at the open: units *= split, dividends are paid in cash (by shorts: owed);
   with whole units, the fraction a split leaves is paid out in cash at the opening price.
2. Instruments without any further bar are closed at their last known price.
3. Orders decided at an earlier close are filled at this bar's fill price: first what reduces a
   position, then what opens or adds, in the order of the columns, never beyond the cash there is.
   An instrument without a price at t keeps its order for the next bar.
4. Equity is marked at the close: cash + sum(units * last known close).
5. Targets of bar t become orders for t + 1: the new position is target * equity / close, rounded
   toward zero to whole units unless fractions are allowed. An order is made only where the target
   differs from the one last acted on, or is stated again after a bar without one (NaN): a target
   that merely stands lets its position drift, so that no run pays for daily corrections.

Nothing at bar t reads a row after t, but for step 2: that no bar follows is known from the data's
end. Arrays are float64 (n_bars, n_instruments).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit
from numba.extending import register_jitable

from terminal.market.panel import FloatArray

DUST = 1e-9  # a smaller share of a position is rounding, not an order
ROUNDING = 1e-12  # targets nearer to each other than this are the same decision

# columns of the fills array
(
    FILL_BAR,
    FILL_COLUMN,
    FILL_QUANTITY,
    FILL_PRICE,
    FILL_REFERENCE,
    FILL_COMMISSION,
    FILL_KIND,
) = range(7)
# kinds of fill
ORDER, DELISTED, BANKRUPT, CASH_IN_LIEU = 0.0, 1.0, 2.0, 3.0
# columns of the curve array
(
    CURVE_EQUITY,
    CURVE_CASH,
    CURVE_GROSS,
    CURVE_NET,
    CURVE_TRADED,
    CURVE_COMMISSION,
    CURVE_SLIPPAGE,
    CURVE_DIVIDENDS,
) = range(8)


@register_jitable
def _put(
    fills: FloatArray,
    row: int,
    bar: int,
    column: int,
    quantity: float,
    price: float,
    reference: float,
    commission: float,
    kind: float,
) -> None:
    fills[row, FILL_BAR] = bar
    fills[row, FILL_COLUMN] = column
    fills[row, FILL_QUANTITY] = quantity
    fills[row, FILL_PRICE] = price
    fills[row, FILL_REFERENCE] = reference
    fills[row, FILL_COMMISSION] = commission
    fills[row, FILL_KIND] = kind


def simulate_python(
    fill_price: FloatArray,  # price at which an order fills in bar t, NaN where there is none
    close: FloatArray,  # mark price, NaN where there is no bar
    split: FloatArray,
    dividend: FloatArray,
    targets: FloatArray,  # NaN: no opinion
    last_bar: npt.NDArray[
        np.int64
    ],  # int64 (n_instruments,): row of the last bar of each instrument
    capital: float,
    per_share: float,
    commission_rate: float,
    commission_minimum: float,
    slippage_rate: float,
    fractional: bool,
) -> tuple[FloatArray, FloatArray, FloatArray, int]:
    """Run the loop. Returns (curve, positions, fills, bankrupt_bar); see the module's text.

    `bankrupt_bar` is the bar at which equity fell to zero or below and everything was closed,
    -1 if it never did.
    """
    n_bars, n = close.shape
    curve = np.zeros((n_bars, 8))
    positions = np.zeros((n_bars, n))
    fills = np.zeros((1024, 7))
    n_fills = 0
    units = np.zeros(n)
    wanted = np.zeros(n)  # units an open order wants to hold
    pending = np.zeros(n, dtype=np.bool_)
    acted = np.zeros(n)  # target last acted on
    stated = np.zeros(n, dtype=np.bool_)  # whether the bar before had a target
    mark = np.full(n, np.nan)
    quantity = np.zeros(n)
    cash = capital
    bankrupt_bar = -1

    for t in range(n_bars):
        commission_paid = 0.0
        slippage_paid = 0.0
        dividends = 0.0
        traded = 0.0

        if n_fills + 5 * n > len(fills):
            larger = np.zeros((2 * len(fills) + 5 * n, 7))
            larger[:n_fills] = fills[:n_fills]
            fills = larger

        for j in range(n):
            s, d = split[t, j], dividend[t, j]
            if s != 1.0:
                units[j] *= s
                wanted[j] *= s
                mark[j] /= s
                if not fractional:
                    whole = np.trunc(units[j] + np.sign(units[j]) * 1e-9)
                    price = fill_price[t, j] if np.isfinite(fill_price[t, j]) else mark[j]
                    if units[j] != whole and np.isfinite(price):
                        rest = units[j] - whole
                        _put(fills, n_fills, t, j, -rest, price, price, 0.0, CASH_IN_LIEU)
                        n_fills += 1
                        cash += rest * price
                        units[j] = whole
                    wanted[j] = np.trunc(wanted[j] + np.sign(wanted[j]) * 1e-9)
            if d != 0.0 and units[j] != 0.0:
                cash += units[j] * d
                dividends += units[j] * d

        for j in range(n):
            if t == last_bar[j] + 1 and units[j] != 0.0:
                commission = max(
                    commission_minimum,
                    abs(units[j]) * (per_share + commission_rate * mark[j]),
                )
                _put(fills, n_fills, t, j, -units[j], mark[j], mark[j], commission, DELISTED)
                n_fills += 1
                cash += units[j] * mark[j] - commission
                commission_paid += commission
                traded += abs(units[j]) * mark[j]
                units[j] = 0.0
            if t > last_bar[j]:
                pending[j] = False

        # two rounds: orders that reduce exposure bring the cash for those that add
        for adding in (False, True):
            needed = 0.0
            for j in range(n):
                quantity[j] = 0.0
                if not pending[j] or not np.isfinite(fill_price[t, j]):
                    continue
                change = wanted[j] - units[j]
                if abs(change) <= DUST * max(abs(wanted[j]), abs(units[j])):
                    continue
                # a change of sides is a closing part now and an opening part in the second round
                if not adding:
                    if units[j] * change < 0.0:
                        change = np.sign(change) * min(abs(change), abs(units[j]))
                    else:
                        change = 0.0
                quantity[j] = change
                if adding and change > 0.0:
                    price = fill_price[t, j] * (1.0 + slippage_rate)
                    needed += change * (price * (1.0 + commission_rate) + per_share)
                    needed += commission_minimum
            scale = 1.0
            if adding and needed > max(cash, 0.0):  # cash can be below zero with nothing to buy
                scale = max(0.0, cash / needed)
            for j in range(n):
                change = quantity[j]
                if change != 0.0:
                    reference = fill_price[t, j]
                    price = reference * (1.0 + np.sign(change) * slippage_rate)
                    if adding and change > 0.0:
                        change *= scale
                        if not fractional:
                            change = np.floor(change + 1e-9)
                        # the minimum commission can still break the scaled budget
                        unit_cost = price * (1.0 + commission_rate) + per_share
                        affordable = max(0.0, (cash - commission_minimum) / unit_cost)
                        if not fractional:
                            affordable = np.floor(affordable + 1e-9)
                        change = min(change, affordable)
                        if change <= DUST * wanted[j]:
                            change = 0.0  # the cash left over is rounding, too
                    if change != 0.0:
                        commission = max(
                            commission_minimum,
                            abs(change) * (per_share + commission_rate * price),
                        )
                        cash -= change * price + commission
                        units[j] += change
                        if abs(units[j]) < 1e-12:
                            units[j] = 0.0
                        commission_paid += commission
                        slippage_paid += abs(change) * abs(price - reference)
                        traded += abs(change) * price
                        _put(fills, n_fills, t, j, change, price, reference, commission, ORDER)
                        n_fills += 1
                if adding and pending[j] and np.isfinite(fill_price[t, j]):
                    pending[j] = False

        gross = 0.0
        net = 0.0
        for j in range(n):
            if np.isfinite(close[t, j]):
                mark[j] = close[t, j]
            if units[j] != 0.0:
                gross += abs(units[j]) * mark[j]
                net += units[j] * mark[j]
        equity = cash + net

        if equity <= 0.0 and bankrupt_bar < 0:
            # nothing left to lose: everything is closed at the mark and nothing more is decided
            bankrupt_bar = t
            for j in range(n):
                if units[j] != 0.0:
                    _put(fills, n_fills, t, j, -units[j], mark[j], mark[j], 0.0, BANKRUPT)
                    n_fills += 1
                    cash += units[j] * mark[j]
                    traded += abs(units[j]) * mark[j]
                    units[j] = 0.0
            gross = 0.0
            net = 0.0

        curve[t, CURVE_EQUITY] = equity
        curve[t, CURVE_CASH] = cash
        curve[t, CURVE_GROSS] = gross
        curve[t, CURVE_NET] = net
        curve[t, CURVE_TRADED] = traded
        curve[t, CURVE_COMMISSION] = commission_paid
        curve[t, CURVE_SLIPPAGE] = slippage_paid
        curve[t, CURVE_DIVIDENDS] = dividends
        positions[t] = units

        if bankrupt_bar < 0:
            for j in range(n):
                if not np.isfinite(close[t, j]):
                    continue  # a bar that is missing says nothing, not even "no opinion"
                target = targets[t, j]
                if not np.isfinite(target):
                    stated[j] = False
                elif abs(target - acted[j]) > ROUNDING or not stated[j]:
                    acted[j] = target
                    stated[j] = True
                    amount = target * equity / close[t, j]
                    if not fractional:
                        amount = np.trunc(amount + np.sign(amount) * 1e-9)
                    wanted[j] = amount
                    pending[j] = True

    return curve, positions, fills[:n_fills], bankrupt_bar


simulate = njit(cache=True)(simulate_python)

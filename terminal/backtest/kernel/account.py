"""What happens to a holder without an order: corporate actions, financing, marks, margin, ruin."""

from __future__ import annotations

import math

import numpy as np

from terminal.backtest.kernel.compiled import compiled, inlined
from terminal.backtest.kernel.fills import commission_of, put, tier_rate, whole
from terminal.backtest.kernel.layout import (
    BANKRUPT,
    BAR_SUMS,
    BEST,
    BORROW,
    BORROW_RATE,
    CASH,
    CASH_IN_LIEU,
    CASH_RATE,
    CLOSE,
    CURVE,
    DEBIT_RATE,
    DELISTED,
    DIVIDENDS,
    ENTRY,
    EQUITY,
    GROSS,
    INTEREST,
    LAST_BAR,
    LEFT,
    LEVERAGE,
    LOT,
    MAINTENANCE,
    MARGIN_CALL,
    MARK,
    MINIMUM,
    MISSING,
    NET,
    OPEN,
    PARTICIPATION,
    PENDING,
    PER_SHARE,
    SHORT,
    TRADED,
    UNITS,
    VOLUME,
    WAITING,
    WANTED,
)
from terminal.market.panel import FloatArray


@inlined
def begin_bar(
    t: int, years: float, rates: FloatArray, prices: FloatArray, state: FloatArray, book: FloatArray
) -> None:
    """Clear the bar's sums, pay for the time since the last close, renew the volume's limit."""
    book[BAR_SUMS[0] : BAR_SUMS[1]] = 0.0
    if years > 0.0:
        borrow = rates[BORROW_RATE] * book[SHORT] * years
        own = book[CASH] - book[SHORT]  # what short sales brought lies with the lender
        interest = own * (rates[CASH_RATE] if own > 0.0 else rates[DEBIT_RATE]) * years
        book[BORROW] = borrow
        book[INTEREST] = interest
        book[CASH] += interest - borrow
    if rates[PARTICIPATION] > 0.0:
        for j in range(state.shape[1]):
            if prices[OPEN, t, j] != prices[OPEN, t, j]:
                continue  # what is left of a bar that opened before, or no bar
            volume = prices[VOLUME, t, j]
            # an instrument whose volume nobody knows has no limit
            state[LEFT, j] = rates[PARTICIPATION] * volume if volume >= 0.0 else np.inf


@compiled
def corporate_actions(
    t: int,
    split: FloatArray,
    dividend: FloatArray,
    prices: FloatArray,
    rates: FloatArray,
    state: FloatArray,
    book: FloatArray,
    fills: FloatArray,
) -> None:
    """Splits and dividends at the open of bar t; the fraction a split leaves is paid in cash."""
    lot = 1.0 if rates[LOT] > 0.0 else 0.0  # a split leaves odd lots, but never part of a unit
    for j in range(state.shape[1]):
        s, d = split[t, j], dividend[t, j]
        if s != 1.0:
            state[UNITS, j] *= s
            state[WANTED, j] *= s
            state[MARK, j] /= s
            state[ENTRY, j] /= s
            state[BEST, j] /= s
            price = prices[OPEN, t, j] if np.isfinite(prices[OPEN, t, j]) else state[MARK, j]
            rest = state[UNITS, j] - whole(state[UNITS, j], lot)
            if rest != 0.0 and np.isfinite(price):
                put(t, j, -rest, price, price, 0.0, 0.0, 0.0, 0.0, CASH_IN_LIEU, -1, state, book,
                    fills)  # fmt: skip
                book[TRADED] -= abs(rest) * price  # nobody traded this
                state[UNITS, j] = whole(state[UNITS, j], lot)
            state[WANTED, j] = whole(state[WANTED, j], lot)
        if d != 0.0 and state[UNITS, j] != 0.0:
            paid = state[UNITS, j] * d
            book[CASH] += paid
            book[DIVIDENDS] += paid


@compiled
def close_ended(
    t: int,
    rates: FloatArray,
    tiers: FloatArray,
    state: FloatArray,
    book: FloatArray,
    fills: FloatArray,
) -> None:
    """Instruments without a further bar are closed at their last mark, with commission."""
    for j in range(state.shape[1]):
        if t <= state[LAST_BAR, j]:
            continue
        state[PENDING, j] = 0.0
        units, mark = state[UNITS, j], state[MARK, j]
        if units != 0.0:
            per_share = tier_rate(0.0, rates[PER_SHARE], tiers)
            paid = commission_of(-units, mark, per_share, rates[MINIMUM], rates)
            put(t, j, -units, mark, mark, paid, 0.0, 0.0, 0.0, DELISTED, -1, state, book, fills)


@inlined
def mark(t: int, prices: FloatArray, state: FloatArray, book: FloatArray) -> None:
    """Equity and exposure at the close; a missing close keeps the last one."""
    gross = net = 0.0
    missing = False
    for j in range(state.shape[1]):  # these two loops without branches, or they cost thrice as much
        close, last = prices[CLOSE, t, j], state[MARK, j]
        missing |= close != close
        state[MARK, j] = close if close == close else last
    if missing:
        for j in range(state.shape[1]):
            first = prices[OPEN, t, j]  # of a bar that closes in a later row
            if prices[CLOSE, t, j] != prices[CLOSE, t, j] and first == first:
                state[MARK, j] = first
    for j in range(state.shape[1]):
        units = state[UNITS, j]
        value = units * state[MARK, j]
        value = value if units != 0.0 else 0.0
        net += value
        gross += abs(value)
    book[GROSS] = gross
    book[NET] = net
    book[SHORT] = 0.5 * (gross - net)
    book[EQUITY] = book[CASH] + net
    book[MISSING] = 1.0 if missing else 0.0


@compiled
def close_all(t: int, state: FloatArray, book: FloatArray, fills: FloatArray) -> None:
    """Nothing is left to lose: everything is closed at its mark."""
    for j in range(state.shape[1]):
        units, price = state[UNITS, j], state[MARK, j]
        if units != 0.0:
            put(t, j, -units, price, price, 0.0, 0.0, 0.0, 0.0, BANKRUPT, -1, state, book, fills)
        state[PENDING, j] = 0.0
    book[GROSS] = book[NET] = book[SHORT] = 0.0


@compiled
def margin_call(rates: FloatArray, state: FloatArray, book: FloatArray) -> bool:
    """Below maintenance, every position is to be cut alike until leverage is allowed again."""
    if rates[MAINTENANCE] == 0.0 or book[EQUITY] >= rates[MAINTENANCE] * book[GROSS]:
        return False
    keep = min(1.0, rates[LEVERAGE] * book[EQUITY] / book[GROSS])
    for j in range(state.shape[1]):
        if state[UNITS, j] != 0.0:
            state[WANTED, j] = whole(state[UNITS, j] * keep, rates[LOT])
            state[PENDING, j] = 1.0 + MARGIN_CALL
    book[WAITING] = 1.0
    return True


@inlined
def buying_power(t: int, rates: FloatArray, prices: FloatArray, state: FloatArray,
                 book: FloatArray, row: int) -> float:  # fmt: skip
    """`leverage * equity - gross`, at the prices of one row of this bar."""
    gross = net = 0.0
    for j in range(state.shape[1]):
        units, price, last = state[UNITS, j], prices[row, t, j], state[MARK, j]
        value = units * (price if price == price else last)
        value = value if units != 0.0 else 0.0
        net += value
        gross += abs(value)
    return float(rates[LEVERAGE] * (book[CASH] + net) - gross)


@compiled
def keep_curve(t: int, book: FloatArray, curve: FloatArray) -> None:
    """Write the bar's row."""
    for k in range(len(CURVE)):
        curve[t, k] = book[CURVE[k]]


@inlined
def allowed(quantity: float, j: int, rates: FloatArray, state: FloatArray) -> float:
    """What the bar's volume leaves of an order; the rest waits."""
    if rates[PARTICIPATION] == 0.0:
        return quantity
    left = max(0.0, state[LEFT, j])
    if abs(quantity) <= left:
        return quantity
    return math.copysign(whole(left, 1.0 if rates[LOT] > 0.0 else 0.0), quantity)

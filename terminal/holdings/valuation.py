"""A portfolio through time: units, value, money that came and went, profit of every instrument.

Profit of a day is value at its close less value at the close before, less what was paid for
purchases, plus what sales and income brought, less fees: the sum over instruments is the
portfolio's, so that whatever is added up on a page adds up.

Money that comes in counts from the day's beginning, money that goes out until its end:
r = (close + out) / (close before + in) - 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from terminal.errors import InputError
from terminal.holdings.activity import Activity, What
from terminal.market.panel import FloatArray, TimeArray

OTHER = "Interest and fees"
"""The column of what concerns no instrument."""


@dataclass(frozen=True)
class Valued:
    """By day (T) and instrument (n); the last column of (T, n + 1) arrays is `OTHER`.

    Attributes
    ----------
    dates : datetime64[D] (T,), closes. symbols : n names.
    units, price, value : (T, n). cash : (T,), 0 throughout where money is not tracked.
    equity : (T,). inflow : (T,), money from outside, negative where it went out.
    profit, realised, income, fees : (T, n + 1), currency of that day.
    base : (T,), what the day's profit was earned on. returns : (T,), profit / base; 0 where
        nothing was invested.
    """

    dates: TimeArray
    symbols: tuple[str, ...]
    units: FloatArray
    price: FloatArray
    value: FloatArray
    cash: FloatArray
    equity: FloatArray
    inflow: FloatArray
    profit: FloatArray
    realised: FloatArray
    income: FloatArray
    fees: FloatArray
    base: FloatArray
    returns: FloatArray
    notes: tuple[str, ...] = ()


def value(
    activities: Sequence[Activity],
    realised: Sequence[Decimal],
    dates: TimeArray,
    symbols: tuple[str, ...],
    prices: FloatArray,
    *,
    money: bool = True,
) -> Valued:
    """Values at each of `dates`.

    Parameters
    ----------
    activities : in order. realised : of each, from `positions.play`.
    dates : datetime64[D] (T,), ascending, from the first activity's day on; an activity between two
        dates counts on the later one.
    prices : float64 (T, n), NaN only before an instrument is first held.
    money : False: trades, income and fees are paid from outside, and there is no cash.

    Raises
    ------
    InputError : an activity after the last date, or an instrument is held without a price.
    """
    t, n = len(dates), len(symbols)
    column = {symbol: k for k, symbol in enumerate(symbols)}
    added, spent, ratio = np.zeros((t, n)), np.zeros((t, n + 1)), np.ones((t, n))
    closed, income, fees = np.zeros((t, n + 1)), np.zeros((t, n + 1)), np.zeros((t, n + 1))
    flow, cash = np.zeros(t), np.zeros(t)
    days = np.array([np.datetime64(one.day) for one in activities], dtype="datetime64[D]")
    rows = np.searchsorted(dates, days)
    if rows.size and rows.max() >= t:
        late = activities[int(rows.argmax())]
        raise InputError(f"Something happened on {late.day}, after the last price.", field="date")
    for one, row, gained in zip(activities, rows.tolist(), realised, strict=True):
        at = column.get(one.symbol, n)
        cash[row] += float(one.cash)
        fees[row, at] += float(one.fee)
        closed[row, at] += float(gained)
        if one.what is What.SPLIT:
            ratio[row, at] *= float(one.ratio)
            added[row, at] *= float(one.ratio)
        elif one.what in (What.TRADE, What.TRANSFER):
            added[row, at] += float(one.quantity)
            spent[row, at] += float(one.amount)
            if one.what is What.TRANSFER:
                flow[row] += float(one.amount)
        elif one.what is What.INCOME:
            income[row, at] += float(one.amount)
        elif one.what is What.FLOW:
            flow[row] += float(one.amount)
    units = _units(added, ratio)
    held = units != 0.0
    missing = held & ~np.isfinite(prices)
    if missing.any():
        row, at = (int(k) for k in np.argwhere(missing)[0])
        raise InputError(f"{symbols[at]} is held on {dates[row]} and has no price.", field="prices")
    worth = np.where(held, units * np.where(held, prices, 0.0), 0.0)
    before = np.vstack([np.zeros(n), worth[:-1]])
    profit = income - fees - spent
    profit[:, :n] += worth - before
    total = worth.sum(axis=1)
    if money:
        balance = np.cumsum(cash)
        equity, inflow = total + balance, flow
    else:
        balance = np.zeros(t)
        equity = total
        inflow = total - np.concatenate([[0.0], total[:-1]]) - profit.sum(axis=1)
    base = np.concatenate([[0.0], equity[:-1]]) + np.maximum(inflow, 0.0)
    earned = profit.sum(axis=1)
    scale = 1e-9 * max(float(np.abs(equity).max(initial=0.0)), 1.0)
    sound = base > scale
    returns = np.where(sound, earned / np.where(sound, base, 1.0), 0.0)
    strange = ~sound & (np.abs(earned) > scale)
    notes = (
        (
            f"On {int(strange.sum())} days, the first {dates[int(strange.argmax())]}, profit was "
            "made without capital; they count in profit, not in returns.",
        )
        if strange.any()
        else ()
    )
    return Valued(
        dates, symbols, units, prices, worth, balance, equity, inflow, profit, closed, income,
        fees, np.where(sound, base, 0.0), returns, notes,
    )  # fmt: skip


def _units(added: FloatArray, ratio: FloatArray) -> FloatArray:
    """Units at each close: those before times the split's ratio, and what was added."""
    units = np.empty_like(added)
    now = np.zeros(added.shape[1])
    for row in range(len(added)):
        now = now * ratio[row] + added[row]
        # what is left of sums of decimals in floats is nothing
        now[np.abs(now) < 1e-9] = 0.0
        units[row] = now
    return units

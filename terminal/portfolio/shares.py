"""From weights to whole shares: which numbers come nearest, and the cash that is left.

Greedy: as many whole shares as each weight pays for, then one share after the other of whichever
instrument is furthest below its weight and can still be paid. Nearest: the whole numbers with the
least sum of money apart from the weights and of cash left, by mixed-integer programming (HiGHS).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.portfolio.checks import checked_vector, named

GREEDY, NEAREST = "greedy", "nearest"


@dataclass(frozen=True)
class WholeShares:
    """Numbers of shares.

    Attributes
    ----------
    shares : int64 (n,), negative for short.
    cash : what is left of the money, short sales adding to it.
    weights : (n,) shares of the equity they are.
    apart : sum of |weights - the weights asked for|.
    """

    shares: npt.NDArray[np.int64]
    cash: float
    weights: FloatArray
    apart: float


def whole_shares(
    weights: FloatArray,
    prices: FloatArray,
    equity: float,
    *,
    rule: str = GREEDY,
    symbols: tuple[str, ...] = (),
) -> WholeShares:
    """Whole shares near `weights` of `equity`, long and short sides each within their own money.

    Raises
    ------
    InputError : a price is not above zero, the equity is not, or the equity does not pay for one
        share of anything.
    """
    wanted = np.asarray(weights, dtype=np.float64)
    wanted = checked_vector(wanted, len(wanted), "The weight", symbols)
    price = checked_vector(prices, len(wanted), "The price", symbols)
    if (price <= 0).any():
        k = int(np.flatnonzero(price <= 0)[0])
        raise InputError(
            f"The price of {named(symbols, k)} is {price[k]:g}; it must be above zero.",
            field="prices",
        )
    if not (np.isfinite(equity) and equity > 0):
        raise InputError(f"The equity is {equity:g}; it must be above zero.", field="equity")
    if rule not in (GREEDY, NEAREST):
        raise InputError(f"There is no rule {rule!r}; known: {GREEDY}, {NEAREST}.", field="rule")
    shares = np.zeros(len(wanted), dtype=np.int64)
    for side in (1.0, -1.0):
        columns = np.flatnonzero(wanted * side > 1e-12)
        if columns.size:
            money = np.abs(wanted[columns]) * equity
            found = (_greedy if rule == GREEDY else _nearest)(money, price[columns])
            shares[columns] = int(side) * found
    if np.any(np.abs(wanted) > 1e-12) and not shares.any():
        k = int(np.argmin(np.where(np.abs(wanted) > 1e-12, price, np.inf)))
        raise InputError(
            f"{equity:g} does not pay for one share: the cheapest, {named(symbols, k)}, costs "
            f"{price[k]:g} and its weight is {wanted[k]:.3g}.",
            field="equity",
            remedy="Start with more, or hold fewer instruments.",
        )
    held = shares * price
    found_weights = held / equity
    apart = float(np.abs(found_weights - wanted).sum())
    return WholeShares(shares, float(equity - held.sum()), found_weights, apart)


def _greedy(money: FloatArray, price: FloatArray) -> npt.NDArray[np.int64]:
    """Shares (n,) of one side, from the largest weight to the smallest."""
    total = float(money.sum())
    order = np.argsort(-money, kind="stable")
    wanted, price_of = money[order] / total, price[order]
    count = np.floor(money[order] / price_of + 1e-12).astype(np.int64)
    left = total - float((count * price_of).sum())
    while True:
        spent = count * price_of
        deficit = wanted - spent / max(float(spent.sum()), 1e-300)
        payable = price_of <= left + 1e-12
        # Only what is below its weight is bought; the money that is left stays cash.
        deficit = np.where(payable, deficit, -np.inf)
        best = int(np.argmax(deficit))
        if not deficit[best] > 0:
            break
        count[best] += 1
        left -= float(price_of[best])
    out = np.empty(len(count), dtype=np.int64)
    out[order] = count
    return out


def _nearest(money: FloatArray, price: FloatArray) -> npt.NDArray[np.int64]:
    """Least sum of |money - price * shares| and of cash left, which may not be below zero."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    n = len(money)
    diagonal, eye = np.diag(price), np.eye(n)
    table = np.block(
        [
            [-diagonal, -eye],
            [diagonal, -eye],
            [price[None, :], np.zeros((1, n))],
        ]
    )
    ends = np.concatenate([-money, money, [float(money.sum())]])
    # A share more than the weight pays for is the most that can be nearer.
    most = np.concatenate([np.ceil(money / price) + 1.0, np.full(n, np.inf)])
    found = milp(
        np.concatenate([-price, np.ones(n)]),
        constraints=LinearConstraint(table, -np.inf, ends),
        bounds=Bounds(np.zeros(2 * n), most),
        integrality=np.concatenate([np.ones(n), np.zeros(n)]),
        options={"time_limit": 20.0, "mip_rel_gap": 1e-6},
    )
    if found.x is None:
        raise InputError(
            f"No whole shares were found in time ({found.message}).",
            field="rule",
            remedy=f"Use the rule {GREEDY!r}.",
        )
    return np.asarray(np.round(found.x[:n]), dtype=np.int64)

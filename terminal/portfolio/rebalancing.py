"""When to trade back to the target, and how far.

By the calendar, by drift, by whether it pays. Drift is measured on weights as prices moved them;
all of it looks at the past only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from terminal.errors import InputError
from terminal.market.panel import FloatArray, TimeArray
from terminal.portfolio.checks import checked_covariance, checked_vector

DAILY, WEEKLY, MONTHLY, QUARTERLY, YEARLY = "daily", "weekly", "monthly", "quarterly", "yearly"
CALENDARS = (DAILY, WEEKLY, MONTHLY, QUARTERLY, YEARLY)
NONE, ABSOLUTE, RELATIVE = "none", "absolute", "relative"
TO_TARGET, TO_EDGE = "to the target", "to the edge of the band"

BoolArray = npt.NDArray[np.bool_]


def calendar_rows(ts: TimeArray, calendar: str) -> BoolArray:
    """True on the first bar of each day, week (ISO), month, quarter or year (UTC).

    Judged from the bar before, never from the one after.
    """
    if calendar not in CALENDARS:
        raise InputError(
            f"There is no calendar {calendar!r}; known: {', '.join(CALENDARS)}.", field="calendar"
        )
    days = ts.astype("datetime64[D]").astype(np.int64)
    months = ts.astype("datetime64[M]").astype(np.int64)
    period = {
        DAILY: days,
        WEEKLY: (days + 3) // 7,  # 1970-01-01 was a Thursday
        MONTHLY: months,
        QUARTERLY: months // 3,
        YEARLY: months // 12,
    }[calendar]
    out = np.ones(len(ts), dtype=bool)
    out[1:] = period[1:] != period[:-1]
    return out


def drifted(weights: FloatArray, growth: FloatArray) -> FloatArray:
    """Weights after prices moved: w_i (1 + r_i) / (1 + sum w r), the rest being cash.

    Parameters
    ----------
    growth : (n,) returns since the weights were taken; NaN: the price is the same.
    """
    moves = np.where(np.isfinite(growth), growth, 0.0)
    equity = 1.0 + float(weights @ moves)
    if not equity > 0:
        raise InputError(
            "The weights lost more than the equity; there is nothing to rebalance.", field="weights"
        )
    return np.asarray(weights * (1.0 + moves) / equity)


@dataclass(frozen=True)
class Bands:
    """How far weights may drift.

    Attributes
    ----------
    kind : `NONE`, `ABSOLUTE` (a weight of 0.20 within 0.02: 0.18 to 0.22) or `RELATIVE` (within
        0.1 of it: the same).
    width : of the band, each side.
    to : trade `TO_TARGET` or `TO_EDGE`, which trades less.
    """

    kind: str = NONE
    width: float = 0.0
    to: str = TO_TARGET

    def __post_init__(self) -> None:
        for name, allowed in (("kind", (NONE, ABSOLUTE, RELATIVE)), ("to", (TO_TARGET, TO_EDGE))):
            if getattr(self, name) not in allowed:
                raise InputError(
                    f"{name} is {getattr(self, name)!r}; known: {', '.join(allowed)}.", field=name
                )
        if not self.width >= 0:
            raise InputError(
                f"The band is {self.width:g} wide; it must be zero or more.", field="width"
            )

    def widths(self, target: FloatArray) -> FloatArray:
        """(n,) half width of each band."""
        if self.kind == ABSOLUTE:
            return np.full(len(target), self.width)
        return np.abs(target) * self.width if self.kind == RELATIVE else np.zeros(len(target))


NO_BANDS = Bands()


def rebalanced(current: FloatArray, target: FloatArray, bands: Bands) -> FloatArray | None:
    """The weights to trade to; None while every weight is within its band.

    To the edge: the least that brings each weight into its band and the sum to the target's;
    what that takes beyond the edges is shared out by the room there is.
    """
    width = bands.widths(target)
    if bands.kind != NONE and bool(np.all(np.abs(current - target) <= width + 1e-12)):
        return None
    if bands.to == TO_TARGET or bands.kind == NONE:
        return target.copy()
    out = np.clip(current, target - width, target + width)
    missing = float(target.sum() - out.sum())
    room = (target + width - out) if missing > 0 else (out - (target - width))
    total = float(room.sum())
    if total > 0:
        out = out + missing * room / total
    return np.asarray(out)


@dataclass(frozen=True)
class Verdict:
    """Whether a trade pays: what it gains in utility over the horizon, and what it costs."""

    trade: bool
    gain: float
    cost: float


def worth_trading(
    current: FloatArray,
    target: FloatArray,
    expected: FloatArray,
    covariance: FloatArray,
    costs: FloatArray | float,
    *,
    aversion: float = 2.0,
    horizon: float = 21.0,
) -> Verdict:
    """Trade only if utility gained until the next decision exceeds the cost of getting there.

    Utility of a period: mu'w - aversion / 2 * w'Sw. Costs as a share of the traded notional.

    Parameters
    ----------
    horizon : periods until the next decision.
    """
    sigma = checked_covariance(covariance)
    n = len(sigma)
    mu = checked_vector(expected, n, "The expected return")
    held = checked_vector(current, n, "The current weight")
    wanted = checked_vector(target, n, "The target weight")
    rates = np.broadcast_to(np.asarray(costs, dtype=np.float64), (n,))
    if not (np.isfinite(rates).all() and (rates >= 0).all()):
        raise InputError("Costs of trading must be zero or more.", field="costs")

    def utility(w: FloatArray) -> float:
        return float(mu @ w - aversion / 2.0 * (w @ sigma @ w))

    gain = horizon * (utility(wanted) - utility(held))
    cost = float(rates @ np.abs(wanted - held))
    return Verdict(gain > cost, gain, cost)

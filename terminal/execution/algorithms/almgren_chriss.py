"""The best speed of a large order: expected cost against its uncertainty.

Almgren and Chriss, Optimal execution of portfolio transactions (December 2000; Journal of Risk 3),
sections 1.4 to 2.3, with linear impact and in their symbols. Prices in currency per unit, time in
any unit that sigma, eta and T share (here sessions), lam per currency.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from terminal.errors import InputError

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Impact:
    """What trading does to the price.

    Attributes
    ----------
    sigma : standard deviation of the price over a unit of time, currency.
    epsilon : fixed cost a unit (half the spread and fees), currency.
    gamma : permanent impact, currency per unit squared.
    eta : temporary impact, currency per unit, per unit per time.
    """

    sigma: float
    epsilon: float
    gamma: float
    eta: float

    def eta_tilde(self, tau: float) -> float:
        """eta (1 - gamma tau / 2 eta)."""
        return self.eta - 0.5 * self.gamma * tau


def from_spread(price: float, volatility: float, spread: float, volume: float) -> Impact:
    """The rule of thumb of the paper's numerical example: trading 1 % of the daily volume costs a
    spread for the time being, trading 10 % moves the price by one for good.

    price : currency. volatility : of a session's return. spread : of the price, as a fraction.
    volume : units a session.
    """
    whole = spread * price
    return Impact(volatility * price, whole / 2, whole / (0.1 * volume), whole / (0.01 * volume))


def kappa(lam: float, impact: Impact, tau: float) -> float:
    """Decay rate of the optimal holdings, for lam >= 0: (2 / tau^2)(cosh(kappa tau) - 1) =
    lam sigma^2 / eta~ (section 2.2). 1 / kappa is the trade's half-life."""
    return math.acosh(1.0 + 0.5 * _square(lam, impact, tau) * tau**2) / tau


def holdings(x: float, t: float, n: int, lam: float, impact: Impact) -> FloatArray:
    """x_0 ... x_n of the optimal strategy (section 2.2): float64 (n + 1,), from `x` to 0.

    lam 0 trades evenly; below 0 it likes risk and trades late, which has an optimum only while
    lam is not too small.

    Raises
    ------
    InputError : no optimum, or impact that is not above 0.
    """
    tau = t / n
    left = n - np.arange(n + 1)
    argument = 1.0 + 0.5 * _square(lam, impact, tau) * tau**2
    if lam == 0.0:
        share = left / n
    elif argument > 1.0:
        step = math.acosh(argument)  # sinh(a) / sinh(b) with exponentials that cannot overflow
        share = np.exp(-step * (n - left)) * np.expm1(-2 * step * left) / math.expm1(-2 * step * n)
    else:
        if argument <= -1.0 or (step := math.acos(argument)) * n >= math.pi:
            raise InputError(
                f"With a risk aversion of {lam:g} waiting is always better: there is no optimum.",
                field="risk_aversion",
                remedy="Enter 0 or more.",
            )
        share = np.sin(step * left) / math.sin(step * n)
    share[0], share[-1] = 1.0, 0.0
    return np.asarray(x * share, dtype=np.float64)


def expected_cost(path: FloatArray, t: float, impact: Impact) -> float:
    """E of any path of holdings (section 1.5): gamma X^2 / 2 + epsilon sum |n_k| +
    (eta~ / tau) sum n_k^2, currency."""
    trades, tau = -np.diff(path), t / (len(path) - 1)
    return float(
        0.5 * impact.gamma * path[0] ** 2
        + impact.epsilon * np.abs(trades).sum()
        + impact.eta_tilde(tau) / tau * (trades**2).sum()
    )


def variance(path: FloatArray, t: float, impact: Impact) -> float:
    """V of any path of holdings (section 1.4): sigma^2 tau sum of x_k^2, currency squared."""
    return float(impact.sigma**2 * t / (len(path) - 1) * (path[1:] ** 2).sum())


def _square(lam: float, impact: Impact, tau: float) -> float:
    """kappa~^2 = lam sigma^2 / eta~."""
    if impact.eta_tilde(tau) <= 0.0:
        raise InputError(
            "Temporary impact is too small beside permanent impact for steps this long.",
            field="slices",
            remedy="Use more slices or a shorter window.",
        )
    return lam * impact.sigma**2 / impact.eta_tilde(tau)

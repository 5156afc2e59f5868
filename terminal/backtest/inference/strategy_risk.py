"""How often must a strategy be right? Bets with a stop and a target, as a binomial process.

A bet wins `profit` (> 0) with probability p, the precision, and otherwise loses `loss` (< 0);
bets are independent, `bets` of them a year. Sharpe ratios are annual. Source: Lopez de Prado,
*Advances in Financial Machine Learning* (2018), chapter 15, in its symbols
theta = ((pi+ - pi-) p + pi-) / ((pi+ - pi-) sqrt(p (1 - p))) sqrt(n).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import betainc

from terminal.backtest.inference.inputs import above, finite, share
from terminal.errors import InputError
from terminal.market.panel import FloatArray


def bets_sharpe(precision: float, bets: float, profit: float, loss: float) -> float:
    """Annual Sharpe ratio theta of bets with these odds (section 15.3).

    Raises
    ------
    InputError : a precision not within (0, 1), no bets, or a profit or loss of the wrong sign.
    """
    p = share(precision, "precision")
    width = _width(bets, profit, loss)
    return (width * p + loss) / (width * math.sqrt(p * (1.0 - p))) * math.sqrt(bets)


def implied_precision(sharpe: float, bets: float, profit: float, loss: float) -> float:
    """Precision from which bets reach an annual Sharpe ratio of at least 0 (section 15.3).

    Raises
    ------
    InputError : a Sharpe ratio below 0, no bets, or a profit or loss of the wrong sign.
    """
    width = _width(bets, profit, loss)
    if not (math.isfinite(sharpe) and sharpe >= 0):
        raise InputError(f"is {sharpe}; it must be at least 0.", field="sharpe")
    # with b = -pi- / (pi+ - pi-), the precision that earns nothing, theta says
    # (p - b)^2 n = theta^2 p (1 - p); the larger root has p >= b
    even = -loss / width
    ratio = sharpe**2 / bets
    root = math.sqrt(ratio * (even * (1.0 - even) + ratio / 4.0))
    return (even + ratio / 2.0 + root) / (1.0 + ratio)


def implied_bets(sharpe: float, precision: float, profit: float, loss: float) -> float | None:
    """Bets a year that reach an annual Sharpe ratio; None where no number does (section 15.3).

    Raises
    ------
    InputError : a Sharpe ratio of 0 or below, a precision not within (0, 1), or a profit or loss
        of the wrong sign.
    """
    above(sharpe, 0.0, "sharpe")
    of_one_bet = bets_sharpe(precision, 1.0, profit, loss)
    return (sharpe / of_one_bet) ** 2 if of_one_bet > 0 else None


def _width(bets: float, profit: float, loss: float) -> float:
    above(bets, 0.0, "bets")
    above(profit, 0.0, "profit")
    if not (math.isfinite(loss) and loss < 0):
        raise InputError(f"is {loss}; it must be a number below 0.", field="loss")
    return profit - loss


@dataclass(frozen=True)
class StrategyRisk:
    """How far a strategy's precision is from where it fails.

    Attributes
    ----------
    precision : share of bets that won.
    profit, loss : mean outcome of the winning bets (> 0) and of the others (< 0).
    needed : precision from which the target Sharpe ratio is reached with these odds.
    probability_of_failure : that the true precision is below `needed`.
    """

    precision: float
    profit: float
    loss: float
    needed: float
    probability_of_failure: float


def strategy_risk(outcomes: FloatArray, bets: float, target: float) -> StrategyRisk:
    """Probability that a strategy does not reach its target Sharpe ratio (section 15.4).

    The odds are taken as known and the precision as uncertain: of w wins among n bets it follows
    Beta(w + 1/2, n - w + 1/2) (Jeffreys' prior). The book's own snippet takes a normal
    distribution with the variance of one bet.

    Parameters
    ----------
    outcomes : float64 (n,), return of each bet; 0 counts as not won.
    bets : a year.
    target : annual Sharpe ratio that would be worth having, at least 0.

    Raises
    ------
    InputError : fewer than 10 bets, one that is no number, no winning or no losing bet, or a
        parameter outside its range.
    """
    x = finite(outcomes, "outcomes", least=10)
    won = x > 0
    wins = int(won.sum())
    profit = float(x[won].mean()) if wins else 0.0
    loss = float(x[~won].mean()) if wins < x.size else 0.0
    if not (profit > 0 and loss < 0):
        raise InputError(
            "has no winning or no losing bet: the odds are unknown.",
            field="outcomes",
            remedy="Use a longer period.",
        )
    needed = implied_precision(target, bets, profit, loss)
    failure = float(betainc(wins + 0.5, x.size - wins + 0.5, needed))
    return StrategyRisk(wins / x.size, profit, loss, needed, failure)

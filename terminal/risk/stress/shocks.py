"""Shocks someone thinks of: to market, sectors, instruments, factors and correlations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.risk.book import STILL
from terminal.risk.factors.model import FactorModel
from terminal.risk.stress.replay import Part, largest


@dataclass(frozen=True)
class Shock:
    """A scenario; returns as fractions, at least -1.

    Attributes
    ----------
    market : moves every instrument by its beta times it. sectors, instruments : by name, in place
        of the market's move; the nearest wins: instrument, then sector, then market.
    """

    name: str
    market: float = 0.0
    sectors: Mapping[str, float] = field(default_factory=dict)
    instruments: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises InputError for a move that is not a number or below a total loss."""
        moves = {"market": self.market, **self.sectors, **self.instruments}
        for where, move in moves.items():
            if not np.isfinite(move) or move < -1.0:
                raise InputError(
                    f"the move of {where} in {self.name} is {move}; it must be -1 or more.",
                    field="shock",
                )


@dataclass(frozen=True)
class Shocked:
    """Profit or loss of the book in a scenario, a fraction of equity; the largest parts of it."""

    name: str
    profit: float
    parts: tuple[Part, ...]
    note: str


STANDARD: tuple[Shock, ...] = (
    Shock("Market −5%", market=-0.05),
    Shock("Market −10%", market=-0.10),
    Shock("Market −20%", market=-0.20),
    Shock("Market −40%", market=-0.40),
    Shock("Market +10%", market=0.10),
)


def shocked(
    shock: Shock,
    symbols: tuple[str, ...],
    weights: FloatArray,
    *,
    betas: FloatArray | None,
    sectors: Mapping[str, str] | None = None,
) -> Shocked:
    """The book under a shock; linear: weight times move.

    Parameters
    ----------
    betas : float64 (n,); None is an error where the market moves.

    Raises
    ------
    InputError : the market moves and no beta is known, or the shock names what the book does not
        have.
    """
    own = sectors or {}
    strange = [s for s in shock.instruments if s not in symbols]
    strange += [s for s in shock.sectors if s not in own.values()]
    if strange:
        raise InputError(
            f"{shock.name} moves {strange[0]}, which the book does not hold.", field="shock"
        )
    if shock.market and betas is None:
        raise InputError(
            f"{shock.name} moves the market, and no beta is known.",
            field="market",
            remedy="Name a market whose returns are loaded.",
        )
    moves = np.zeros(len(symbols))
    if betas is not None:
        moves = np.maximum(betas * shock.market, -1.0)
    for k, symbol in enumerate(symbols):
        moves[k] = shock.sectors.get(own.get(symbol, ""), moves[k])
        moves[k] = shock.instruments.get(symbol, moves[k])
    profit = weights * moves
    note = "Beta times the market's move" if shock.market else "Moves as given"
    return Shocked(
        shock.name, float(profit.sum()), largest(symbols, profit), f"{note}, all at once."
    )


def factor_shock(
    name: str,
    moves: Mapping[str, float],
    model: FactorModel,
    weights: FloatArray,
    *,
    propagate: bool = True,
) -> Shocked:
    """The book when factors move as given and the others as they usually do with them.

    Parameters
    ----------
    moves : returns of factors by name.
    propagate : the other factors move to their conditional mean F21 F11^-1 f1 (normal factors), as
        Kupiec (1998) completes a scenario; False: they stand still.

    Raises
    ------
    InputError : a factor the model does not have, or no factor at all.
    """
    unknown = [factor for factor in moves if factor not in model.factors]
    if unknown or not moves:
        what = f"no factor {unknown[0]}" if unknown else "no factor that moves"
        raise InputError(
            f"there is {what}; the model has {', '.join(model.factors)}.", field="factors"
        )
    at = [model.factors.index(factor) for factor in moves]
    given = np.array(list(moves.values()), dtype=np.float64)
    full = np.zeros(len(model.factors))
    if propagate:
        block = model.covariance[np.ix_(at, at)]
        full = model.covariance[:, at] @ np.linalg.lstsq(block, given, rcond=None)[0]
    full[at] = given
    held = model.exposures.T @ weights
    profit = held * full
    return Shocked(
        name,
        float(profit.sum()),
        largest(model.factors, profit),
        "Other factors move as they usually do with these." if propagate else "Others stand still.",
    )


@dataclass(frozen=True)
class CorrelationStress:
    """Volatility of the book per period as correlations rise to one.

    Attributes
    ----------
    now : as measured. raised : (share of the way to one, volatility).
    together : every position losing at once, longs and shorts: the sum of absolute weights times
        volatilities, above which no correlation can bring it.
    """

    now: float
    raised: tuple[tuple[float, float], ...]
    together: float


def correlation_to_one(
    weights: FloatArray, covariance: FloatArray, steps: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0)
) -> CorrelationStress:
    """Correlations (1 - s) C + s 11': positive semi-definite for every share s from 0 to 1."""
    deviation = np.sqrt(np.diag(covariance))
    own = float(weights @ covariance @ weights)
    one = float(weights @ deviation) ** 2
    raised = tuple((s, float(np.sqrt(max((1.0 - s) * own + s * one, 0.0)))) for s in steps)
    return CorrelationStress(
        float(np.sqrt(max(own, 0.0))), raised, float(np.abs(weights) @ deviation)
    )


@dataclass(frozen=True)
class ReverseStress:
    """The most plausible way to lose `loss`.

    Attributes
    ----------
    loss : fraction of equity, positive.
    moves : the positions that contribute most: symbol, its return, its profit.
    distance : Mahalanobis distance of the moves, in standard deviations of the book.
    horizon : periods that the covariance was stretched to.
    chance : of losing that much or more within the horizon were returns normal: a floor.
    """

    loss: float
    horizon: int
    distance: float
    chance: float
    moves: tuple[tuple[str, float, float], ...]


def reverse_stress(
    loss: float,
    symbols: tuple[str, ...],
    weights: FloatArray,
    covariance: FloatArray,
    *,
    horizon: int = 1,
    count: int = 10,
) -> ReverseStress:
    """Moves x with w'x = -loss of least Mahalanobis distance: -loss Σw / (w'Σw).

    Of all moves that lose this much, the likeliest under a normal distribution of mean 0 (Breuer,
    Jandačka, Rheinberger and Summer 2009).

    Raises
    ------
    InputError : a loss that is not above 0, or a book without variance.
    """
    if not (np.isfinite(loss) and loss > 0):
        raise InputError(f"a loss of {loss} is not above 0.", field="loss")
    from scipy.special import ndtr

    moved = covariance @ weights
    variance = float(weights @ moved)
    if variance <= STILL**2:
        raise InputError("the book has no variance: no move loses anything.", field="weights")
    moves = -loss * moved / variance
    distance = loss / float(np.sqrt(variance * horizon))
    profit = weights * moves
    order = np.argsort(-np.abs(profit), kind="stable")[:count]
    return ReverseStress(
        loss,
        horizon,
        distance,
        float(ndtr(-distance)),
        tuple((symbols[k], float(moves[k]), float(profit[k])) for k in order),
    )

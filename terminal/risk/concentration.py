"""How many bets the book really is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.market.panel import FloatArray

TOPS = (1, 5, 10)


@dataclass(frozen=True)
class Concentration:
    """Of the book.

    Attributes
    ----------
    herfindahl : sum of squared shares of gross value, 1 / n to 1; effective_positions : 1 / it.
    tops : (count, share of gross value in that many largest positions).
    effective_bets : of uncorrelated principal portfolios (Meucci 2009).
    effective_bets_torsion : of the uncorrelated bets nearest to the positions (Meucci, Santangelo
        and Deguest 2013, by the root of the correlation matrix).
    diversification : weighted mean volatility / volatility of the book (Choueifaty, Coignard 2008).
    """

    herfindahl: float
    effective_positions: float
    tops: tuple[tuple[int, float], ...]
    effective_bets: float
    effective_bets_torsion: float
    diversification: float | None


def concentration(weights: FloatArray, covariance: FloatArray) -> Concentration:
    """From float64 weights (n,) and covariance (n, n)."""
    shares = np.sort(np.abs(weights) / np.abs(weights).sum())[::-1]
    index = float(shares @ shares)
    deviation = np.sqrt(np.diag(covariance))
    whole = float(np.sqrt(max(float(weights @ covariance @ weights), 0.0)))
    return Concentration(
        index,
        1.0 / index,
        tuple((count, float(shares[:count].sum())) for count in TOPS),
        effective_bets(weights, covariance),
        effective_bets(weights, covariance, torsion=True),
        float(np.abs(weights) @ deviation) / whole if whole > 0 else None,
    )


def effective_bets(weights: FloatArray, covariance: FloatArray, *, torsion: bool = False) -> float:
    """exp of the entropy of the variance by uncorrelated bets: 1 (one bet) to n (Meucci 2009).

    Parameters
    ----------
    torsion : bets are the positions made uncorrelated with the least change, instead of the
        principal portfolios, which are hard to name and change sign.
    """
    if torsion:
        deviation = np.sqrt(np.diag(covariance))
        values, vectors = np.linalg.eigh(covariance / np.outer(deviation, deviation))
        # in scaled units: bets = C^-1/2 returns, so the book's exposure to them is C^1/2 w
        exposure = (vectors * np.sqrt(np.maximum(values, 0.0))) @ (
            vectors.T @ (deviation * weights)
        )
        variance = exposure**2
    else:
        values, vectors = np.linalg.eigh(covariance)
        variance = (vectors.T @ weights) ** 2 * np.maximum(values, 0.0)
    total = float(variance.sum())
    if total <= 0.0:
        return 1.0
    share = variance / total
    share = share[share > 0]
    return float(np.exp(-(share * np.log(share)).sum()))

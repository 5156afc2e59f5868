"""What is held: gross, net, by sector, against the market."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from terminal.market.panel import FloatArray
from terminal.risk.history import beta_to

UNKNOWN_SECTOR = "Sector not known"


@dataclass(frozen=True)
class SectorExposure:
    """Shares of equity: long >= 0, short <= 0, net and gross."""

    sector: str
    long: float
    short: float
    net: float
    gross: float


@dataclass(frozen=True)
class Exposures:
    """Shares of equity; `beta` is the book's, the sum of weight times beta; None without a market.

    `cash` is what the positions leave of the equity: 1 less net.
    """

    gross: float
    net: float
    long: float
    short: float
    cash: float
    beta: float | None
    sectors: tuple[SectorExposure, ...]


def exposures(
    symbols: tuple[str, ...],
    weights: FloatArray,
    sectors: Mapping[str, str],
    betas: FloatArray | None,
) -> Exposures:
    """Sums over float64 weights (n,); sectors by gross value, largest first."""
    names = [sectors.get(symbol, "") or UNKNOWN_SECTOR for symbol in symbols]
    rows = []
    for name in sorted(set(names)):
        own = weights[[k for k, other in enumerate(names) if other == name]]
        if own.any():
            long, short = float(own[own > 0].sum()), float(own[own < 0].sum())
            rows.append(SectorExposure(name, long, short, long + short, long - short))
    long, short = float(weights[weights > 0].sum()), float(weights[weights < 0].sum())
    return Exposures(
        long - short,
        long + short,
        long,
        short,
        1.0 - (long + short),
        None if betas is None else float(betas @ weights),
        tuple(sorted(rows, key=lambda row: (-row.gross, row.sector))),
    )


def betas(returns: FloatArray, market: FloatArray | None) -> FloatArray | None:
    """Of each column to the market, or None without one that moves."""
    if market is None or float(np.std(market)) <= 0.0:
        return None
    return beta_to(returns, market)

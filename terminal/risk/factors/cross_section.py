"""A fundamental model: each date's returns regressed on exposures known the day before.

r_t = X_{t-1} f_t + u_t by weighted least squares, weights the root of size (Grinold and Kahn 2000;
Menchero, Orr and Wang 2011). Factor covariance and specific variances are exponentially weighted.
Every instrument belongs to one sector, so sectors carry the market and no constraint is needed.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.risk.book import check_returns
from terminal.risk.exposures import UNKNOWN_SECTOR
from terminal.risk.factors import exposures as x
from terminal.risk.factors.model import FactorModel

HALF_LIFE = 90
LONGEST = 504
"""Cross-sections that are estimated; older ones would weigh less than 2 %."""
LEAST = 60
MARKET = "Market"


def cross_sectional_factors(
    returns: FloatArray,
    symbols: tuple[str, ...],
    *,
    market: FloatArray | None = None,
    sectors: Mapping[str, str] | None = None,
    capital: Mapping[str, float] | None = None,
    half_life: float = HALF_LIFE,
) -> FactorModel:
    """Size, momentum, volatility, beta and sectors; what cannot be had is left out and noted.

    Parameters
    ----------
    returns : float64 (T, n). market : (T,); None: the mean of the instruments.
    sectors : by symbol; with fewer than two there is one market factor.
    capital : market capitalisation of the last date by symbol; used where all have one.

    Raises
    ------
    InputError : fewer than 60 cross-sections after a year of warm-up, or more factors than a
        third of the instruments.
    """
    check_returns(returns, symbols)
    if len(returns) < x.YEAR + LEAST:
        raise InputError(
            f"there are {len(returns)} returns; a cross-sectional model needs {x.YEAR + LEAST}.",
            field="returns",
            remedy="Load a longer history.",
        )
    used = returns[-(LONGEST + x.YEAR) :]
    followed = used.mean(axis=1) if market is None else market[-len(used) :]
    given = capital or {}
    styles = {
        "Momentum": x.momentum(used),
        "Volatility": x.volatility(used),
        "Beta": x.beta(used, followed),
    }
    notes = []
    sized = [given.get(symbol, 0.0) for symbol in symbols]
    level = np.zeros(used.shape)
    if all(value > 0 for value in sized):
        level = x.size(used, np.array(sized))
        styles = {"Size": level, **styles}
    else:
        missing = next(s for s, value in zip(symbols, sized, strict=True) if not value > 0)
        notes.append(f"No size factor: {missing} has no market capitalisation.")
    groups, names = _sectors(symbols, sectors or {}, notes)
    columns = (*names, *styles)
    if len(columns) * 3 > len(symbols):
        raise InputError(
            f"{len(columns)} factors of {len(symbols)} instruments leave nothing to average.",
            field="symbols",
            remedy="Use principal components for a small book.",
        )
    known = np.arange(len(used)) >= x.YEAR - 1
    weight = np.exp(level[known] - level[known].max(axis=1, keepdims=True))
    design = np.empty((int(known.sum()), len(symbols), len(columns)))
    design[:, :, : len(names)] = groups
    for k, values in enumerate(styles.values(), start=len(names)):
        design[:, :, k] = x.standardised(values[known], weight)
    earned, rest = _factor_returns(design[:-1], used[known][1:], np.sqrt(weight[:-1]))
    decay = 0.5 ** (np.arange(len(earned))[::-1] / half_life)
    decay /= decay.sum()
    centred = earned - decay @ earned
    covariance = (centred * decay[:, None]).T @ centred
    specific = decay @ (rest - decay @ rest) ** 2
    return FactorModel(
        "Cross-sectional", columns, symbols, design[-1], covariance, specific, tuple(notes)
    )


def _sectors(
    symbols: tuple[str, ...], sectors: Mapping[str, str], notes: list[str]
) -> tuple[FloatArray, tuple[str, ...]]:
    """Dummies (n, sectors) and their names; a sector of one instrument joins the unknown."""
    own = [sectors.get(symbol, "") or UNKNOWN_SECTOR for symbol in symbols]
    lonely = {name for name in own if own.count(name) < 2 and name != UNKNOWN_SECTOR}
    if lonely:
        notes.append("Sectors of a single instrument stand together: " + ", ".join(sorted(lonely)))
    own = [UNKNOWN_SECTOR if name in lonely else name for name in own]
    names = sorted(set(own))
    if len(names) < 2:
        notes.append("No sector factors: fewer than two sectors are known.")
        return np.ones((len(symbols), 1)), (MARKET,)
    return np.array([[name == other for other in names] for name in own], dtype=float), tuple(names)


def _factor_returns(
    design: FloatArray, returns: FloatArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Weighted least squares of every cross-section: factor returns (T, k), residuals (T, n)."""
    weighted = design * weight[:, :, None]
    left = weighted.transpose(0, 2, 1) @ design
    right = (weighted.transpose(0, 2, 1) @ returns[:, :, None])[:, :, 0]
    # a style without spread in a cross-section (all scores 0) earns nothing there
    scale = np.trace(left, axis1=1, axis2=2) / left.shape[1]
    left = left + 1e-10 * scale[:, None, None] * np.eye(left.shape[1])
    earned = np.linalg.solve(left, right[:, :, None])[:, :, 0]
    return earned, returns - (design @ earned[:, :, None])[:, :, 0]

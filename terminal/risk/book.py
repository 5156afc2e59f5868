"""The book whose risk is measured, and the checks its numbers pass before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray, TimeArray

LEAST_PERIODS = 60
"""Returns below which a tail is a guess."""
STILL = 1e-12
"""A standard deviation below this is rounding: the price did not move."""


@dataclass(frozen=True)
class Book:
    """Positions and the returns of what is held.

    Attributes
    ----------
    symbols : the n instruments; weights : float64 (n,), share of equity, short negative.
    dates : datetime64[D] (T,), strictly increasing; returns : float64 (T, n), simple, row t known
        at the close of `dates[t]`.
    equity : in account currency.
    market : float64 (T,), returns of the market on the same dates, or None.
    sectors : by symbol; an instrument without one stands under "".
    traded : currency an average day trades, by symbol; spread : full spread, fraction of the price.
    size : market capitalisation by symbol; any currency, the same for all.
    """

    symbols: tuple[str, ...]
    weights: FloatArray
    dates: TimeArray
    returns: FloatArray
    equity: float = 1.0
    market: FloatArray | None = None
    sectors: Mapping[str, str] = field(default_factory=dict)
    traded: Mapping[str, float] = field(default_factory=dict)
    spread: Mapping[str, float] = field(default_factory=dict)
    size: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises InputError, naming the symbol or field, unless everything fits."""
        check_returns(self.returns, self.symbols)
        check_weights(self.weights, self.symbols)
        if (
            self.dates.shape != (len(self.returns),)
            or (np.diff(self.dates.astype("i8")) <= 0).any()
        ):
            raise InputError(
                f"{len(self.dates)} dates for {len(self.returns)} returns, or not in order.",
                field="dates",
            )
        if not (np.isfinite(self.equity) and self.equity > 0):
            raise InputError(f"equity is {self.equity}; it must be above 0.", field="equity")
        if self.market is not None:
            check_series(self.market, "market", len(self.returns))

    @cached_property
    def portfolio(self) -> FloatArray:
        """float64 (T,): returns of today's weights, held at every date in the past."""
        return self.returns @ self.weights


def check_returns(
    returns: FloatArray, symbols: tuple[str, ...], least: int = LEAST_PERIODS
) -> None:
    """Refuse returns that no risk can be read from.

    Raises
    ------
    InputError : of another shape than (T, n), too few, not finite, below a total loss, or an
        instrument whose price never moves.
    """
    if returns.ndim != 2 or returns.shape[1] != len(symbols) or not symbols:
        raise InputError(
            f"returns have the shape {returns.shape}; {len(symbols)} instruments need one column "
            "each.",
            field="returns",
        )
    if len(set(symbols)) != len(symbols):
        twice = next(s for s in symbols if symbols.count(s) > 1)
        raise InputError(f"{twice} stands in the book twice.", field="symbols")
    if len(returns) < least:
        raise InputError(
            f"there are {len(returns)} returns; {least} are needed.",
            field="returns",
            remedy="Load a longer history.",
        )
    wrong = ~np.isfinite(returns)
    if wrong.any():
        row, column = (int(k) for k in np.argwhere(wrong)[0])
        raise InputError(
            f"the return of {symbols[column]} is {returns[row, column]}.",
            field="returns",
            row=row + 1,
            remedy="Fill the gap, start later, or leave the instrument out.",
        )
    if returns.min() < -1.0:
        row, column = (int(k) for k in np.unravel_index(returns.argmin(), returns.shape))
        raise InputError(
            f"the return of {symbols[column]} is {returns[row, column]}: it loses more than all.",
            field="returns",
            row=row + 1,
        )
    still = returns.max(axis=0) - returns.min(axis=0) < STILL
    if still.any():
        raise InputError(
            f"the price of {symbols[int(still.argmax())]} never moves; it has no risk to measure.",
            field="returns",
            remedy="Leave it out, or count it as cash.",
        )


def check_weights(weights: FloatArray, symbols: tuple[str, ...]) -> None:
    """Refuse weights that are not n finite numbers, or all zero.

    Raises
    ------
    InputError : naming the symbol.
    """
    if weights.shape != (len(symbols),):
        raise InputError(
            f"weights have the shape {weights.shape} for {len(symbols)} instruments.",
            field="weights",
        )
    wrong = ~np.isfinite(weights)
    if wrong.any():
        at = int(wrong.argmax())
        raise InputError(f"the weight of {symbols[at]} is {weights[at]}.", field="weights")
    if not weights.any():
        raise InputError("every weight is 0: nothing is held.", field="weights")


def check_covariance(covariance: FloatArray, symbols: tuple[str, ...]) -> None:
    """Refuse what is no covariance: float64 (n, n), finite, symmetric, variances above 0.

    Raises
    ------
    InputError : naming the instruments.
    """
    n = len(symbols)
    if covariance.shape != (n, n):
        raise InputError(
            f"the covariance has the shape {covariance.shape} for {n} instruments.",
            field="covariance",
        )
    wrong = ~np.isfinite(covariance)
    if wrong.any():
        i, j = (int(k) for k in np.argwhere(wrong)[0])
        raise InputError(
            f"the covariance of {symbols[i]} and {symbols[j]} is {covariance[i, j]}.",
            field="covariance",
        )
    variance = np.diag(covariance)
    if (variance <= 0).any():
        at = int((variance <= 0).argmax())
        raise InputError(f"the variance of {symbols[at]} is {variance[at]}.", field="covariance")
    scale = np.sqrt(np.outer(variance, variance))
    apart = np.abs(covariance - covariance.T) / scale
    if apart.max() > 1e-8:
        i, j = (int(k) for k in np.unravel_index(apart.argmax(), apart.shape))
        raise InputError(
            f"the covariance of {symbols[i]} with {symbols[j]} is not that of {symbols[j]} with "
            f"{symbols[i]}.",
            field="covariance",
        )


def check_series(values: FloatArray, name: str, n: int | None = None) -> None:
    """Refuse a series that is not (n,) finite numbers.

    Raises
    ------
    InputError : naming the series and the row.
    """
    if values.ndim != 1 or (n is not None and len(values) != n):
        raise InputError(f"{name} has the shape {values.shape}, not ({n},).", field=name)
    wrong = ~np.isfinite(values)
    if wrong.any():
        at = int(wrong.argmax())
        raise InputError(f"{name} is {values[at]}.", field=name, row=at + 1)


def check_level(level: float) -> None:
    """Refuse a confidence level outside 0.5 to 1.

    Raises
    ------
    InputError : naming it.
    """
    if not 0.5 <= level < 1.0:
        raise InputError(
            f"a level of {level} is outside 0.5 to 1.", field="level", remedy="Enter 0.95 or 0.99."
        )


def covariance_of(returns: FloatArray) -> FloatArray:
    """Sample covariance (ddof 1) per period, float64 (n, n), also of a single column."""
    centred = returns - returns.mean(axis=0)
    return np.asarray(centred.T @ centred / (len(returns) - 1))

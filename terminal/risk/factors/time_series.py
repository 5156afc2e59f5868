"""Given factor returns: exposures by regression over time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from terminal.backtest.attribution.factors import FactorFit, factor_fit
from terminal.errors import InputError
from terminal.market.panel import FloatArray, TimeArray
from terminal.risk.book import check_returns, covariance_of
from terminal.risk.factors.model import FactorModel


def regression_factors(
    returns: FloatArray, symbols: tuple[str, ...], factors: FloatArray, names: tuple[str, ...]
) -> FactorModel:
    """Exposures of float64 returns (T, n) to factor returns (T, k) by least squares with intercept.

    Raises
    ------
    InputError : rows do not match, fewer rows than coefficients, factors that are combinations of
        each other, or a value that is not a number.
    """
    check_returns(returns, symbols)
    if factors.shape != (len(returns), len(names)):
        raise InputError(
            f"factors have the shape {factors.shape}, not {(len(returns), len(names))}.",
            field="factors",
        )
    if not np.isfinite(factors).all():
        row, column = (int(k) for k in np.argwhere(~np.isfinite(factors))[0])
        raise InputError(
            f"{names[column]} is {factors[row, column]}.", field="factors", row=row + 1
        )
    design = np.column_stack([np.ones(len(factors)), factors])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise InputError("the factors are combinations of each other.", field="factors")
    found, *_ = np.linalg.lstsq(design, returns, rcond=None)
    rest = returns - design @ found
    specific = (rest**2).sum(axis=0) / (len(returns) - design.shape[1])
    return FactorModel(
        "Regression on factor returns", names, symbols, np.asarray(found[1:].T),
        covariance_of(factors), np.asarray(specific),
    )  # fmt: skip


def monthly_fit(
    returns: FloatArray, dates: TimeArray, factors: pd.DataFrame | None
) -> FactorFit | None:
    """The book's regression on monthly factors (Fama and French's, and momentum where loaded).

    Whole months only: those whose first and last weekday the dates reach. None without factors or
    with fewer than 24 months in common.

    Parameters
    ----------
    returns : float64 (T,) of the book; factors : by month, with `RF`.
    """
    if factors is None or not len(returns):
        return None
    index = pd.DatetimeIndex(dates)
    months = index.to_period("M")
    compounded = pd.Series(np.log1p(np.maximum(returns, -0.999999)), months).groupby(level=0).sum()
    first, last = months[0], months[-1]
    begins = index[0] <= pd.offsets.BDay().rollforward(first.start_time) + pd.Timedelta(days=3)
    ends = index[-1] >= pd.offsets.BDay().rollback(last.end_time.normalize()) - pd.Timedelta(days=3)
    whole = compounded.iloc[0 if begins else 1 : None if ends else -1]
    return factor_fit(pd.Series(np.expm1(whole)), factors)

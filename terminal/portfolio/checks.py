"""What every estimator and optimiser asks of its input, and the sentence when it is not so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray

SINGULAR = 1e-11
"""A pivot of the correlation matrix below this: one instrument is a combination of others."""


def named(symbols: Sequence[str], column: int) -> str:
    """How a sentence calls an instrument: its symbol, or its number where it has none."""
    return symbols[column] if column < len(symbols) else f"instrument {column + 1}"


def listed(names: Sequence[str], most: int = 4) -> str:
    """A, B, C and 5 more."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def checked_returns(
    returns: FloatArray, symbols: Sequence[str] = (), *, least: int = 2
) -> FloatArray:
    """Returns as float64 (n_periods, n) of at least `least` periods, all finite.

    Raises
    ------
    InputError : naming the instrument and the row of the first value that is missing, or how many
        periods there are and how many it takes.
    """
    values = np.asarray(returns, dtype=np.float64)
    if values.ndim != 2 or not values.shape[1]:
        raise InputError(
            f"returns have shape {values.shape}; a row a period and a column an instrument is "
            "wanted.",
            field="returns",
        )
    if len(values) < least:
        raise InputError(
            f"The history has {len(values)} periods; {least} are needed.",
            field="returns",
            remedy="Lengthen the history.",
        )
    if not np.isfinite(values).all():
        row, column = np.argwhere(~np.isfinite(values))[0]
        raise InputError(
            f"The return of {named(symbols, int(column))} in row {row + 1} is missing or infinite.",
            field="returns",
            row=int(row) + 1,
            remedy="Leave the instrument out, or the periods in which it has no return.",
        )
    return values


def checked_vector(
    values: FloatArray, n: int, name: str, symbols: Sequence[str] = ()
) -> FloatArray:
    """`values` as float64 (n,), all finite; InputError naming the instrument otherwise."""
    vector = np.asarray(values, dtype=np.float64)
    if vector.shape != (n,):
        raise InputError(
            f"{name} has shape {vector.shape}; {n} instruments need ({n},).", field=name
        )
    if not np.isfinite(vector).all():
        column = int(np.flatnonzero(~np.isfinite(vector))[0])
        raise InputError(f"{name} of {named(symbols, column)} is {vector[column]}.", field=name)
    return vector


def checked_covariance(covariance: FloatArray, symbols: Sequence[str] = ()) -> FloatArray:
    """A covariance as float64 (n, n): square, finite, symmetric, every variance above zero.

    Raises
    ------
    InputError : naming what is wrong, and with which instruments.
    """
    matrix = np.asarray(covariance, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise InputError(
            f"The covariance has shape {matrix.shape}; it must be square.", field="covariance"
        )
    if symbols and len(symbols) != len(matrix):
        raise InputError(
            f"There are {len(symbols)} symbols for a covariance of {len(matrix)} instruments.",
            field="symbols",
        )
    if not np.isfinite(matrix).all():
        row, column = (int(k) for k in np.argwhere(~np.isfinite(matrix))[0])
        raise InputError(
            f"The covariance of {named(symbols, row)} and {named(symbols, column)} is "
            f"{matrix[row, column]}.",
            field="covariance",
            remedy="Estimate it from periods in which both have returns.",
        )
    variance = np.diag(matrix)
    # A variance that is rounding beside the largest is that of a price which does not move.
    still = np.flatnonzero(variance <= 1e-16 * variance.max())
    if still.size:
        raise InputError(
            f"The variance of {listed([named(symbols, int(k)) for k in still])} is "
            f"{variance[still[0]]:g}: its price does not move.",
            field="covariance",
            remedy="Leave it out; cash needs no place in the covariance.",
        )
    apart = np.abs(matrix - matrix.T).max()
    if apart > 1e-8 * variance.max():
        raise InputError(
            f"The covariance is not symmetric: it differs from its transpose by {apart:g}.",
            field="covariance",
        )
    return (matrix + matrix.T) / 2.0


def require_invertible(covariance: FloatArray, symbols: Sequence[str] = ()) -> None:
    """InputError unless the (checked) covariance is positive definite beyond rounding.

    Without that, many weights are equally good and which of them comes out is an accident.
    """
    deviation = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(deviation, deviation)
    try:
        pivots = np.diag(np.linalg.cholesky(correlation)) ** 2
    except np.linalg.LinAlgError:
        pivots = np.zeros(1)
    if pivots.min() > SINGULAR:
        return
    remedy = "Use a shrunk, denoised or factor covariance, a longer history, or an L2 penalty."
    upper = np.triu(np.abs(correlation), 1)
    if upper.max() > 1.0 - 1e-9:
        one, other = (int(k) for k in np.argwhere(upper > 1.0 - 1e-9)[0])
        raise InputError(
            f"The covariance is singular: {named(symbols, one)} and {named(symbols, other)} move "
            "as one.",
            field="covariance",
            remedy="Leave one of them out.",
        )
    lowest = float(np.linalg.eigvalsh(correlation)[0])
    if lowest < -1e-8:
        raise InputError(
            f"The covariance is not positive definite: the lowest eigenvalue of its correlation is "
            f"{lowest:.3g}, so some portfolio would have a negative variance.",
            field="covariance",
            remedy=remedy,
        )
    raise InputError(
        f"The covariance of {len(covariance)} instruments is singular: some portfolio of them "
        "would have no risk at all.",
        field="covariance",
        remedy=remedy,
    )


def correlation_of(covariance: FloatArray) -> FloatArray:
    """Correlation of a checked covariance, exactly 1 on its diagonal and within +-1."""
    deviation = np.sqrt(np.diag(covariance))
    out = np.clip(covariance / np.outer(deviation, deviation), -1.0, 1.0)
    np.fill_diagonal(out, 1.0)
    return np.asarray(out)

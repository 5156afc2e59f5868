"""What every test of this room asks of its arrays: numbers, of the right shape, and enough."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from terminal.backtest import return_metrics
from terminal.errors import InputError
from terminal.market.panel import FloatArray

NUMBERS = "Leave out or fill the missing values first."


def finite(values: npt.ArrayLike, field: str, ndim: int = 1, least: int = 1) -> FloatArray:
    """The values as float64 with `ndim` axes, at least `least` rows and no NaN or infinity.

    Raises
    ------
    InputError : another shape, too few rows, or a value that is no number (named by its row).
    """
    out = np.asarray(values, dtype=np.float64)
    if out.ndim != ndim:
        raise InputError(f"has {out.ndim} axes, {ndim} expected.", field=field)
    if out.shape[0] < least or 0 in out.shape[1:]:
        raise InputError(
            f"has {out.shape[0]} rows; at least {least} are needed.",
            field=field,
            remedy="Use a longer period.",
        )
    wrong = ~np.isfinite(out).all(axis=tuple(range(1, ndim)))
    if wrong.any():
        raise InputError(
            "is not a number here.", field=field, row=int(wrong.argmax()) + 1, remedy=NUMBERS
        )
    return out


def moving(values: npt.ArrayLike, field: str, least: int = 2) -> FloatArray:
    """`finite` for a series that also varies: a ratio to its deviation exists.

    Raises
    ------
    InputError : as `finite`, or every value is the same.
    """
    out = finite(values, field, least=max(least, 2))
    if return_metrics.sharpe(out, 1.0) is None:
        raise InputError(
            "never changes, so that its Sharpe ratio is undefined.",
            field=field,
            remedy="Choose a period in which the strategy traded.",
        )
    return out


def above(value: float, low: float, field: str) -> float:
    """A finite number above `low`.

    Raises
    ------
    InputError : it is not.
    """
    if not (np.isfinite(value) and value > low):
        raise InputError(f"is {value}; it must be a number above {low:g}.", field=field)
    return float(value)


def share(value: float, field: str) -> float:
    """A probability strictly between 0 and 1.

    Raises
    ------
    InputError : it is not.
    """
    if not 0.0 < value < 1.0:
        raise InputError(f"is {value}; it must lie between 0 and 1.", field=field)
    return float(value)


def count(value: int, least: int, field: str) -> int:
    """A whole number of at least `least`.

    Raises
    ------
    InputError : it is not.
    """
    if value != int(value) or value < least:
        raise InputError(f"is {value}; it must be a whole number of at least {least}.", field=field)
    return int(value)

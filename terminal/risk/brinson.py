"""A book against another, by sector: what came from the sectors chosen, what from within them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from terminal.backtest.attribution.brinson import Brinson, attribute
from terminal.backtest.held import Held
from terminal.errors import InputError
from terminal.market.panel import FloatArray


def holdings_attribution(
    weights: FloatArray,
    benchmark: FloatArray,
    returns: FloatArray,
    symbols: tuple[str, ...],
    sectors: Mapping[str, str],
) -> Brinson | None:
    """Brinson and Fachler's effects of holdings, linked over periods; None below two sectors.

    Parameters
    ----------
    weights, benchmark : float64 (T, n), shares of equity at the beginning of each period; what is
        missing to 1 is cash and earns nothing.
    returns : float64 (T, n), of the period that the weights of its row were held in.

    Raises
    ------
    InputError : shapes that do not match, or a value that is not a number.
    """
    for name, values in (("weights", weights), ("benchmark", benchmark), ("returns", returns)):
        if values.shape != returns.shape or values.shape[1:] != (len(symbols),):
            raise InputError(
                f"{name} have the shape {values.shape}, not {(len(returns), len(symbols))}.",
                field=name,
            )
        wrong = ~np.isfinite(values)
        if wrong.any():
            row, column = (int(k) for k in np.argwhere(wrong)[0])
            raise InputError(
                f"{name} of {symbols[column]} is {values[row, column]}.", field=name, row=row + 1
            )
    costs = np.zeros(len(returns))
    return attribute(
        Held(weights, returns, costs), Held(benchmark, returns, costs), symbols, sectors
    )

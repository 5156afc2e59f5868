"""Each position on its own and as a part of the book."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.market.panel import FloatArray
from terminal.risk.book import Book
from terminal.risk.components import (
    Components,
    incremental_var,
    scenario_components,
    tails,
    volatility_components,
)
from terminal.risk.drawdowns import deepest
from terminal.risk.value_at_risk import cutoff_of


@dataclass(frozen=True)
class PositionRisk:
    """Fractions of equity a period unless said otherwise; value at risk and shortfall are losses.

    Attributes
    ----------
    volatility : of the instrument, of its own price. beta : to the market, or None.
    var, shortfall : historical, of the instrument on its own, fractions of its price.
    max_drawdown : of the instrument, <= 0.
    component_var, component_shortfall : parts of the book's historical tail; they add up to it.
    marginal_var : change of the book's value at risk a unit of weight.
    incremental_var : of the book, what selling the whole position would take away.
    component_volatility : part of the book's standard deviation; they add up to it.
    """

    symbol: str
    sector: str
    weight: float
    volatility: float
    beta: float | None
    var: float
    shortfall: float
    max_drawdown: float
    component_var: float
    component_shortfall: float
    marginal_var: float
    incremental_var: float
    component_volatility: float


def position_risks(
    book: Book, covariance: FloatArray, betas: FloatArray | None, level: float
) -> tuple[PositionRisk, ...]:
    """Every position, largest part of the shortfall first."""
    var, shortfall = tails(np.ascontiguousarray(book.returns.T), cutoff_of(level))
    falls = deepest(book.returns)
    parts: Components = scenario_components(book.weights, book.returns, level)
    taken = incremental_var(book.weights, book.returns, level)
    of_volatility = volatility_components(book.weights, covariance)
    deviation = np.sqrt(np.diag(covariance))
    rows = [
        PositionRisk(
            symbol,
            book.sectors.get(symbol, ""),
            float(book.weights[k]),
            float(deviation[k]),
            None if betas is None else float(betas[k]),
            float(var[k]),
            float(shortfall[k]),
            float(falls[k]),
            float(parts.var[k]),
            float(parts.shortfall[k]),
            float(parts.marginal_var[k]),
            float(taken[k]),
            float(of_volatility[k]),
        )
        for k, symbol in enumerate(book.symbols)
    ]
    return tuple(sorted(rows, key=lambda row: (-row.component_shortfall, row.symbol)))

"""What an optimisation found, as its page shows it: one frozen value, stored as JSON.

Returns and volatilities are of a year, weights and risk shares of the whole, money in the data
set's currency.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """A portfolio among risk and return. expected None: no expected returns are known."""

    name: str
    volatility: float
    expected: float | None
    sharpe: float | None = None


@dataclass(frozen=True)
class Row:
    """An instrument.

    Attributes
    ----------
    price : it is counted at. expected, volatility : its own.
    before, weight : held now, and by the method; whole : of the units that are wanted.
    risk, risk_before : shares of the variance of the portfolio proposed, and of the one held.
    held, wanted : units.
    """

    symbol: str
    sector: str
    price: float
    expected: float | None
    volatility: float
    before: float
    weight: float
    whole: float
    risk: float
    risk_before: float
    held: float
    wanted: float


@dataclass(frozen=True)
class Trade:
    """An order it takes. units : negative to sell; notional, cost : currency, above zero."""

    symbol: str
    units: float
    price: float
    notional: float
    cost: float


@dataclass(frozen=True)
class Tree:
    """Instruments by what moves together.

    Attributes
    ----------
    joins : (left node, right node, height); nodes are the instruments, then the joins.
    order : instruments from left to right. group : of each instrument, from 0.
    """

    symbols: tuple[str, ...]
    joins: tuple[tuple[int, int, float], ...]
    order: tuple[int, ...]
    group: tuple[int, ...]


@dataclass(frozen=True)
class Proposal:
    """Attributes.

    first, last, periods : of the window that the estimates are made of.
    equity : that weights are shares of; cash : left once all is traded.
    points : the portfolio held (if any), the one proposed and the one of whole units.
    frontier : from the least variance to the most return; () where it cannot be drawn.
    trades : sales first. turnover : their notional over equity; cost : theirs, currency.
    binding : constraints that hold with equality. notes : what a reader must know.
    """

    method: str
    title: str
    estimates: str
    first: str
    last: str
    periods: int
    currency: str
    simulated: bool
    equity: float
    cash: float
    rows: tuple[Row, ...]
    points: tuple[Point, ...]
    frontier: tuple[Point, ...]
    trades: tuple[Trade, ...]
    turnover: float
    cost: float
    tree: Tree | None
    binding: tuple[str, ...]
    notes: tuple[str, ...]

"""What an optimiser is given, and what it answers."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.portfolio.checks import (
    checked_covariance,
    checked_returns,
    checked_vector,
    correlation_of,
    require_invertible,
)
from terminal.portfolio.constraints import LONG_ONLY, Constraints, Rows, rows_of


@dataclass(frozen=True)
class Problem:
    """Instruments, what is known of them, and what weights may be.

    Attributes
    ----------
    covariance : (n, n) per period; None: the sample covariance of `returns`.
    expected : (n,) expected returns per period, where the method asks for them.
    returns : (n_periods, n), where the method asks for them (tail risks).
    symbols : names of the instruments, for sentences; may be empty.
    risk_free : per period, earned by cash.
    correlation : (n, n) where it is not that of the covariance (pairwise estimates).
    """

    covariance: FloatArray | None = None
    expected: FloatArray | None = None
    returns: FloatArray | None = None
    symbols: tuple[str, ...] = ()
    constraints: Constraints = LONG_ONLY
    risk_free: float = 0.0
    correlation: FloatArray | None = None

    @functools.cached_property
    def sigma(self) -> FloatArray:
        """The checked covariance; InputError when it cannot be one."""
        if self.covariance is not None:
            return checked_covariance(self.covariance, self.symbols)
        sample = np.atleast_2d(np.cov(self.history, rowvar=False))
        return checked_covariance(sample, self.symbols)

    @functools.cached_property
    def history(self) -> FloatArray:
        """The checked returns; InputError when there are none."""
        if self.returns is None:
            raise InputError("This method needs the history of returns.", field="returns")
        return checked_returns(self.returns, self.symbols)

    @functools.cached_property
    def n(self) -> int:
        return len(self.sigma)

    @functools.cached_property
    def rho(self) -> FloatArray:
        """The correlation, that of the covariance unless another was given."""
        if self.correlation is None:
            return correlation_of(self.sigma)
        given = np.asarray(self.correlation, dtype=np.float64)
        if given.shape != self.sigma.shape or not np.isfinite(given).all():
            raise InputError(
                f"The correlation must be finite, of shape {self.sigma.shape}.", field="correlation"
            )
        return given

    @functools.cached_property
    def ridged(self) -> FloatArray:
        """The covariance with the L2 penalty on its diagonal, invertible; InputError otherwise."""
        matrix = self.sigma + self.constraints.l2 * np.eye(self.n)
        require_invertible(matrix, self.symbols)
        return matrix

    @functools.cached_property
    def mu(self) -> FloatArray:
        """The checked expected returns; InputError when there are none."""
        if self.expected is None:
            raise InputError(
                "This method needs expected returns.",
                field="expected",
                remedy="Choose an estimator of expected returns, or a method without them.",
            )
        return checked_vector(self.expected, self.n, "The expected return", self.symbols)

    @functools.cached_property
    def rows(self) -> Rows:
        """The constraints as rows."""
        return rows_of(self.constraints, self.n, self.symbols)

    @functools.cached_property
    def costs(self) -> FloatArray:
        """(n,) cost of trading each instrument."""
        given = np.asarray(self.constraints.costs, dtype=np.float64)
        return np.broadcast_to(given, (self.n,)).copy()


@dataclass(frozen=True)
class Allocation:
    """Weights and what they mean, per period.

    Attributes
    ----------
    weights : (n,) shares of equity; what is missing to 1 is cash.
    volatility : standard deviation of the return.
    expected_return : before costs, cash earning the risk-free rate; None without expected returns.
    sharpe : (expected return - risk-free rate) / volatility; None likewise.
    risk_shares : (n,) of the variance, adding up to 1.
    turnover : sum of |w - current|; `cost`: what trading that costs, as a share of equity.
    binding : names of the constraints that hold with equality.
    notes : what a reader must know.
    """

    method: str
    symbols: tuple[str, ...]
    weights: FloatArray
    volatility: float
    expected_return: float | None
    sharpe: float | None
    risk_shares: FloatArray
    turnover: float
    cost: float
    binding: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


def allocation(
    problem: Problem, method: str, weights: FloatArray, notes: tuple[str, ...]
) -> Allocation:
    """The figures of `weights`."""
    marginal = problem.sigma @ weights
    variance = float(weights @ marginal)
    volatility = float(np.sqrt(max(variance, 0.0)))
    expected = None
    if problem.expected is not None:
        cash = 1.0 - float(weights.sum())
        expected = float(problem.mu @ weights) + cash * problem.risk_free
    sharpe = None
    if expected is not None and volatility > 0:
        sharpe = (expected - problem.risk_free) / volatility
    traded = np.abs(weights - problem.constraints.held(problem.n))
    return Allocation(
        method=method,
        symbols=problem.symbols,
        weights=weights,
        volatility=volatility,
        expected_return=expected,
        sharpe=sharpe,
        risk_shares=weights * marginal / variance if variance > 0 else np.zeros(problem.n),
        turnover=float(traded.sum()),
        cost=float(problem.costs @ traded),
        binding=_binding(problem, weights),
        notes=notes,
    )


def with_helpers(problem: Problem, weights: FloatArray) -> FloatArray:
    """x of the rows for these weights: w and the sizes of positions and trades."""
    rows = problem.rows
    out = np.zeros(rows.matrix.shape[1])
    out[: rows.n] = weights
    if rows.trades is not None:
        held = problem.constraints.held(rows.n)
        out[rows.trades : rows.trades + rows.n] = np.abs(weights - held)
    if len(out) > rows.n and rows.trades != rows.n:
        out[rows.n : 2 * rows.n] = np.abs(weights)
    return out


def _binding(problem: Problem, weights: FloatArray) -> tuple[str, ...]:
    rows = problem.rows
    values = rows.matrix @ with_helpers(problem, weights)
    near = (values > rows.upper - 1e-7) | (values < rows.lower + 1e-7)
    free = problem.constraints.net[0] < problem.constraints.net[1]
    return tuple(
        name
        for name, binds in zip(rows.names, near, strict=True)
        if binds and name and (free or not name.startswith("net exposure"))
    )

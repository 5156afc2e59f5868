"""The table of tails: every method at every level and horizon, with what it assumes."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.errors import InputError
from terminal.market.panel import FloatArray
from terminal.risk import value_at_risk as v
from terminal.risk.conditional_volatility import Volatility
from terminal.risk.extreme_value import THRESHOLD, Beyond, beyond_threshold, extreme_value
from terminal.risk.request import RiskRequest
from terminal.risk.simulation import filtered_historical, joint_draws
from terminal.risk.value_at_risk import Method, Tail


@dataclass(frozen=True)
class TailRow:
    """A method at a level and horizon; None where it gives no number, and the note says why."""

    method: Method
    level: float
    horizon: int
    var: float | None
    shortfall: float | None
    note: str


def tail_table(
    weights: FloatArray,
    returns: FloatArray,
    covariance: FloatArray,
    volatility: Volatility,
    request: RiskRequest,
) -> tuple[TailRow, ...]:
    """Rows by method, then level, then horizon.

    Parameters
    ----------
    returns : float64 (T, n). covariance : (n, n), of the Monte Carlo draws.
    volatility : of the book, whose recursion filters and simulates.
    """
    book = returns @ weights
    m, freedom = v.moments(book), v.degrees_of_freedom(book)
    joint = joint_draws(returns.mean(axis=0), covariance, draws=request.draws, seed=request.seed)
    drawn = {horizon: joint.outcomes(horizon) @ weights for horizon in request.horizons}
    extreme = _extreme(book)

    def tail(method: Method, level: float, horizon: int) -> Tail:
        if method is Method.HISTORICAL:
            return v.historical(book, level, horizon)
        if method is Method.FILTERED:
            return filtered_historical(
                book, volatility, level, horizon, draws=request.draws, seed=request.seed
            )
        if method is Method.NORMAL:
            over = m.over(horizon)
            return v.normal(over.mean, over.deviation, level)
        if method is Method.STUDENT:
            one = v.student_t(m.mean, m.deviation, freedom, level)
            return v.root_time(one, m.mean, horizon)
        if method is Method.CORNISH_FISHER:
            return v.cornish_fisher(m.over(horizon), level)
        if method is Method.MONTE_CARLO:
            return v.of_sample(drawn[horizon], level)
        if isinstance(extreme, InputError):
            raise extreme
        return extreme_value(extreme, level, horizon)

    rows = []
    for method in Method:
        for level in request.levels:
            for horizon in request.horizons:
                try:
                    found = tail(method, level, horizon)
                except InputError as error:
                    rows.append(TailRow(method, level, horizon, None, None, error.message))
                    continue
                note = _note(method, m, freedom, horizon)
                rows.append(TailRow(method, level, horizon, found.var, found.shortfall, note))
    return tuple(rows)


def _note(method: Method, m: v.Moments, freedom: float, horizon: int) -> str:
    if method is Method.STUDENT:
        return f"{freedom:.1f} degrees of freedom"
    if method is Method.CORNISH_FISHER and not v.is_monotone(m.over(horizon)):
        return "Skewness and kurtosis are beyond what the expansion holds for"
    if method is Method.EXTREME_VALUE:
        return f"beyond the {THRESHOLD:.0%} quantile"
    return ""


def _extreme(book: FloatArray) -> Beyond | InputError:
    """The fitted tail, or why there is none."""
    try:
        return beyond_threshold(book)
    except InputError as error:
        return error

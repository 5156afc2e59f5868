"""Performance measures of a series of simple returns, one per period.

`returns` is float64 (n,), `periods` the number of periods in a year (252 sessions). Losses are
negative. A measure that is undefined (too few returns, a zero denominator) is None, never a
stand-in zero. Conventions and symbols follow Bacon, *Practical Portfolio Performance Measurement
and Attribution* (2nd ed. 2008), and agree with empyrical unless docs/metrics.md says otherwise.
"""

from __future__ import annotations

import math

import numpy as np

from terminal.market.panel import FloatArray

TINY = 1e-15
"""Returns carry rounding of about 1e-16: a spread or a loss below this is none."""
SAME_HIGH = 1e-12
"""Compounding rounds: wealth within this fraction of its high is back at it."""


def _ratio(above: float, below: float) -> float | None:
    """above / below; None where that is undefined."""
    if not (math.isfinite(above) and math.isfinite(below)) or abs(below) < TINY:
        return None
    return float(above / below)


def _compounded(growth: float, exponent: float) -> float | None:
    """growth^exponent - 1; None where no number holds it."""
    if growth <= 0:
        return None
    with np.errstate(over="ignore"):
        value = float(np.power(growth, exponent) - 1.0)
    return value if math.isfinite(value) else None


def wealth(returns: FloatArray) -> FloatArray:
    """Growth of 1, the starting 1 included: (n + 1,)."""
    return np.concatenate([[1.0], np.cumprod(1.0 + returns)])


def total_return(returns: FloatArray) -> float | None:
    """prod(1 + r) - 1."""
    return float(np.prod(1.0 + returns) - 1.0) if returns.size else None


def cagr(returns: FloatArray, periods: float) -> float | None:
    """Compound annual growth: (end / start)^(periods / n) - 1; -1 after a total loss."""
    if not returns.size:
        return None
    growth = float(np.prod(1.0 + returns))
    return _compounded(growth, periods / returns.size) if growth > 0 else -1.0


def volatility(returns: FloatArray, periods: float) -> float | None:
    """Standard deviation (ddof 1) * sqrt(periods)."""
    return float(np.std(returns, ddof=1) * math.sqrt(periods)) if returns.size > 1 else None


def sharpe(excess: FloatArray, periods: float) -> float | None:
    """mean / standard deviation (ddof 1) of excess returns * sqrt(periods) (Sharpe 1994)."""
    if excess.size < 2:
        return None
    ratio = _ratio(float(np.mean(excess)), float(np.std(excess, ddof=1)))
    return None if ratio is None else ratio * math.sqrt(periods)


def downside_deviation(excess: FloatArray, periods: float) -> float | None:
    """sqrt(mean(min(r, 0)^2)) over all periods * sqrt(periods)."""
    if not excess.size:
        return None
    return float(np.sqrt(np.mean(np.minimum(excess, 0.0) ** 2)) * math.sqrt(periods))


def sortino(excess: FloatArray, periods: float) -> float | None:
    """mean * periods / downside deviation (Sortino and Price 1994)."""
    below = downside_deviation(excess, periods) if excess.size > 1 else None
    return None if below is None else _ratio(float(np.mean(excess)) * periods, below)


def omega(excess: FloatArray) -> float | None:
    """Sum of gains / sum of losses (Keating and Shadwick 2002)."""
    if excess.size < 2:
        return None
    gains, losses = excess[excess > 0].sum(), -excess[excess < 0].sum()
    return _ratio(float(gains), float(losses))


def drawdowns(returns: FloatArray) -> FloatArray:
    """Fall from the highest wealth so far, <= 0, one value per period."""
    value = wealth(returns)
    below = (value / np.maximum.accumulate(value) - 1.0)[1:]
    return np.where(below > -SAME_HIGH, 0.0, below)


def max_drawdown(returns: FloatArray) -> float | None:
    """The deepest drawdown, <= 0."""
    return float(drawdowns(returns).min()) if returns.size else None


def drawdown_depths(returns: FloatArray) -> FloatArray:
    """The deepest point of each drawdown episode, <= 0, in order."""
    below = drawdowns(returns)
    under = np.concatenate([[False], below < 0, [False]])
    starts = np.flatnonzero(~under[:-1] & under[1:])
    ends = np.flatnonzero(under[:-1] & ~under[1:])
    return np.array([below[a:b].min() for a, b in zip(starts, ends, strict=True)])


def average_drawdown(returns: FloatArray) -> float | None:
    """Mean of the depths of all drawdown episodes."""
    depths = drawdown_depths(returns)
    return float(depths.mean()) if depths.size else None


def longest_drawdown(returns: FloatArray) -> int | None:
    """Most periods from one high of wealth to the next (or to the end)."""
    if not returns.size:
        return None
    longest = current = 0
    for under in drawdowns(returns) < 0:
        current = current + 1 if under else 0
        longest = max(longest, current)
    return longest


def pain_index(returns: FloatArray) -> float | None:
    """Mean depth below the high, >= 0 (Bacon 2008)."""
    return float(-drawdowns(returns).mean()) if returns.size else None


def ulcer_index(returns: FloatArray) -> float | None:
    """sqrt(mean(drawdown^2)) (Martin 1989)."""
    return float(np.sqrt(np.mean(drawdowns(returns) ** 2))) if returns.size else None


def calmar(returns: FloatArray, periods: float) -> float | None:
    """CAGR / |maximum drawdown| (Young 1991)."""
    growth, deepest = cagr(returns, periods), max_drawdown(returns)
    return None if growth is None or deepest is None else _ratio(growth, -deepest)


def martin(returns: FloatArray, periods: float, risk_free: float) -> float | None:
    """(CAGR - risk-free) / ulcer index."""
    growth, ulcer = cagr(returns, periods), ulcer_index(returns)
    return None if growth is None or ulcer is None else _ratio(growth - risk_free, ulcer)


def skewness(returns: FloatArray) -> float | None:
    """Third standardised moment, population moments (ddof 0)."""
    return _moment(returns, 3)


def excess_kurtosis(returns: FloatArray) -> float | None:
    """Fourth standardised moment - 3, population moments (ddof 0)."""
    value = _moment(returns, 4)
    return None if value is None else value - 3.0


def _moment(returns: FloatArray, power: int) -> float | None:
    if returns.size < power:
        return None
    centred = returns - returns.mean()
    deviation = float(np.std(returns))
    # divided before it is raised: the fourth power of a small deviation is no measure of none
    return float(np.mean((centred / deviation) ** power)) if deviation >= TINY else None


def value_at_risk(returns: FloatArray, cutoff: float = 0.05) -> float | None:
    """The `cutoff` quantile of returns, linear interpolation: a loss is negative."""
    return float(np.quantile(returns, cutoff)) if returns.size else None


def conditional_value_at_risk(returns: FloatArray, cutoff: float = 0.05) -> float | None:
    """Mean of the worst floor((n - 1) * cutoff) + 1 returns: a loss is negative."""
    if not returns.size:
        return None
    worst = int((returns.size - 1) * cutoff) + 1
    return float(np.partition(returns, worst - 1)[:worst].mean())


def tail_ratio(returns: FloatArray) -> float | None:
    """|95th percentile| / |5th percentile|."""
    if not returns.size:
        return None
    high, low = np.quantile(returns, (0.95, 0.05))
    return _ratio(abs(float(high)), abs(float(low)))


def stability(returns: FloatArray) -> float | None:
    """R^2 of cumulative log returns regressed on time."""
    if returns.size < 2 or (returns <= -1).any():
        return None
    y = np.cumsum(np.log1p(returns))
    r = _correlation(np.arange(y.size, dtype=np.float64), y)
    return None if r is None else r * r


def _correlation(x: FloatArray, y: FloatArray) -> float | None:
    if x.size < 2 or np.std(x) < TINY or np.std(y) < TINY:
        return None
    x, y = x - x.mean(), y - y.mean()
    r = float(x @ y) / math.sqrt(float(x @ x) * float(y @ y))
    return min(1.0, max(-1.0, r))


def share_positive(returns: FloatArray) -> float | None:
    """Fraction of returns above zero."""
    return float(np.mean(returns > 0)) if returns.size else None


# against a benchmark: both series cover the same periods


def beta(excess: FloatArray, benchmark: FloatArray) -> float | None:
    """Covariance with the benchmark's excess returns / their variance."""
    if excess.size < 2 or np.std(benchmark) < TINY:
        return None
    b = benchmark - benchmark.mean()
    return float(b @ (excess - excess.mean())) / float(b @ b)


def alpha_per_period(excess: FloatArray, benchmark: FloatArray) -> float | None:
    """Intercept of the regression on the benchmark (Jensen 1968), per period."""
    slope = beta(excess, benchmark)
    return None if slope is None else float(excess.mean() - slope * benchmark.mean())


def alpha(excess: FloatArray, benchmark: FloatArray, periods: float) -> float | None:
    """(1 + alpha per period)^periods - 1; None when alpha loses more than everything a period."""
    value = alpha_per_period(excess, benchmark)
    return None if value is None else _compounded(1.0 + value, periods)


def correlation(returns: FloatArray, benchmark: FloatArray) -> float | None:
    """Pearson correlation of the returns."""
    return _correlation(returns, benchmark)


def tracking_error(returns: FloatArray, benchmark: FloatArray, periods: float) -> float | None:
    """Annualised standard deviation (ddof 1) of the active return."""
    return volatility(returns - benchmark, periods)


def information_ratio(returns: FloatArray, benchmark: FloatArray, periods: float) -> float | None:
    """Annualised mean active return / tracking error."""
    return sharpe(returns - benchmark, periods)


def capture(returns: FloatArray, benchmark: FloatArray, periods: float, side: int) -> float | None:
    """CAGR over the benchmark's rising (side 1) or falling (-1) periods / the benchmark's CAGR."""
    chosen = np.sign(benchmark) == side
    ours, theirs = cagr(returns[chosen], periods), cagr(benchmark[chosen], periods)
    return None if ours is None or theirs is None else _ratio(ours, theirs)

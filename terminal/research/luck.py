"""How large the best of several measurements is when there is nothing in any of them."""

from __future__ import annotations

from statistics import NormalDist

_NORMAL = NormalDist()
_STEP, _FAR = 0.01, 8.0


def largest_by_luck(measurements: int) -> float:
    """Expected largest |t| of m independent measurements without any effect.

    E max |Z| = integral from 0 of 1 - (2 Phi(t) - 1)^m, by the trapezoid rule.
    """
    m = max(1, measurements)
    grid = [k * _STEP for k in range(round(_FAR / _STEP) + 1)]
    above = [1.0 - (2.0 * _NORMAL.cdf(t) - 1.0) ** m for t in grid]
    return _STEP * (sum(above) - 0.5 * (above[0] + above[-1]))


def t_to_believe(measurements: int, level: float = 0.05) -> float:
    """|t| that luck alone passes in any of them with probability `level` (Šidák 1967)."""
    m = max(1, measurements)
    each = 1.0 - (1.0 - level) ** (1.0 / m)
    return _NORMAL.inv_cdf(1.0 - each / 2.0)

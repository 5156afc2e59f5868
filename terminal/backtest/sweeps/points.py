"""The space and the scores of a stored sweep, as pages and the judgement read them."""

from __future__ import annotations

from collections.abc import Sequence

from terminal.backtest.sweeps.request import SweepRequest
from terminal.backtest.sweeps.space import Space, space_of
from terminal.backtest.validate import strategy_of
from terminal.db.repositories.sweeps import DONE, PointRow


def space_from(request: SweepRequest, n_bars: int) -> Space:
    """The space of a sweep, as it was planned."""
    return space_of(strategy_of(request.backtest), request.values, request.backtest.params, n_bars)


def scores_of(points: Sequence[PointRow], objective: str) -> dict[int, float]:
    """Scores by position of the points that ran to their end; NaN where undefined."""
    found = {}
    for point in points:
        if point.state == DONE:
            value = point.metrics.get(objective)
            found[point.position] = float("nan") if value is None else float(value)
    return found

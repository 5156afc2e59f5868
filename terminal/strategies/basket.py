"""A basket that returns to its mean: Johansen's trace test finds it and gives the hedge vector.

Alexander (2001), Market Models, ch. 12; the test is Johansen (1991).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.market.panel import FloatArray, Panel
from terminal.params import param
from terminal.strategies.cointegration import johansen
from terminal.strategies.spread import (
    FLAT,
    Formation,
    SpreadParams,
    carried_logs,
    formations,
    fresh_rows,
    opinions,
    positions,
)
from terminal.strategies.strategy import Strategy

MOST_TRADED, FIRST = "most traded", "first of the list"
LEVELS = {"90 %": 0, "95 %": 1, "99 %": 2}
"""Columns of the table of critical values."""


@dataclass(frozen=True)
class BasketParams(SpreadParams):
    """Which instruments make the basket, and how sure the relation must be."""

    count: int = param(
        3,
        title="Instruments",
        low=2,
        high=12,
        step=1,
        help="In the basket; critical values are known for up to 12.",
    )
    choose: str = param(
        MOST_TRADED,
        title="Chosen by",
        choices=(MOST_TRADED, FIRST),
        help="Largest traded value in the formation window, where volume is known; else the first "
        "of the list.",
    )
    level: str = param(
        "95 %",
        title="Confidence",
        choices=tuple(LEVELS),
        help="Of the trace test that the basket has a relation at all; without one it is not held.",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.formation < 5 * self.count:
            raise InputError(
                f"A formation window of {self.formation} bars is too short for {self.count} "
                "instruments; it needs five bars an instrument.",
                field="formation",
                remedy="Lengthen the window or take fewer instruments.",
            )


def basket_targets(panel: Panel, params: BasketParams) -> FloatArray:
    """Weights along the hedge vector while the basket is far from its mean.

    The vector of the surest relation, absolute weights adding up to the invested share, stays fixed
    until the next formation; the score is the basket's distance from its mean over the formation
    window, in standard deviations (ddof 1). Legs are not dollar-balanced: the vector decides. A
    basket of the same instruments keeps its position through a formation.
    """
    logs = carried_logs(panel.close)
    out = opinions(panel, params)
    kept: tuple[tuple[int, ...], int] = ((), FLAT)
    for formed in formations(panel, params):
        columns = choose_instruments(panel, formed, params)
        before, kept = kept, ((), FLAT)
        if len(columns) < 2:
            continue
        found = johansen(logs[formed.window][:, columns], params.lags)
        if found is None or found.trace[0] <= found.critical[0, LEVELS[params.level]]:
            continue
        rows = slice(formed.window.start, formed.traded.stop)
        spread = (logs[rows][:, columns] * found.vector).sum(axis=1)
        state = before[1] if before[0] == columns else FLAT
        held, state = positions(
            basket_score(spread, params.formation),
            fresh_rows(panel, formed.traded, columns),
            state,
            params,
        )
        kept = columns, state
        out[formed.traded, list(columns)] += params.invested * held[:, None] * found.vector
    return out


def choose_instruments(panel: Panel, formed: Formation, params: BasketParams) -> tuple[int, ...]:
    """Columns of the basket in the order of the panel."""
    usable = formed.usable
    if params.choose == MOST_TRADED and usable.size:
        traded = panel.close[formed.window][:, usable] * panel.volume[formed.window][:, usable]
        value = np.where(np.isfinite(traded), traded, 0.0).mean(axis=0)
        usable = usable[np.argsort(-value, kind="stable")]
    return tuple(sorted(int(column) for column in usable[: params.count]))


def basket_score(spread: FloatArray, window: int) -> FloatArray:
    """(spread - mean) / standard deviation of each `window` rows; NaN where it does not move."""
    windows = np.lib.stride_tricks.sliding_window_view(spread, window)
    deviation = windows.std(axis=1, ddof=1)
    moves = deviation > 1e-12
    return np.where(moves, windows[:, -1] - windows.mean(axis=1), np.nan) / np.where(
        moves, deviation, 1.0
    )


PAIRS_JOHANSEN = Strategy(
    slug="pairs-johansen",
    title="Basket by cointegration",
    family="pairs",
    description="Trades a basket around its mean, its weights found by Johansen's trace test; "
    "needs short selling.",
    params_type=BasketParams,
    warmup=lambda params: params.formation - 1,
    targets=basket_targets,
)

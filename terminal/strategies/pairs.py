"""Pairs that return to each other: picked by Engle and Granger's test, traded by a rolling score.

Vidyamurthy (2004), Pairs Trading, ch. 5-8; Gatev, Goetzmann and Rouwenhorst (2006), RFS 19, for
formation and trading periods.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from terminal.market.panel import FloatArray, Panel
from terminal.params import param
from terminal.strategies.cointegration import SAME_SERIES, engle_granger, p_value
from terminal.strategies.spread import (
    FLAT,
    LONG,
    SpreadParams,
    carried_logs,
    formations,
    fresh_rows,
    opinions,
    positions,
)
from terminal.strategies.strategy import Strategy

Pair = tuple[int, int]
"""Columns (y, x): y is regressed on x."""

HEDGE_RATIO, EQUAL_VALUE = "hedge ratio", "equal value"


@dataclass(frozen=True)
class PairsParams(SpreadParams):
    """How sure a pair must be, and how many are traded at once."""

    p_value: float = param(
        0.01,
        title="Largest p-value",
        low=0.0001,
        high=0.2,
        step=0.0001,
        help="Of the test that a pair does not return to its mean. Every pair of the universe is "
        "tested: with 20 instruments are 190 tests, of which 0.05 lets nine through by chance.",
    )
    most: int = param(
        5,
        title="Pairs at once",
        low=1,
        high=50,
        step=1,
        help="The surest ones are traded, each instrument in one pair at most.",
    )
    legs: str = param(
        HEDGE_RATIO,
        title="Legs",
        choices=(HEDGE_RATIO, EQUAL_VALUE),
        help="Hedge ratio: as much of the second for each unit of money in the first as the "
        "regression at entry says. Equal value: as much of one as of the other.",
    )


def pairs_targets(panel: Panel, params: PairsParams) -> FloatArray:
    """Opposite weights in the two legs of each chosen pair while it is far apart.

    Every formation picks pairs afresh; a pair picked again keeps its position, any other is closed.
    Each pair has the same share of the invested part, divided between its legs by `hedge`.
    """
    logs = carried_logs(panel.close)
    out = opinions(panel, params)
    share = params.invested / params.most
    kept: dict[Pair, tuple[int, float]] = {}
    for formed in formations(panel, params):
        pairs = choose_pairs(logs[formed.window], formed.usable, kept, params)
        before, kept = kept, {}
        rows = slice(formed.window.start, formed.traded.stop)
        for y, x in pairs:
            score, beta = rolling_regression(logs[rows, y], logs[rows, x], params.formation)
            state, ratio = before.get((y, x), (FLAT, np.nan))
            fresh = fresh_rows(panel, formed.traded, (y, x))
            held, after = positions(score, fresh, state, params)
            if params.legs == EQUAL_VALUE:
                beta = np.ones_like(beta)
            ratios = ratio_at_entry(held, beta, state, ratio)
            kept[y, x] = after, float(ratios[-1])
            of_y, of_x = hedge(ratios)
            out[formed.traded, y] += share * of_y * held
            out[formed.traded, x] -= share * of_x * held
    return out


def hedge(ratio: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shares of y and x, adding up to 1, that are one unit of y to `ratio` units of x.

    Prices are logarithms, so that the ratio is one of money, not of units. One below zero would put
    both legs on the same side; it counts as zero, which leaves y alone.
    """
    of_x = np.maximum(ratio, 0.0)
    return 1.0 / (1.0 + of_x), of_x / (1.0 + of_x)


def ratio_at_entry(held: FloatArray, beta: FloatArray, state: int, ratio: float) -> FloatArray:
    """The hedge ratio each position was entered with: it is not traded again while it is held.

    Parameters
    ----------
    held, beta : (n_rows,) position and rolling hedge ratio at each bar.
    state, ratio : of the bar before the first.
    """
    previous = np.concatenate([[state if abs(state) == LONG else 0.0], held[:-1]])
    entered = (held != 0) & (held != previous)
    rows = np.maximum.accumulate(np.where(entered, np.arange(len(held)), -1))
    start = ratio if np.isfinite(ratio) else 0.0
    return np.where(rows >= 0, beta[np.maximum(rows, 0)], start)


def choose_pairs(
    window: FloatArray, usable: np.ndarray, known: Collection[Pair], params: PairsParams
) -> list[Pair]:
    """The surest pairs of a window of log prices, none sharing an instrument.

    Each pair counts in the direction of its regression that rejects more firmly, and only with a
    positive hedge ratio: otherwise both legs would be held on the same side. One that is among the
    `known` pairs keeps their direction, because its position was entered by that regression.
    """
    if usable.size < 2:
        return []
    found = engle_granger(window[:, usable], params.lags)
    statistic = np.where(found.beta > 0, found.statistic, np.nan)
    order = np.argsort(statistic, axis=None)  # NaN last
    pairs: list[Pair] = []
    taken: set[int] = set()
    for place in order:
        i, j = (int(k) for k in np.unravel_index(place, statistic.shape))
        value = float(statistic[i, j])
        if len(pairs) == params.most or np.isnan(value) or p_value(value) > params.p_value:
            break
        pair = int(usable[i]), int(usable[j])
        if taken.isdisjoint(pair):
            pairs.append(pair[::-1] if pair[::-1] in known else pair)
            taken.update(pair)
    return pairs


def rolling_regression(y: FloatArray, x: FloatArray, window: int) -> tuple[FloatArray, FloatArray]:
    """(score, hedge ratio) of the regression of y on x and a constant over each `window` rows.

    Both (n_rows - window + 1,). The score is the last residual per standard error (ddof 2); NaN
    where x does not move or explains y entirely. The hedge ratio is estimated again at every bar.
    """
    ys = np.lib.stride_tricks.sliding_window_view(y, window)
    xs = np.lib.stride_tricks.sliding_window_view(x, window)
    ys, xs = ys - ys.mean(axis=1, keepdims=True), xs - xs.mean(axis=1, keepdims=True)
    sxx, sxy, syy = (xs * xs).sum(axis=1), (xs * ys).sum(axis=1), (ys * ys).sum(axis=1)
    moves = sxx > 0
    beta = np.where(moves, sxy, np.nan) / np.where(moves, sxx, 1.0)
    left_over = syy - beta * sxy
    known = left_over > SAME_SERIES * syy
    error = np.sqrt(np.where(known, left_over, 1.0) / (window - 2))
    return np.where(known, (ys[:, -1] - beta * xs[:, -1]) / error, np.nan), beta


PAIRS = Strategy(
    slug="pairs",
    title="Pairs by cointegration",
    family="pairs",
    description="Buys the cheap and sells the dear one of two that return to each other; "
    "needs short selling.",
    params_type=PairsParams,
    warmup=lambda params: params.formation - 1,
    targets=pairs_targets,
)

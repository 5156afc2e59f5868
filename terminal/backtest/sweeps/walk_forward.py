"""Walk-forward: choose on the past, trade the choice on what follows, and so on through the data.

The sessions are cut into windows; in each the combination that was best in training trades the
test that follows, with a purge between the two. The choices' targets are put together and traded
in one run of the engine, so that the equity pays for every change of parameters; strategies that
place orders are handed on instead, see `relay`. Scores within a
window come from the session returns of one run over the whole period: a run never looks ahead, so
what it earned in the training part is what it would have earned then. Pardo, "The Evaluation and
Optimization of Trading Strategies" (2008), chapter 11.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from terminal.backtest.inference.headline import headline_metrics
from terminal.backtest.sweeps.evaluate import Evaluation, Ground, evaluate, evaluate_targets
from terminal.backtest.sweeps.relay import relay
from terminal.backtest.sweeps.windows import Window
from terminal.errors import InputError
from terminal.market.panel import FloatArray

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class WalkForward:
    """What came of it.

    Attributes
    ----------
    table : a row a window: train_first, train_last, test_first, test_last (dates), position of the
        choice, in_sample and out_of_sample (its scores), median (out-of-sample score of all
        combinations) and beaten (share of them that the choice beat out of sample).
    evaluation : the one run of the choices, from the first test session on.
    dates : session of each of its returns.
    targets : float64 (n_bars, n_instruments) that were traded; None where orders were placed.
    efficiency : mean out-of-sample / mean in-sample score; None where the latter is not above 0.
    """

    table: pd.DataFrame
    evaluation: Evaluation
    dates: np.ndarray
    targets: FloatArray | None
    efficiency: float | None

    @property
    def sentence(self) -> str:
        """The finding in words."""
        inside, outside = self.table["in_sample"].mean(), self.table["out_of_sample"].mean()
        beaten = self.table["beaten"].mean()
        kept = "" if self.efficiency is None else f", {100 * self.efficiency:.0f} % of it"
        return (
            f"Over {len(self.table)} windows the chosen combination scored {inside:.2f} on average "
            f"where it was chosen and {outside:.2f} where it was traded{kept}; there it beat "
            f"{100 * beaten:.0f} % of the combinations, where blind choice would beat 50 %."
        ).replace("-", "\u2212")


def window_scores(
    returns: FloatArray,
    windows: Sequence[Window],
    objective: str,
    periods: float,
    risk_free_rate: float = 0.0,
) -> tuple[list[float | None], list[float | None]]:
    """(in-sample, out-of-sample) score of one combination in each window; None: undefined."""

    def score(first: int, end: int) -> float | None:
        found = headline_metrics(returns[np.newaxis, first:end], periods, risk_free_rate)
        value = float(found[objective][0])
        return value if math.isfinite(value) else None

    inside = [score(w.train_first, w.train_end) for w in windows]
    return inside, [score(w.test_first, w.test_end) for w in windows]


def choose(scores: Mapping[int, Sequence[float | None]], n_windows: int) -> list[int]:
    """The position with the best in-sample score of each window, the first of equals.

    Raises
    ------
    InputError : in a window no combination traded in training.
    """
    out = []
    for number in range(n_windows):
        known = [(row[number], -k) for k, row in scores.items() if row[number] is not None]
        if not known:
            raise InputError(
                f"In window {number + 1} no combination has a score in training.",
                field="train",
                remedy="Train on more sessions, so that there are trades to judge.",
            )
        out.append(-max(known)[1])
    return out


def stitched_targets(
    ground: Ground, windows: Sequence[Window], chosen: Sequence[Any]
) -> FloatArray:
    """Targets of each window's choice on the bars of its test; no opinion before the first.

    Parameters
    ----------
    chosen : parameters for each window.

    Raises
    ------
    InputError : the strategy places orders and names no weights.
    """
    starts, ends = _sessions(ground)
    out = np.full(ground.panel.close.shape, np.nan)
    made: dict[Any, FloatArray] = {}
    for window, params in zip(windows, chosen, strict=True):
        if params not in made:
            made = {params: ground.strategy.targets(ground.adjusted, params)}  # one at a time
        rows = slice(starts[window.test_first], ends[window.test_end - 1])
        out[rows] = made[params][rows]
    return out


def in_relay(ground: Ground, windows: Sequence[Window], chosen: Sequence[Any]) -> Evaluation:
    """One run of a strategy that places orders, with each window's choice from its test on."""
    strategy = ground.strategy
    assert strategy.start is not None  # noqa: S101  only strategies that place orders come here
    start, symbols = strategy.start, ground.panel.symbols
    first = _sessions(ground)[0]
    stretches = [
        (int(first[window.test_first]), params)
        for window, params in zip(windows, chosen, strict=True)
    ]
    handed_on = replace(
        strategy,
        start=lambda _symbols, _params: relay(lambda params: start(symbols, params), stretches),
    )
    return evaluate(replace(ground, strategy=handed_on), chosen[0])


def _sessions(ground: Ground) -> tuple[IntArray, IntArray]:
    """(first bar, bar after the last) of each session."""
    ends = np.flatnonzero(ground.kept) + 1
    return np.concatenate([[0], ends[:-1]]), ends


def walk_forward(
    ground: Ground,
    windows: Sequence[Window],
    inside: Mapping[int, Sequence[float | None]],
    outside: Mapping[int, Sequence[float | None]],
    params_of: Any,
) -> WalkForward:
    """Choose in every window and trade the choices.

    Parameters
    ----------
    inside, outside : scores by position, a value a window, of `window_scores`.
    params_of : `params_of(position)` -> the strategy's parameters.
    """
    chosen = choose(inside, len(windows))
    choices, targets = [params_of(k) for k in chosen], None
    if ground.strategy.start is None:
        targets = stitched_targets(ground, windows, choices)
        whole = evaluate_targets(ground, targets.copy())
    else:
        whole = in_relay(ground, windows, choices)
    first = windows[0].test_first
    dates = ground.session_dates
    table = pd.DataFrame(
        [
            {
                "train_first": dates[window.train_first],
                "train_last": dates[window.train_end - 1],
                "test_first": dates[window.test_first],
                "test_last": dates[window.test_end - 1],
                "position": position,
                "in_sample": inside[position][number],
                "out_of_sample": outside[position][number],
                **_against_all(number, position, outside),
            }
            for number, (window, position) in enumerate(zip(windows, chosen, strict=True))
        ]
    )
    numbers = ["in_sample", "out_of_sample", "median", "beaten"]
    table[numbers] = table[numbers].astype(np.float64)
    mean = float(table["in_sample"].mean())
    efficiency = float(table["out_of_sample"].mean()) / mean if mean > 0 else None
    found = Evaluation(whole.returns[first:], _metrics(ground, whole.returns[first:]))
    return WalkForward(table, found, dates[first:], targets, efficiency)


def _against_all(
    number: int, position: int, outside: Mapping[int, Sequence[float | None]]
) -> dict[str, float | None]:
    """Median of all, and the share the choice beat; ties count half."""
    known = np.array([row[number] for row in outside.values() if row[number] is not None])
    own = outside[position][number]
    if not known.size or own is None:
        return {"median": None, "beaten": None}
    others = max(1, known.size - 1)
    share = ((known < own).sum() + 0.5 * ((known == own).sum() - 1)) / others
    return {"median": float(np.median(known)), "beaten": float(share)}


def _metrics(ground: Ground, returns: FloatArray) -> dict[str, float | None]:
    found = headline_metrics(returns[np.newaxis], ground.periods, ground.request.risk_free_rate)
    return {
        name: float(value[0]) if math.isfinite(value[0]) else None for name, value in found.items()
    }

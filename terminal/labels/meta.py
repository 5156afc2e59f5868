"""Meta-labels: was the side taken by something else right? López de Prado (2018), 3.6 - 3.7.

The side comes from a rule named here, from a strategy's target weights (`side_of_targets`) or from
out-of-fold predictions (`side_of_predictions`); a model of the label then says whether to act.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from terminal.errors import InputError
from terminal.labels.event_params import horizon_of
from terminal.labels.kind import LabelKind
from terminal.labels.labels import IntArray, Labels
from terminal.labels.triple_barrier import (
    CLOSES,
    SIGN,
    TripleBarrierParams,
    check_barriers,
)
from terminal.market.panel import FloatArray, Panel
from terminal.params import param

Int8Array = npt.NDArray[np.int8]
CROSSOVER, MOMENTUM, REVERSION = "average crossover", "momentum", "reversion"


@dataclass(frozen=True)
class MetaParams(TripleBarrierParams):
    """Barriers around a position whose side is given."""

    at_time: str = param(
        SIGN,
        title="Right when time runs out",
        choices=(SIGN, "zero"),
        help="If the return is on its side (snippet 3.7), or never.",
    )
    rule: str = param(
        CROSSOVER,
        title="Side by",
        choices=(CROSSOVER, MOMENTUM, REVERSION),
        help="Fast over slow average, the return over the slow window, or against the z-score.",
    )
    fast: int = param(20, title="Fast window", low=1, high=2000, unit="bars")
    slow: int = param(50, title="Slow window", low=2, high=5000, unit="bars")
    changes_only: bool = param(
        False, title="Only where the side changes", help="One event a signal, not one a bar."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.fast >= self.slow:
            raise InputError(
                f"The fast window is {self.fast} bars; it must be shorter than the slow one "
                f"({self.slow}).",
                field="fast",
                remedy="Enter a shorter fast window.",
            )


def make_meta(panel: Panel, params: MetaParams, side: Int8Array | None = None) -> Labels:
    """1 where the side taken was right, else 0.

    Parameters
    ----------
    side : int8 (n_bars, n_instruments), row t from rows <= t: 1 long, -1 short, 0 no event.
        None: by `params.rule`.
    """
    from terminal.labels.events import ground, labels_from, outcomes

    check_barriers(panel, params)
    base = ground(panel, params)
    if side is None:
        taken = _by_rule(base.bars.close, base.bars.start, params)
    else:
        if side.shape != panel.close.shape:
            raise InputError(
                f"The sides are {side.shape[0]} × {side.shape[1]}, the panel "
                f"{panel.n_bars} × {panel.n_instruments}.",
                field="side",
                remedy="Give one side a bar and instrument.",
            )
        taken = np.sign(base.bars.flat(side)).astype(np.int8)
    wanted = base.wanted & (base.volatility >= params.minimum) & (taken != 0)
    if params.changes_only:
        same = np.zeros(len(taken), dtype=bool)
        same[1:] = taken[1:] == taken[:-1]
        same[base.bars.start[:-1][np.diff(base.bars.start) > 0]] = False
        wanted &= ~same
    at = np.flatnonzero(wanted)
    made = outcomes(
        base,
        at,
        taken[at],
        params,
        target=params.target,
        loss=params.stop,
        by_close=params.watched == CLOSES,
        session_end=params.session_end,
    )
    right = made.touched == 1
    if params.at_time == SIGN:
        right |= (made.touched == 0) & (made.outcome * made.side > 0.0)
    return labels_from(panel, base, made, right.astype(np.float64))


def rule_side(panel: Panel, params: MetaParams) -> Int8Array:
    """The side the rule of the parameters takes, int8 (n_bars, n_instruments): row t from rows
    <= t, 0 where it takes none or there is no bar."""
    from terminal.labels.own_bars import own_bars

    bars = own_bars(panel)
    side = np.zeros(panel.close.shape, dtype=np.int8)
    side[bars.row, bars.instrument] = _by_rule(bars.close, bars.start, params)
    return side


def side_of_targets(targets: FloatArray) -> Int8Array:
    """Sides of a strategy's target weights (n_bars, n_instruments), int8; NaN is no event."""
    return np.sign(np.nan_to_num(targets)).astype(np.int8)


def side_of_predictions(
    bar: IntArray, instrument: IntArray, value: FloatArray, shape: tuple[int, int]
) -> Int8Array:
    """Sides of out-of-fold predictions: the sign of the expected label at each event, else 0.

    Parameters
    ----------
    bar, instrument : int64 (n,). value : float64 (n,), each predicted by a model that was not
        fitted on it; NaN is no event. shape : (n_bars, n_instruments) of the panel.
    """
    side = np.zeros(shape, dtype=np.int8)
    side[bar, instrument] = np.sign(np.nan_to_num(value)).astype(np.int8)
    return side


def _by_rule(close: FloatArray, start: IntArray, params: MetaParams) -> Int8Array:
    side = np.zeros(len(close), dtype=np.int8)
    for begin, stop in pairwise(start):
        own = close[begin:stop]
        if len(own) <= params.slow:
            continue
        signal = np.full(len(own), np.nan)
        if params.rule == MOMENTUM:
            signal[params.slow :] = own[params.slow :] / own[: -params.slow] - 1.0
        elif params.rule == CROSSOVER:
            signal = _mean(own, params.fast) - _mean(own, params.slow)
        else:
            signal = _mean(own, params.slow) - own
        signal[np.abs(signal) < 1e-12 * np.abs(own)] = 0.0  # an unchanging price has no side
        side[begin:stop] = np.sign(np.nan_to_num(signal))
    return side


def _mean(values: FloatArray, window: int) -> FloatArray:
    """Rolling mean; each window summed by itself, so that a row owes nothing to earlier ones."""
    out = np.full(len(values), np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(values, window)
    out[window - 1 :] = windows.mean(axis=1)
    return out


META = LabelKind(
    slug="meta",
    title="Meta-label",
    description="Whether the side taken by a rule, a strategy or another model was right.",
    source="López de Prado (2018), snippets 3.6 - 3.7",
    params_type=MetaParams,
    make=make_meta,
    horizon=horizon_of,
    classes=(0.0, 1.0),
    classes_of=lambda _: (0.0, 1.0),
    needs_side=True,
)

"""Triple barrier: target, stop or time, whichever comes first; López de Prado (2018), ch. 3."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.errors import InputError
from terminal.labels.event_params import EventParams, horizon_of
from terminal.labels.kind import LabelKind
from terminal.labels.labels import Labels
from terminal.market.panel import Panel
from terminal.params import param

HIGH_LOW, CLOSES = "high and low", "closes"
ZERO, SIGN = "zero", "sign of the return"


@dataclass(frozen=True)
class TripleBarrierParams(EventParams):
    """Barriers in volatilities known at the event; 0 leaves one out."""

    target: float = param(
        2.0, title="Target", low=0.0, high=100.0, step=0.25, unit="× volatility",
        help="Distance of the barrier in the trade's favour; 0: none.",
    )  # fmt: skip
    stop: float = param(
        2.0, title="Stop", low=0.0, high=100.0, step=0.25, unit="× volatility",
        help="Distance of the barrier against it; 0: none.",
    )  # fmt: skip
    watched: str = param(
        CLOSES,
        title="Barriers watched by",
        choices=(CLOSES, HIGH_LOW),
        help="Closes, or orders inside the bar: the worse is taken where a bar holds both.",
    )
    at_time: str = param(
        ZERO,
        title="Label when time runs out",
        choices=(ZERO, SIGN),
        help="0, or the sign of the return as in snippet 3.5.",
    )
    minimum: float = param(
        0.0, title="Minimum return", low=0.0, high=1.0, step=0.0005,
        help="Events whose volatility is below this are left out (snippet 3.3).",
    )  # fmt: skip
    session_end: bool = param(
        False,
        title="Close with the session",
        help="No position overnight: the session's last close ends it (intraday bars only).",
    )

    def __post_init__(self) -> None:
        if self.target == 0.0 and self.stop == 0.0:
            raise InputError(
                "Target and stop are both 0: no barrier is left but time.",
                field="target",
                remedy="Set one of them, or use the fixed-horizon label.",
            )


def check_barriers(panel: Panel, params: TripleBarrierParams) -> None:
    """InputError where a panel cannot carry these barriers."""
    if params.watched == HIGH_LOW and panel.close_only:
        raise InputError(
            "The data has closes only; barriers cannot be watched by high and low.",
            field="watched",
            remedy="Watch closes, or choose data with highs and lows.",
        )
    if params.session_end and not panel.timeframe.intraday:
        raise InputError(
            f"Bars of {panel.timeframe.value} have no session to close with.",
            field="session_end",
            remedy="Switch it off, or choose intraday data.",
        )


def make_triple_barrier(panel: Panel, params: TripleBarrierParams) -> Labels:
    """1 where the target is met first, -1 where the stop is, else by `at_time`."""
    from terminal.labels.events import ground, labels_from, outcomes

    check_barriers(panel, params)
    base = ground(panel, params)
    at = np.flatnonzero(base.wanted & (base.volatility >= params.minimum))
    made = outcomes(
        base,
        at,
        np.ones(len(at), dtype=np.int8),
        params,
        target=params.target,
        loss=params.stop,
        by_close=params.watched == CLOSES,
        session_end=params.session_end,
    )
    label = made.touched.astype(np.float64)
    if params.at_time == SIGN:
        label = np.where(label == 0.0, np.sign(made.outcome), label)
    return labels_from(panel, base, made, label)


TRIPLE_BARRIER = LabelKind(
    slug="triple-barrier",
    title="Triple barrier",
    description="Target, stop or the end of the holding time, whichever comes first.",
    source="López de Prado (2018), snippets 3.1 - 3.5",
    params_type=TripleBarrierParams,
    make=make_triple_barrier,
    horizon=horizon_of,
    classes=(-1.0, 0.0, 1.0),
    classes_of=lambda _: (-1.0, 0.0, 1.0),
)

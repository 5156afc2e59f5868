"""Fixed horizon: what the price did over so many bars; López de Prado (2018), section 3.2."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from terminal.labels.event_params import EventParams, horizon_of
from terminal.labels.kind import LabelKind
from terminal.labels.labels import Labels
from terminal.market.panel import Panel
from terminal.params import param

SIMPLE, SCALED = "simple return", "in volatilities"


@dataclass(frozen=True)
class FixedHorizonParams(EventParams):
    """Parameters of -1, 0, 1 by the sign of the return."""

    dead_zone: float = param(
        0.0,
        title="Dead zone",
        low=0.0,
        high=50.0,
        step=0.1,
        unit="× volatility",
        help="A return nearer to nothing than this is labelled 0 (the book's threshold τ).",
    )


@dataclass(frozen=True)
class ForwardReturnParams(EventParams):
    """Parameters of the return itself."""

    scale: str = param(
        SIMPLE,
        title="Number",
        choices=(SIMPLE, SCALED),
        help="The return itself, or divided by the volatility known at the event.",
    )


def make_fixed_horizon(panel: Panel, params: FixedHorizonParams) -> Labels:
    """-1, 0 or 1: the sign of the return over the horizon, 0 within the dead zone."""
    from terminal.labels.events import ground, labels_from, outcomes

    base = ground(panel, params)
    at = np.flatnonzero(base.wanted)
    made = outcomes(base, at, np.ones(len(at), dtype=np.int8), params)
    dead = np.abs(made.outcome) <= params.dead_zone * base.volatility[made.at]
    return labels_from(panel, base, made, np.where(dead, 0.0, np.sign(made.outcome)))


def make_forward_return(panel: Panel, params: ForwardReturnParams) -> Labels:
    """The return over the horizon, or that in volatilities."""
    from terminal.labels.events import ground, labels_from, outcomes

    base = ground(panel, params)
    at = np.flatnonzero(base.wanted)
    made = outcomes(base, at, np.ones(len(at), dtype=np.int8), params)
    unit = base.volatility[made.at] if params.scale == SCALED else 1.0
    return labels_from(panel, base, made, made.outcome / unit)


FIXED_HORIZON = LabelKind(
    slug="fixed-horizon",
    title="Fixed horizon",
    description="Up, down or neither after so many bars.",
    source="López de Prado (2018), section 3.2",
    params_type=FixedHorizonParams,
    make=make_fixed_horizon,
    horizon=horizon_of,
    classes=(-1.0, 0.0, 1.0),
    classes_of=lambda _: (-1.0, 0.0, 1.0),
)
FORWARD_RETURN = LabelKind(
    slug="forward-return",
    title="Forward return",
    description="The return after so many bars, as a number.",
    source="",
    params_type=ForwardReturnParams,
    make=make_forward_return,
    horizon=horizon_of,
    classes=(),
    classes_of=lambda _: (),
)

"""What every kind of label asks: which bars are events, where a trade is filled, what counts."""

from __future__ import annotations

from dataclasses import dataclass

from terminal.params import param

EVERY_BAR, CUSUM = "every bar", "cusum"
NEXT_OPEN, THIS_CLOSE = "next open", "this close"
PER_BAR, PER_DAY = "bar", "day"


@dataclass(frozen=True)
class EventParams:
    """Parameters all label kinds share."""

    horizon: int = param(
        20, title="Horizon", low=1, high=2000, unit="bars", help="How long a trade is held at most."
    )
    entry: str = param(
        NEXT_OPEN,
        title="Entry",
        choices=(NEXT_OPEN, THIS_CLOSE),
        help="The engine trades at the next open; the book measures from the close of the event.",
    )
    events: str = param(
        EVERY_BAR,
        title="Events",
        choices=(EVERY_BAR, CUSUM),
        help="Every bar, or bars where the price has drifted by a threshold (CUSUM filter).",
    )
    threshold: float = param(
        2.0,
        title="CUSUM threshold",
        low=0.1,
        high=50.0,
        step=0.1,
        unit="× volatility",
        help="Drift in log price, in volatilities known at the bar, that makes an event.",
    )
    volatility: str = param(
        PER_BAR,
        title="Volatility of",
        choices=(PER_BAR, PER_DAY),
        help="One-bar returns, or one-day returns sampled at every bar.",
    )
    span: int = param(
        100,
        title="Volatility span",
        low=2,
        high=5000,
        unit="bars",
        help="Span of the exponentially weighted standard deviation; half of it must be known.",
    )


def horizon_of(params: EventParams) -> int:
    """Own bars after an event that its outcome depends on, at most."""
    return params.horizon + (1 if params.entry == NEXT_OPEN else 0)

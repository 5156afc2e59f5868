"""Breakers: what stops an account by itself.

Pure: what was seen goes in, the breaker that trips comes out. Who asks (the holder of the account's
lease, at every step) presses the kill switch; only a person arms it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from terminal.params import param


@dataclass(frozen=True)
class BreakerLimits:
    """When an account stops by itself; 0 switches a breaker off."""

    daily_loss: float = param(
        0.03, title="Daily loss", low=0, high=1, step=0.005,
        help="Share of the equity at the session's begin; 0: off.",
    )  # fmt: skip
    drawdown: float = param(
        0.10, title="Drawdown", low=0, high=1, step=0.01,
        help="Share lost from the highest equity since the account was armed; 0: off.",
    )  # fmt: skip
    rejects: int = param(
        10, title="Rejects", low=0, high=1000, step=1, unit="orders",
        help="Orders the broker rejected within the window; 0: off.",
    )  # fmt: skip
    errors: int = param(
        10, title="Errors", low=0, high=1000, step=1, unit="calls",
        help="Calls to the broker that failed or had no answer within the window; 0: off.",
    )  # fmt: skip
    window_s: int = param(
        60, title="Window", low=1, high=3600, step=1, unit="s",
        help="Rejects, errors and orders are counted over this time.",
    )  # fmt: skip
    runaway: int = param(
        120, title="Runaway strategy", low=0, high=100_000, step=1, unit="orders",
        help="Intents of the strategy within the window, refused ones included; 0: off.",
    )  # fmt: skip
    stale_feed_s: int = param(
        300, title="Stale feed", low=0, high=86_400, step=1, unit="s",
        help="While the exchange is open, the feed may be silent this long; 0: off.",
    )  # fmt: skip
    disconnect_s: int = param(
        120, title="Disconnect", low=0, high=86_400, step=1, unit="s",
        help="The broker may be out of reach this long; 0: off.",
    )  # fmt: skip
    flatten: bool = param(
        False, title="Flatten", help="Close every position when a breaker trips, not only cancel.",
    )  # fmt: skip


@dataclass(frozen=True)
class Baseline:
    """What losses are measured from; kept in the database, so that a restart forgets nothing."""

    session_date: date
    opening_equity: Decimal
    peak_equity: Decimal


@dataclass(frozen=True)
class Seen:
    """What the holder of the lease has seen up to now.

    rejects, errors, intents : counted over the window. feed_silent_s : since anything came from the
    feed, None: there is none. broker_silent_s : since the broker last answered anything.
    """

    equity: Decimal | None
    rejects: int
    errors: int
    intents: int
    feed_silent_s: float | None
    broker_silent_s: float
    is_open: bool


@dataclass(frozen=True)
class Trip:
    """A breaker that trips: its name, and a sentence with the numbers."""

    breaker: str
    sentence: str


def tripped(seen: Seen, baseline: Baseline | None, limits: BreakerLimits) -> Trip | None:
    """The first breaker that trips, the costliest first; None: trading may go on."""
    for check in _CHECKS:
        found = check(seen, baseline, limits)
        if found is not None:
            return found
    return None


def _daily_loss(seen: Seen, base: Baseline | None, limits: BreakerLimits) -> Trip | None:
    if not limits.daily_loss or base is None or seen.equity is None or base.opening_equity <= 0:
        return None
    lost = base.opening_equity - seen.equity
    if lost < Decimal(str(limits.daily_loss)) * base.opening_equity:
        return None
    return Trip(
        "daily_loss",
        f"Lost {lost:,.2f} since the session began, {lost / base.opening_equity:.2%} of "
        f"{base.opening_equity:,.2f}; {limits.daily_loss:.2%} is allowed.",
    )


def _drawdown(seen: Seen, base: Baseline | None, limits: BreakerLimits) -> Trip | None:
    if not limits.drawdown or base is None or seen.equity is None or base.peak_equity <= 0:
        return None
    lost = base.peak_equity - seen.equity
    if lost < Decimal(str(limits.drawdown)) * base.peak_equity:
        return None
    return Trip(
        "drawdown",
        f"{lost:,.2f} below the highest equity of {base.peak_equity:,.2f}, "
        f"{lost / base.peak_equity:.2%}; {limits.drawdown:.2%} is allowed.",
    )


def _counted(
    name: str, words: str, count: Callable[[Seen], int], allowed: Callable[[BreakerLimits], int]
) -> Callable[[Seen, Baseline | None, BreakerLimits], Trip | None]:
    def check(seen: Seen, _base: Baseline | None, limits: BreakerLimits) -> Trip | None:
        if not allowed(limits) or count(seen) < allowed(limits):
            return None
        return Trip(name, f"{count(seen)} {words} within {limits.window_s} s.")

    return check


def _stale_feed(seen: Seen, _base: Baseline | None, limits: BreakerLimits) -> Trip | None:
    silent = seen.feed_silent_s
    if not limits.stale_feed_s or silent is None or not seen.is_open:
        return None
    if silent < limits.stale_feed_s:
        return None
    return Trip("stale_feed", f"Nothing has come from the feed for {silent:.0f} s.")


def _disconnect(seen: Seen, _base: Baseline | None, limits: BreakerLimits) -> Trip | None:
    if not limits.disconnect_s or seen.broker_silent_s < limits.disconnect_s:
        return None
    return Trip("disconnect", f"The broker has not answered for {seen.broker_silent_s:.0f} s.")


_CHECKS = (
    _daily_loss,
    _drawdown,
    _counted(
        "runaway", "orders of the strategy", lambda seen: seen.intents, lambda own: own.runaway
    ),
    _counted("rejects", "rejected orders", lambda seen: seen.rejects, lambda own: own.rejects),
    _counted("errors", "failed calls", lambda seen: seen.errors, lambda own: own.errors),
    _stale_feed,
    _disconnect,
)


def rebased(baseline: Baseline | None, equity: Decimal, session_date: date) -> Baseline:
    """The baseline after `equity` was seen: a new session opens anew, the peak only rises."""
    if baseline is None:
        return Baseline(session_date, equity, equity)
    opening = baseline.opening_equity if baseline.session_date == session_date else equity
    return Baseline(session_date, opening, max(baseline.peak_equity, equity))

"""Each breaker trips at its limit and not a step before; baselines survive a restart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from terminal.execution.breakers import Baseline, BreakerLimits, Seen, rebased, tripped

DAY = date(2024, 3, 1)
BASE = Baseline(DAY, Decimal(100_000), Decimal(120_000))
CALM = Seen(
    equity=Decimal(119_000), rejects=0, errors=0, intents=0,
    feed_silent_s=1.0, broker_silent_s=1.0, is_open=True,
)  # fmt: skip
OFF = BreakerLimits(
    daily_loss=0, drawdown=0, rejects=0, errors=0, runaway=0, stale_feed_s=0, disconnect_s=0
)
CASES = [
    ("daily_loss", {"daily_loss": 0.03}, {"equity": Decimal(97_000)}, {"equity": Decimal(97_001)}),
    ("drawdown", {"drawdown": 0.1}, {"equity": Decimal(108_000)}, {"equity": Decimal("108000.01")}),
    ("rejects", {"rejects": 5}, {"rejects": 5}, {"rejects": 4}),
    ("errors", {"errors": 5}, {"errors": 5}, {"errors": 4}),
    ("runaway", {"runaway": 50}, {"intents": 50}, {"intents": 49}),
    ("stale_feed", {"stale_feed_s": 300}, {"feed_silent_s": 300.0}, {"feed_silent_s": 299.0}),
    ("disconnect", {"disconnect_s": 60}, {"broker_silent_s": 60.0}, {"broker_silent_s": 59.0}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "limit", "at", "below"), CASES, ids=[case[0] for case in CASES])
def test_it_trips_at_its_limit(
    name: str, limit: dict[str, float], at: dict[str, object], below: dict[str, object]
) -> None:
    limits = replace(OFF, **limit)
    found = tripped(replace(CALM, **at), BASE, limits)
    assert found is not None
    assert found.breaker == name
    assert tripped(replace(CALM, **below), BASE, limits) is None
    assert tripped(replace(CALM, **at), BASE, OFF) is None


def test_a_silent_feed_of_a_closed_exchange_is_no_fault() -> None:
    limits = replace(OFF, stale_feed_s=300)
    assert tripped(replace(CALM, feed_silent_s=9e9, is_open=False), BASE, limits) is None


def test_an_unknown_equity_trips_nothing() -> None:
    limits = replace(OFF, daily_loss=0.01, drawdown=0.01)
    assert tripped(replace(CALM, equity=None), BASE, limits) is None


def test_a_new_session_opens_anew_and_the_peak_only_rises() -> None:
    first = rebased(None, Decimal(100), DAY)
    assert first == Baseline(DAY, Decimal(100), Decimal(100))
    later = rebased(first, Decimal(110), DAY)
    assert later == Baseline(DAY, Decimal(100), Decimal(110))
    lower = rebased(later, Decimal(90), DAY)
    assert lower == later
    tomorrow = rebased(lower, Decimal(95), date(2024, 3, 4))
    assert tomorrow == Baseline(date(2024, 3, 4), Decimal(95), Decimal(110))

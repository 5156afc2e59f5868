"""What each algorithm sends in a market that fills."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.execution.algorithms import AlgorithmState, Market, plan_of, schedule_of
from terminal.execution.algorithms.almgren_chriss import holdings
from terminal.execution.algorithms.implementation_shortfall import impact_of, window
from terminal.execution.algorithms.plan import TimePlan, uniform
from terminal.execution.algorithms.volume_curve import VolumeCurve, estimate
from tests.terminal.execution.algorithms.exchange import (
    CURVE,
    END,
    OPEN,
    START,
    D,
    Exchange,
    parent,
)

MINUTE = timedelta(minutes=1)


def sent(exchange: Exchange) -> list[float]:
    return [float(intent.quantity) for intent in exchange.intents]


def timed(order: object) -> TimePlan:
    plan = plan_of(order)  # type: ignore[arg-type]
    assert isinstance(plan, TimePlan)
    return plan


def test_twap_sends_equal_parts() -> None:
    exchange = Exchange(parent(quantity=1200, slices=12))
    exchange.run()
    assert sent(exchange) == [100.0] * 12
    drawn = schedule_of(exchange.parent)
    assert [units for _, units in drawn] == pytest.approx(100.0 * np.arange(1, 13))
    assert schedule_of(parent("pov")) == schedule_of(parent("iceberg")) == ()


@pytest.mark.parametrize("rule", ["spread", "at once"])
def test_a_small_parent_is_spread_evenly_not_late(rule: str) -> None:
    exchange = Exchange(parent(quantity=4, slices=12, jitter=0, finish_s=0, catch_up=rule))
    exchange.run(each=lambda e, now: e.fill_all())
    numbers = [int(intent.leg) for intent in exchange.intents]
    assert sent(exchange) == [1.0] * 4
    assert max(np.diff([0, *numbers, 13])) <= 4


def test_children_are_whole_lots_but_the_last() -> None:
    exchange = Exchange(parent(quantity=1234, slices=7, lot=100))
    exchange.run()
    assert [q % 100 for q in sent(exchange)] == [0.0] * (len(exchange.intents) - 1) + [34.0]
    assert sum(sent(exchange)) == 1234


def test_jitter_is_a_matter_of_the_seed_and_stays_within_its_part() -> None:
    order = parent(slices=60, jitter=1)
    times = timed(order).times
    part = (order.closing_at - START) / 60
    assert all(START + part * k <= t < START + part * (k + 1) for k, t in enumerate(times))
    assert times == timed(parent(slices=60, jitter=1)).times
    assert times != timed(replace(order, seed=8)).times
    inside = [(t - START) / part % 1 for t in times]
    assert 0.3 < np.mean(inside) < 0.7 and np.std(inside) > 0.2
    half = timed(parent(slices=60, jitter=0.5)).times
    assert all((t - START) / part % 1 < 0.5 + 1e-9 for t in half)


def test_the_numbers_of_a_seed_are_the_same_for_ever() -> None:
    assert [round(uniform(7, k), 6) for k in range(3)] == [0.643795, 0.806136, 0.868331]


def test_vwap_follows_the_curve_of_volume() -> None:
    shares = (0.1,) * 4 + (0.3, 0.15, 0.1, 0.05)  # the hour from START has the last four
    order = replace(parent("vwap", 600, slices=4, jitter=0, finish_s=0),
                    curve=VolumeCurve(OPEN, 15 * MINUTE, shares))  # fmt: skip
    exchange = Exchange(order)
    exchange.run()
    assert sent(exchange) == [300.0, 150.0, 100.0, 50.0]
    finer = timed(replace(order, params=replace(order.params, slices=8))).fractions  # type: ignore[call-arg]
    assert finer == pytest.approx([0.25, 0.5, 0.625, 0.75, 0.8333333, 0.9166667, 0.9583333, 1.0])


def test_vwap_outside_the_session_is_refused() -> None:
    late = timedelta(hours=12)
    with pytest.raises(InputError, match="nothing trades"):
        plan_of(replace(parent("vwap"), start_at=START + late, end_at=END + late))


def history(sessions: int = 8, buckets: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    day = np.datetime64(OPEN.replace(tzinfo=None), "D")
    days = day - np.arange(sessions, 0, -1)
    times = np.timedelta64(14 * 60 + 30, "m") + 15 * np.arange(buckets).astype("timedelta64[m]")
    ts = (days[:, None] + times[None, :]).astype("datetime64[ns]").ravel()
    volume = np.tile([4.0, 2.0, 1.0, 3.0], sessions) * np.repeat(10.0 ** np.arange(sessions), 4)
    return ts, volume, np.repeat(days, buckets)


def test_the_curve_is_the_mean_of_each_sessions_shares() -> None:
    ts, volume, sessions = history()
    curve = estimate(ts, volume, sessions, open_at=OPEN)
    assert curve.shares == pytest.approx([0.4, 0.2, 0.1, 0.3])
    assert curve.upto(OPEN) == 0.0 and curve.upto(OPEN - MINUTE) == 0.0
    assert curve.upto(OPEN + 15 * MINUTE) == pytest.approx(0.4)
    assert curve.upto(OPEN + 22.5 * MINUTE) == pytest.approx(0.5)
    assert curve.upto(OPEN + 600 * MINUTE) == pytest.approx(1.0)


def test_the_curve_knows_nothing_of_the_session_it_is_for_or_later_ones() -> None:
    ts, volume, sessions = history()
    curve = estimate(ts, volume, sessions, open_at=OPEN)
    day = np.datetime64(OPEN.replace(tzinfo=None), "D")
    later = (day + np.arange(2)).repeat(4)
    times = np.concatenate([ts, ts[-4:] + np.timedelta64(1, "D"), ts[-4:] + np.timedelta64(2, "D")])
    loud = np.concatenate([volume, np.full(8, 1e9)])
    assert estimate(times, loud, np.concatenate([sessions, later]), open_at=OPEN) == curve


def test_half_days_and_sessions_without_volume_are_left_out() -> None:
    ts, volume, sessions = history()
    keep = np.ones(len(ts), dtype=bool)
    keep[2:4] = False  # the first session is a half day
    volume[4:8] = 0.0
    volume[9] = np.nan
    curve = estimate(ts[keep], volume[keep], sessions[keep], open_at=OPEN)
    assert curve.shares == pytest.approx([0.4, 0.2, 0.1, 0.3])
    with pytest.raises(InputError, match="4 whole sessions before this one"):
        estimate(ts[keep][:-4], volume[keep][:-4], sessions[keep][:-4], open_at=OPEN)
    with pytest.raises(InputError, match="0 whole sessions"):
        estimate(ts[:0], volume[:0], sessions[:0], open_at=OPEN)


def test_a_curve_that_adds_up_to_something_else_is_refused() -> None:
    for shares in ((0.5, 0.4), (1.5, -0.5), ()):
        with pytest.raises(InputError, match="add up to 1"):
            VolumeCurve(OPEN, MINUTE, shares)


def test_pov_keeps_to_its_share_of_what_has_traded() -> None:
    order = parent("pov", 1000, rate=0.1, interval_s=60, catch_up="at once", at_end="leave")
    exchange = Exchange(order)
    for k, volume in enumerate((0, 2_000, 5_000, 9_000, 14_000)):
        exchange.look(START + k * MINUTE, Market(True, D(50), float(volume), 1e9))
        exchange.fill_all()
    assert sent(exchange) == [200.0, 300.0, 400.0, 100.0]
    assert exchange.look(START + 9 * MINUTE).state is AlgorithmState.DONE


def test_pov_sends_one_child_in_an_interval_and_rounds_down() -> None:
    order = parent("pov", 1000, rate=0.1, interval_s=60, lot=10, catch_up="at once")
    exchange = Exchange(order)
    step = exchange.look(START + MINUTE, Market(True, D(50), 1_999.0, 1_999.0))
    assert sent(exchange) == [190.0] and step.next_at == START + 2 * MINUTE
    exchange.fill_all()
    exchange.look(START + 1.5 * MINUTE, Market(True, D(50), 9_000.0, 7_000.0))
    assert sent(exchange) == [190.0]


def test_pov_works_off_what_a_pause_missed_at_twice_its_rate() -> None:
    order = parent("pov", 10_000, rate=0.1, interval_s=60)
    exchange = Exchange(order)
    for k in range(1, 40):
        exchange.paused = k < 20
        exchange.look(START + k * MINUTE, Market(True, D(50), 1_000.0 * k, 1_000.0))
        exchange.fill_all()
    assert sent(exchange)[:19] == [200.0] * 19 and sent(exchange)[19:] == [100.0]
    assert exchange.filled == 3_900


def test_implementation_shortfall_trades_along_the_optimum() -> None:
    order = parent("implementation_shortfall", 10_000, slices=6, jitter=0, risk_aversion=1e-5)
    exchange = Exchange(order)
    exchange.run()
    path = holdings(10_000.0, window(order, order.params), 6, 1e-5,  # type: ignore[arg-type]
                    impact_of(order, order.params))  # type: ignore[arg-type]  # fmt: skip
    left = 10_000 - np.cumsum(sent(exchange))
    assert left == pytest.approx(path[1:], abs=3.0)
    assert all(b <= a for a, b in zip(sent(exchange), sent(exchange)[1:], strict=False))
    calm = Exchange(parent("implementation_shortfall", 600, slices=6, risk_aversion=0))
    calm.run()
    assert sent(calm) == [100.0] * 6


def test_an_iceberg_shows_one_part_at_a_time() -> None:
    order = parent("iceberg", 500, display=100, variation=0.3, worst_price=50.10)
    exchange = Exchange(order)
    exchange.run(each=lambda e, now: None, until=START + 5 * MINUTE)
    assert len(exchange.children) == 1, "the next waits until this one is filled"
    exchange.run(begin=START + 6 * MINUTE)
    shown = sent(exchange)
    assert sum(shown) == 500 and len(set(shown)) > 2
    assert all(70 <= quantity <= 130 for quantity in shown[:-1])
    assert {intent.limit_price for intent in exchange.intents} == {D("50.10")}
    assert exchange.filled == 500


def test_an_iceberg_without_a_price_rests_at_the_last() -> None:
    exchange = Exchange(parent("iceberg", 500, display=100, variation=0, offset_bps=20))
    (child,) = exchange.look(START).place
    assert (child.quantity, child.limit_price) == (100, D("49.90"))
    assert CURVE.upto(OPEN) == 0.0

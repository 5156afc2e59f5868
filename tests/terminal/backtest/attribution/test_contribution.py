"""Every split of the profit adds up to what the account earned."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from terminal.backtest.account import Account
from terminal.backtest.attribution import contribution as c
from terminal.backtest.costs import Costs
from terminal.backtest.engine import Simulation, simulate
from terminal.backtest.trades import round_trips
from tests.terminal.backtest.panels import examples, panel, random_panel, random_targets, seeds

CAPITAL = 1e5
SECTORS = {"A": "Energy", "B": "Energy", "C": ""}


def ran(seed: int) -> tuple[Simulation, pd.DataFrame]:
    bars = random_panel(seed, 80, 3)
    account = Account(CAPITAL, long_only=False, cash_rate=0.02)
    costs = Costs(commission_bps=2.0, half_spread_bps=1.0, borrow_bps=300.0)
    done = simulate(bars, random_targets(seed, bars, long_only=False), account, costs)
    return done, round_trips(bars, done.fills)


@given(seeds)
@examples(40)
def test_every_split_adds_up_to_the_whole(seed: int) -> None:
    done, trades = ran(seed)
    earned = float(done.curve["equity"].iloc[-1]) - CAPITAL
    splits = (
        c.by_instrument(done.curve, trades, CAPITAL),
        c.by_side(done.curve, trades, CAPITAL),
        c.by_sector(done.curve, trades, CAPITAL, SECTORS),
        c.by_hour(done.curve, CAPITAL, "America/New_York"),
        c.by_weekday(done.curve, CAPITAL, "America/New_York"),
        c.by_month(done.curve, CAPITAL, "America/New_York"),
    )
    for parts in splits:
        assert sum(part.profit for part in parts) == pytest.approx(earned, abs=1e-2)
    # what belongs to no trade but borrowing and interest is little: cash for fractions of units
    rest = [part.profit for part in splits[0] if part.name == c.FRACTIONS]
    assert abs(sum(rest)) < 0.005 * CAPITAL


def test_without_splits_nothing_is_left_over() -> None:
    bars = random_panel(3, 80, 3, events=False)
    done = simulate(bars, random_targets(3, bars), Account(CAPITAL))
    parts = c.by_instrument(done.curve, round_trips(bars, done.fills), CAPITAL)
    assert {part.name for part in parts} <= {"A", "B", "C"}
    profits = [part.profit for part in parts]
    assert profits == sorted(profits, reverse=True)


def test_by_hand() -> None:
    bars = panel([[10.0, 10.0], [10.0, 10.0], [12.0, 9.0], [12.0, 9.0]],
                 [[10.0, 10.0], [10.0, 10.0], [12.0, 9.0], [12.0, 9.0]])  # fmt: skip
    done = simulate(bars, np.array([[0.5, 0.5]] * 2 + [[0.0, 0.0]] * 2), Account(1_000.0))
    trades = round_trips(bars, done.fills)
    found = {p.name: (p.profit, p.count) for p in c.by_instrument(done.curve, trades, 1_000.0)}
    assert found == {"A": (pytest.approx(100.0), 1), "B": (pytest.approx(-50.0), 1)}
    whole = c.by_sector(done.curve, trades, 1_000.0, {"A": "Energy"})
    assert {part.name for part in whole} == {"Energy", c.UNKNOWN_SECTOR}
    days = {p.name: p.profit for p in c.by_weekday(done.curve, 1_000.0, "America/New_York")}
    assert days["Wednesday"] == pytest.approx(50.0) and next(iter(days)) == "Monday"


def test_hours_and_days_are_the_exchange_s() -> None:
    late = np.array(["2024-01-01T23:30", "2024-01-02T23:30"], dtype="datetime64[ns]")
    bars = panel([10.0, 11.0], [10.0, 10.0], ts=late)
    done = simulate(bars, np.ones((2, 1)), Account(1_000.0))
    assert [p.name for p in c.by_hour(done.curve, 1_000.0, "America/New_York")] == ["18:00"]
    weekdays = [p.name for p in c.by_weekday(done.curve, 1_000.0, "Asia/Tokyo")]
    assert weekdays == ["Tuesday", "Wednesday"]

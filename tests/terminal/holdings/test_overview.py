"""A portfolio's numbers add up, whatever happened in it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terminal.holdings.activity import Activity, What, in_order
from terminal.holdings.grid import Closes, price_grid, with_splits
from terminal.holdings.overview import Overview, overview
from terminal.holdings.positions import play
from terminal.holdings.valuation import value
from tests.effort import cases

START = date(2023, 12, 4)
SYMBOLS = ("A", "B")


def closes(days: int = 60, seed: int = 0) -> dict[str, Closes]:
    rng = np.random.default_rng(seed)
    axis = np.busday_offset(np.datetime64(START), np.arange(days), roll="forward").astype("M8[D]")
    return {
        s: Closes(axis, 50 * np.exp(np.cumsum(rng.normal(0, 0.02, days))), np.ones(days))
        for s in SYMBOLS
    }


def seen(activities: list[Activity], prices: dict[str, Closes], money: bool) -> Overview:
    order = in_order(activities)
    played = play(order)
    grid = price_grid(order, prices, {})
    valued = value(order, played.realised, grid.dates, grid.symbols, grid.prices, money=money)
    return overview("Mine", "USD", played, valued, money=money, known={})


@st.composite
def histories(draw) -> list[Activity]:
    made = [Activity(START, What.FLOW, amount=Decimal(10_000))]
    for k in range(draw(st.integers(1, 12))):
        day = START + timedelta(days=draw(st.integers(0, 80)))
        what = draw(st.sampled_from([What.TRADE, What.TRADE, What.INCOME, What.FEE, What.FLOW]))
        symbol = draw(st.sampled_from(SYMBOLS))
        units = Decimal(draw(st.integers(-40, 60)))
        price = Decimal(draw(st.integers(4000, 6000))) / 100
        fee = Decimal(draw(st.integers(0, 300))) / 100
        if what is What.TRADE and units:
            made.append(Activity(day, what, symbol, units, units * price, fee, key=f"{k:03d}"))
        elif what is What.INCOME:
            made.append(Activity(day, what, symbol, amount=price, key=f"{k:03d}"))
        elif what is What.FEE:
            made.append(Activity(day, what, fee=fee, key=f"{k:03d}"))
        else:
            made.append(Activity(day, What.FLOW, amount=price * 10, key=f"{k:03d}"))
    return made


@settings(max_examples=cases(25, 500), deadline=None)
@given(histories(), st.booleans(), st.integers(0, 5))
def test_everything_on_the_page_adds_up(made: list[Activity], money: bool, seed: int) -> None:
    found = seen(made, closes(seed=seed), money)
    near = {"abs": 1e-6, "rel": 1e-9}
    for one in found.periods:
        assert one.end == pytest.approx(one.begin + one.inflow + one.profit, **near)
        parts = one.realised + one.unrealised + one.income - one.fees
        assert parts == pytest.approx(one.profit, **near)
        assert sum(h.by_period[one.key] for h in found.holdings) == pytest.approx(
            one.profit, **near
        )
    for one in found.holdings:
        whole = one.realised + one.unrealised + one.income - one.fees
        assert whole == pytest.approx(one.profit, **near)
    since = found.period("since").time_weighted
    assert sum(one.contribution for one in found.holdings) == pytest.approx(since, abs=1e-9)
    worth = sum(one.value for one in found.holdings)
    assert worth + (found.cash or 0.0) == pytest.approx(found.equity, **near)


def test_money_that_comes_and_goes_does_not_move_the_time_weighted_return() -> None:
    day = [START + timedelta(days=k) for k in (0, 1, 2, 3)]
    axis = np.array(day, dtype="M8[D]")
    prices = {"A": Closes(axis, np.array([10.0, 11.0, 12.1, 13.31]), np.ones(4))}
    quiet = [Activity(day[0], What.TRADE, "A", Decimal(10), Decimal(100))]
    busy = [
        *quiet,
        Activity(day[2], What.TRADE, "A", Decimal(90), Decimal(990)),  # at the close before
        Activity(day[3], What.TRADE, "A", Decimal(-50), Decimal("-665.5")),
    ]
    calm, moved = seen(quiet, prices, False), seen(busy, prices, False)
    assert calm.period("since").time_weighted == pytest.approx(0.331)
    assert moved.period("since").time_weighted == pytest.approx(0.331)
    assert moved.invested == pytest.approx(100 + 990 - 665.5)


def test_periods_begin_at_the_close_before_them() -> None:
    found = seen([Activity(START, What.TRADE, "A", Decimal(1), Decimal(50))], closes(40), False)
    last = found.last
    assert last == date(2024, 1, 26)
    firsts = {one.key: one.first for one in found.periods}
    assert firsts == {
        "day": date(2024, 1, 26), "week": date(2024, 1, 22), "month": date(2023, 12, 27),
        "ytd": date(2024, 1, 1), "since": START,
    }  # fmt: skip


def test_a_split_that_only_the_data_knows_is_applied_once() -> None:
    prices = closes(20)
    own = prices["A"]
    split = np.ones(20)
    split[10] = 2.0
    halved = own.close.copy()
    halved[10:] /= 2
    prices["A"] = Closes(own.days, halved, split)
    bought = Activity(START, What.TRADE, "A", Decimal(10), Decimal(500))
    order, notes = with_splits([bought], prices)
    assert [one.what for one in order] == [What.TRADE, What.SPLIT]
    assert "split 2 for 1" in notes[0]
    found = seen(list(order), prices, False)
    assert found.holdings[0].quantity == 20
    again, said = with_splits(order, prices)
    assert again == order and said == ()


def test_without_a_data_set_trades_are_the_prices() -> None:
    made = [
        Activity(START, What.TRADE, "A", Decimal(10), Decimal(500)),
        Activity(START + timedelta(days=9), What.SPLIT, "A", ratio=Decimal(2)),
        Activity(START + timedelta(days=20), What.TRADE, "A", Decimal(-4), Decimal(-120)),
    ]
    order = in_order(made)
    grid = price_grid(order, {}, {"A": (START + timedelta(days=30), 31.0)})
    assert grid.prices[:, 0].tolist() == [50.0, 25.0, 30.0, 31.0]
    assert "last prices only" in grid.notes[0]

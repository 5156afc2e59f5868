"""Instruments of several calendars on one axis: rows are closes, and nothing in them is early."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from terminal.errors import InputError
from terminal.market.adjust import forward_adjusted
from terminal.market.calendars import get_calendar
from terminal.market.mixed import began, carried, join, traded
from terminal.market.panel import Panel
from terminal.market.timeframe import Timeframe

NAN = float("nan")


def of(mic: str, symbol: str, first: str, closes: list[float], **changes: object) -> Panel:
    """Daily bars of one instrument on its own calendar; each opens a unit below its close."""
    calendar = get_calendar(mic)
    days = calendar.sessions_in(first, "2024-03-31")[: len(closes)]
    close = np.array(closes)[:, None]
    return replace(
        Panel(
            timeframe=Timeframe.DAY_1, calendar=mic, symbols=(symbol,), ts=calendar.open_of(days),
            close_ts=calendar.close_of(days), open=close - 1, high=close + 1, low=close - 2,
            close=close, volume=100 * close, split=np.ones_like(close),
            dividend=np.zeros_like(close),
        ),
        **changes,
    )  # fmt: skip


# Friday 1 March 2024 to Monday 4 March: the stock rests at the weekend, the coin never
STOCK = of("XNYS", "STK", "2024-03-01", [10.0, 11.0])
COIN = of("24/7", "COIN", "2024-03-01", [20.0, 21.0, 22.0, 23.0])


def test_a_row_ends_with_a_close_and_bars_stand_where_they_close() -> None:
    both = join([STOCK, COIN])
    closes = ["01T21", "02T00", "03T00", "04T00", "04T21", "05T00"]
    assert both.close_ts.astype("datetime64[h]").astype(str).tolist() == [
        f"2024-03-{close}" for close in closes
    ]
    assert both.symbols == ("STK", "COIN") and both.calendars == ("XNYS", "24/7")
    assert both.calendar == "XNYS"
    np.testing.assert_array_equal(both.close[:, 0], [10, NAN, NAN, NAN, 11, NAN])
    np.testing.assert_array_equal(both.close[:, 1], [NAN, 20, 21, 22, NAN, 23])
    assert (np.diff(both.ts) > np.timedelta64(0)).all()
    assert (both.ts < both.close_ts).all()
    assert (both.ts[1:] >= both.close_ts[:-1]).all()


def test_the_open_of_a_bar_is_known_in_the_row_in_which_it_happens() -> None:
    both = join([STOCK, COIN])
    # the coin opens at midnight, which is in the row that ends with the stock's close
    np.testing.assert_array_equal(both.begun[:, 0], [9, NAN, NAN, NAN, 10, NAN])
    np.testing.assert_array_equal(both.begun[:, 1], [19, NAN, 20, 21, 22, NAN])
    assert began(both)[:, 0].tolist() == [0, 0, 0, 0, 4, 4]
    assert began(both)[:, 1].tolist() == [0, 0, 2, 3, 4, 4]


def test_what_was_known_is_the_beginning_of_what_is() -> None:
    """Cut between the coin's open and its close: the open is there, nothing else of the bar."""
    both = join([STOCK, COIN])
    cut = both.truncated(1)
    assert cut.begun[0, 1] == 19 and np.isnan(cut.close[0, 1])
    seen, whole = traded(cut), traded(both)
    for name in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(getattr(seen, name), getattr(whole, name)[:1])


def test_as_it_is_traded_a_bar_that_began_before_has_no_open_where_it_ends() -> None:
    seen = traded(join([STOCK, COIN]))
    np.testing.assert_array_equal(seen.open[:, 1], [19, NAN, 20, 21, 22, NAN])
    np.testing.assert_array_equal(seen.close[:, 1], [19, 20, 21, 22, 22, 23])
    np.testing.assert_array_equal(seen.high[:, 1], [19, 21, 22, 23, 22, 24])
    np.testing.assert_array_equal(seen.volume[:, 1], [2000, 2000, 2100, 2200, 2300, 2300])
    np.testing.assert_array_equal(seen.open[:, 0], [9, NAN, NAN, NAN, 10, NAN])


def test_a_split_takes_effect_where_its_bar_opens_and_strategies_see_no_jump() -> None:
    split, half = np.ones((4, 1)), np.array([20.0, 21.0, 22.0, 11.5])[:, None]
    split[3] = 2.0
    coin = replace(COIN, split=split, close=half, open=half - 0.5)
    both = join([STOCK, coin])
    assert both.split[:, 1].tolist() == [1, 1, 1, 1, 2, 1]
    seen = forward_adjusted(both)
    assert seen.close[5, 1] == pytest.approx(23.0)
    assert seen.begun[4, 1] == pytest.approx(22.0)


def test_a_closed_instrument_keeps_the_target_of_its_last_close() -> None:
    both = join([STOCK, COIN])
    targets = np.where(np.isfinite(both.close), np.arange(6)[:, None], NAN)
    np.testing.assert_array_equal(
        carried(targets, both), [[0, NAN], [0, 1], [0, 2], [0, 3], [4, 3], [4, 5]]
    )
    targets[2, 0] = targets[4, 1] = 9.0  # named while it is closed
    np.testing.assert_array_equal(
        carried(targets, both), [[0, NAN], [0, 1], [9, 2], [9, 3], [4, 9], [4, 5]]
    )


def test_panels_of_one_calendar_stay_what_they_are() -> None:
    other = of("XNYS", "OTH", "2024-03-04", [5.0])
    both = join([STOCK, other])
    assert both.begun is None and both.calendars == ()
    np.testing.assert_array_equal(both.ts, STOCK.ts)
    np.testing.assert_array_equal(both.close, [[10, NAN], [11, 5]])
    assert traded(both) is both and join([STOCK]) is STOCK
    targets = np.ones((2, 2))
    assert carried(targets, both) is targets


@pytest.mark.parametrize(
    ("other", "field", "said"),
    [
        (replace(COIN, symbols=("STK",)), "symbols", "STK is chosen from two data sets"),
        (replace(COIN, timeframe=Timeframe.HOUR_1), "timeframe", "Bars of 1d and of 1h"),
        (replace(COIN, adjustment="split"), "symbols", "as traded, those of  split"),
    ],
)
def test_what_cannot_be_joined_is_named(other: Panel, field: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        join([STOCK, other])
    assert said in caught.value.message and caught.value.field == field and caught.value.remedy

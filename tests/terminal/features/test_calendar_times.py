from __future__ import annotations

import math

import numpy as np
import pytest

from terminal.features.calendar_times import third_friday
from terminal.features.catalogue import get_feature
from terminal.market.timeframe import Timeframe
from tests.terminal.features.bars import make_bars


def value(slug: str, start: str, timeframe: Timeframe, n: int) -> np.ndarray:
    bars = make_bars(np.full(n, 9.0), timeframe=timeframe, start=start)
    return get_feature(slug).compute(bars, get_feature(slug).params_type())


def test_third_fridays_are_those_of_the_calendar_on_the_wall() -> None:
    months = np.array(
        ["2024-01", "2024-03", "2022-04", "2023-09", "2020-05"], dtype="datetime64[M]"
    )
    assert third_friday(months).astype(str).tolist() == [
        "2024-01-19", "2024-03-15", "2022-04-15", "2023-09-15", "2020-05-15",
    ]  # fmt: skip


def test_a_week_of_expiry_ends_with_its_third_friday_also_when_that_is_good_friday() -> None:
    # 2022: Good Friday was 15 April, the third Friday; trading ended on Thursday
    found = value("expiry-week", "2022-04-07", Timeframe.DAY_1, 8)
    assert found.tolist() == [0, 0, 1, 1, 1, 1, 0, 0]
    assert value("days-to-expiry", "2022-04-07", Timeframe.DAY_1, 3).tolist() == [8, 7, 4]


def test_minutes_count_from_the_open_to_the_bar_s_close_and_to_the_session_s() -> None:
    hours = value("minutes-since-open", "2024-01-03", Timeframe.HOUR_1, 8)
    assert hours.tolist() == [60, 120, 180, 240, 300, 360, 390, 60]
    left = value("minutes-to-close", "2024-01-03", Timeframe.HOUR_1, 8)
    assert left.tolist() == [330, 270, 210, 150, 90, 30, 0, 330]


def test_the_day_after_thanksgiving_is_a_half_day_known_from_its_first_bar() -> None:
    # 2023-11-22 whole, 23 Thanksgiving, 24 closed at 13:00
    found = value("half-day", "2023-11-22", Timeframe.HOUR_1, 12)
    assert found.tolist() == [0] * 7 + [1] * 4 + [0]
    left = value("minutes-to-close", "2023-11-24", Timeframe.HOUR_1, 4)
    assert left.tolist() == [150, 90, 30, 0]
    progress = value("session-progress", "2023-11-24", Timeframe.HOUR_1, 4)
    assert progress.tolist() == pytest.approx([60 / 210, 120 / 210, 180 / 210, 1.0])


def test_the_hour_is_local_before_and_after_the_clocks_change() -> None:
    for start in ("2024-03-08", "2024-03-11"):  # summer time began on Sunday 10 March
        first = value("hour-sin", start, Timeframe.HOUR_1, 1)[0]
        assert first == pytest.approx(math.sin(2 * math.pi * 10.5 / 24))


def test_days_of_week_month_and_year_go_round() -> None:
    # Wednesday 2024-01-03
    assert value("weekday-sin", "2024-01-03", Timeframe.DAY_1, 1)[0] == pytest.approx(
        math.sin(2 * math.pi * 2 / 7)
    )
    assert value("weekday-cos", "2024-01-08", Timeframe.DAY_1, 1)[0] == 1.0
    assert value("month-cos", "2024-01-03", Timeframe.DAY_1, 1)[0] == 1.0
    assert value("month-sin", "2024-04-01", Timeframe.DAY_1, 1)[0] == pytest.approx(1.0)
    assert value("month-day-sin", "2024-02-01", Timeframe.DAY_1, 1)[0] == 0.0


def test_sessions_left_and_days_away_follow_the_exchange() -> None:
    # Thursday 2024-03-28, Good Friday closed, Monday 1 April
    assert value("sessions-left", "2024-03-27", Timeframe.DAY_1, 3).tolist() == [1, 0, 21]
    assert value("days-away", "2024-03-27", Timeframe.DAY_1, 3).tolist() == [1, 1, 4]

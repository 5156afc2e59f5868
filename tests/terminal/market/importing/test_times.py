"""Reading times: formats, zones, changes of clocks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from terminal.errors import InputError
from terminal.market.importing.times import ISO, NAT, guess_format, read_times


def utc(ns: np.ndarray) -> list[str]:
    return [np.datetime_as_string(np.datetime64(int(n), "ns"), unit="s") for n in ns]


@pytest.mark.parametrize(
    ("text", "form", "dated"),
    [
        ("2024-03-08", ISO, True),
        ("2024-03-08 09:30", ISO, False),
        ("2024-03-08T09:30:00.5", ISO, False),
        ("1709908200", "epoch s", False),
        ("1709908200000", "epoch ms", False),
        ("1709908200000000", "epoch us", False),
        ("1709908200000000000", "epoch ns", False),
        ("20240308", "%Y%m%d", True),
        ("20240308 0930", "%Y%m%d %H%M", False),
        ("20240308 093000", "%Y%m%d %H%M%S", False),
        ("03/28/2024 09:30", "%m/%d/%Y %H:%M", False),
        ("28/03/2024", "%d/%m/%Y", True),
        ("28.03.2024 15:30", "%d.%m.%Y %H:%M", False),
        ("08-Mar-2024", "%d-%b-%Y", True),
        ("03/28/2024 01:45 PM", "%m/%d/%Y %I:%M %p", False),
    ],
)
def test_formats_are_recognised(text: str, form: str, dated: bool) -> None:
    guess = guess_format([text, "", "  "])
    assert (guess.format, guess.dated, len(guess.formats)) == (form, dated, 1)
    zone = "America/New_York"
    assert read_times(pd.Series([text]), guess.format, zone).bad.tolist() == [False]


def test_day_and_month_that_cannot_be_told_apart_are_both_offered() -> None:
    assert guess_format(["03/04/2024", "05/06/2024"]).formats == ("%m/%d/%Y", "%d/%m/%Y")
    assert guess_format(["03/04/2024", "25/06/2024"]).formats == ("%d/%m/%Y",)


def test_no_time_at_all_is_refused() -> None:
    with pytest.raises(InputError, match="'hello' is not a time"):
        guess_format(["hello"])
    with pytest.raises(InputError, match="is empty"):
        guess_format(["", " "])


@pytest.mark.parametrize("good", ["2021-01-04", "01/13/2021", "13.01.2021 09:30"])
def test_the_one_time_that_is_none_is_named_and_not_the_first(good: str) -> None:
    with pytest.raises(
        InputError, match=f"'yesterday' is not a time that can be read, unlike '{good}'"
    ):
        guess_format([good, good, "yesterday", good])


def test_a_naive_time_is_read_in_its_zone_summer_and_winter() -> None:
    values = pd.Series(["2024-03-08 09:30", "2024-03-11 09:30"])
    read = read_times(values, ISO, "America/New_York")
    assert utc(read.ns) == ["2024-03-08T14:30:00", "2024-03-11T13:30:00"]
    assert not read.zoned.any()


def test_an_offset_is_believed_over_the_zone() -> None:
    values = pd.Series(["2024-03-08T09:30:00-05:00", "2024-03-08 14:30Z", "2024-03-08T15:30+0100"])
    read = read_times(values, ISO, "Asia/Tokyo")
    assert utc(read.ns) == ["2024-03-08T14:30:00"] * 3
    assert read.zoned.all()


def test_the_repeated_hour_names_two_moments_and_the_skipped_hour_none() -> None:
    values = pd.Series(["2024-11-03 01:30", "2024-03-10 02:30", "2024-11-03 03:30", "rubbish"])
    read = read_times(values, ISO, "America/New_York")
    assert read.ambiguous.tolist() == [True, False, False, False]
    assert read.missing.tolist() == [False, True, False, False]
    assert read.bad.tolist() == [False, False, False, True]
    assert (read.ns == NAT).tolist() == [True, True, False, True]


def test_utc_has_no_such_hours() -> None:
    values = pd.Series(["2024-11-03 01:30", "2024-03-10 02:30"])
    read = read_times(values, ISO, "UTC")
    assert not (read.ambiguous | read.missing | read.bad).any()


def test_mixed_offsets_are_told_apart() -> None:
    values = pd.Series(["2024-03-08T09:30:00-05:00", "2024-03-08 09:30:00"])
    assert guess_format(values.tolist()).mixed
    assert read_times(values, ISO, "UTC").zoned.tolist() == [True, False]


def test_typed_times_need_no_format() -> None:
    naive = pd.Series(pd.to_datetime(["2024-03-08 09:30"]))
    assert utc(read_times(naive, "", "America/New_York").ns) == ["2024-03-08T14:30:00"]
    aware = naive.dt.tz_localize("Europe/London")
    assert utc(read_times(aware, "", "").ns) == ["2024-03-08T09:30:00"]


@pytest.mark.parametrize(
    ("zone", "sentence"), [("", "carry no time zone"), ("Mars/Base", "no time zone 'Mars/Base'")]
)
def test_a_naive_time_without_a_real_zone_is_refused(zone: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as caught:
        read_times(pd.Series(["2024-03-08 09:30"]), ISO, zone)
    assert caught.value.field == "timezone"


@pytest.mark.parametrize(
    "text", ["2024-03-08 09:45-1", "0001-01-01", "9999-12-31", "2024-03", "2024-03-08 09:45 +1"]
)
def test_what_is_no_whole_iso_time_of_our_age_is_not_read(text: str) -> None:
    read = read_times(pd.Series([text, "2024-03-08"]), ISO, "America/New_York")
    assert read.bad.tolist() == [True, False]


@pytest.mark.parametrize("text", ["99999999999999999999", "-1e30", "1e400", "x"])
def test_a_count_of_seconds_beyond_our_age_is_not_read(text: str) -> None:
    assert read_times(pd.Series([text]), "epoch s", "UTC").bad.tolist() == [True]


def test_typed_times_beyond_nanoseconds_are_not_wrapped_around() -> None:
    typed = pd.Series(np.array(["0001-01-01", "2024-03-08"], dtype="datetime64[s]"))
    assert read_times(typed, "", "UTC").bad.tolist() == [True, False]

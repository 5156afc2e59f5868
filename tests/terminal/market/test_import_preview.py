"""From uploaded files to a plan: proposals, and what a person must add."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest

from terminal.accounts.actor import Actor, Role
from terminal.errors import InputError, NotFound
from terminal.market.import_job import uploads_of
from terminal.market.import_preview import Choices, preview, to_plan
from terminal.market.importing.plan import LabelSide
from terminal.market.timeframe import Timeframe
from terminal.settings import Settings
from tests.terminal.market.importing.made import GOOD_DAYS, intraday_csv

ANNA = Actor(1, "anna", Role.TRADER)
NEW_YORK = Choices(timezone="America/New_York")


def upload(settings: Settings, content: str | bytes, name: str) -> tuple[str, ...]:
    data = content.encode() if isinstance(content, str) else content
    return (uploads_of(settings).add(ANNA, name, [data]).id,)


def test_a_daily_file_is_imported_as_proposed(settings: Settings) -> None:
    found = preview(settings, ANNA, upload(settings, GOOD_DAYS, "AAPL.csv"), Choices())
    plan = to_plan(found, Choices())
    assert (plan.timeframe, plan.label, plan.timezone) == (Timeframe.DAY_1, LabelSide.START, "")


def test_intraday_times_need_a_zone_and_the_rest_is_proposed(settings: Settings) -> None:
    text = intraday_csv("2020-11-09", "2020-12-04", LabelSide.END, extended=True)
    uploads = upload(settings, text, "AAPL_15min.csv")
    with pytest.raises(InputError) as caught:
        to_plan(preview(settings, ANNA, uploads, Choices()), Choices())
    assert caught.value.field == "timezone"
    plan = to_plan(preview(settings, ANNA, uploads, NEW_YORK), NEW_YORK)
    assert (plan.timeframe, plan.label) == (Timeframe.MIN_15, LabelSide.END)
    other = replace(NEW_YORK, label=LabelSide.START)
    assert to_plan(preview(settings, ANNA, uploads, other), other).label is LabelSide.START


def test_a_zip_is_looked_into_and_nothing_of_it_stays(settings: Settings) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for symbol in ("AAPL", "MSFT"):
            archive.writestr(f"{symbol}_1d.csv", GOOD_DAYS)
    found = preview(settings, ANNA, upload(settings, packed.getvalue(), "all.zip"), Choices())
    assert found.symbols == {"AAPL_1d.csv": "AAPL", "MSFT_1d.csv": "MSFT"}
    assert not list(uploads_of(settings).root.glob("preview-*"))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("date,close\n01/02/2024,1\n02/05/2024,2\n", "time_format"),
        ("date,close\n2024-01-02,1\n", "timeframe"),
        ("ts,close\n2024-01-02T15:00Z,1\n2024-01-02T16:00Z,1\n2024-01-02T17:00Z,1\n", "label"),
        ("alpha,close\n2024-01-02,1\n", "columns.ts"),
    ],
)
def test_what_is_uncertain_is_asked_for(settings: Settings, text: str, field: str) -> None:
    found = preview(settings, ANNA, upload(settings, text, "A.csv"), Choices())
    with pytest.raises(InputError) as caught:
        to_plan(found, Choices())
    assert caught.value.field == field and caught.value.remedy


def test_only_the_owner_can_look(settings: Settings) -> None:
    uploads = upload(settings, GOOD_DAYS, "A.csv")
    with pytest.raises(NotFound):
        preview(settings, Actor(2, "ben", Role.TRADER), uploads, Choices())
    with pytest.raises(InputError, match="No file"):
        preview(settings, ANNA, (), Choices())

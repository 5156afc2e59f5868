"""The import wizard and the Data page in a real browser, with a real worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from terminal.accounts.actor import Role
from terminal.market.catalogue import Catalogue
from terminal.market.store import open_store
from tests.pages.conftest import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("live_worker")]
OpenPage = Callable[..., Page]

HEADER = "timestamp,open,high,low,close,volume"


def daily() -> list[list[str]]:
    """The sessions of the first quarter of 2021, a little up each day."""
    closed = {date(2021, 1, 18), date(2021, 2, 15)}
    days = [date(2021, 1, 4) + timedelta(days=k) for k in range(86)]
    rows = []
    for k, day in enumerate([day for day in days if day.weekday() < 5 and day not in closed]):
        close = 100 + 0.1 * k
        rows.append([str(day), f"{close - 0.05:.2f}", f"{close + 1:.2f}", f"{close - 1:.2f}",
                     f"{close:.2f}", "1000"])  # fmt: skip
    return rows


def write(folder: Path, name: str, rows: list[list[str]]) -> Path:
    path = folder / name
    path.write_text("\n".join([HEADER, *(",".join(row) for row in rows)]) + "\n", encoding="utf-8")
    return path


def choose(page: Page, *files: Path) -> None:
    """Hand files to the wizard as the file dialog does."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").click()
    chooser.value.set_files([str(path) for path in files])


def pick(page: Page, id: str, words: str) -> None:
    """One option of a dropdown."""
    page.locator(f"#{id}").click()
    page.get_by_role("option", name=words).first.click()


def datasets(server: LiveServer, role: Role) -> set[str]:
    """Titles of what this person can see."""
    catalogue = Catalogue(server.db, open_store(server.settings, server.db))
    return {one.title for one in catalogue.datasets(server.people[role])}


def test_a_file_becomes_a_data_set_that_can_be_looked_at_and_deleted(
    live_server: LiveServer, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page("/data/import", role=Role.TRADER)
    choose(page, write(tmp_path, "MINE.csv", daily()))
    expect(page.locator("#main")).to_contain_text("2 · How to read them")
    page.click("#im-check")
    expect(page.locator("#im-error")).to_contain_text("It is not said what was done to the prices.")
    pick(page, "im-prices", "As traded")
    page.click("#im-check")
    expect(page.locator("#main")).to_contain_text("3 · Quality report", timeout=30_000)
    expect(page.locator("#main")).to_contain_text("60 rows read, 60 bars of 1 instruments.")
    expect(page.locator("#main")).to_contain_text("Nothing was found to complain about.")
    page.fill("#im-title", "My own bars")
    page.click("#im-save")
    page.wait_for_url("**/jobs/*")
    card = page.locator(f".job-card[data-job='{page.url.rsplit('/', 1)[1]}']")
    expect(card.locator(".badge").first).to_have_text("succeeded", timeout=30_000)
    assert "My own bars" in datasets(live_server, Role.TRADER)
    assert "My own bars" not in datasets(live_server, Role.VIEWER)

    page.goto(f"{live_server.url}/data")
    page.locator("#dt-table .ag-row", has_text="My own bars").click()
    expect(page.locator("#dt-detail")).to_contain_text("My own bars")
    expect(page.locator("#dt-series")).to_contain_text("MINE")
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("#dt-delete").click()
    expect(page.locator("#main")).not_to_contain_text("My own bars")
    assert "My own bars" not in datasets(live_server, Role.TRADER)


def wrong_price() -> list[list[str]]:
    rows = daily()
    rows[10][4], rows[20][2], rows[30][1] = "nan", "inf", "-5"
    return rows


def doubled() -> list[list[str]]:
    rows = daily()
    return [*rows[:11], [*rows[10][:4], "101.23", "1000"], *rows[11:]]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param(
            wrong_price(), ["row 12", "row 22", "row 32"], id="nan, inf and a negative price"
        ),
        pytest.param(doubled(), ["row 1", "2021-01-19"], id="one time with two prices"),
    ],
)
def test_bad_rows_are_named_and_nothing_is_stored(
    live_server: LiveServer, open_page: OpenPage, tmp_path: Path, rows: list[list[str]],
    words: list[str],
) -> None:  # fmt: skip
    before = datasets(live_server, Role.TRADER)
    page = open_page("/data/import", role=Role.TRADER)
    choose(page, write(tmp_path, "WRONG.csv", rows))
    expect(page.locator("#main")).to_contain_text("2 · How to read them")
    pick(page, "im-prices", "As traded")
    page.click("#im-check")
    expect(page.locator("#main")).to_contain_text("cannot be stored as it is", timeout=30_000)
    report = page.locator("#im-report").inner_text() + page.locator("#im-store").inner_text()
    for word in words:
        assert word in report, report
    assert "Traceback" not in page.content()
    assert page.locator("#im-save").count() == 0
    assert datasets(live_server, Role.TRADER) == before


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("EMPTY.csv", b"", "EMPTY.csv is empty"),
        ("HEAD.csv", HEADER.encode() + b"\n", "HEAD.csv has no rows below its header"),
        ("BINARY.csv", bytes(range(256)) * 50, "BINARY.csv is not a text file"),
        ("DATES.csv", f"{HEADER}\n2021-01-04,1,1,1,1,1\nsoon,1,1,1,1,1\n".encode(),
         "'soon' is not a time"),
    ],
)  # fmt: skip
def test_a_file_that_holds_no_bars_gets_a_sentence(
    open_page: OpenPage, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    page = open_page("/data/import", role=Role.TRADER)
    choose(page, path)
    expect(page.locator("#main")).to_contain_text(sentence)
    assert page.locator("#im-check").count() == 0


def test_a_file_of_two_gigabytes_is_refused_before_it_travels(
    open_page: OpenPage, tmp_path: Path
) -> None:
    path = tmp_path / "HUGE.csv"
    with path.open("wb") as file:
        file.truncate(2 * 2**30)
    page = open_page("/data/import", role=Role.TRADER)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    choose(page, path)
    expect(page.locator("#main")).to_contain_text("HUGE.csv has 2048 MiB; the limit is 256 MiB")
    assert not [url for url in sent if "/uploads" in url]


def test_an_intraday_file_asks_what_its_times_name(open_page: OpenPage, tmp_path: Path) -> None:
    """Bar ends, as the real 15-minute file has them: 09:45 to 16:00."""
    rows = [
        [f"2021-03-{day:02d} {minutes // 60:02d}:{minutes % 60:02d}:00", "10", "11", "9", "10", "5"]
        for day in (1, 2, 3, 4, 5)
        for minutes in range(585, 961, 15)
    ]
    page = open_page("/data/import", role=Role.TRADER)
    choose(page, write(tmp_path, "ENDS.csv", rows))
    expect(page.locator("#main")).to_contain_text("2 · How to read them")
    pick(page, "im-zone", "America/New_York")
    expect(page.locator("#im-label-box")).to_contain_text("the end of its bar")
    pick(page, "im-prices", "As traded")
    page.click("#im-check")
    expect(page.locator("#im-error")).to_contain_text(
        "It is not confirmed what the time of a row names."
    )


@pytest.mark.parametrize("path", ["/data", "/data/import"])
@pytest.mark.parametrize("width", [390, 1440])
def test_no_width_scrolls_sideways(open_page: OpenPage, path: str, width: int) -> None:
    page = open_page(path, role=Role.TRADER, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_viewer_cannot_import(open_page: OpenPage) -> None:
    page = open_page("/data/import", role=Role.VIEWER)
    expect(page.locator("#main")).to_contain_text("Importing needs the role trader")
    assert page.get_by_role("button", name="Choose files").count() == 0

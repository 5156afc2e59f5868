"""The Research pages in a real browser, with a real worker on real bars."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from terminal.accounts.actor import Role
from terminal.db.repositories import feature_sets
from terminal.jobs.service import JobService
from terminal.jobs.values import JobFilter
from terminal.research.luck import t_to_believe
from tests.pages.conftest import LiveServer

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
WAIT = 60_000  # a process may have to compile first
TECH = "dataset=us-tech-4"


@pytest.fixture(autouse=True)
def no_sets_yet(live_server: LiveServer) -> None:
    """The trader has saved nothing, also when a test runs again."""
    who = live_server.people[Role.TRADER]
    with live_server.db.write() as conn:
        for row in feature_sets.find(conn, who):
            feature_sets.delete(conn, who, row.id)


def field(page: Page, form: str, name: str) -> str:
    """Selector of a form's field; Dash writes ids of this kind as JSON."""
    found = page.evaluate(
        """([form, name]) => [...document.querySelectorAll("[id]")].map(item => item.id).find(
             id => id.includes(`"form":"${form}"`) && id.includes(`"name":"${name}"`)
                   && id.includes('"type":"field"'))""",
        [form, name],
    )
    return f"[id='{found}']"


def drawn(page: Page, key: str) -> None:
    """Wait until a figure of a result has its marks."""
    page.wait_for_function(
        """key => [...document.querySelectorAll("[id]")].some(item =>
             item.id.includes(`"key":"${key}"`) && item.querySelector(".js-plotly-plot")
             && item.querySelector(".js-plotly-plot")._fullData
             && item.querySelector(".js-plotly-plot")._fullData.length)""",
        arg=key,
        timeout=15_000,
    )


def test_a_feature_is_found_in_the_catalogue_and_studied(
    live_server: LiveServer, service_with_data: JobService, open_page: OpenPage
) -> None:
    page = open_page("/research", role=Role.TRADER)
    page.fill(".quick-filter input", "relative strength index")
    row = page.locator("#rs-catalogue .ag-center-cols-container .ag-row", has_text="rsi").first
    row.click()
    card = page.locator("#rs-card")
    expect(card).to_contain_text("Relative strength index", timeout=15_000)
    expect(card).to_contain_text("14 bars")
    card.get_by_role("link", name="Study").click()
    page.wait_for_selector("#rs-study-run")
    page.goto(f"{live_server.url}/research?tab=study&feature=rsi&{TECH}")
    page.wait_for_selector("#rs-study-run")
    page.fill(field(page, "rs-study", "horizons"), "1, none")
    page.click("#rs-study-run")
    expect(page.locator(".rs-form")).to_contain_text("'none' is not one", timeout=15_000)
    page.fill(field(page, "rs-study", "horizons"), "1, 5, 20")
    page.fill(field(page, "rs-study-params", "window"), "10")
    page.click("#rs-study-run")
    page.wait_for_url(re.compile(r"/research/study/[0-9a-f]{32}$"), timeout=15_000)
    expect(page.locator(".stats")).to_contain_text("Half-life", timeout=WAIT)
    expect(page.locator(".page-subtitle")).to_contain_text("rsi(window=10)")
    expect(page.locator("#main")).to_contain_text("Through time")
    luck = page.locator(".notice", has_text="study on this data")
    expect(luck).to_contain_text("3 coefficients so far")
    job = service_with_data.list(
        live_server.people[Role.TRADER], JobFilter(kinds=("study",), limit=1)
    )[0]
    t = abs((job.summary or {})["t"])
    believed = "is more than luck would" in luck.inner_text()
    assert believed == (t >= t_to_believe(3))
    for key in ("price", "horizons", "groups", "years", "histogram", "autocorrelation"):
        drawn(page, key)
    expect(page.locator("#main")).to_contain_text("Does it keep its level?")


def test_events_of_a_label_are_paged_through_with_their_barriers(
    live_server: LiveServer, service_with_data: JobService, open_page: OpenPage
) -> None:
    page = open_page(f"/research?tab=labels&{TECH}&symbol=IBM", role=Role.TRADER)
    page.wait_for_selector("#rs-label-run")
    page.fill(field(page, "rs-label-params", "horizon"), "15")
    page.click("#rs-label-run")
    page.wait_for_url(re.compile(r"/research/labels/[0-9a-f]{32}$"), timeout=15_000)
    expect(page.locator(".stats")).to_contain_text("Mean uniqueness", timeout=WAIT)
    words = page.locator("#rs-event-words")
    expect(words).to_contain_text("IBM, decided")
    drawn(page, "event")
    first = words.inner_text()
    page.click("#rs-event-next")
    expect(words).not_to_have_text(first, timeout=15_000)
    shapes = """() => [...document.querySelectorAll("[id]")].find(item =>
        item.id.includes('"key":"event"')).querySelector(".js-plotly-plot").layout.shapes.length"""
    page.wait_for_function(f"() => ({shapes})() === 4", timeout=15_000)


def test_a_set_is_made_saved_compared_computed_and_downloaded(
    live_server: LiveServer, service_with_data: JobService, open_page: OpenPage
) -> None:
    page = open_page(f"/research?tab=sets&new=1&add=rsi&{TECH}", role=Role.TRADER)
    expect(page.locator("#rs-state")).to_have_text("1 column, not saved yet")
    page.click("#rs-add-run")
    expect(page.locator("#rs-state")).to_have_text("2 columns, not saved yet", timeout=15_000)
    page.fill("#rs-name", "Two of mine")
    page.click("#rs-save")
    page.wait_for_url(re.compile(r"tab=sets&id=\d+"), timeout=15_000)
    expect(page.locator("#rs-state")).to_have_text("2 columns", timeout=15_000)
    page.locator("#rs-columns button").nth(1).click()
    expect(page.locator("#rs-state")).to_have_text("1 column, changed", timeout=15_000)
    page.click("#rs-other")
    page.locator(".dash-options-list-option", has_text="Two of mine, version 1").click()
    expect(page.locator("#rs-difference")).to_contain_text("Only there", timeout=15_000)
    who = live_server.people[Role.TRADER]
    with live_server.db.read() as conn:
        (row,) = feature_sets.find(conn, who)
    assert row.name == "Two of mine" and len(row.features.choices) == 2
    page.goto(f"{live_server.url}/research?tab=sets&id={row.id}&{TECH}")
    page.locator("#rs-columns button").nth(1).click()
    expect(page.locator("#rs-state")).to_have_text("1 column, changed", timeout=15_000)
    page.click("#rs-build-run")
    page.wait_for_url(re.compile(r"/research/build/[0-9a-f]{32}$"), timeout=15_000)
    expect(page.locator(".stats")).to_contain_text("Memory", timeout=WAIT)
    with page.expect_download() as taken:
        page.get_by_role("link", name=re.compile("Parquet")).click()
    frame = pd.read_parquet(io.BytesIO(taken.value.path().read_bytes()))
    assert list(frame.columns) == ["ts", "close_ts", "symbol", "rsi"]
    assert frame["symbol"].nunique() == 4


def test_a_viewer_reads_the_catalogue_and_starts_nothing(
    service_with_data: JobService, open_page: OpenPage
) -> None:
    page = open_page("/research?tab=study", role=Role.VIEWER, width=390, height=844)
    expect(page.locator("#main")).to_contain_text("Your role is viewer")
    expect(page.locator("#rs-study-run")).to_have_count(0)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390

"""A newcomer's first ten minutes, by themselves: set-up link to a tear sheet that opens offline.

The launcher runs as a person runs it, on an empty data folder. The test fails on any console error
and on any request to another host, and looks for processes left behind after Ctrl-C.
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.launched import Launched, start
from tests.pages.conftest import Watch

pytestmark = pytest.mark.browser
PASSWORD = "first user of this terminal"


@pytest.fixture
def launched(tmp_path: Path) -> Iterator[Launched]:
    """`python app.py` on an empty data folder and a free port, without the simulated data."""
    with start(tmp_path) as running:
        yield running


def test_from_the_one_time_link_to_a_tear_sheet_that_opens_offline(
    launched: Launched, browser: Browser, tmp_path: Path
) -> None:
    watch = Watch()
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    page = context.new_page()
    watch.follow(page, launched.url)

    create_first_user_and_sign_in(page, launched)
    run_sma_crossover_on_the_20_real_stocks(page)
    see_the_result(page)
    sheet = download_tear_sheet(page, tmp_path)
    context.close()
    assert watch.problems == []

    open_by_itself(browser, sheet)
    stop_leaves_nothing_behind(launched)


def create_first_user_and_sign_in(page: Page, launched: Launched) -> None:
    """The link makes the administrator, once; then they sign in."""
    page.goto(launched.link)
    page.fill("[name=username]", "ada")
    for box in page.locator("input[type=password]").all():
        box.fill(PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/setup/" not in url)
    if "/login" in page.url:
        page.fill("[name=username]", "ada")
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]")
    page.wait_for_selector("#sidebar")


def run_sma_crossover_on_the_20_real_stocks(page: Page) -> None:
    """The Backtest page as it opens, once the built-in data is there."""
    page.get_by_role("link", name="Backtest", exact=True).click()
    deadline = time.monotonic() + 60
    while not page.locator("#bt-run").count():
        assert time.monotonic() < deadline, "the built-in data did not load within a minute"
        page.wait_for_timeout(500)
        page.goto(page.url.split("?")[0].rstrip("/").replace("/backtest", "") + "/backtest")
        page.wait_for_selector("#main h1")
    expect(page.locator(".bt-form")).to_contain_text("S&P 500, 20 stocks")
    expect(page.locator(".bt-form")).to_contain_text("20 selected")
    expect(page.locator("#bt-check")).to_contain_text("20 instruments · 8,313 daily bars")
    page.get_by_text("SMA crossover").click()
    page.click("#bt-run")
    expect(page).to_have_url(re.compile(r"/backtest/[0-9a-f]{32}$"))


def see_the_result(page: Page) -> None:
    """The card, then the result in its place, without a reload."""
    page.evaluate("window.sameDocument = true")
    page.wait_for_selector("[data-result]", timeout=60_000)
    assert page.evaluate("window.sameDocument") is True
    expect(page.locator("h1")).to_contain_text("SMA crossover 50/200")
    expect(page.locator(".bt-stats")).to_contain_text("Sharpe ratio")
    page.wait_for_selector("[data-result] .js-plotly-plot .scatterlayer path", state="attached")


def download_tear_sheet(page: Page, folder: Path) -> Path:
    """Press the button, keep the file."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Tear sheet").click()
    assert download.value.suggested_filename.endswith("-tear-sheet.html")
    target = folder / download.value.suggested_filename
    download.value.save_as(target)
    return target


def open_by_itself(browser: Browser, sheet: Path) -> None:
    """With the network gone, every figure is drawn; nothing is even asked for."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    problems: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(sheet.as_uri())
    places = page.locator("[data-figure]")
    count = places.count()
    assert count >= 9
    for k in range(count):
        places.nth(k).scroll_into_view_if_needed()
        expect(places.nth(k).locator("svg.main-svg").first).to_be_visible(timeout=15_000)
        marks = places.nth(k).locator(".scatterlayer path, .barlayer path, .heatmaplayer image")
        assert marks.count() >= 1, (
            f"nothing is drawn in {places.nth(k).get_attribute('data-figure')}"
        )
    expect(page.locator("body")).to_contain_text("SMA crossover 50/200")
    others = [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    assert others == []
    assert problems == []
    context.close()


def stop_leaves_nothing_behind(launched: Launched) -> None:
    """Ctrl-C ends the launcher with 0 and with it every process it had started."""
    family = launched.family()
    assert len(family) >= 5  # launcher, redis, web, worker, sweeper
    launched.process.send_signal(signal.SIGINT)
    assert launched.process.wait(timeout=20) == 0
    _gone, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []

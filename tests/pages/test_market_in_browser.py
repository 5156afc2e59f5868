"""The Market page in a real browser: chart, timeframes, indicators, watch list, linked symbol."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from terminal import clock
from terminal.accounts.actor import Role
from terminal.db.repositories import watchlists
from terminal.market import builtin
from terminal.market.catalogue import Catalogue
from terminal.market.publish import publish
from terminal.market.store import open_store
from tests.pages.conftest import LiveServer

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]


@pytest.fixture(scope="module", autouse=True)
def four_stocks(live_server: LiveServer) -> None:
    """AAPL, GOOG, IBM and MSFT as traded, with their splits and dividends."""
    dataset, parts = builtin.us_tech_four()
    store = open_store(live_server.settings, live_server.db)
    known = Catalogue(live_server.db, store).datasets(live_server.people[Role.ADMIN])
    if dataset.slug in {one.slug for one in known}:
        return
    _, save = publish(store, dataset, parts, clock.now())
    with live_server.db.write() as conn:
        save(conn)


def chart(page: Page) -> None:
    page.wait_for_selector("#mk-figure .main-svg", timeout=15_000)
    expect(page.locator("#mk-headline")).to_contain_text("AAPL", timeout=15_000)


def until(page: Page, holds: str) -> None:
    """Wait for an expression about the drawn figure `plot` (evaluated, so that the CSP stands)."""
    plot = "document.querySelector('#mk-figure .js-plotly-plot')"
    deadline = time.monotonic() + 15
    while not page.evaluate(f"(plot => !!({holds}))({plot})"):
        assert time.monotonic() < deadline, holds
        page.wait_for_timeout(50)


def test_price_volume_and_dividends_of_the_chosen_instrument(open_page: OpenPage) -> None:
    page = open_page("/?dataset=us-tech-4&symbol=AAPL", role=Role.VIEWER)
    chart(page)
    expect(page.locator("#mk-headline")).to_contain_text("430.47")
    expect(page.locator("#mk-stats")).to_contain_text("Year high")
    expect(page.locator("#mk-source")).to_contain_text("bokeh_sampledata")
    until(page, "plot.data.some(d => d.name === 'Dividends')")


def test_range_scale_style_and_timeframe_change_the_chart(open_page: OpenPage) -> None:
    page = open_page("/?dataset=us-tech-4&symbol=AAPL", role=Role.VIEWER)
    chart(page)
    page.locator("#mk-scale").get_by_text("Log").click()
    until(page, "plot.layout.yaxis.type === 'log'")
    page.locator("#mk-style").get_by_text("Line").click()
    until(page, "!plot.data.some(d => d.type === 'candlestick')")
    page.locator("#mk-range").get_by_text("MAX").click()
    until(page, "plot.data.some(d => d.name === 'Splits')")
    page.locator("#mk-timeframe").get_by_text("M", exact=True).click()
    # 2000-03 to 2013-03: 157 months
    until(page, "plot.calcdata[0].length === 157")


def test_an_indicator_with_its_parameter_is_drawn_and_a_wrong_one_is_named(
    open_page: OpenPage,
) -> None:
    page = open_page("/?dataset=us-tech-4&symbol=AAPL", role=Role.VIEWER)
    chart(page)
    page.locator("#mk-indicators summary").click()
    box = page.locator("#mk-indicators input[type=checkbox]").first
    box.check()
    until(page, "plot.data.some(d => /SMA/.test(d.name || ''))")
    number = page.locator("#mk-indicators input[type=text]").first
    number.fill("many")
    number.press("Enter")
    expect(page.locator("#mk-indicator-error")).not_to_be_empty()


@pytest.mark.parametrize(("symbol", "height"), [("IBM", "420px"), ("GOOG", "150px")])
def test_a_trader_takes_an_instrument_off_the_watch_list(
    live_server: LiveServer, open_page: OpenPage, symbol: str, height: str
) -> None:
    """Also where the list scrolls: its scroll bar lies over the column of the buttons."""
    watched = [("us-tech-4", name) for name in ("AAPL", "GOOG", "IBM", "MSFT")]
    with live_server.db.write() as conn:
        watchlists.replace(conn, live_server.people[Role.TRADER], watched)
    page = open_page("/?dataset=us-tech-4&symbol=AAPL", role=Role.TRADER)
    chart(page)
    page.evaluate(
        "height => document.querySelector('.mk-page').style"
        ".setProperty('--mk-watch-height', height)",
        height,
    )
    row = page.locator("#mk-watch .ag-center-cols-container .ag-row", has_text=symbol)
    row.locator(".mk-remove").click()
    expect(row).to_have_count(0)
    page.reload()
    chart(page)
    expect(page.locator("#mk-watch .ag-center-cols-container .ag-row").first).to_be_visible()
    expect(row).to_have_count(0)


def test_a_click_in_the_watch_list_links_the_symbol(open_page: OpenPage) -> None:
    page = open_page("/?dataset=us-tech-4&symbol=AAPL", role=Role.ADMIN)
    chart(page)
    page.locator("#mk-watch .ag-row", has_text="MSFT").first.click()
    expect(page.locator("#mk-headline")).to_contain_text("MSFT")


def test_the_command_bar_goes_to_a_symbol(open_page: OpenPage) -> None:
    page = open_page("/jobs", role=Role.VIEWER)
    page.keyboard.press("Control+k")
    page.keyboard.type("GOOG GP")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/(\?.*)?$"))
    expect(page.locator("#mk-headline")).to_contain_text("GOOG", timeout=15_000)


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_no_width_scrolls_sideways(open_page: OpenPage, width: int) -> None:
    page = open_page("/?dataset=us-tech-4&symbol=AAPL", role=Role.VIEWER, width=width)
    chart(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width

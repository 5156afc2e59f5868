"""Instruments of other data sets, from the form to the result, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

from terminal import clock
from terminal.accounts.actor import Role
from terminal.jobs.service import JobService
from terminal.market.calendars import get_calendar
from terminal.market.dataset import Adjustment, Dataset, NewSeries
from terminal.market.publish import publish
from terminal.market.store import open_store
from terminal.market.timeframe import Timeframe
from tests.pages.conftest import LiveServer

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def coins(live_server: LiveServer, service_with_data: JobService) -> Dataset:
    """Two years of a made-up coin that trades every day."""
    calendar = get_calendar("24/7")
    days = calendar.sessions_in("2008-01-01", "2009-12-31")
    close = pd.Series(range(len(days)), dtype=float) % 90 + 50
    bars = pd.DataFrame(
        {"open": close - 1, "high": close + 2, "low": close - 2, "close": close, "volume": 1e5}
    ).set_index(pd.DatetimeIndex(calendar.open_of(days), tz="UTC", name="ts"))
    dataset = Dataset(
        slug="made-up-coins", title="Coins", source="made up", licence="", fields="ohlcv",
        adjustment=Adjustment.AS_TRADED, timeframe=Timeframe.DAY_1, calendar="24/7",
        simulated=True, currency="USD", version="",
    )  # fmt: skip
    store = open_store(live_server.settings, live_server.db)
    made, save = publish(store, dataset, [NewSeries("COIN", bars, "A coin")], clock.now())
    with live_server.db.write() as conn:
        save(conn)
    return made


def part(page: Page, name: str) -> Locator:
    """A field of the form with its label and the place for its error."""
    own = page.locator(f'.dash-dropdown[id*=\'"name":"{name}"\']')
    return page.locator(".bt-form .field", has=own)


def choose(page: Page, name: str, option: str) -> None:
    """Search a dropdown for an option and take it."""
    part(page, name).locator(".dash-dropdown").click()
    page.locator(".dash-dropdown-content .dash-dropdown-search").fill(option)
    page.locator(".dash-dropdown-content").get_by_text(option).first.click()
    page.keyboard.press("Escape")


def test_instruments_of_other_data_sets_from_the_form_to_the_result_and_back(
    coins: Dataset, live_server: LiveServer, open_page: OpenPage
) -> None:
    page = open_page(
        "/backtest?dataset=us-tech-4&symbol=IBM&strategy=sma-crossover", role=Role.TRADER
    )
    choose(page, "also", "COIN")
    expect(page.locator("#bt-check")).to_contain_text("2 instruments")
    choose(page, "dataset", "20 stocks")
    refused = part(page, "also").locator(".field-error")
    expect(refused).to_contain_text("are as traded, those of S&P 500, 20 stocks adjusted")
    choose(page, "dataset", "4 stocks")
    expect(page.locator("#bt-check")).to_contain_text("3 instruments · 3,270 daily bars")
    page.locator('input[id*=\'"name":"start"\']').fill("2008-01-02")
    page.locator('input[id*=\'"name":"end"\']').fill("2009-12-30")
    expect(refused).to_have_text("")
    expect(page.locator("#bt-check")).to_contain_text("3 instruments · 504 daily bars")
    page.click("#bt-run")
    page.wait_for_selector("[data-result]", timeout=30_000)
    expect(page.locator("h1")).to_contain_text("+ 1 other data set")
    expect(page.locator("main")).to_contain_text(
        "3 instruments of XNYS and 24/7 · 1,233 closes of bars of 1d"
    )
    expect(page.locator(".bt-badges")).to_contain_text("SIMULATED")
    job_id = page.url.rsplit("/", 1)[1]
    page.goto(f"{live_server.url}/backtest/{job_id}?tab=details")
    expect(page.locator("[data-result]")).to_contain_text("Coins (made up), 24/7: COIN")
    expect(page.locator("[data-result]")).to_contain_text(coins.version)
    page.goto(f"{live_server.url}/backtest/{job_id}?tab=trades")
    expect(page.locator("#bt-trade-symbol")).to_contain_text("COIN")  # it moved most money
    marks = page.locator("#bt-trade-figure .scatterlayer path")
    expect(marks.first).to_be_attached(timeout=15_000)
    page.goto(f"{live_server.url}/backtest?from={job_id}")
    expect(part(page, "also").locator(".dash-dropdown")).to_contain_text("COIN")
    page.goto(f"{live_server.url}/sweep?from={job_id}")
    expect(part(page, "also").locator(".dash-dropdown")).to_contain_text("COIN")
    expect(page.locator("#sw-check")).to_contain_text("combinations")

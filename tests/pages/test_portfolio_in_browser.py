"""Portfolio, its import, Risk and the strip of regimes in a real browser."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from terminal.accounts.actor import Role
from terminal.holdings.regimes_request import RegimesRequest
from terminal.jobs.service import JobService
from terminal.jobs.values import JobState
from tests.pages.conftest import LiveServer
from tests.pages.live_jobs import finish, ring

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

ROWS = """date,type,symbol,quantity,price,fees
2004-01-05,deposit,,,50000,
2004-01-06,buy,AAPL,500,22.09,9.95
2004-01-06,buy,MSFT,400,28.00,9.95
2005-03-10,buy,IBM,100,92.00,9.95
"""


def test_a_file_is_looked_at_stored_shown_and_measured(
    open_page: OpenPage, service_with_data: JobService, tmp_path: Path
) -> None:
    bad, good = tmp_path / "bad.csv", tmp_path / "my_tech.csv"
    bad.write_text(ROWS.replace("500,22.09", "half,22.09"))
    good.write_text(ROWS)
    page = open_page("/portfolio/import", role=Role.TRADER)
    page.set_input_files("#pi-file input", bad)
    expect(page.locator("#pi-preview")).to_contain_text("quantity, row 3", timeout=15_000)
    expect(page.locator("#pi-store")).to_have_count(0)
    page.set_input_files("#pi-file input", good)
    expect(page.locator("#pi-preview")).to_contain_text("4 transactions of 3", timeout=15_000)
    page.fill("#pi-name", f"Tech {uuid.uuid4().hex[:6]}")
    page.click("#pi-store")
    page.wait_for_url("**/portfolio?of=portfolio*", timeout=15_000)
    body = page.locator("#pf-body")
    expect(body).to_contain_text("1,000", timeout=15_000)  # a split the file does not name
    expect(body).to_contain_text("AAPL split 2 for 1")
    expect(body).to_contain_text("Profit by instrument")
    with page.expect_download() as download:
        page.click("#pf-csv")
    text = Path(download.value.path()).read_text()
    assert text.startswith("symbol,name,sector,quantity") and "AAPL,Apple" in text
    page.get_by_role("link", name="Risk", exact=True).last.click()
    expect(page.locator("#rk-body")).to_contain_text("In 5% of cases", timeout=15_000)
    expect(page.locator(".rk-gauges .stat")).to_have_count(8)
    page.locator("#rk-own").fill("AAPL -20%")
    page.locator("#rk-own").press("Enter")
    # the address changes before the page that belongs to it has come
    page.locator(".tab-link[href*='own=AAPL']", has_text="Stress").click(timeout=15_000)
    expect(page.locator("#rk-body")).to_contain_text("Own: AAPL −20%", timeout=15_000)
    with page.expect_download() as download:
        page.click("#rk-html")
    assert "risk report" in Path(download.value.path()).read_text()


def test_the_strip_says_the_states_of_the_market_and_a_viewer_finds_nothing_to_press(
    open_page: OpenPage, live_server: LiveServer, service_with_data: JobService
) -> None:
    trader = live_server.people[Role.TRADER]
    job = service_with_data.submit(trader, "regimes", RegimesRequest("us-tech-4"))
    ring(live_server, job)
    assert finish(service_with_data, job).state is JobState.SUCCEEDED
    page = open_page("/?dataset=us-tech-4&symbol=AAPL", role=Role.TRADER)
    expect(page.locator("#mk-regime-line")).to_contain_text("Size ×", timeout=15_000)
    expect(page.locator("#mk-regimes")).to_contain_text("At the close of 2013-03-01")
    page = open_page("/portfolio", role=Role.VIEWER)
    expect(page.locator("#main")).to_contain_text("No portfolio yet")
    expect(page.locator("#main").get_by_role("link", name="Import transactions")).to_have_count(0)

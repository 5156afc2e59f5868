"""The backtest pages in a real browser on real bars, with a real worker."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from terminal.accounts.actor import Role
from terminal.backtest.certificate.certificate import LooksAhead
from terminal.backtest.certificate.issue import refused
from terminal.backtest.metrics import METRICS
from terminal.backtest.request import BacktestRequest
from terminal.backtest.truncation import truncation_check
from terminal.db.tables import jobs as tables
from terminal.db.tables.backtest import backtests as runs
from terminal.jobs.service import JobService
from terminal.jobs.values import Job, JobFilter, JobState
from tests.pages.conftest import LiveServer, WorkerOfServer
from tests.pages.live_jobs import finish, ring
from tests.terminal.backtest.certificate.leaks import strategy_of, will_rise
from tests.terminal.backtest.panels import random_panel

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]

SMALL = BacktestRequest(
    strategy="sma-crossover",
    params={"fast": 20, "slow": 100},
    dataset="us-tech-4",
    symbols=("AAPL", "IBM"),
    start=date(2005, 1, 3),
    name="Two of tech",
)


@pytest.fixture(scope="module")
def jobs(worker_of_server: WorkerOfServer, service_with_data: JobService) -> JobService:
    """The job service of the running terminal, with its worker and the built-in data."""
    worker_of_server.start()
    return service_with_data


def run(server: LiveServer, jobs: JobService, request: BacktestRequest) -> Job:
    """A finished run of the trader's."""
    job = jobs.submit(server.people[Role.TRADER], "backtest", request)
    ring(server, job)
    return finish(jobs, job)


@pytest.fixture(scope="module")
def done(live_server: LiveServer, jobs: JobService) -> Job:
    """One small finished run that several tests look at."""
    job = run(live_server, jobs, SMALL)
    assert job.state is JobState.SUCCEEDED, job.error
    return job


def until(page: Page, expression: str) -> Any:
    """Wait for a value of the page to be true (its policy forbids Playwright's own way)."""
    deadline = time.monotonic() + 10
    while not (value := page.evaluate(expression)):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(50)
    return value


def field(page: Page, name: str) -> Any:
    """The input of a field of the form."""
    return page.locator(f'input[id*=\'"name":"{name}"\']')


def error_of(page: Page, name: str) -> Any:
    """The place for a field's error."""
    return page.locator(f'[id*=\'"name":"{name}"\'][id*="field-error"]')


def test_form_to_result_and_every_tab_draws(jobs: JobService, open_page: OpenPage) -> None:
    page = open_page("/backtest?dataset=us-tech-4&strategy=rsi-reversion", role=Role.TRADER)
    expect(page.locator("#bt-check")).to_contain_text("4 instruments · 3,270 daily bars")
    field(page, "name").fill("From the form")
    page.click("#bt-run")
    expect(page).to_have_url(re.compile(r"/backtest/[0-9a-f]{32}$"))
    page.wait_for_selector("[data-result]", timeout=30_000)
    expect(page.locator("h1")).to_have_text("From the form")
    expect(page.locator(".bt-badges")).to_contain_text("Certified")
    for tab, figures in (("Overview", 4), ("Risk", 5), ("Metrics", 0), ("Trades", 1)):
        page.locator(".tab-link", has_text=tab).click()
        expect(page.locator(".tab-link[aria-current]")).to_have_text(tab)
        cards = page.locator("[data-result] .figure-card")
        expect(cards).to_have_count(figures)
        for k in range(figures):
            figure = cards.nth(k)
            expect(figure).to_be_visible()
            figure.evaluate("card => card.scrollIntoView()")
            marks = figure.locator(
                ".scatterlayer path, .barlayer path, .heatmaplayer image, .boxlayer path"
            )
            expect(marks.first).to_be_attached(timeout=15_000)
    page.locator(".tab-link", has_text="Metrics").click()
    expect(page.locator(".bt-measures .plain-table tbody tr")).to_have_count(len(METRICS))
    hint = page.locator(".bt-measures tr", has_text="Sharpe ratio").locator(".hint")
    hint.hover()
    expect(hint.locator(".hint-text")).to_contain_text("√252")


def test_the_certificate_says_what_was_tested_and_what_was_not(
    live_server: LiveServer, done: Job, open_page: OpenPage
) -> None:
    page = open_page(f"/backtest/{done.id}", role=Role.TRADER)
    page.locator(".bt-badges a", has_text="Certified").click()
    expect(page.locator(".tab-link[aria-current]")).to_have_text("Certificate")
    expect(page.locator("[data-result] .figure-card .scatterlayer path")).to_have_count(20)
    blocks = page.locator(".bt-check-block")
    expect(blocks).to_have_count(6)
    expect(blocks.first).to_contain_text("Truncation replay passed")
    for k in range(6):
        expect(blocks.nth(k).locator("dt")).to_have_text(["Tested", "Came out", "Not tested"])
    expect(blocks.last).to_contain_text("Universe not tested")
    page.goto(f"{live_server.url}/backtest")
    expect(page.locator("#bt-runs .ag-row", has_text=done.title)).to_contain_text("Certified")


def test_a_refused_run_shows_its_certificate_and_an_old_one_that_it_has_none(
    live_server: LiveServer, jobs: JobService, open_page: OpenPage
) -> None:
    bars = random_panel(11, 300, 4)
    seer = strategy_of(will_rise)
    replay = truncation_check(seer, None, bars)
    error = LooksAhead("It looks ahead.", refused(replay, 4), field="strategy", remedy="Stop.")
    trader = live_server.people[Role.TRADER]
    job = jobs.submit(trader, "backtest", replace(SMALL, name="The seer"))
    old = run(live_server, jobs, replace(SMALL, name="An old run"))
    with live_server.db.write() as conn:
        conn.execute(
            tables.jobs.update()
            .where(tables.jobs.c.id == job.id)
            .values(state="failed", error=error.as_dict())
        )
        made = conn.execute(
            sa.select(runs.c.provenance).where(runs.c.job_id == old.id)
        ).scalar_one()
        kept = {key: value for key, value in made.items() if key != "certificate"}
        conn.execute(runs.update().where(runs.c.job_id == old.id).values(provenance=kept))
    page = open_page(f"/backtest/{job.id}", role=Role.TRADER)
    expect(page.locator(".bt-check-block")).to_contain_text("Truncation replay failed")
    expect(page.locator(".notice-error").first).to_contain_text("It looks ahead.")
    page.goto(f"{live_server.url}/backtest/{old.id}?tab=certificate")
    expect(page.locator(".bt-badges")).to_contain_text("No certificate")
    expect(page.locator("[data-result]")).to_contain_text("made before certificates were issued")


def test_overlays_run_from_the_form_and_come_back_when_it_is_edited(
    live_server: LiveServer, jobs: JobService, open_page: OpenPage
) -> None:
    page = open_page("/backtest?dataset=us-tech-4", role=Role.TRADER)
    page.locator("summary", has_text="Overlays").click()
    field(page, "trend-filter.window").fill("many")
    expect(error_of(page, "trend-filter.window")).to_contain_text("'many' is not one")
    field(page, "trend-filter.window").fill("200")
    field(page, "trend-filter.market").fill("XOM")
    expect(error_of(page, "trend-filter.market")).to_contain_text("none of the chosen instruments")
    field(page, "trend-filter.market").fill("IBM")
    expect(page.locator("#bt-check")).to_contain_text("first decision after 199")
    page.click("#bt-run")
    page.wait_for_selector("[data-result]", timeout=30_000)
    expect(page.locator("h1")).to_contain_text("+ trend filter")
    job_id = page.url.rsplit("/", 1)[1]
    page.goto(f"{live_server.url}/backtest/{job_id}?tab=details")
    expect(page.locator("[data-result]")).to_contain_text(
        "Trend filter (window = 200, market = IBM"
    )
    page.goto(f"{live_server.url}/backtest?from={job_id}")
    expect(field(page, "trend-filter.window")).to_have_value("200")
    expect(field(page, "trend-filter.market")).to_be_visible()
    expect(field(page, "name")).to_have_value("")


def test_bad_input_gets_a_sentence_at_its_field_and_nothing_is_submitted(
    live_server: LiveServer, jobs: JobService, open_page: OpenPage
) -> None:
    def submitted() -> int:
        return len(jobs.list(live_server.people[Role.TRADER], JobFilter(kinds=("backtest",))))

    before = submitted()
    page = open_page("/backtest?dataset=us-tech-4", role=Role.TRADER)
    cases = (
        ("capital", "nan", "Enter a number between"),
        ("capital", "inf", "Enter a number between"),
        ("capital", "0", "Enter a starting capital above 0."),
        ("slippage_bps", "-1", "-1 is outside"),
        ("start", "2020-01-02", "lies after the end"),
        ("end", "1999-12-31", "lies after the end"),
        ("end", "soon", "Enter a date as YYYY-MM-DD"),
    )
    for name, value, words in cases:
        good = field(page, name).input_value()
        field(page, name).fill(value)
        shown = error_of(page, "start" if "lies after" in words else name)
        expect(shown).to_contain_text(words)
        page.click("#bt-run")
        expect(page.locator("#bt-check")).to_contain_text("needs a change")
        field(page, name).fill(good)
        expect(shown).to_be_empty()
    field(page, "start").fill("2013-01-02")
    page.click("#bt-run")
    expect(error_of(page, "start")).to_contain_text("SMA crossover needs 199 bars")
    field(page, "end").fill("2031-01-01")
    field(page, "start").fill("2030-01-01")
    expect(error_of(page, "start")).to_contain_text("There are no bars from 2030-01-01")
    page.click("#bt-run")
    page.wait_for_timeout(300)
    assert page.url.endswith("/backtest?dataset=us-tech-4")
    assert submitted() == before


def test_an_unknown_symbol_in_the_address_is_named(jobs: JobService, open_page: OpenPage) -> None:
    page = open_page("/backtest?dataset=us-tech-4&symbol=NOPE", role=Role.TRADER)
    expect(error_of(page, "symbols")).to_contain_text("'NOPE' cannot be traded in US technology")
    page = open_page("/backtest?symbol=IBM", role=Role.TRADER)
    expect(page.locator("#bt-check")).to_contain_text("1 instrument")


def test_a_failed_run_says_why_and_can_be_edited(
    live_server: LiveServer, jobs: JobService, open_page: OpenPage
) -> None:
    job = run(live_server, jobs, replace(SMALL, symbols=("AAPL", "NOPE"), name="Wrong symbol"))
    assert job.state is JobState.FAILED
    page = open_page(f"/backtest/{job.id}", role=Role.TRADER)
    expect(page.locator(".job-card")).to_contain_text("'NOPE' is not in the data set")
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    page.get_by_role("link", name="Edit and run again").click()
    expect(error_of(page, "symbols")).to_contain_text("Not in US technology")
    expect(field(page, "fast")).to_have_value("20")
    expect(field(page, "start")).to_have_value("2005-01-03")


def test_a_click_on_a_trade_zooms_the_price_chart_to_it(done: Job, open_page: OpenPage) -> None:
    page = open_page(f"/backtest/{done.id}?tab=trades", role=Role.TRADER)
    chart = "document.querySelector('#bt-trade-figure .js-plotly-plot')"
    page.wait_for_selector("#bt-trade-figure .cartesianlayer path", state="attached")
    whole = page.evaluate(f"{chart}._fullLayout.xaxis.range")
    row = page.locator("#bt-trades .ag-center-cols-container .ag-row").nth(3)
    symbol = row.locator("[col-id=symbol]").inner_text()
    row.click()
    until(page, f"{chart}.layout.shapes && {chart}.layout.shapes.length === 1")
    zoomed = page.evaluate(f"{chart}._fullLayout.xaxis.range")
    assert zoomed[1] - zoomed[0] < (whole[1] - whole[0]) / 3
    band = page.evaluate(f"{chart}.layout.shapes[0]")
    assert zoomed[0] < band["x0"] < band["x1"] < zoomed[1]
    expect(page.locator("#bt-trade-symbol")).to_contain_text(symbol)


def test_log_scale_theme_and_palette_reach_the_figures(done: Job, open_page: OpenPage) -> None:
    page = open_page(f"/backtest/{done.id}", role=Role.TRADER)
    equity = "document.querySelector('[data-result] .figure-card .js-plotly-plot')"
    page.wait_for_selector("[data-result] .scatterlayer path", state="attached")
    page.get_by_text("Log", exact=True).click()
    until(page, f"{equity}.layout.yaxis.type === 'log'")
    dark = page.evaluate(f"{equity}.layout.template.layout.paper_bgcolor")
    page.click("#theme-toggle")
    until(page, f"{equity}.layout.template.layout.paper_bgcolor !== '{dark}'")
    assert page.evaluate(f"{equity}.layout.yaxis.type") == "log"
    page.click("#theme-toggle")
    until(page, f"{equity}.layout.template.layout.paper_bgcolor === '{dark}'")


def test_notes_are_kept_and_files_come_as_csv_parquet_and_pdf(
    done: Job, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(f"/backtest/{done.id}?tab=details", role=Role.TRADER)
    page.fill("#bt-notes", "Too good around 2009.")
    page.click("#bt-save-notes")
    expect(page.locator("#bt-notes-saved")).to_have_text("Saved.")
    page.reload()
    expect(page.locator("#bt-notes")).to_have_value("Too good around 2009.")
    trades = page.locator(".bt-files tr", has_text="Round trips")
    with page.expect_download() as csv:
        trades.get_by_role("button", name="CSV").click()
    csv.value.save_as(tmp_path / "trades.csv")
    with page.expect_download() as parquet:
        trades.get_by_role("link", name=re.compile("Parquet")).click()
    parquet.value.save_as(tmp_path / "trades.parquet")
    left, right = pd.read_csv(tmp_path / "trades.csv"), pd.read_parquet(tmp_path / "trades.parquet")
    assert list(left.columns) == list(right.columns)
    assert left["pnl"].tolist() == right["pnl"].tolist()
    with page.expect_download(timeout=40_000) as pdf:
        page.get_by_role("button", name="PDF").click()
    pdf.value.save_as(tmp_path / "sheet.pdf")
    assert (tmp_path / "sheet.pdf").read_bytes()[:5] == b"%PDF-"


def test_reproduce_says_identical(live_server: LiveServer, done: Job, open_page: OpenPage) -> None:
    page = open_page(f"/backtest/{done.id}?tab=details", role=Role.TRADER)
    page.click("#bt-reproduce")
    expect(page.locator("#bt-reproduced")).to_contain_text(
        "Identical to the original", timeout=30_000
    )
    page.goto(f"{live_server.url}/backtest")
    expect(page.locator("#bt-runs .ag-row", has_text="Two of tech").first).to_be_visible()
    expect(page.get_by_role("link", name="Reproduce: Two of tech")).to_have_count(0)


def test_runs_are_compared_renamed_and_archived(
    live_server: LiveServer, jobs: JobService, done: Job, open_page: OpenPage
) -> None:
    other = run(live_server, jobs, replace(SMALL, params={"fast": 10, "slow": 50}, name="Faster"))
    page = open_page("/backtest", role=Role.TRADER)

    def row(name: str) -> Any:
        return page.locator("#bt-runs .ag-center-cols-container .ag-row", has_text=name)

    row("Faster").locator("input[type=checkbox]").check()
    expect(page.locator("#bt-compare")).to_be_disabled()
    row("Two of tech").locator("input[type=checkbox]").check()
    page.click("#bt-compare")
    expect(page).to_have_url(f"{live_server.url}/backtest/compare?ids={other.id},{done.id}")
    expect(page.locator(".bt-compare-table")).to_contain_text("Sharpe ratio")
    differs = page.locator(".panel", has_text="What differs")
    expect(differs).to_contain_text("Parameter fast")
    expect(differs).not_to_contain_text("Universe")
    expect(page.locator(".panel", has_text="Correlation of returns")).to_contain_text("1.00")
    page.wait_for_selector("#bt-compare-equity .scatterlayer path", state="attached")
    with page.expect_download() as sheet:
        page.click("#bt-compare-export")
    assert sheet.value.suggested_filename == "backtest-comparison.html"

    page.goto(f"{live_server.url}/backtest")
    row("Faster").locator("input[type=checkbox]").check()
    page.click("#bt-rename")
    expect(page.locator("#bt-new-name")).to_have_value("Faster")
    page.fill("#bt-new-name", "Nimble")
    page.click("#bt-rename-save")
    expect(row("Nimble")).to_be_visible()
    page.click("#bt-archive")
    expect(row("Nimble")).to_have_count(0)
    page.get_by_text("Archived", exact=True).click()
    expect(row("Nimble")).to_contain_text("archived")


def test_strangers_and_viewers(done: Job, open_page: OpenPage) -> None:
    page = open_page(f"/backtest/{done.id}", role=Role.VIEWER)
    expect(page.locator(".empty-title")).to_have_text("Not found")
    page = open_page("/backtest", role=Role.VIEWER)
    expect(page.locator("#main")).to_contain_text("Your role is viewer")
    expect(page.locator("#bt-run")).to_have_count(0)


def test_the_pages_fit_a_phone(done: Job, open_page: OpenPage) -> None:
    for path in ("/backtest", f"/backtest/{done.id}", f"/backtest/{done.id}?tab=metrics"):
        page = open_page(path, role=Role.TRADER, width=390, height=844)
        page.wait_for_timeout(300)
        assert page.evaluate("document.getElementById('main').scrollWidth") <= 390, path

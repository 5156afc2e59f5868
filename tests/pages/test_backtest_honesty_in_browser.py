"""Luck, attribution and costs of a run in a real browser: they draw, answer, and fit a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from terminal.accounts.actor import Role
from terminal.jobs.service import JobService
from terminal.jobs.values import Job, JobState
from tests.pages.conftest import LiveServer
from tests.pages.test_backtest_in_browser import SMALL, jobs, run  # noqa: F401  a fixture

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
FIGURES = {"evidence": 6, "attribution": 7, "costs": 4}
MARKS = ".scatterlayer path, .barlayer path"


@pytest.fixture(scope="module")
def judged(live_server: LiveServer, jobs: JobService) -> Job:  # noqa: F811
    """A finished run under a name of its own."""
    job = run(live_server, jobs, replace(SMALL, name="Judged"))
    assert job.state is JobState.SUCCEEDED, job.error
    return job


@pytest.mark.parametrize("tab", FIGURES)
def test_a_tab_draws_and_fits_a_phone(judged: Job, open_page: OpenPage, tab: str) -> None:
    page = open_page(f"/backtest/{judged.id}?tab={tab}", role=Role.TRADER)
    expect(page.locator(".bt-verdict")).to_contain_text(
        re.compile(r"Sharpe −?\d\.\d\d \(95 % .+\); after \d+ trials? the deflated Sharpe is")
    )
    cards = page.locator("[data-result] .figure-card")
    expect(cards).to_have_count(FIGURES[tab])
    for k in range(FIGURES[tab]):
        cards.nth(k).evaluate("card => card.scrollIntoView()")
        expect(cards.nth(k).locator(MARKS).first).to_be_attached(timeout=15_000)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_slider_makes_trading_dearer(judged: Job, open_page: OpenPage) -> None:
    page = open_page(f"/backtest/{judged.id}?tab=costs", role=Role.TRADER)
    stats: Any = page.locator("#bt-dearer-stats")
    before = stats.locator(".stat-value").all_inner_texts()
    page.locator("#bt-extra-cost [role=slider]").first.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(stats.locator(".stat-value").first).not_to_have_text(before[0])
    as_run = stats.locator(".stat-sub").first.inner_text()
    assert before[0].lstrip("▲▼\n") in as_run
    expect(page.locator("#bt-dearer")).to_contain_text("bp dearer")

"""Optimise in a real browser: a wrong field is named, a right form becomes a proposal."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from terminal.accounts.actor import Role
from terminal.jobs.service import JobService

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def test_a_form_becomes_a_proposal_with_its_trades(
    service_with_data: JobService, open_page: Open
) -> None:
    page = open_page("/optimise?dataset=sp500-20", role=Role.TRADER)
    page.locator("textarea").nth(1).fill("AAPL 2")
    page.click("#op-run")
    expect(page.locator("#op-notice")).to_contain_text("Nothing was started")
    expect(page.locator("#main")).to_contain_text("Line 1: write a symbol")
    page.locator("textarea").nth(1).fill("AAPL 2 3")
    page.click("#op-run")
    page.wait_for_url("**/optimise/*")
    expect(page.locator("#op-trades")).to_contain_text("AAPL", timeout=60_000)
    expect(page.locator("#main")).to_contain_text("Survivors: all 20")
    assert page.locator(".figure-card .js-plotly-plot").count() == 3
    expect(page.locator("#main")).to_contain_text("Open an account")


def test_a_viewer_may_look_and_not_start(service_with_data: JobService, open_page: Open) -> None:
    page = open_page("/optimise", role=Role.VIEWER)
    expect(page.locator("#main")).to_contain_text("Your role is viewer")
    assert page.locator("#op-run").count() == 0

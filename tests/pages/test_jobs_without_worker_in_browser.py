"""A job's card while no worker runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from terminal.accounts.actor import Role
from tests.pages.conftest import LiveServer
from tests.pages.test_jobs_in_browser import submit

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]


@pytest.mark.usefixtures("no_worker")
def test_card_says_that_no_worker_is_running_and_cancel_works(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    job = submit(live_server, Role.TRADER, name="Waits for nobody")
    page = open_page(f"/jobs/{job.id}", role=Role.TRADER)
    expect(page.locator(".job-card")).to_contain_text("No worker is running")
    expect(page.locator(".job-card")).to_contain_text("make run")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".job-card .badge")).to_have_text("cancelled")
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden()
    expect(page.get_by_role("button", name="Retry")).to_be_visible()

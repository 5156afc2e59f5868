from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from terminal.accounts.actor import Role
from terminal.jobs.self_test import SelfTestRequest
from terminal.jobs.service import JobService
from terminal.jobs.values import Job
from tests.pages.conftest import LiveServer
from tests.pages.live_jobs import ring

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]


def submit(server: LiveServer, role: Role, **request: object) -> Job:
    """A row whose doorbell nobody hears until a worker looks."""
    jobs = JobService(server.db, server.settings, lambda _job, _queue: None)
    return jobs.submit(server.people[role], "self_test", SelfTestRequest(**request))  # type: ignore[arg-type]


def test_others_jobs_are_not_found_and_an_admin_may_list_them(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    job = submit(live_server, Role.TRADER, name="A private matter")
    stranger = open_page(f"/jobs/{job.id}", role=Role.VIEWER)
    expect(stranger.locator(".empty-title")).to_have_text("Not found")
    admin = open_page("/jobs", role=Role.ADMIN)
    admin.get_by_text("Everyone's").click()
    expect(admin.get_by_role("link", name="A private matter")).to_be_visible()


def test_table_is_live_and_filters(live_server: LiveServer, open_page: OpenPage) -> None:
    page = open_page("/jobs", role=Role.TRADER)
    page.wait_for_selector("#jobs-table .ag-root, #jobs-empty .empty-title")
    submit(live_server, Role.TRADER, name="Appears by itself")
    link = page.get_by_role("link", name="Appears by itself")
    expect(link).to_be_visible(timeout=6000)
    page.fill("#jobs-text", "nothing is called this")
    expect(link).to_have_count(0)
    expect(page.locator("#jobs-grid")).to_contain_text("No job matches these filters.")
    page.fill("#jobs-text", "appears")
    expect(link).to_be_visible()
    link.click()
    expect(page).to_have_url(re.compile(r"/jobs/[0-9a-f]{32}$"))
    expect(page.locator("h1")).to_have_text("Appears by itself")


@pytest.mark.usefixtures("live_worker")
def test_worker_test_runs_from_the_click_to_files_with_their_hash(open_page: OpenPage) -> None:
    page = open_page("/settings?tab=system", role=Role.TRADER)
    page.get_by_role("button", name="Test the workers").click()
    expect(page).to_have_url(re.compile(r"/jobs/[0-9a-f]{32}$"))
    card = page.locator(".job-card")
    expect(card.locator(".badge")).to_have_text("succeeded", timeout=20_000)
    expect(card).to_contain_text("Finished in")
    expect(page.locator("#job-outcome")).to_contain_text("walk.parquet")
    with page.expect_download() as download:
        page.get_by_role("link", name="walk.parquet").click()
    assert download.value.suggested_filename == "walk.parquet"
    polls: list[str] = []
    page.on("request", lambda request: polls.append(request.post_data or ""))
    page.wait_for_timeout(1800)
    assert not [body for body in polls if "job-interval" in body], "a finished card still polls"

    page.get_by_role("button", name="Reproduce").click()
    expect(page.locator("h1")).to_contain_text("Reproduce", timeout=10_000)
    expect(page.locator(".job-card .badge")).to_have_text("succeeded", timeout=20_000)
    expect(page.locator("#job-outcome")).to_contain_text("Identical to the original")


@pytest.mark.usefixtures("live_worker")
def test_a_refused_job_shows_its_sentence_field_and_remedy(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    job = submit(live_server, Role.TRADER, end="refuse", seconds=0.1, name="Refuses")
    ring(live_server, job)
    page = open_page(f"/jobs/{job.id}", role=Role.TRADER)
    card = page.locator(".job-card")
    expect(card.locator(".badge")).to_have_text("failed", timeout=20_000)
    expect(card).to_contain_text("end: This test was asked to refuse.")
    expect(card).to_contain_text("Choose succeed.")
    expect(card.get_by_role("button", name="Retry")).to_be_visible()


def test_table_and_card_write_durations_alike(open_page: OpenPage) -> None:
    from pages.components.clock import duration

    page = open_page("/jobs")
    for seconds in (0, 0.04, 0.44, 9.94, 9.96, 59.4, 59.6, 185, 3599.4, 3599.6, 7440, 100_000):
        shown = page.evaluate(
            """s => window.dashAgGridFunctions.terminalElapsed({
                started: "2026-01-05T00:00:00Z",
                finished: new Date(Date.UTC(2026, 0, 5) + s * 1000).toISOString()})""",
            seconds,
        )
        assert shown == duration(seconds)

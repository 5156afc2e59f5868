"""A sweep in a real browser, with a real worker whose process is killed on the way."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable

import psutil
import pytest
from playwright.sync_api import Page, expect

from terminal.accounts.actor import Role
from terminal.db.repositories import sweeps
from terminal.jobs.service import JobService
from terminal.jobs.values import Job, JobState
from tests.pages.conftest import LiveServer
from tests.pages.test_backtest_in_browser import jobs  # noqa: F401  (a fixture)

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
ADDRESS = re.compile(r"/sweep/([0-9a-f]{32})$")


def value_field(page: Page, name: str) -> str:
    """Selector of a parameter's field; Dash writes ids of this kind as JSON."""
    found = page.evaluate(
        """name => [...document.querySelectorAll("input")].map(item => item.id).find(
             id => id.includes('"sweep-values"') && id.includes(`"name":"${name}"`))""",
        name,
    )
    return f"[id='{found}']"


def running_part(server: LiveServer, service: JobService, sweep_id: str) -> Job:
    """A part that a worker's process is busy with."""
    deadline = time.monotonic() + 30
    trader = server.people[Role.TRADER]
    while True:
        for job in service.children(trader, sweep_id):
            if job.kind == "sweep_part" and job.state is JobState.RUNNING and "of" in job.message:
                return job
        assert time.monotonic() < deadline, "no part began"
        time.sleep(0.02)


def kill_busy_processes(service: JobService, part: Job) -> None:
    """SIGKILL to the worker's processes that hold a job."""
    assert part.worker_id is not None
    worker = psutil.Process(int(part.worker_id.split("-")[-2]))
    for child in worker.children(recursive=True):
        if "workers.job_process" in " ".join(child.cmdline()) and child.cpu_times().user > 0:
            os.kill(child.pid, signal.SIGKILL)


def test_a_sweep_from_the_form_shows_partial_results_survives_a_kill_and_ends_in_a_heat_map(
    live_server: LiveServer,
    jobs: JobService,  # noqa: F811
    open_page: OpenPage,
) -> None:
    page = open_page("/sweep?dataset=sp500-20&strategy=sma-crossover", role=Role.TRADER)
    expect(page.locator("#sw-check")).to_contain_text("combinations", timeout=20_000)
    page.fill(value_field(page, "fast"), "60, 80")
    page.fill(value_field(page, "slow"), "20, 40")
    expect(page.locator("#sw-check")).to_contain_text("No combination of these values")
    page.fill(value_field(page, "fast"), "5:80:3")
    page.fill(value_field(page, "slow"), "90:300:6")
    expect(page.locator("#sw-check")).to_contain_text("936 combinations", timeout=20_000)
    page.click("#sw-run")
    expect(page).to_have_url(ADDRESS, timeout=20_000)
    found = ADDRESS.search(page.url)
    assert found
    part = running_part(live_server, jobs, found.group(1))
    expect(page.locator("#sw-status")).to_contain_text("running", timeout=20_000)
    rows = page.locator("#sw-best .ag-center-cols-container .ag-row")
    expect(rows.first).to_be_visible(timeout=20_000)  # partial results
    kill_busy_processes(jobs, part)
    with live_server.db.read() as conn:
        row = sweeps.get(conn, live_server.people[Role.TRADER], found.group(1))
    assert row.result is None, "the sweep had ended before the kill"
    expect(page.locator("#sw-status")).to_contain_text("936 of 936", timeout=60_000)
    expect(page.locator("#sw-status .badge").first).to_have_text("finished", timeout=60_000)
    after = jobs.get(live_server.people[Role.TRADER], part.id)
    assert after.attempt > 1 and after.state is JobState.SUCCEEDED
    page.wait_for_selector("#sw-heat .heatmaplayer image", state="attached", timeout=20_000)
    expect(page.locator(".sw-honesty")).to_contain_text("deflated Sharpe")
    expect(page.locator(".stats")).to_contain_text("Best combination")


def test_a_viewer_starts_nothing_and_a_stranger_sees_nothing(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    page = open_page("/sweep", role=Role.VIEWER)
    expect(page.locator("#main")).to_contain_text("Your role is viewer")
    expect(page.locator("#sw-run")).to_have_count(0)

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


def begun_part(server: LiveServer, service: JobService, sweep_id: str) -> Job:
    """A part that is running, once there are points."""
    deadline = time.monotonic() + 90  # a process may have to compile first
    trader = server.people[Role.TRADER]
    while True:
        with server.db.read() as conn:
            points = sweeps.counts(conn, [sweep_id]).get(sweep_id, 0)
        running = [
            job
            for job in service.children(trader, sweep_id)
            if job.kind == "sweep_part" and job.state is JobState.RUNNING
        ]
        if points and running:
            return running[0]
        assert time.monotonic() < deadline, "no part wrote a point"
        time.sleep(0.02)


def kill_job_processes(part: Job) -> None:
    """SIGKILL to every process of the worker that holds a job or waits for one."""
    assert part.worker_id is not None
    worker = psutil.Process(int(part.worker_id.split("-")[-2]))
    for child in worker.children(recursive=True):
        if "workers.job_process" in " ".join(child.cmdline()):
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
    expect(page.locator("#sw-check")).to_contain_text(
        "No combination of these values", timeout=20_000
    )
    page.fill(value_field(page, "fast"), "5:80:3")
    page.fill(value_field(page, "slow"), "90:300:4")
    expect(page.locator("#sw-check")).to_contain_text("1,378 combinations", timeout=20_000)
    page.click("#sw-run")
    expect(page).to_have_url(ADDRESS, timeout=20_000)
    found = ADDRESS.search(page.url)
    assert found
    status = page.locator("#sw-status")
    expect(status).to_contain_text("of 1,378 combinations", timeout=30_000)
    part = begun_part(live_server, jobs, found.group(1))
    kill_job_processes(part)
    some = re.compile(r"running\s*[1-9][\d,]* of 1,378")
    expect(status).to_contain_text(some, timeout=20_000)
    rows = page.locator("#sw-best .ag-center-cols-container .ag-row")
    expect(rows.first).to_be_visible(timeout=20_000)
    expect(status.locator(".badge").first).to_have_text("finished", timeout=120_000)
    expect(status).to_contain_text("1,378 of 1,378")
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

"""The Models pages in a real browser, with a real worker that trains on a data set of its own."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from terminal import clock
from terminal.accounts.actor import Role
from terminal.db.repositories import models
from terminal.jobs.service import JobService
from terminal.jobs.values import Job, JobState
from terminal.market.publish import publish
from terminal.market.store import open_store
from terminal.training.request import GateRequest
from tests.pages.conftest import LiveServer
from tests.pages.live_jobs import finish, ring
from tests.terminal.training.conftest import REQUEST, made

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
WAIT = 90_000  # a process may have to compile first


@pytest.fixture(scope="module")
def dry_run(live_server: LiveServer, service_with_data: JobService) -> Job:
    """A dry run on bars whose next return can be foretold: what the form begins with."""
    store = open_store(live_server.settings, live_server.db)
    _, save = publish(store, *made("signal", 0.25, 1), clock.now())
    with live_server.db.write() as conn:
        save(conn)
    request = replace(REQUEST, dry_run=True)
    job = service_with_data.submit(live_server.people[Role.TRADER], "training", request)
    ring(live_server, job)
    ended = finish(service_with_data, job)
    assert ended.state is JobState.SUCCEEDED, ended.error
    return ended


def field(page: Page, form: str, name: str) -> str:
    """Selector of a form's field; Dash writes ids of this kind as JSON."""
    found = page.evaluate(
        """([form, name]) => [...document.querySelectorAll("[id]")].map(item => item.id).find(
             id => id.includes(`"form":"${form}"`) && id.includes(`"name":"${name}"`)
                   && id.includes('"type":"field"'))""",
        [form, name],
    )
    return f"[id='{found}']"


def train(page: Page, url: str, job: Job, seed: str) -> None:
    """The form of that job with another seed, run to its verdict."""
    page.goto(f"{url}/models?from={job.id}")
    page.wait_for_selector("#md-run")
    page.locator("summary", has_text="Events and weights").click()
    page.fill(field(page, "md-train", "seed"), seed)
    page.click("#md-run")
    page.wait_for_url(re.compile(r"/models/training/[0-9a-f]{32}$"), timeout=15_000)
    expect(page.locator(".page-subtitle")).to_contain_text("better than luck", timeout=WAIT)


def test_a_dry_run_says_what_a_training_would_take(dry_run: Job, open_page: OpenPage) -> None:
    page = open_page(f"/models/training/{dry_run.id}", role=Role.TRADER, width=390, height=844)
    expect(page.locator("#main")).to_contain_text("2,116")
    expect(page.locator("#main")).to_contain_text("21 bars (20 look-back + 1 horizon)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_a_form_cannot_be_is_said_at_its_field(dry_run: Job, open_page: OpenPage) -> None:
    page = open_page(f"/models?from={dry_run.id}", role=Role.TRADER)
    page.wait_for_selector("#md-run")
    page.fill(field(page, "md-model", "rounds"), "none")
    page.locator("summary", has_text="Search of parameters").click()
    page.fill(field(page, "md-ranges", "leaves"), "9")
    page.click("#md-run")
    form = page.locator(".rs-form")
    expect(form).to_contain_text("'none' is not one", timeout=15_000)
    expect(form).to_contain_text("Enter two numbers with a comma between them")
    assert "/models?from=" in page.url


def test_a_model_is_trained_watched_registered_promoted_compared_and_rolled_back(
    live_server: LiveServer, dry_run: Job, open_page: OpenPage
) -> None:
    page = open_page("/models?tab=trainings", role=Role.TRADER)
    train(page, live_server.url, dry_run, "3")
    stages = page.locator(".md-stage-done")
    expect(stages).to_have_count(8, timeout=15_000)
    expect(page.locator("#main")).to_contain_text("Registered as a candidate of Follower")
    for chart in ("#md-paths", "#md-result-curves"):
        page.wait_for_selector(f"{chart} .js-plotly-plot .main-svg", timeout=15_000)
    train(page, live_server.url, dry_run, "5")
    page.get_by_role("link", name="Open the version").click()
    page.wait_for_url(re.compile(r"/models/version/\d+$"), timeout=15_000)
    with live_server.db.read() as conn:
        newest, older = models.find(conn, live_server.people[Role.TRADER])[:2]
    for row in (older, newest):
        page.goto(f"{live_server.url}/models/version/{row.id}")
        page.locator("label", has_text=re.compile("^Production$")).click()
        page.click("#mv-move")
        page.wait_for_url(re.compile(r"at=production"), timeout=15_000)
    page.click("#mv-back")
    page.wait_for_url(re.compile(rf"version/{older.id}\?back=1"), timeout=15_000)
    with live_server.db.read() as conn:
        back = models.get(conn, live_server.people[Role.TRADER], older.id)
    assert back.stage == models.PRODUCTION
    with page.expect_download() as taken:
        page.get_by_role("link", name="Package (zip)").click()
    with zipfile.ZipFile(taken.value.path()) as archive:
        assert {"lightgbm.txt", "manifest.json", "manifest.hmac"} == set(archive.namelist())
    page.get_by_role("link", name="Compare").first.click()
    page.wait_for_url(re.compile(r"/models/compare"), timeout=15_000)
    expect(page.locator("#main")).to_contain_text("weights hash")
    expect(page.locator(".badge", has_text="differs").first).to_be_visible()


def test_what_the_gate_refused_is_kept_only_with_a_reason(
    live_server: LiveServer, service_with_data: JobService, dry_run: Job, open_page: OpenPage
) -> None:
    request = replace(REQUEST, name="Refused", gate=GateRequest(confidence=0.9999))
    job = service_with_data.submit(live_server.people[Role.TRADER], "training", request)
    ring(live_server, job)
    assert finish(service_with_data, job).state is JobState.SUCCEEDED
    page = open_page(f"/models/training/{job.id}", role=Role.TRADER, width=390, height=844)
    expect(page.locator(".bt-badges")).to_contain_text("did not pass the gate")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("#md-overrule")
    expect(page.locator("#md-overrule-notice")).to_contain_text("0 characters", timeout=15_000)
    page.fill("#md-reason", "To see what it looks at in the report.")
    page.click("#md-overrule")
    page.wait_for_url(re.compile(r"/models/version/\d+$"), timeout=15_000)
    expect(page.locator("#main")).to_contain_text("To see what it looks at in the report.")
    page.locator("label", has_text=re.compile("^Production$")).click()
    page.click("#mv-move")
    expect(page.locator("#mv-notice")).to_contain_text("The gate refused", timeout=15_000)


def test_a_viewer_sees_no_form_and_no_models_of_another(dry_run: Job, open_page: OpenPage) -> None:
    page = open_page("/models?tab=train", role=Role.VIEWER)
    expect(page.locator("#main")).to_contain_text("Your role is viewer")
    page = open_page(f"/models/training/{dry_run.id}", role=Role.VIEWER)
    expect(page.locator("#main")).to_contain_text("There is no job")

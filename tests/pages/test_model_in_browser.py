"""From a feature to an explained model, in a browser, on the built-in data, as a person goes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from terminal.accounts.actor import Role
from terminal.db.repositories import feature_sets, models, training
from terminal.jobs.service import JobService
from tests.pages.conftest import LiveServer

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
WAIT = 120_000  # processes may have to compile first
TECH = "dataset=us-tech-4"
SET = "Way to a model"
REASON = "To see the whole way from a feature to its explanation"


@pytest.fixture(autouse=True)
def no_such_set_yet(live_server: LiveServer) -> None:
    """The set of this test is not there, also when it runs again."""
    who = live_server.people[Role.TRADER]
    with live_server.db.write() as conn:
        for row in feature_sets.find(conn, who):
            if row.name == SET:
                feature_sets.delete(conn, who, row.id)


def field(page: Page, form: str, name: str) -> str:
    """Selector of a form's field; Dash writes ids of this kind as JSON."""
    found = page.evaluate(
        """([form, name]) => [...document.querySelectorAll("[id]")].map(item => item.id).find(
             id => id.includes(`"form":"${form}"`) && id.includes(`"name":"${name}"`)
                   && id.includes('"type":"field"'))""",
        [form, name],
    )
    return f"[id='{found}']"


def registered(page: Page) -> int:
    """The version of a finished training: the gate let it pass, or a person gives a reason."""
    if page.locator("#md-overrule").count():
        page.fill("#md-reason", REASON)
        page.click("#md-overrule")
    else:
        page.get_by_role("link", name="Open the version").click()
    page.wait_for_url(re.compile(r"/models/version/\d+$"), timeout=20_000)
    return int(page.url.rsplit("/", 1)[1])


def test_features_triple_barrier_lightgbm_by_cpcv_registered_and_explained(
    live_server: LiveServer, service_with_data: JobService, open_page: OpenPage
) -> None:
    page = open_page(f"/research?tab=sets&new=1&add=rsi&{TECH}", role=Role.TRADER)
    page.click("#rs-add-run")
    expect(page.locator("#rs-state")).to_have_text("2 columns, not saved yet", timeout=15_000)
    page.fill("#rs-name", SET)
    page.click("#rs-save")
    page.wait_for_url(re.compile(r"tab=sets&id=\d+"), timeout=15_000)
    train = page.get_by_role("link", name="Train a model with this set")
    address = train.get_attribute("href") or ""
    assert re.fullmatch(r"/models\?.*feature_set=\d+", address)

    page.goto(f"{live_server.url}{address}&{TECH}")
    page.wait_for_selector("#md-run", timeout=15_000)
    expect(page.locator("#md-features-note")).to_contain_text("rsi")
    page.fill(field(page, "md-model", "rounds"), "20")
    page.locator("summary", has_text="Events and weights").click()
    page.fill(field(page, "md-train", "every"), "5")
    page.locator("summary", has_text="What it must show").click()
    page.fill(field(page, "md-train", "name"), SET)
    page.click("#md-run")
    page.wait_for_url(re.compile(r"/models/training/[0-9a-f]{32}$"), timeout=15_000)
    job_id = page.url.rsplit("/", 1)[1]
    expect(page.locator("#main")).to_contain_text("Scores against luck", timeout=WAIT)
    who = live_server.people[Role.TRADER]
    with live_server.db.read() as conn:
        row = training.get(conn, who, job_id)
    assert (row.label, row.model, row.dataset) == ("triple-barrier", "lightgbm", "us-tech-4")
    version = registered(page)
    with live_server.db.read() as conn:
        kept = models.get(conn, who, version)
    if not row.passed:
        assert kept.stage != models.PRODUCTION
        expect(page.locator("#main")).to_contain_text(REASON)

    page.goto(f"{live_server.url}/explain?version={version}")
    page.get_by_label("Predictions at most").fill("200")
    page.get_by_text("Leave out", exact=True).click()
    page.get_by_role("button", name="Explain", exact=True).click()
    page.wait_for_url(re.compile(r"/explain/[0-9a-f]{32}$"), timeout=15_000)
    report = page.get_by_role("link", name="Report").first
    expect(report).to_be_visible(timeout=WAIT)
    with page.expect_download() as taken:
        report.click()
    content = taken.value.path().read_text(encoding="utf-8")
    assert "SHAP report" in content and "rsi" in content and "sma-gap" in content
    assert "default-src 'none'" in content[:2_000], "the file may load nothing from elsewhere"

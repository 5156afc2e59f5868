"""From a feature to a model that trades and is watched, on built-in data, as a person goes."""

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


def test_features_triple_barrier_lightgbm_registered_explained_traded_xrayed_and_watched(
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

    trade_xray(page, live_server.url, version)
    page.goto(f"{live_server.url}/monitor/{version}")
    page.click("#mo-run")
    page.wait_for_url(re.compile(r"/monitor/report/[0-9a-f]{32}$"), timeout=15_000)
    map_of_drift = page.locator('[id*=\'"key":"map"\'] .main-svg').first
    expect(map_of_drift).to_be_visible(timeout=WAIT)


def trade_xray(page: Page, url: str, version: int) -> None:
    """A backtest of the version as it was registered, and the decision of its first trade."""
    page.goto(f"{url}/backtest?strategy=model&model={version}")
    page.wait_for_selector("#bt-run", timeout=15_000)
    page.get_by_role("option", name=re.compile("As registered", re.IGNORECASE)).click()
    page.fill(field(page, "backtest-params", "enter"), "0.01")
    page.fill(field(page, "backtest", "start"), "2010-01-04")
    expect(page.locator("#bt-check")).to_contain_text("daily bars", timeout=20_000)
    page.click("#bt-run")
    page.wait_for_selector("[data-result]", timeout=WAIT)
    backtest = page.url.rsplit("/", 1)[1]
    page.goto(f"{url}/xray?backtest={backtest}&trade=0")
    page.click("#xr-run")
    expect(page.get_by_text("Everything the model knew")).to_be_visible(timeout=WAIT)

"""Explain, X-ray and Monitor in a real browser, on a model that was trained by the terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from terminal.accounts.actor import Role
from terminal.backtest.request import BacktestRequest
from terminal.db.repositories import models
from terminal.drift.request import DriftRequest
from terminal.explain.request import ExplainRequest, XrayRequest
from terminal.jobs.values import JobState
from terminal.market.timeframe import Timeframe
from terminal.settings import ROOT, load_settings
from terminal.strategies.model.reference import reference_text
from terminal.strategies.model.strategy import AS_REGISTERED
from terminal.training.reference import reference_of
from tests.pages.conftest import LiveServer
from tests.terminal.training.conftest import FEATURES, REQUEST, SYMBOLS, TrainingTerminal, made

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
WAIT_MS = 20_000


@dataclass(frozen=True)
class Found:
    """Ids of a version and of what was made of it."""

    version: int
    explanation: str
    drift: str
    backtest: str
    xray: str


@pytest.fixture(scope="module")
def found(live_server: LiveServer) -> Found:
    """A trained model of the trader's, explained, measured, backtested, one trade taken apart."""
    settings = load_settings(
        ROOT / "config", {**live_server.environ, "ATT_TRAINING__MLFLOW_URI": "off"}
    )
    own = TrainingTerminal(live_server.db, settings, live_server.people[Role.TRADER])
    dataset, parts = made("signal", 0.25, 1)
    own.publish(replace(dataset, slug="signal-pages", title="Signal"), parts)

    def done(kind: str, request: object) -> str:
        job = own.submit(kind, request)
        assert job.state is JobState.SUCCEEDED, job.error
        return job.id

    trained = done("training", replace(REQUEST, dataset="signal-pages", name="Pages follower"))
    with own.db.read() as conn:
        version = models.of_job(conn, own.trader, trained)
    assert version is not None
    run = done(
        "backtest",
        BacktestRequest(
            dataset="signal-pages", symbols=SYMBOLS, timeframe=Timeframe.DAY_1, strategy="model",
            params={"model": reference_text(reference_of(version)), "training": AS_REGISTERED,
                    "enter": 0.02},
            start=date.fromisoformat(version.lineage["out_of_sample_from"][:10]),
        ),
    )  # fmt: skip
    return Found(
        version.id,
        done("explain", ExplainRequest(version.id, sample=300, splits=3, repeats=1)),
        done("drift", DriftRequest(version.id)),
        run,
        done("xray", XrayRequest(run, 5)),
    )


def drawn(page: Page, key: str) -> None:
    """The figure of a key has marks."""
    card = page.locator(f'[id*=\'"key":"{key}"\']').first
    expect(card.locator(".main-svg").first).to_be_visible(timeout=WAIT_MS)


def test_an_explanation_is_chosen_read_and_downloaded(found: Found, open_page: Open) -> None:
    page = open_page(f"/explain?version={found.version}", role=Role.TRADER)
    expect(page.get_by_role("button", name="Explain", exact=True)).to_be_visible()
    page.get_by_role("link", name="SHAP report").first.click()
    page.wait_for_url(f"**/explain/{found.explanation}")
    expect(page.locator("h1")).to_contain_text("Pages follower (version 1)")
    for key in ("importance", "swarm", "dependence", "waterfall", "symbol", "permutation"):
        drawn(page, key)
    with page.expect_download() as download:
        page.get_by_role("link", name="Report").first.click()
    content = download.value.path().read_text(encoding="utf-8")
    assert "SHAP report" in content and FEATURES.columns[0] in content


def test_another_feature_and_another_prediction_redraw_their_figures(
    found: Found, open_page: Open
) -> None:
    page = open_page(f"/explain/{found.explanation}", role=Role.TRADER, width=390, height=800)
    drawn(page, "dependence")
    card = page.locator('[id*=\'"key":"dependence"\']').first
    before = card.locator(".xtitle").text_content()
    page.locator('[id*=\'"name":"feature"\']').first.click()
    other = next(name for name in FEATURES.columns if name != before)
    page.get_by_role("option", name=other).first.click()
    expect(card.locator(".xtitle")).to_have_text(other)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_wrong_number_is_named_beside_its_field(found: Found, open_page: Open) -> None:
    page = open_page("/explain", role=Role.TRADER)
    page.get_by_label("Predictions at most").fill("7")
    page.get_by_role("button", name="Explain", exact=True).click()
    expect(page.get_by_text("7 is outside")).to_be_visible()


def test_a_trade_leads_to_what_the_model_knew(found: Found, open_page: Open) -> None:
    page = open_page(f"/backtest/{found.backtest}?tab=trades", role=Role.TRADER)
    link = page.get_by_role("link", name="X-ray").first
    link.scroll_into_view_if_needed()
    expect(link).to_be_visible()
    page = open_page(f"/xray?backtest={found.backtest}&trade=5", role=Role.TRADER)
    page.get_by_role("link", name="Open its X-ray").click()
    page.wait_for_url(f"**/xray/{found.xray}")
    drawn(page, "waterfall")
    expect(page.get_by_text("Everything the model knew")).to_be_visible()
    decided = page.locator(".page-subtitle time")
    expect(decided).to_have_attribute("data-zone", "America/New_York")
    expect(decided).to_have_text(re.compile(r"^20\d\d-\d\d-\d\d 1[63]:00$"))  # the session's close
    fresh = open_page(f"/xray?backtest={found.backtest}&trade=1", role=Role.TRADER)
    expect(fresh.get_by_role("button", name="Take the decision apart")).to_be_visible()


def test_the_monitor_says_how_far_a_model_has_drifted(found: Found, open_page: Open) -> None:
    page = open_page("/monitor", role=Role.TRADER)
    page.get_by_role("link", name="Pages follower (version 1)").click()
    page.wait_for_url(f"**/monitor/{found.version}")
    drawn(page, "map")
    drawn(page, "score")
    expect(page.get_by_role("button", name="Measure now")).to_be_visible()
    expect(page.get_by_text("Measurements", exact=True)).to_be_visible()
    phone = open_page(f"/monitor/report/{found.drift}", role=Role.TRADER, width=390, height=800)
    drawn(phone, "map")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_somebody_else_sees_nothing_of_it(found: Found, open_page: Open) -> None:
    for path in (
        f"/explain/{found.explanation}",
        f"/monitor/{found.version}",
    ):
        page = open_page(path, role=Role.VIEWER)
        expect(page.locator(".empty-title")).to_have_text("Not found")

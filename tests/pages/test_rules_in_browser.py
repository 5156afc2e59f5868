"""The rule builder in a real browser: build, see, save, backtest; take out and bring in."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from terminal.accounts.actor import Role
from terminal.db.repositories import backtests, rule_sets
from terminal.strategies.rules.reading import parse_rules
from tests.pages.conftest import LiveServer
from tests.pages.test_market_in_browser import four_stocks  # noqa: F401  (a fixture)

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]
START = "/rules?example=golden-cross&dataset=us-tech-4&symbol=AAPL"
COUNT = re.compile(r"(\d+) entr(?:y|ies), (\d+) % of bars long")


@pytest.fixture(autouse=True)
def no_rules_yet(live_server: LiveServer) -> None:
    """The trader has saved nothing, also when a test runs again."""
    who = live_server.people[Role.TRADER]
    with live_server.db.write() as conn:
        for row in rule_sets.find(conn, who):
            rule_sets.delete(conn, who, row.id)


def part(page: Page, kind: str, place: str) -> Locator:
    """A control, button or place of the editor by its path."""
    return page.locator(f'[id*=\'"at":"{place}"\'][id*=\'"type":"ru-{kind}"\']')


def press(page: Page, do: str, place: str) -> None:
    """A button of the editor."""
    page.locator(f'[id*=\'"at":"{place}"\'][id*=\'"do":"{do}"\']').click()


def counted(page: Page) -> tuple[int, int]:
    """(entries, percent of bars long) of the preview."""
    expect(page.locator("#ru-count")).to_contain_text(COUNT, timeout=15_000)
    found = COUNT.search(page.locator("#ru-count").inner_text())
    assert found is not None
    return int(found[1]), int(found[2])


def drawn(page: Page) -> dict[str, int]:
    """How many points each trace of the chart has, by name."""
    script = """() => Object.fromEntries((document.querySelector('#ru-figure .js-plotly-plot')
        ?._fullData || []).map(trace => [trace.name, (trace.y || trace.close).length]))"""
    found: dict[str, int] = page.evaluate(script)
    return found


def until_drawn(page: Page, holds: Callable[[dict[str, int]], bool]) -> None:
    deadline = time.monotonic() + 15
    while not holds(drawn(page)):
        assert time.monotonic() < deadline, drawn(page)
        page.wait_for_timeout(50)


def test_build_a_rule_see_it_save_it_and_backtest_it(
    live_server: LiveServer, live_worker: None, open_page: OpenPage
) -> None:
    page = open_page(START, role=Role.TRADER)
    before = counted(page)
    until_drawn(page, lambda names: "SMA 200" in names and "RSI 14" in names)

    press(page, "add", "entry_long")
    window = part(page, "field", "entry_long.2.right.window")
    window.fill("nine")
    expect(part(page, "error", "entry_long.2.right.window")).to_contain_text(
        "Enter a whole number between 2 and 2000 bars; 'nine' is not one."
    )
    expect(page.locator("#ru-count")).to_contain_text("Correct the marked fields")
    window.fill("9")
    expect(part(page, "share", "entry_long.2")).to_contain_text("holds on")
    until_drawn(page, lambda names: "SMA 9" in names and names.get("Enter long", 0) > 0)
    assert counted(page) != before
    press(page, "up", "entry_long.2")
    expect(page.locator("#ru-words")).to_contain_text(
        "SMA 50 is above SMA 200 and close is above SMA 9 and RSI 14 is between 50 and 70"
    )

    page.fill("#ru-name", "Built in a browser")
    page.click("#ru-save")
    expect(page).to_have_url(re.compile(r"/rules\?id=\d+$"))
    expect(page.locator("#ru-version")).to_contain_text("Version 1 of 1")
    expect(page.locator("#ru-lists")).to_contain_text("Built in a browser")
    part(page, "field", "exit_long.1.right.value").fill("75")
    expect(page.locator("#ru-changed")).to_have_text("Changed, not saved")

    page.click("#ru-backtest")
    expect(page).to_have_url(re.compile(r"/backtest\?strategy=rules&rules=\d+&version=2"))
    expect(page.locator("#bt-rules-words")).to_contain_text("RSI 14 is above 75")
    expect(page.locator("#bt-check")).to_contain_text("1 instrument · 3,270 daily bars")
    page.click("#bt-run")
    page.wait_for_selector("[data-result]", timeout=60_000)
    expect(page.locator("h1")).to_have_text("Built in a browser")
    expect(page.locator(".page-subtitle")).to_contain_text("Enter long when SMA 50 is above")
    request_keeps_its_rules(live_server, page.url.rsplit("/", 1)[1])


def request_keeps_its_rules(live_server: LiveServer, job_id: str) -> None:
    """The run holds the rules themselves, whatever happens to the saved ones."""
    who = live_server.people[Role.TRADER]
    with live_server.db.write() as conn:
        (row,) = rule_sets.find(conn, who)
        run = backtests.get(conn, who, job_id)
        assert run.strategy == "rules" and row.newest == 2
        assert run.params["rules"] == row.rules
        rule_sets.delete(conn, who, row.id)
        kept = parse_rules(str(backtests.get(conn, who, job_id).params["rules"]))
    assert len(list(kept.conditions)) == 5


def test_rules_go_out_as_a_file_and_come_back(
    live_server: LiveServer, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page("/rules?example=channel-breakout&dataset=us-tech-4", role=Role.VIEWER)
    counted(page)
    expect(page.locator("#ru-save, #ru-backtest, #ru-copy")).to_have_count(0)
    with page.expect_download() as taken:
        page.click("#ru-export")
    assert taken.value.suggested_filename == "channel-breakout-long-and-short.rules.json"
    file = tmp_path / "mine.json"
    taken.value.save_as(file)
    data: dict[str, Any] = json.loads(file.read_text())
    data["name"], data["entry_long"]["all"][0]["right"]["window"] = "Changed outside", 33
    file.write_text(json.dumps(data))
    page.locator("#ru-import input[type=file]").set_input_files(file)
    expect(page.locator("#ru-name")).to_have_value("Changed outside")
    until_drawn(page, lambda names: "Donchian high 33" in names and "Enter short" in names)
    data["entry_long"]["all"][0]["left"] = {"feature": "os.system"}
    worse = tmp_path / "worse.json"
    worse.write_text(json.dumps(data))
    page.locator("#ru-import input[type=file]").set_input_files(worse)
    expect(page.locator("#toast-stack")).to_contain_text(
        "entry_long.all[0].left.feature: There is no feature 'os.system'"
    )
    expect(page.locator("#ru-name")).to_have_value("Changed outside")

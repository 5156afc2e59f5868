from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from terminal.accounts.actor import Role
from tests.pages.conftest import LiveServer

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]


def theme(page: Page) -> str:
    return str(page.evaluate("document.documentElement.dataset.theme"))


def overflow(page: Page) -> int:
    return int(
        page.evaluate(
            "Math.max(document.documentElement.scrollWidth - innerWidth,"
            " document.querySelector('.main').scrollWidth"
            " - document.querySelector('.main').clientWidth)"
        )
    )


def index_loaded(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-commands", "ready")


def test_command_bar_opens_finds_runs_and_returns_the_focus(open_page: OpenPage) -> None:
    page = open_page("/jobs")
    index_loaded(page)
    page.focus("#theme-toggle")
    page.keyboard.press("Control+k")
    box = page.get_by_role("dialog", name="Command bar")
    expect(box).to_be_visible()
    combobox = page.get_by_role("combobox", name="Search pages, symbols and commands")
    expect(combobox).to_be_focused()
    page.keyboard.press("Tab")  # the trap: focus stays
    expect(combobox).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(page.locator("#theme-toggle")).to_be_focused()

    page.keyboard.press("/")
    page.keyboard.type("setings")  # a letter is missing on purpose
    chosen = page.locator("#command-list [aria-selected=true]")
    expect(chosen).to_contain_text("Settings")
    assert combobox.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/settings$"))
    expect(page.locator(".nav-link[aria-current=page]")).to_contain_text("Settings")


def test_arrows_walk_the_list_and_wrap(open_page: OpenPage) -> None:
    page = open_page("/jobs")
    index_loaded(page)
    page.keyboard.press("Control+k")
    options = page.locator("#command-list [role=option]")
    last = options.count() - 1
    page.keyboard.press("ArrowUp")
    expect(options.nth(last)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")


def test_a_function_code_wins_over_every_other_match(open_page: OpenPage) -> None:
    page = open_page("/settings")
    index_loaded(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("jobs")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/jobs$"))


INDEX = {
    "role": "trader",
    "pages": [
        {"title": "Market", "href": "/", "code": "MKT"},
        {"title": "Backtest", "href": "/backtest", "code": "BT"},
        {"title": "Data", "href": "/data", "code": "DATA"},
    ],
    "symbols": [
        {"symbol": symbol, "name": name, "dataset": dataset, "title": title, "simulated": simulated}
        for symbol, name, dataset, title, simulated in (
            ("AAPL", "Apple Inc.", "us-tech-4", "US technology", False),
            ("AAPL", "Apple Inc.", "sim-us-15min", "US 15 min", True),
            ("ABT", "Abbott", "sim-us-15min", "US 15 min", True),
        )
    ],
}


def test_search_ranks_what_was_meant_first(open_page: OpenPage) -> None:
    page = open_page("/jobs")
    search = "([index, query]) => window.terminal.searchCommands(index, query)"
    for query, kind, title, dataset in (
        ("aapl", "Symbol", "AAPL", "us-tech-4"),
        ("AAPL GP", "Chart", "AAPL", "us-tech-4"),
        ("AAPL BT", "Backtest", "AAPL", "us-tech-4"),
        ("apple", "Symbol", "AAPL", "us-tech-4"),
        ("BT", "Page", "Backtest", None),
        ("theme", "Action", "Switch between dark and light", None),
    ):
        first = page.evaluate(search, [INDEX, query])[0]
        assert (first["kind"], first["title"]) == (kind, title), query
        assert first.get("symbol", {}).get("dataset") == dataset, query
    viewer = {**INDEX, "role": "viewer"}
    assert page.evaluate(search, [viewer, "AAPL BT"]) == []
    assert "New backtest" not in [found["title"] for found in page.evaluate(search, [viewer, ""])]


def test_theme_is_kept_by_this_browser_and_follows_the_person_to_the_next(
    open_page: OpenPage,
) -> None:
    page = open_page("/settings", role=Role.VIEWER)
    assert theme(page) == "dark"
    with page.expect_response(lambda r: "saved-appearance.data" in (r.request.post_data or "")):
        page.click("#theme-toggle")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.reload()
    page.wait_for_selector("#main h1")
    assert theme(page) == "light"

    elsewhere = open_page("/jobs", role=Role.VIEWER)  # nothing in its local storage
    assert theme(elsewhere) == "light"
    elsewhere.wait_for_timeout(300)
    assert theme(elsewhere) == "light"
    elsewhere.click("#theme-toggle")
    expect(elsewhere.locator("html")).to_have_attribute("data-theme", "dark")


def test_colour_blind_palette_changes_gains_and_losses(open_page: OpenPage) -> None:
    page = open_page("/settings?tab=appearance")
    before = page.locator(".num-up").evaluate("node => getComputedStyle(node).color")
    page.get_by_text("Blue and orange", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-palette", "colour-blind")
    assert page.locator(".num-up").evaluate("node => getComputedStyle(node).color") != before
    page.get_by_text("Green and red", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-palette", "standard")


def test_question_mark_shows_the_keys_and_escape_closes_it(open_page: OpenPage) -> None:
    page = open_page("/jobs")
    index_loaded(page)
    page.keyboard.press("?")
    help_box = page.get_by_role("dialog", name="Keyboard")
    expect(help_box).to_be_visible()
    expect(help_box).to_contain_text("Command bar")
    page.keyboard.press("Escape")
    expect(help_box).to_have_count(0)


def test_g_and_a_letter_open_a_page_but_not_while_typing(open_page: OpenPage) -> None:
    page = open_page("/jobs")
    index_loaded(page)
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page).to_have_url(re.compile("/settings$"))
    page.keyboard.press("g")
    page.keyboard.press("j")
    expect(page).to_have_url(re.compile("/jobs$"))
    page.click("#jobs-text")
    page.keyboard.type("gs?/")
    expect(page).to_have_url(re.compile("/jobs$"))
    expect(page.locator("#jobs-text")).to_have_value("gs?/")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_no_page_scrolls_sideways(open_page: OpenPage, width: int) -> None:
    page = open_page("/jobs", width=width, height=844)
    assert overflow(page) <= 0
    for path, mark in (
        ("/settings", "#choose-theme"),
        ("/settings?tab=account", "#session-table"),
        ("/settings?tab=users", "#user-table"),
        ("/settings?tab=audit", "#audit-table .ag-row"),
        ("/settings?tab=system", "#settings-table .ag-row"),
        ("/no-such-page", ".empty-title"),
    ):
        page.evaluate("path => window.terminal.go(path)", path)
        page.wait_for_selector(mark)
        assert overflow(page) <= 0, path


def test_phone_has_its_menu_within_reach_of_a_thumb(open_page: OpenPage) -> None:
    page = open_page("/jobs", width=390, height=844)
    box = page.locator("#sidebar").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] == pytest.approx(844, abs=1)
    assert box["width"] == pytest.approx(390, abs=1)


def test_menu_holds_only_pages_that_exist(open_page: OpenPage) -> None:
    page = open_page("/jobs")
    links = page.locator("a.nav-link").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert "/jobs" in links
    assert "/settings" in links
    for href in links:
        page.goto(page.url.split("/jobs")[0] + href)
        page.wait_for_selector("#main h1, #main .empty-title")
        assert page.get_by_text("There is no such page").count() == 0


def test_a_viewer_sees_no_administration(open_page: OpenPage) -> None:
    page = open_page("/settings?tab=audit", role=Role.VIEWER)
    tabs = page.get_by_role("navigation", name="Sections of the settings")
    expect(tabs.get_by_role("link", name="Appearance")).to_have_attribute("aria-current", "page")
    expect(tabs.get_by_role("link", name="Audit log")).to_have_count(0)
    expect(tabs.get_by_role("link", name="Users")).to_have_count(0)
    expect(page.locator("#audit-table")).to_have_count(0)


def test_an_unknown_query_string_breaks_no_page(open_page: OpenPage) -> None:
    page = open_page("/jobs?utm_source=x&self=1&job_id=2")
    expect(page.locator("h1")).to_have_text("Jobs")


def test_job_that_is_not_there_is_a_sentence(open_page: OpenPage) -> None:
    page = open_page(f"/jobs/{'0' * 32}")
    expect(page.locator(".empty-title")).to_have_text("Not found")


def test_plotly_is_loaded_only_where_there_is_a_chart(open_page: OpenPage) -> None:
    page = open_page("/settings")
    page.wait_for_timeout(300)
    loaded = page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
    assert not [name for name in loaded if "plotly" in name]


def test_sign_out_ends_the_session(live_server: LiveServer, browser) -> None:  # type: ignore[no-untyped-def]
    from tests.pages.conftest import PASSWORD

    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{live_server.url}/login")
    page.fill("[name=username]", "tess")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("#user-menu")
    cookies = context.cookies()
    page.click("#user-menu summary")
    page.click("#sign-out")
    page.wait_for_url("**/login**")
    context.add_cookies(cookies)  # a copied cookie is worth nothing
    page.goto(f"{live_server.url}/jobs")
    assert "/login" in page.url
    context.close()

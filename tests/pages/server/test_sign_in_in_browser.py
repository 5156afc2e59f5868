"""Signing in with a real browser: the form, what scripts can read, the end of a session."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from terminal.accounts.actor import Role
from terminal.accounts.sign_in import find_session, sign_in, sign_out
from tests.pages.conftest import PASSWORD, LiveServer, Watch

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser) -> Page:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


def test_sign_in_use_and_sign_out_on_a_phone(page: Page, live_server: LiveServer) -> None:
    watch = Watch()
    page.goto(f"{live_server.url}/jobs")
    assert page.url == f"{live_server.url}/login?next=%2Fjobs"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("document.cookie") == ""
    page.get_by_label("User name").fill("tess")
    page.get_by_label("Password").fill("wrong wrong wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("The user name or the password is wrong.")
    expect(page.get_by_label("User name")).to_have_value("tess")
    watch.follow(page, live_server.url)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#main h1")).to_have_text("Jobs")
    readable = page.evaluate("document.cookie.split('; ').map(one => one.split('=')[0])")
    assert readable == ["_csrf_token"]
    page.locator("#user-menu summary").click()
    page.locator("#sign-out").click()
    expect(page.get_by_role("status")).to_have_text("You are signed out.")
    page.goto(f"{live_server.url}/jobs")
    assert "/login" in page.url
    assert watch.problems == []


def test_when_the_session_ends_elsewhere_the_page_goes_to_sign_in(
    page: Page, live_server: LiveServer
) -> None:
    db, settings = live_server.db, live_server.settings
    opened = sign_in(db, settings.accounts, "vic", PASSWORD, address="127.0.0.1")
    page.context.add_cookies(
        [{"name": "att_session", "value": opened.token, "url": live_server.url}]
    )
    page.goto(f"{live_server.url}/jobs")
    expect(page.locator("#main h1")).to_have_text("Jobs")
    found = find_session(db, settings.accounts, opened.token)
    assert found is not None
    sign_out(db, found)
    page.wait_for_url("**/login?notice=expired&next=%2Fjobs", timeout=15_000)
    expect(page.get_by_role("status")).to_have_text("Your session has ended. Sign in again.")


def test_the_browser_runs_no_inline_script_and_evaluates_no_text(
    page: Page, live_server: LiveServer
) -> None:
    db, settings = live_server.db, live_server.settings
    opened = sign_in(db, settings.accounts, live_server.people[Role.VIEWER].username, PASSWORD,
                     address="127.0.0.1")  # fmt: skip
    page.context.add_cookies(
        [{"name": "att_session", "value": opened.token, "url": live_server.url}]
    )
    page.goto(f"{live_server.url}/jobs")
    expect(page.locator("#main h1")).to_have_text("Jobs")
    ran = page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.planted = true';
            document.head.append(script);
            return Boolean(window.planted);
        }"""
    )
    assert ran is False
    page.add_script_tag(url="/assets/session.js")  # our own files do run
    blocked = page.evaluate(
        """() => new Promise(resolve => {
            document.addEventListener('securitypolicyviolation',
                event => resolve(event.blockedURI));
            setTimeout('window.evaluated = true', 0);
            setTimeout(() => resolve(window.evaluated ? 'evaluated' : 'nothing'), 500);
        })"""
    )
    assert blocked == "eval"

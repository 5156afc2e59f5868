from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from terminal.accounts import service
from terminal.accounts.actor import Role
from tests.pages.conftest import PASSWORD, LiveServer

pytestmark = pytest.mark.browser
OpenPage = Callable[..., Page]


def new_person(server: LiveServer, role: Role = Role.VIEWER) -> str:
    """A user nobody else in these tests uses."""
    name = f"u{uuid.uuid4().hex[:10]}"
    _user, link = service.create_user(
        server.db, server.settings, server.people[Role.ADMIN], name, role
    )
    service.set_password_by_link(server.db, server.settings, link.rsplit("/", 1)[1], PASSWORD)
    return name


def sign_in(browser: Browser, server: LiveServer, name: str, password: str = PASSWORD) -> Page:
    page = browser.new_context().new_page()
    page.goto(f"{server.url}/login")
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    page.click("button[type=submit]")
    return page


def test_password_form_says_what_is_wrong_and_then_signs_out_everywhere(
    live_server: LiveServer, browser: Browser
) -> None:
    name = new_person(live_server)
    other = sign_in(browser, live_server, name)
    other.wait_for_selector("#user-menu")
    page = sign_in(browser, live_server, name)
    page.wait_for_selector("#user-menu")
    page.goto(f"{live_server.url}/settings?tab=account")

    def attempt(current: str, new: str, repeat: str) -> None:
        page.fill("#password-current", current)
        page.fill("#password-password", new)
        page.fill("#password-repeat", repeat)
        page.get_by_role("button", name="Change password").click()

    attempt("wrong", "another good passphrase", "another good passphrase")
    expect(page.locator("#password-current-error")).to_contain_text("current password is wrong")
    attempt(PASSWORD, "another good passphrase", "another god passphrase")
    expect(page.locator("#password-repeat-error")).to_have_text("The two do not match.")
    attempt(PASSWORD, "short", "short")
    expect(page.locator("#password-password-error")).not_to_be_empty()
    attempt(PASSWORD, "another good passphrase", "another good passphrase")
    page.wait_for_url("**/login**")
    other.goto(f"{live_server.url}/jobs")
    assert "/login" in other.url
    again = sign_in(browser, live_server, name, "another good passphrase")
    again.wait_for_selector("#user-menu")
    for opened in (page, other, again):
        opened.context.close()


def test_another_browser_is_signed_out_from_here(live_server: LiveServer, browser: Browser) -> None:
    name = new_person(live_server)
    other = sign_in(browser, live_server, name)
    other.wait_for_selector("#user-menu")
    page = sign_in(browser, live_server, name)
    page.wait_for_selector("#user-menu")
    page.goto(f"{live_server.url}/settings?tab=account")
    expect(page.locator("#session-table tbody tr")).to_have_count(2)
    page.locator("#session-table").get_by_role("button", name="Sign out").click()
    expect(page.locator("#session-table tbody tr")).to_have_count(1)
    expect(page.locator(".toast")).to_contain_text("Signed out there.")
    other.goto(f"{live_server.url}/jobs")
    assert "/login" in other.url
    for opened in (page, other):
        opened.context.close()


def test_admin_creates_a_user_changes_the_role_and_shuts_them_out(
    live_server: LiveServer, open_page: OpenPage
) -> None:
    page = open_page("/settings?tab=users")
    page.fill("#user-name", "no such name!")
    page.get_by_role("button", name="Create user").click()
    expect(page.locator("#user-name-error")).to_contain_text("cannot be a user name")
    name = f"n{uuid.uuid4().hex[:8]}"
    page.fill("#user-name", name)
    page.get_by_role("button", name="Create user").click()
    expect(page.locator("#one-time-link")).to_have_text(
        re.compile(r"^http://localhost:\d+/reset/\S+$")
    )
    row = page.locator("#user-table tr", has_text=name)
    expect(row.locator(".badge")).to_have_text("no password yet")

    row.locator(".dash-dropdown").click()
    page.locator(".dash-dropdown-content").get_by_text("viewer", exact=True).click()
    expect(page.locator(".toast").first).to_contain_text(f"{name} is now viewer.")
    row.get_by_role("button", name="Shut out").click()
    expect(row.locator(".badge")).to_have_text("shut out")
    people = service.list_users(live_server.db, live_server.people[Role.ADMIN])
    found = next(user for user in people if user.username == name)
    assert (found.role, found.active) == (Role.VIEWER, False)


def test_the_last_administrator_cannot_be_demoted(open_page: OpenPage) -> None:
    page = open_page("/settings?tab=users")
    row = page.locator("#user-table tr", has_text="ada")
    expect(row.get_by_role("button", name="Shut out")).to_have_count(0)
    row.locator(".dash-dropdown").click()
    page.locator(".dash-dropdown-content").get_by_text("trader", exact=True).click()
    expect(page.locator(".toast")).to_contain_text("last administrator")
    expect(row.locator(".dash-dropdown-value")).to_have_text("admin")


def test_chain_of_the_audit_log_is_verified_on_request(open_page: OpenPage) -> None:
    page = open_page("/settings?tab=audit")
    expect(page.locator("#audit-table")).to_contain_text("login.ok")
    page.get_by_role("button", name="Verify chain").click()
    expect(page.locator("#audit-verdict")).to_contain_text("The chain holds")


def test_settings_in_force_are_filtered_in_the_browser(open_page: OpenPage) -> None:
    page = open_page("/settings?tab=system")
    grid = page.locator("#settings-table")
    expect(grid).to_contain_text("server.host")
    page.get_by_placeholder("Filter settings").fill("orphan_after")
    expect(grid).to_contain_text("jobs.orphan_after_s")
    expect(grid).not_to_contain_text("server.host")

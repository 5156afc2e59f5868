"""The plain pages: set-up, sign-in, sign-out, reset."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import TestResponse

from pages.server.cookies import CSRF_COOKIE, FORM_COOKIE
from terminal.accounts import service
from terminal.accounts.setup import issue_setup_link
from terminal.db.database import Database
from terminal.settings import ROOT, Settings, load_settings
from tests.pages.server.conftest import Browser, World, build, populate
from tests.terminal.accounts.people import PASSWORD

NEW = "another good sentence"


def form_token(page: TestResponse) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def send(browser: Browser, path: str, **fields: str) -> TestResponse:
    """Open the form at `path`, fill it in, send it."""
    token = form_token(browser.get(path))
    return browser.post(path, data={"form_token": token, **fields})


def sign_in(browser: Browser, username: str, password: str = PASSWORD, **more: str) -> TestResponse:
    return send(browser, "/login", username=username, password=password, **more)


def test_from_the_one_time_link_to_the_first_page(
    sqlite_database: Database, settings: Settings
) -> None:
    app, services = build(sqlite_database, settings)
    browser = Browser(app)
    assert "Nobody has an account yet." in browser.get("/login").text
    link = issue_setup_link(services.db, settings)
    assert link is not None
    path = link.removeprefix(settings.server.base_url)
    refused = send(browser, path, username="ada", password=PASSWORD, again="other")
    assert refused.status_code == 422
    assert "The two passwords differ." in refused.text
    assert 'value="ada"' in refused.text
    assert PASSWORD not in refused.text
    done = send(browser, path, username="ada", password=PASSWORD, again=PASSWORD)
    assert (done.status_code, done.location) == (303, "/")
    assert browser.get("/").status_code == 200
    assert "Nobody has an account yet." not in Browser(app).get("/login").text
    again = Browser(app).get(path)
    assert again.status_code == 404
    assert "python -m terminal.accounts setup-link" in again.text


def test_sign_in_goes_where_the_person_wanted(world: World) -> None:
    browser = Browser(world.app)
    asked = browser.get("/backtest/compare?ids=a,b")
    assert asked.location == "/login?next=%2Fbacktest%2Fcompare%3Fids%3Da%2Cb"
    form = browser.get(asked.location)
    target = re.search(r'name="next" value="([^"]+)"', form.text)
    assert target is not None
    entered = browser.post(
        "/login",
        data={
            "form_token": form_token(form),
            "username": "trader",
            "password": PASSWORD,
            "next": target[1],
        },
    )
    assert (entered.status_code, entered.location) == (303, "/backtest/compare?ids=a,b")


@pytest.mark.parametrize(
    "target",
    [
        "//evil.com", r"/\evil.com", r"\\evil.com", "https://evil.com", "/\t/evil.com",
        "/\n/evil.com", "javascript:alert(1)", "evil.com", "/a\\b", "///evil.com", "",
        "/logout", "/login?next=/", "/\x00", "/" + "a" * 3000, "/\u200b/x",
    ],
)  # fmt: skip
def test_a_target_outside_leads_to_the_first_page(world: World, target: str) -> None:
    entered = sign_in(Browser(world.app), "trader", next=target)
    assert (entered.status_code, entered.location) == (303, "/")
    signed_in = world.browser("viewer").get("/login", query_string={"next": target})
    assert signed_in.location == "/"


def test_only_the_csrf_cookie_can_be_read_by_scripts(world: World) -> None:
    entered = sign_in(Browser(world.app), "trader")
    cookies = {line.split("=")[0]: line for line in entered.headers.getlist("Set-Cookie")}
    assert set(cookies) == {"att_session", CSRF_COOKIE, FORM_COOKIE}
    readable = {name for name, line in cookies.items() if "HttpOnly" not in line}
    assert readable == {CSRF_COOKIE}
    assert all("SameSite=Lax" in line and "Path=/" in line for line in cookies.values())
    assert all("Domain" not in line for line in cookies.values())
    form = Browser(world.app).get("/login").headers.getlist("Set-Cookie")
    assert len(form) == 1
    assert "HttpOnly" in form[0]


def test_over_https_cookies_are_secure_and_bound_to_the_host(
    sqlite_database: Database, settings: Settings
) -> None:
    secure = load_settings(
        ROOT / "config",
        {
            "ATT_STORAGE__DATA_DIR": str(settings.storage.data_dir),
            "ATT_SERVER__PUBLIC_URL": "https://terminal.example.com",
        },
    )
    world = populate(*build(sqlite_database, secure))
    browser = Browser(world.app)
    base = "https://terminal.example.com"
    form = browser.get("/login", base_url=base)
    entered = browser.post(
        "/login",
        base_url=base,
        headers={"Origin": base},
        data={"form_token": form_token(form), "username": "admin", "password": PASSWORD},
    )
    cookies = entered.headers.getlist("Set-Cookie")
    assert any(line.startswith("__Host-att_session=") for line in cookies)
    assert all("; Secure" in line for line in cookies)
    assert "max-age=31536000" in entered.headers["Strict-Transport-Security"]
    assert browser.get("/", base_url=base).status_code == 200
    assert browser.get("/", base_url="https://other.example.com").status_code == 422
    assert browser.get("/", base_url="http://localhost:8050").status_code == 422
    assert browser.get("/healthz", base_url="http://localhost:8050").status_code == 200


def test_a_wrong_password_says_so_and_keeps_the_name_but_not_the_password(world: World) -> None:
    answer = sign_in(Browser(world.app), "trader", "wrong-password-typed")
    assert answer.status_code == 401
    assert "The user name or the password is wrong." in answer.text
    assert 'value="trader"' in answer.text
    assert "wrong-password-typed" not in answer.text


def test_what_was_typed_is_escaped(world: World) -> None:
    answer = sign_in(Browser(world.app), '"><script>alert(1)</script>', "x")
    assert "<script>" not in answer.text


def test_too_many_failures_say_how_long(world: World) -> None:
    browser = Browser(world.app)
    for _ in range(world.services.settings.accounts.login_attempts):
        assert sign_in(browser, "trader", "wrong").status_code == 401
    answer = sign_in(browser, "trader")
    assert answer.status_code == 429
    assert re.search(r"The next one is possible in (5 min|4 min \d+ s)\.", answer.text)
    assert 0 < int(answer.headers["Retry-After"]) <= 300


def test_a_replayed_cookie_is_worth_nothing_after_sign_out(world: World) -> None:
    browser = Browser(world.app)
    sign_in(browser, "trader")
    session = browser.client.get_cookie("att_session")
    csrf = browser.client.get_cookie(CSRF_COOKIE)
    assert session is not None
    assert csrf is not None
    thief = Browser(world.app).enter(session.value)
    assert thief.get("/_dash-layout").status_code == 200
    left = browser.post("/logout", data={CSRF_COOKIE: csrf.value})
    assert (left.status_code, left.location) == (303, "/login?notice=signed-out")
    assert browser.client.get_cookie("att_session") is None
    assert "You are signed out." in browser.get(left.location).text
    assert thief.get("/_dash-layout").status_code == 401
    assert thief.open_page("/").status_code == 401


def test_a_session_dies_with_a_new_password_and_with_deactivation(world: World) -> None:
    db, settings = world.services.db, world.services.settings
    trader, other = world.browser("trader"), world.browser("other")
    service.change_own_password(db, settings, world.people["trader"], PASSWORD, NEW)
    service.set_active(db, world.people["admin"], world.people["other"].user_id, False)
    for browser in (trader, other):
        assert browser.get("/_dash-layout").status_code == 401


def test_a_reset_link_leads_to_sign_in_with_the_new_password(world: World) -> None:
    db, settings = world.services.db, world.services.settings
    link = service.issue_reset_link(
        db, settings, world.people["admin"], world.people["viewer"].user_id
    )
    path = link.removeprefix(settings.server.base_url)
    browser = Browser(world.app)
    short = send(browser, path, password="short", again="short")
    assert short.status_code == 422
    assert "at least 12 are needed" in short.text
    done = send(browser, path, password=NEW, again=NEW)
    assert done.location == "/login?notice=password"
    assert sign_in(browser, "viewer", NEW).status_code == 303
    assert Browser(world.app).get(path).status_code == 404


@pytest.mark.parametrize("fault", ["no cookie", "no field", "another token"])
def test_a_plain_form_without_its_token_is_refused(world: World, fault: str) -> None:
    browser = Browser(world.app)
    token = form_token(browser.get("/login"))
    fields = {"form_token": token, "username": "trader", "password": PASSWORD}
    if fault == "no cookie":
        browser.client.delete_cookie(FORM_COOKIE)
    elif fault == "no field":
        del fields["form_token"]
    else:
        fields["form_token"] = form_token(Browser(world.app).get("/login"))
    answer = browser.post("/login", data=fields)
    assert answer.status_code == 403
    assert "The form is out of date" in answer.text


def test_sign_in_from_another_sites_form_is_refused(world: World) -> None:
    browser = Browser(world.app)
    token = form_token(browser.get("/login"))
    fields = {"form_token": token, "username": "trader", "password": PASSWORD}
    answer = browser.post("/login", data=fields, headers={"Origin": "https://evil.com"})
    assert answer.status_code == 403
    assert browser.client.get_cookie("att_session") is None


def test_the_plain_pages_have_no_script_and_need_only_their_two_files(world: World) -> None:
    page = Browser(world.app).get("/login").text
    assert "<script" not in page
    assert "style=" not in page
    asked = set(re.findall(r'(?:href|src)="([^"]+)"', page))
    assert asked == {"/assets/login.css", "/assets/login.svg"}
    for path in asked:
        answer = Browser(world.app).get(path)
        assert answer.status_code == 200
        assert "http" not in answer.text.replace("http://www.w3.org/2000/svg", "")

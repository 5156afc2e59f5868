"""What stands in front of everything: tokens, origins, hosts, headers, sizes, error answers."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from pages.server.cookies import CSRF_COOKIE
from pages.server.origin import safe_next
from terminal import clock
from terminal.accounts.sign_in import find_session
from terminal.accounts.tokens import csrf_token
from terminal.db.database import Database
from terminal.errors import Conflict, StorageFull
from terminal.settings import ROOT, Settings, load_settings
from tests.pages.server.conftest import CONTENT, Browser, World, build, populate

CALLBACK = "/_dash-update-component"


def variant(settings: Settings, **server: str) -> Settings:
    """The test's settings with other values in the section `server`."""
    environ = {"ATT_STORAGE__DATA_DIR": str(settings.storage.data_dir)}
    environ.update({f"ATT_SERVER__{key.upper()}": value for key, value in server.items()})
    return load_settings(ROOT / "config", environ)


# Tokens and origins


@pytest.mark.parametrize("token", ["", "wrong", "0" * 64])
def test_a_change_without_the_sessions_token_is_refused(standing_world: World, token: str) -> None:
    browser = standing_world.browser("admin")
    answer = browser.post(CALLBACK, headers={"X-CSRFToken": token}, json={"output": "x"})
    assert answer.status_code == 403
    assert answer.json is not None
    assert answer.json["error"]["field"] == "X-CSRFToken"
    assert answer.json["error"]["remedy"] == "Reload the page and try again."


def test_the_token_of_another_session_is_refused(standing_world: World) -> None:
    other = standing_world.browser("trader")
    answer = standing_world.browser("trader").post(
        CALLBACK, headers={"X-CSRFToken": csrf_token(other.token)}, json={"output": "x"}
    )
    assert answer.status_code == 403


def test_the_cookie_alone_is_no_token(standing_world: World) -> None:
    browser = standing_world.browser("trader")
    browser.client.set_cookie(CSRF_COOKIE, "chosen-by-somebody-else")
    answer = browser.post(
        CALLBACK, headers={"X-CSRFToken": "chosen-by-somebody-else"}, json={"output": "x"}
    )
    assert answer.status_code == 403


def test_reloading_the_page_brings_a_lost_token_back(standing_world: World) -> None:
    browser = standing_world.browser("trader")
    for lost in (None, "stale"):
        if lost is None:
            browser.client.delete_cookie(CSRF_COOKIE)
        else:
            browser.client.set_cookie(CSRF_COOKIE, lost)
        browser.get("/")
        cookie = browser.client.get_cookie(CSRF_COOKIE)
        assert cookie is not None
        assert cookie.value == csrf_token(browser.token)
    assert "Set-Cookie" not in browser.get("/").headers


def test_sign_out_needs_the_token_too(standing_world: World) -> None:
    browser = standing_world.browser("trader")
    assert browser.post("/logout", headers={"X-CSRFToken": ""}).status_code == 403
    assert browser.get("/_dash-layout").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.com"},
        {"Origin": "null"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "https://localhost"},
        {"Origin": "http://localhost.evil.com"},
        {"Origin": "", "Referer": "https://evil.com/page"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_change_from_another_site_is_refused(
    standing_world: World, headers: dict[str, str]
) -> None:
    answer = standing_world.browser("admin").post(CALLBACK, headers=headers, json={"output": "x"})
    assert answer.status_code == 403
    assert answer.json is not None
    assert answer.json["error"]["field"] == "Origin"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "", "Referer": "http://localhost/jobs", "Sec-Fetch-Site": ""},
        {"Origin": "", "Sec-Fetch-Site": ""},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_change_from_our_own_pages_passes(standing_world: World, headers: dict[str, str]) -> None:
    answer = standing_world.browser("viewer").post(
        CALLBACK, headers=headers, json={"output": "nothing"}
    )
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "body", [None, "x", [], {}, {"output": 1}, {"output": "x", "inputs": {}}, {"output": None}]
)
def test_a_malformed_callback_request_gets_a_sentence(standing_world: World, body: object) -> None:
    answer = standing_world.browser("viewer").post(CALLBACK, json=body)
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["error"]["message"] == "The request names no callback."


@pytest.mark.parametrize("path", ["/jobs", "/jobs?x=1&y=%2F", "/a%5Cb", "/ä"])
def test_our_own_paths_are_kept_for_after_sign_in(path: str) -> None:
    assert safe_next(path) == path


def test_with_a_public_url_only_its_origin_may_change_something(
    sqlite_database: Database, settings: Settings
) -> None:
    public = variant(settings, public_url="http://terminal.example.com:8080")
    world = populate(*build(sqlite_database, public))
    browser = world.browser("viewer")
    base = "http://terminal.example.com:8080"
    client = browser.client
    client.set_cookie("att_session", browser.token, domain="terminal.example.com")
    for origin, status in ((base, 404), ("http://terminal.example.com", 403)):
        answer = browser.post(
            CALLBACK, base_url=base, headers={"Origin": origin}, json={"output": "x"}
        )
        assert answer.status_code == status


# Hosts and proxies


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8050", 200),
        ("127.0.0.1:8050", 200),
        ("[::1]:8050", 200),
        ("localhost:9000", 200),  # a forwarded port
        ("evil.com:8050", 422),
        ("127.0.0.1.evil.com", 422),
    ],
)
def test_a_server_on_the_loopback_answers_only_to_loopback_names(
    standing_world: World, host: str, status: int
) -> None:
    answer = Browser(standing_world.app).get("/login", headers={"Host": host})
    assert answer.status_code == status
    if status == 422:
        assert "Open http://localhost:8050" in answer.text


def test_forwarded_headers_are_believed_only_from_trusted_proxies(
    sqlite_database: Database, settings: Settings
) -> None:
    sent = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.com"}
    app, services = build(sqlite_database, settings)
    world = populate(app, services)
    address = world.app.server.test_request_context
    assert Browser(world.app).get("/login", headers=sent).status_code == 200
    with address(headers=sent) as context:
        assert context.request.remote_addr != "203.0.113.9"
    behind = variant(settings, trusted_proxies="1", host="0.0.0.0")
    seen = []
    app, _ = build(sqlite_database, behind)
    app.server.before_request_funcs[None].insert(0, lambda: seen.append(_remote()))
    Browser(app).get("/login", headers=sent)
    assert seen == [("203.0.113.9", "evil.com")]


def _remote() -> tuple[str | None, str]:
    from flask import request

    return request.remote_addr, request.host


# Headers


def test_the_policy_allows_no_evaluated_and_no_unknown_inline_script(standing_world: World) -> None:
    answer = standing_world.browser("viewer").get("/")
    policy = answer.headers["Content-Security-Policy"]
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split("; ")}
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in rules["script-src"]
    assert rules["frame-ancestors"] == rules["object-src"] == rules["base-uri"] == ["'none'"]
    assert rules["form-action"] == rules["connect-src"] == ["'self'"]
    hashes = {item.strip("'") for item in rules["script-src"] if item.startswith("'sha256-")}
    inline = re.findall(r"<script(?![^>]*(?:src=|application/json))[^>]*>(.*?)</script>",
                        answer.text, re.S)  # fmt: skip
    assert inline
    for script in inline:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"sha256-{digest}" in hashes


@pytest.mark.parametrize("path", ["/", "/login", "/healthz", "/nowhere.js", "/assets/shell.js"])
@pytest.mark.parametrize("who", ["anonymous", "viewer"])
def test_every_answer_carries_the_security_headers(
    standing_world: World, who: str, path: str
) -> None:
    headers = standing_world.browser(who).get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_answers_are_never_kept_and_fingerprinted_files_are_kept_for_a_year(world: World) -> None:
    browser = world.browser("viewer")
    page = browser.get("/")
    assert page.headers["Cache-Control"] == "no-store"
    assert browser.get("/_dash-layout").headers["Cache-Control"] == "no-store"
    year = "private, max-age=31536000, immutable"
    scripts = re.findall(r'src="(/(?:assets|_dash-component-suites)/[^"]+)"', page.text)
    kept = {path: browser.get(path).headers["Cache-Control"] for path in scripts}
    assert len(kept) > 5
    plain = {path for path, control in kept.items() if control != year}
    assert plain <= {"/assets/early_theme.js"}
    assert browser.get("/assets/shell.js").headers["Cache-Control"] == "private, no-cache"
    assert browser.get("/assets/none.js?m=1").headers["Cache-Control"] == "no-store"


# Sizes and errors


def test_a_request_beyond_the_limit_gets_a_sentence(
    sqlite_database: Database, settings: Settings
) -> None:
    world = populate(*build(sqlite_database, variant(settings, max_upload_mb="1")))
    answer = world.browser("trader").post(
        CALLBACK, data=b"x" * (3 * 2**20), content_type="application/json"
    )
    assert answer.status_code == 413
    assert answer.json is not None
    assert "more than the 2 MiB" in answer.json["error"]["message"]
    assert "server.max_upload_mb" in answer.json["error"]["remedy"]


def test_a_plain_form_carries_little(standing_world: World) -> None:
    answer = Browser(standing_world.app).post("/login", data={"username": "x" * 100_000})
    assert answer.status_code == 413
    assert "more than the 64 KiB" in answer.text


def test_a_failure_of_ours_shows_a_number_and_no_traceback(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> str:
        raise RuntimeError("secret detail")

    views = world.app.server.view_functions
    for endpoint in [name for name in views if name in ("/", "/_dash-layout")]:
        views[endpoint] = broken
    browser = world.browser("viewer")
    page, script = browser.get("/"), browser.get("/_dash-layout")
    assert page.status_code == script.status_code == 500
    for answer in (page, script):
        assert "secret detail" not in answer.text
        assert "Traceback" not in answer.text
        incident = re.search(r"incident ([0-9a-f]{8})", answer.text)
        assert incident is not None
        assert f"incident {incident[1]}: GET" in caplog.text
    assert "secret detail" in caplog.text
    assert script.json is not None
    assert set(script.json) == {"error"}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Conflict("It changed.", field="f", row=3, remedy="Look again."), 409),
        (StorageFull("The disk is full."), 507),
        (sa.exc.OperationalError("SELECT 1", {}, Exception("gone")), 503),
    ],
)
def test_errors_with_a_sentence_have_one_shape(world: World, error: Exception, status: int) -> None:
    def fail() -> str:
        raise error

    world.app.server.view_functions["/_dash-layout"] = fail
    answer = world.browser("viewer").get("/_dash-layout")
    assert answer.status_code == status
    assert answer.json is not None
    assert set(answer.json["error"]) == {"kind", "message", "field", "row", "remedy", "status"}
    assert answer.json["error"]["status"] == status


def test_a_script_that_dash_does_not_ship_is_not_found(standing_world: World) -> None:
    for path in ("dash/nothing.js", "dash/../../etc/passwd", "os/path.js"):
        answer = standing_world.browser("viewer").get(f"/_dash-component-suites/{path}")
        assert answer.status_code == 404


def test_healthz_says_only_ok_or_not_ok(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(world.app)
    assert browser.get("/healthz").json == {"status": "ok"}
    monkeypatch.setattr(
        type(world.services.db), "read", lambda self: (_ for _ in ()).throw(_gone())
    )
    answer = browser.get("/healthz")
    assert (answer.status_code, answer.json) == (503, {"status": "not ok"})


def _gone() -> sa.exc.OperationalError:
    return sa.exc.OperationalError("SELECT 1", {}, Exception("gone"))


# Staying signed in


def test_polls_of_a_page_nobody_looks_at_do_not_keep_a_session(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = world.services.settings.accounts
    browser = world.browser("viewer")

    def last_seen() -> object:
        found = find_session(world.services.db, settings, browser.token)
        assert found is not None
        return found.last_seen_at

    before = last_seen()
    later = clock.now() + timedelta(minutes=settings.idle_minutes - 1)
    monkeypatch.setattr(clock, "now", lambda: later)
    browser.post(CALLBACK, headers={"X-User-Active": "0"}, json={"output": "x"})
    browser.get("/_dash-layout", headers={"X-User-Active": "0"})
    assert last_seen() == before
    browser.get("/_dash-layout", headers={"X-User-Active": "1"})
    assert last_seen() == later


# Files


def test_a_file_is_a_download_in_a_sandbox_known_by_its_hash(standing_world: World) -> None:
    browser = standing_world.browser("trader")
    answer = browser.get(f"/artifacts/{standing_world.artifact_id}")
    assert answer.data == CONTENT
    assert answer.headers["Content-Disposition"] == 'attachment; filename="tear sheet.html"'
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.content_length == len(CONTENT)
    digest = hashlib.sha256(CONTENT).hexdigest()
    assert answer.headers["ETag"] == f'"{digest}"'
    kept = browser.get(
        f"/artifacts/{standing_world.artifact_id}", headers={"If-None-Match": f'"{digest}"'}
    )
    assert (kept.status_code, kept.data) == (304, b"")
    part = browser.get(f"/artifacts/{standing_world.artifact_id}", headers={"Range": "bytes=1-6"})
    assert (part.status_code, part.data) == (206, CONTENT[1:7])


@pytest.mark.parametrize("artifact_id", ["x", "..", "%2e%2e", "' OR 1=1 --", "a" * 5000])
def test_an_odd_file_id_is_not_found(standing_world: World, artifact_id: str) -> None:
    assert standing_world.browser("admin").get(f"/artifacts/{artifact_id}").status_code == 404

"""The gate in front of everything: who may ask, from where, how much, and what the answer carries.

`install` puts one check before every request and one after. Order of the check: host, session,
route's role (default: nobody), and for what changes something: origin, token, the callback's role.
"""

from __future__ import annotations

from typing import Any

from dash import Dash
from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from pages.server import auth, files, uploads
from pages.server.answers import install_error_answers
from pages.server.context import EXTENSION, Services, services
from pages.server.cookies import CSRF_COOKIE, renew_csrf, session_token
from pages.server.guard import NOBODY, PUBLIC, callback_role, route_role
from pages.server.headers import add_headers, content_security_policy
from pages.server.origin import check_host, check_origin
from terminal.accounts.actor import SYSTEM, Role
from terminal.accounts.sign_in import find_session, keep_alive
from terminal.accounts.tokens import csrf_token, same
from terminal.errors import Forbidden, InputError, NotFound, Unauthenticated

CALLBACKS = "/_dash-update-component"
HEALTH = "/healthz"
CHANGES_NOTHING = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_LIMIT = 64 * 2**10
BASE64_GROWTH = 4 / 3  # dcc.Upload sends files as base64 in JSON
ENVELOPE = 2**20


def install(app: Dash, services: Services) -> None:
    """Guard `app`; call it last, when layout, pages and callbacks are known."""
    server: Flask = app.server
    server.extensions[EXTENSION] = services
    settings = services.settings.server
    server.config["MAX_CONTENT_LENGTH"] = (
        int(settings.max_upload_mb * 2**20 * BASE64_GROWTH) + ENVELOPE
    )
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        server.wsgi_app = ProxyFix(server.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    server.register_blueprint(auth.routes)
    server.register_blueprint(files.routes)
    server.register_blueprint(uploads.routes)
    install_error_answers(server)
    _finish_dash(app, server)
    policy = content_security_policy(app.csp_hashes())

    def before() -> None:
        check_request(app.callback_map)

    def after(response: Response) -> Response:
        token = session_token(request, services) if g.get("session") else None
        is_page = response.mimetype == "text/html" and "Set-Cookie" not in response.headers
        if token and is_page:
            renew_csrf(request, response, services, token)
        add_headers(response, request, settings, policy)
        return response

    server.before_request_funcs[None].insert(0, before)
    server.after_request(after)


def _finish_dash(app: Dash, server: Flask) -> None:
    """Run what Dash would do on its first request: collect callbacks, start the page router.

    Done here it happens once, before there are threads, and not on behalf of whoever comes first;
    and all inline scripts are known, which the policy names by hash.
    """
    with server.test_request_context("/"):
        g.actor = SYSTEM
        for function in server.before_request_funcs.get(None, []):
            server.ensure_sync(function)()


def check_request(callback_map: Any) -> None:
    """Let the request pass, or raise the error that answers it."""
    if request.path == HEALTH:
        return
    own = services()
    check_host(request, own.settings.server)
    token = session_token(request, own)
    _identify(own, token)
    rule = request.url_rule.rule if request.url_rule else None
    # No rule: Flask will answer 404 or 405, but only to somebody who is signed in.
    least = route_role(rule, request.path) if rule else Role.VIEWER
    changes = request.method not in CHANGES_NOTHING
    if least == PUBLIC:
        request.max_content_length = FORM_LIMIT
        if changes:
            check_origin(request, own.settings.server)  # and the form's token, in auth.py
        return
    if g.actor is None:
        raise Unauthenticated("You are not signed in.", remedy="Sign in and try again.")
    if least == NOBODY:
        raise NotFound("There is nothing at this address.", remedy="Start from the menu.")
    _require(Role(least))
    if changes:
        check_origin(request, own.settings.server)
        _check_token(token or "")
    if rule == CALLBACKS:
        _check_callback(callback_map)
    # A page that polls says whether the person is there (assets/session.js).
    if request.headers.get("X-User-Active") != "0":
        keep_alive(own.db, g.session)


def _identify(own: Services, token: str | None) -> None:
    g.session = find_session(own.db, own.settings.accounts, token) if token else None
    g.actor = g.session.actor if g.session else None


def _require(least: Role) -> None:
    if not g.actor.role.allows(least):
        raise Forbidden(
            f"This needs the role {least.value}; yours is {g.actor.role.value}.",
            remedy="Ask an administrator.",
        )


def _check_token(session: str) -> None:
    given = request.headers.get("X-CSRFToken")
    if given is None and request.mimetype == "application/x-www-form-urlencoded":
        given = request.form.get(CSRF_COOKIE)
    if not given or not same(given, csrf_token(session)):
        raise Forbidden(
            "The page is out of date: its token is missing or belongs to another session.",
            field="X-CSRFToken",
            remedy="Reload the page and try again.",
        )


def _check_callback(callback_map: Any) -> None:
    """The callback must be known, guarded, and open to the person's role."""
    body = request.get_json(silent=True)
    output = body.get("output") if isinstance(body, dict) else None
    shapes = isinstance(body, dict) and all(
        isinstance(body.get(part, []), list) for part in ("inputs", "state", "changedPropIds")
    )
    if not isinstance(output, str) or not shapes:
        raise InputError("The request names no callback.", remedy="Reload the page.")
    least = callback_role(callback_map, output)
    if least is None:
        raise NotFound("There is no such callback.", remedy="Reload the page.")
    _require(least)

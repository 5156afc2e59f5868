"""The plain pages around signing in: /login, /logout, /setup/<token>, /reset/<token>, /healthz.

They are forms rendered on the server, without a script. A form carries a token that must equal
the cookie set with it (there is no session yet that could hold one).
"""

from __future__ import annotations

import math

import sqlalchemy as sa
from flask import Blueprint, Response, g, jsonify, make_response, redirect, render_template, request

from pages.server.context import services, session
from pages.server.cookies import FORM_COOKIE, clear_session, set_form_token, set_session
from pages.server.origin import safe_next
from terminal.accounts import service, setup
from terminal.accounts.sign_in import SignedIn, sign_in, sign_out
from terminal.accounts.tokens import new_token, same
from terminal.errors import Forbidden, InputError, TerminalError

routes = Blueprint("account", __name__, template_folder="templates")

NOTICES = {
    "signed-out": "You are signed out.",
    "password": "The password is set. Sign in with it.",
    "expired": "Your session has ended. Sign in again.",
}
NOBODY_YET = (
    "Nobody has an account yet. Open the one-time link that was printed at the start, or get a "
    "new one with: python -m terminal.accounts setup-link"
)


@routes.get("/healthz")
def healthz() -> tuple[Response, int]:
    """Says only whether the terminal can do its work: the database answers."""
    try:
        with services().db.read() as conn:
            conn.execute(sa.select(1))
    except sa.exc.SQLAlchemyError:
        return jsonify(status="not ok"), 503
    return jsonify(status="ok"), 200


@routes.get("/login")
def login_form() -> Response:
    """The form; straight on when somebody is signed in already."""
    target = safe_next(request.args.get("next"))
    if g.actor is not None:
        return make_response(redirect(target, code=303))
    notice = NOTICES.get(request.args.get("notice", ""))
    if setup.nobody_yet(services().db):
        notice = NOBODY_YET
    return _form("login.html", target=target, notice=notice)


@routes.post("/login")
def login() -> Response:
    """Check and go on to `next`; else the form again with the reason."""
    own = services()
    target = safe_next(request.form.get("next"))
    username = request.form.get("username", "")
    try:
        _check_form_token()
        opened = sign_in(
            own.db,
            own.settings.accounts,
            username,
            request.form.get("password", ""),
            address=_address(),
            browser=request.user_agent.string,
        )
    except TerminalError as error:
        return _form("login.html", error, target=target, username=username[:64])
    return _enter(opened, target)


@routes.post("/logout")
def logout() -> Response:
    """End the session on the server and in the browser."""
    own = services()
    sign_out(own.db, session())
    response = make_response(redirect("/login?notice=signed-out", code=303))
    clear_session(response, own)
    return response


@routes.get("/setup/<token>")
def setup_form(token: str) -> Response:
    """Form for the first administrator; opening it does not use the link up."""
    setup.check_setup_link(services().db, token)
    return _form("setup.html", shortest=services().settings.accounts.min_password_length)


@routes.post("/setup/<token>")
def set_up(token: str) -> Response:
    """Create the administrator and sign them in."""
    own = services()
    username = request.form.get("username", "")
    shortest = own.settings.accounts.min_password_length
    try:
        _check_form_token()
        opened = setup.create_first_user(
            own.db,
            own.settings,
            token,
            username,
            _new_password(),
            address=_address(),
            browser=request.user_agent.string,
        )
    except (InputError, Forbidden) as error:
        return _form("setup.html", error, username=username[:64], shortest=shortest)
    return _enter(opened, "/")


@routes.get("/reset/<token>")
def reset_form(token: str) -> Response:
    """Form for a new password; opening it does not use the link up."""
    service.check_reset_link(services().db, token)
    return _form("reset.html", shortest=services().settings.accounts.min_password_length)


@routes.post("/reset/<token>")
def reset(token: str) -> Response:
    """Set the password; then sign in with it."""
    own = services()
    shortest = own.settings.accounts.min_password_length
    try:
        _check_form_token()
        service.set_password_by_link(own.db, own.settings, token, _new_password())
    except (InputError, Forbidden) as error:
        return _form("reset.html", error, shortest=shortest)
    return make_response(redirect("/login?notice=password", code=303))


def _form(template: str, error: TerminalError | None = None, **values: object) -> Response:
    token = request.cookies.get(FORM_COOKIE) or new_token()
    page = render_template(template, form_token=token, error=error, **values)
    response = make_response(page, error.status if error else 200)
    retry_after_s = getattr(error, "retry_after_s", None)
    if retry_after_s:
        response.headers["Retry-After"] = str(math.ceil(retry_after_s))
    set_form_token(response, services(), token)
    return response


def _enter(opened: SignedIn, target: str) -> Response:
    response = make_response(redirect(target, code=303))
    set_session(response, services(), opened)
    return response


def _check_form_token() -> None:
    kept = request.cookies.get(FORM_COOKIE, "")
    given = request.form.get("form_token", "")
    if not kept or not same(given, kept):
        raise Forbidden(
            "The form is out of date, or this browser keeps no cookies.",
            remedy="Allow cookies for this address and send the form again.",
        )


def _new_password() -> str:
    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        raise InputError("The two passwords differ.", field="again", remedy="Type both again.")
    return password


def _address() -> str:
    return request.remote_addr or "unknown"

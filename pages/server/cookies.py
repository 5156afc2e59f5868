"""The three cookies.

`att_session` (`__Host-att_session` over https): the session token; no script can read it.
`_csrf_token`: what our own scripts echo with every change (Dash does so by itself); readable.
`att_form`: before sign-in, the token that the plain forms carry too; no script can read it.
"""

from __future__ import annotations

from typing import Any

from flask import Request, Response

from pages.server.context import Services
from terminal.accounts.sign_in import SignedIn
from terminal.accounts.tokens import csrf_token

CSRF_COOKIE = "_csrf_token"
FORM_COOKIE = "att_form"


def session_cookie_name(secure: bool) -> str:
    """The `__Host-` prefix makes browsers refuse it from other hosts, without https, or scoped."""
    return "__Host-att_session" if secure else "att_session"


def session_token(request: Request, services: Services) -> str | None:
    """The session token this browser sent."""
    return request.cookies.get(session_cookie_name(services.settings.server.secure_cookies))


def set_session(response: Response, services: Services, opened: SignedIn) -> None:
    """Give the browser its session and the token that changes must echo."""
    settings = services.settings
    lasting: dict[str, Any] = {"max_age": int(settings.accounts.session_hours * 3600)}
    secure = settings.server.secure_cookies
    name = session_cookie_name(secure)
    response.set_cookie(name, opened.token, **_scope(secure), **lasting, httponly=True)
    response.set_cookie(CSRF_COOKIE, csrf_token(opened.token), **_scope(secure), **lasting)
    response.delete_cookie(FORM_COOKIE, **_scope(secure), httponly=True)


def renew_csrf(request: Request, response: Response, services: Services, token: str) -> None:
    """Set the readable cookie again where it got lost, so that reloading the page helps."""
    if request.cookies.get(CSRF_COOKIE) != csrf_token(token):
        secure = services.settings.server.secure_cookies
        response.set_cookie(CSRF_COOKIE, csrf_token(token), **_scope(secure))


def clear_session(response: Response, services: Services) -> None:
    """Take both back."""
    secure = services.settings.server.secure_cookies
    response.delete_cookie(session_cookie_name(secure), **_scope(secure), httponly=True)
    response.delete_cookie(CSRF_COOKIE, **_scope(secure))


def set_form_token(response: Response, services: Services, token: str) -> None:
    """The half of the form token that stays in the browser."""
    secure = services.settings.server.secure_cookies
    response.set_cookie(FORM_COOKIE, token, **_scope(secure), httponly=True, max_age=3600)


def _scope(secure: bool) -> dict[str, Any]:
    return {"path": "/", "samesite": "Lax", "secure": secure}

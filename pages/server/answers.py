"""How an error looks: one JSON shape for scripts, one page for people; never a traceback."""

from __future__ import annotations

import math
from urllib.parse import quote

import sqlalchemy as sa
from dash.exceptions import DependencyException
from flask import Flask, Response, jsonify, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from pages.server.context import services
from pages.server.cookies import clear_session
from pages.server.incidents import report_incident
from pages.server.origin import safe_next
from terminal.errors import TerminalError, Unauthenticated, Unavailable

FOR_SCRIPTS = ("/_dash", "/_reload-hash", "/artifacts/", "/assets/", "/static/", "/upload")
TITLES = {
    400: "The request was not understood",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Not possible here",
    409: "Not possible now",
    413: "Too large",
    422: "Please correct",
    429: "Too many attempts",
    503: "Not available right now",
    507: "No space left",
}


def install_error_answers(server: Flask) -> None:
    """Handlers for our own errors, HTTP errors, a database that is away, and defects."""
    server.register_error_handler(TerminalError, _terminal_error)
    server.register_error_handler(HTTPException, _http_error)
    server.register_error_handler(DependencyException, _no_such_file)
    server.register_error_handler(sa.exc.OperationalError, _database_away)
    server.register_error_handler(Exception, _defect)


def error_answer(error: TerminalError, status: int | None = None) -> Response:
    """`error` as JSON or as a page, by who asked."""
    code = status or error.status
    if wants_json():
        response = jsonify(error={**error.as_dict(), "status": code})
    else:
        page = render_template("error.html", title=TITLES.get(code, "It did not work"), error=error)
        response = make_response(page)
    response.status_code = code
    retry_after_s = getattr(error, "retry_after_s", None)
    if retry_after_s:
        response.headers["Retry-After"] = str(math.ceil(retry_after_s))
    return response


def wants_json() -> bool:
    """True for what scripts ask for; people open pages and send our plain forms."""
    return request.path.startswith(FOR_SCRIPTS)


def _terminal_error(error: TerminalError) -> Response:
    if isinstance(error, Unauthenticated) and not wants_json():
        return _to_sign_in()
    return error_answer(error)


def _to_sign_in() -> Response:
    """To the form, and from there back to where the person wanted to go."""
    wanted = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else "/"
    target = safe_next(wanted)
    response = make_response(redirect("/login", code=303))
    if target != "/":
        response.headers["Location"] = f"/login?next={quote(target, safe='')}"
    clear_session(response, services())
    return response


def _no_such_file(_error: DependencyException) -> Response:
    """Dash raises this for a script it does not ship."""
    return error_answer(TerminalError("There is nothing at this address."), 404)


def _http_error(error: HTTPException) -> Response:
    code = error.code or 500
    if code < 400:  # a redirect that was raised
        return make_response(error.get_response())
    if code == 413:
        return error_answer(too_large(request.max_content_length or 0), 413)
    sentences = {
        400: TerminalError("The request was not understood.", remedy="Reload the page."),
        404: TerminalError("There is nothing at this address.", remedy="Start from the menu."),
        405: TerminalError("This address does not take that kind of request."),
        415: TerminalError("The request was not in a form the terminal reads."),
    }
    return error_answer(sentences.get(code, TerminalError("The request failed.")), code)


def too_large(limit: int) -> TerminalError:
    """The sentence for a request beyond `limit` bytes."""
    size = f"{limit / 2**20:.0f} MiB" if limit >= 2**20 else f"{limit / 2**10:.0f} KiB"
    return TerminalError(
        f"This is more than the {size} that one request may carry.",
        remedy="Send a smaller file, or raise server.max_upload_mb.",
    )


def _database_away(error: sa.exc.OperationalError) -> Response:
    incident = report_incident(error)
    return error_answer(
        Unavailable(
            "The database does not answer.",
            remedy=f"Try again in a moment; the server log has incident {incident}.",
            retry_after_s=5,
        )
    )


def _defect(error: Exception) -> Response:
    incident = report_incident(error)
    return error_answer(
        TerminalError(
            "Something went wrong in the terminal itself.",
            remedy=f"The details are in the server log under incident {incident}.",
        )
    )

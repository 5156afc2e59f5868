"""Defects: the browser gets a number, the log gets the traceback under that number."""

from __future__ import annotations

import logging
import secrets

from flask import g, has_request_context, request

log = logging.getLogger("terminal.incidents")


def report_incident(error: BaseException) -> str:
    """Log `error` with its traceback and what was being asked; returns the incident id."""
    incident = secrets.token_hex(4)
    where = f"{request.method} {request.path}" if has_request_context() else "outside a request"
    who = g.get("actor") if has_request_context() else None
    log.error(
        "incident %s: %s by %s", incident, where, who.username if who else "nobody", exc_info=error
    )
    return incident

"""Security and cache headers of every answer."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Request, Response

from terminal.settings import ServerSettings

PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation",
        "gyroscope", "magnetometer", "microphone", "midi", "payment", "usb",
    )
)  # fmt: skip
A_YEAR = "private, max-age=31536000, immutable"


def content_security_policy(script_hashes: Sequence[str]) -> str:
    """Scripts from us only, or with a hash known at start; nothing evaluates text as code."""
    return "; ".join(
        (
            "default-src 'self'",
            " ".join(("script-src 'self'", *script_hashes)),
            "style-src 'self' 'unsafe-inline'",  # Plotly and AG Grid set styles from scripts
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "frame-ancestors 'none'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        )
    )


def add_headers(response: Response, request: Request, server: ServerSettings, policy: str) -> None:
    """Complete `response`; a policy that a view has set for itself stays."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", policy)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"  # no-referrer would make form posts `Origin: null`
    headers["Permissions-Policy"] = PERMISSIONS
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if server.secure_cookies:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    headers["Cache-Control"] = cache_control(response, request)


def cache_control(response: Response, request: Request) -> str:
    """Files whose address changes with their content are kept for a year, answers never."""
    if response.status_code not in (200, 304):
        return "no-store"
    if request.path.startswith("/_dash-component-suites/"):
        return A_YEAR if response.cache_control.max_age else "private, no-cache"
    if request.path.startswith("/assets/"):
        return A_YEAR if "m" in request.args else "private, no-cache"
    if request.path.startswith("/artifacts/"):
        return "private, no-cache"
    return "no-store"

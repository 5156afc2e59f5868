"""Where a request comes from and where it thinks it goes.

Host: with `public_url` only that host is answered; a server that listens on the loopback address
answers only to loopback names, so a foreign name that resolves to 127.0.0.1 (DNS rebinding) gets
nothing. Origin: what changes something must come from our own pages.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request

from terminal.errors import Forbidden, InputError
from terminal.settings import ServerSettings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_DEFAULT_PORTS = {"http": 80, "https": 443}


def check_host(request: Request, server: ServerSettings) -> None:
    """Refuse a Host header that is not ours.

    Raises
    ------
    InputError : with the address to use.
    """
    if server.public_url:
        expected = _origin(server.public_url)
        known = _origin(f"{urlsplit(server.public_url).scheme}://{request.host}") == expected
    elif server.host in LOOPBACK:
        known = urlsplit(f"//{request.host}").hostname in LOOPBACK
    else:
        known = True
    if not known:
        raise InputError(
            "This address is not the terminal's.",
            field="Host",
            remedy=f"Open {server.base_url}; another address is set as server.public_url.",
        )


def check_origin(request: Request, server: ServerSettings) -> None:
    """Refuse a changing request that another site's page has sent.

    Every browser sends `Origin` with a POST, and `Sec-Fetch-Site` where the connection is safe;
    `Referer` is looked at when there is no Origin. A request with none of them comes from no
    browser page; the token (checked elsewhere) still stands in its way.

    Raises
    ------
    Forbidden
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site not in (None, "same-origin", "none"):
        raise _foreign(site)
    source = request.headers.get("Origin") or request.headers.get("Referer")
    own = _origin(server.public_url or f"{request.scheme}://{request.host}")
    if source is not None and _origin(source) != own:
        raise _foreign(source)


def safe_next(target: str | None) -> str:
    """A path of our own to go to after sign-in; `/` for anything that could leave the site.

    Browsers read `\\` as `/` and drop tabs and newlines, so `//host`, `/\\host` and `/<tab>/host`
    all lead elsewhere.
    """
    if not target or len(target) > 2000:
        return "/"
    harmless = (
        target.startswith("/")
        and not target.startswith("//")
        and "\\" not in target
        and all(character.isprintable() for character in target)
    )
    if not harmless:
        return "/"
    parts = urlsplit(target)
    leads_back = parts.path.split("/")[1] in ("login", "logout", "setup", "reset")
    return "/" if parts.scheme or parts.netloc or leads_back else target


def _origin(url: str) -> tuple[str, str, int] | None:
    """(scheme, host, port) of a URL; None when it has none, e.g. the opaque origin `null`."""
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    if not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port


def _foreign(source: str) -> Forbidden:
    return Forbidden(
        f"This request came from another site ({source[:100]}).",
        field="Origin",
        remedy="Open the terminal in its own tab and try again.",
    )

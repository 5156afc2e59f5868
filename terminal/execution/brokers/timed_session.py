"""HTTP that ends: every request has a timeout, is sent once, and a redirect is no answer."""

from __future__ import annotations

import urllib.parse
from typing import Any

import requests
import requests.adapters

CONNECT_S = 3.05


class TimedSession(requests.Session):
    """A session whose requests end: none waits longer than `timeout_s` for an answer."""

    def __init__(self, timeout_s: float, *, local: bool) -> None:
        super().__init__()
        self.timeout = (min(CONNECT_S, timeout_s), timeout_s)
        self.trust_env = not local  # a proxy or netrc of the machine is not for a loopback address
        for scheme in ("https://", "http://"):
            self.mount(scheme, requests.adapters.HTTPAdapter(max_retries=0))

    def request(self, *arguments: Any, **named: Any) -> requests.Response:
        """As in `requests.Session`, with a timeout and an answer that is an answer."""
        named.setdefault("timeout", self.timeout)
        answer = super().request(*arguments, **named)
        if 300 <= answer.status_code < 400:
            # the client would take the page behind a redirect for a success
            raise requests.HTTPError("a redirect is no answer", response=answer)
        return answer


def is_local(url: str) -> bool:
    """Whether an address is this machine's own."""
    return urllib.parse.urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")

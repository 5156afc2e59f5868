"""The control endpoints of our paper exchange: accounts on it, its time, its mishaps."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import requests

from terminal.accounts.secret_file import secret
from terminal.errors import Conflict, InputError, NotFound, Unavailable
from terminal.execution.brokers.timed_session import TimedSession, is_local
from terminal.settings import Settings

TOKEN_FILE = "exchange.token"  # noqa: S105
_ERRORS = {404: NotFound, 409: Conflict, 422: InputError}


@dataclass(frozen=True)
class ExchangeAccount:
    """A new account; its secret is told this once."""

    id: str
    key: str
    secret: str


class ExchangeControl:
    """Whoever holds the token of the exchange.

    Every method raises Unavailable when the exchange does not answer, and InputError, NotFound or
    Conflict with its sentence when it refuses.
    """

    def __init__(self, url: str, token: str, timeout_s: float = 60.0) -> None:
        self.url = url
        self._session = TimedSession(timeout_s, local=is_local(url))
        self._session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, **body: Any) -> Any:
        """Any endpoint below /admin."""
        try:
            answer = self._session.request(method, f"{self.url}/admin/{path}", json=body)
            content = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise Unavailable(
                f"The paper exchange at {self.url} does not answer ({type(error).__name__}).",
                remedy="It starts with the terminal; its log is in data_dir/logs.",
            ) from error
        if answer.ok:
            return content
        kind = _ERRORS.get(answer.status_code, Unavailable)
        raise kind(
            str(content.get("message", answer.status_code)),
            field=content.get("field"),
            remedy=content.get("remedy"),
        )

    def state(self) -> dict[str, Any]:
        """Time, position and pace of the replay, data set, symbols."""
        found: dict[str, Any] = self.call("GET", "state")
        return found

    def create_account(
        self, name: str, cash: Decimal, *, multiplier: Decimal = Decimal(2), shorting: bool = True
    ) -> ExchangeAccount:
        """A new account with `cash` in it."""
        made = self.call(
            "POST", "accounts", name=name, cash=f"{cash:f}", multiplier=f"{multiplier:f}",
            shorting=shorting,
        )  # fmt: skip
        return ExchangeAccount(made["id"], made["key"], made["secret"])

    def transfer(self, account_id: str, amount: Decimal) -> None:
        """Pay in, or with a minus out."""
        self.call("POST", f"accounts/{account_id}/cash", amount=f"{amount:f}")

    def step(self, bars: int = 1) -> dict[str, Any]:
        """Advance by whole bars; the state then, and `moved` phases."""
        found: dict[str, Any] = self.call("POST", "step", bars=bars)
        return found

    def pace(self, *, speed: float | None = None, paused: bool | None = None) -> dict[str, Any]:
        """How time moves by itself."""
        given = {"speed": speed, "paused": paused}
        found: dict[str, Any] = self.call(
            "POST", "clock", **{key: value for key, value in given.items() if value is not None}
        )
        return found

    def fault(self, kind: str, **options: Any) -> None:
        """Switch a fault on; see `terminal.execution.paper.faults`."""
        self.call("POST", "faults", kind=kind, **options)

    def clear_faults(self, kind: str = "") -> None:
        self.call("DELETE", "faults", kind=kind)


def exchange_control(settings: Settings) -> ExchangeControl:
    """The exchange of this installation."""
    token = secret(settings, "trading", "exchange_token", TOKEN_FILE)
    return ExchangeControl(settings.trading.exchange_address, token)

"""Alpaca's official client with guard rails: timeouts, no retry of its own, and errors that say
whether something may have happened.

The client retries a POST on 504 and 429, and waits for ever; both can double an order or stop a
session. Here a request is sent once. What a failed one means depends on where it failed: before
anything was sent (unavailable), by an answer that refuses (rejected), or without an answer that
tells (uncertain).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import requests
from alpaca.common.exceptions import APIError
from alpaca.common.rest import RESTClient
from alpaca.data.historical import StockHistoricalDataClient
from alpaca.trading.client import TradingClient
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from terminal.execution.brokers.protocol import (
    BrokerRejected,
    BrokerUnavailable,
    BrokerUncertain,
)
from terminal.execution.brokers.timed_session import TimedSession, is_local

DUPLICATE_CODE = "40010001"
NOT_FOUND_CODE = "40410000"
DUPLICATE = "duplicate"


def trading_client(key: str, secret: str, url: str, timeout_s: float) -> TradingClient:
    """The trading client at `url`, guarded."""
    client = TradingClient(key, secret, raw_data=True, url_override=url)
    guard(client, timeout_s, local=is_local(url))
    return client


def data_client(key: str, secret: str, url: str, timeout_s: float) -> StockHistoricalDataClient:
    """The market data client at `url`, guarded."""
    client = StockHistoricalDataClient(key, secret, raw_data=True, url_override=url)
    guard(client, timeout_s, local=is_local(url))
    return client


def guard(client: RESTClient, timeout_s: float, *, local: bool) -> None:
    """One request a call, and an end to every wait. The client has no public way to either."""
    client._retry = 0
    client._session = TimedSession(timeout_s, local=local)


def read(call: Callable[[], Any]) -> Any:
    """A call that changes nothing; whatever fails is unavailable.

    Raises
    ------
    BrokerUnavailable
    """
    try:
        return call()
    except APIError as error:
        status, _, message = told(error)
        raise BrokerUnavailable(
            f"The broker answered {status}: {message}.", remedy=_remedy(status)
        ) from None
    except (requests.RequestException, ValueError, OSError) as error:
        raise BrokerUnavailable(f"The broker did not answer: {_words(error)}.") from error


def find(call: Callable[[], Any]) -> Any:
    """A read of one thing; None only where the broker itself says that there is none."""
    try:
        return call()
    except APIError as error:
        status, code, _ = told(error)
        if status == 404 and code == NOT_FOUND_CODE:
            return None
        return read(_raiser(error))
    except (requests.RequestException, ValueError, OSError) as error:
        return read(_raiser(error))


def write(call: Callable[[], Any]) -> Any:
    """A call that may do something; it is made once.

    Raises
    ------
    BrokerRejected, BrokerUncertain, BrokerUnavailable
    """
    try:
        return call()
    except APIError as error:
        status, code, message = told(error)
        if status == 429:
            raise BrokerUnavailable(f"The broker is busy: {message}.") from None
        if code and status is not None and 400 <= status < 500:
            name = DUPLICATE if _is_duplicate(status, code, message) else code
            raise BrokerRejected(message, code=name) from None
        raise BrokerUncertain(f"The broker answered {status}: {message}.") from None
    except (requests.RequestException, ValueError, OSError) as error:
        if never_sent(error):
            raise BrokerUnavailable(f"The broker cannot be reached: {_words(error)}.") from error
        raise BrokerUncertain(f"No answer that tells: {_words(error)}.") from error


def told(error: APIError) -> tuple[int | None, str, str]:
    """(status, code, message) of an answer; no code where its body is not the broker's own."""
    status: int | None = error.status_code
    text = str(error)
    try:
        body = json.loads(text)
    except ValueError:
        return status, "", " ".join(text.split())[:200] or "no text"
    if not isinstance(body, Mapping) or "message" not in body:
        return status, "", text[:200]
    return status, str(body.get("code", "")), str(body["message"])


def never_sent(error: BaseException) -> bool:
    """Whether a failure came before anything could have been sent."""
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.InvalidURL):
        return True
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, NewConnectionError | ConnectTimeoutError):
            return True
        if isinstance(seen, MaxRetryError) and seen.reason is not None:
            seen = seen.reason
        else:
            seen = next((part for part in seen.args if isinstance(part, BaseException)), None)
    return False


def _is_duplicate(status: int, code: str, message: str) -> bool:
    return code == DUPLICATE_CODE or (status == 422 and "client_order_id must be" in message)


def _remedy(status: int | None) -> str | None:
    return "Check the account's keys." if status in (401, 403) else None


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}"


def _raiser(error: Exception) -> Callable[[], Any]:
    def raise_it() -> Any:
        raise error

    return raise_it

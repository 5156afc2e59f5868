"""Faults of a broker, to be switched on: what real ones do on bad days, at the moment of choice.

Every fault counts down; with a count of 0 it stays until it is cleared. They are not in the log: an
exchange that starts again has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from terminal.errors import InputError

ACCEPT_THEN_TIMEOUT = "accept_then_timeout"
GATEWAY_TIMEOUT = "504"
TOO_MANY = "429"
RESET = "reset"
REJECT = "reject"
REJECT_LATER = "reject_later"
DELAY = "delay"
DUPLICATE_FILL = "duplicate_fill"
LATE_FILL = "late_fill"
BUST = "bust"
MUTE_STREAM = "mute_stream"
DROP_STREAM = "drop_stream"

OF_REQUESTS = {
    ACCEPT_THEN_TIMEOUT: "it is done, and the answer never comes",
    GATEWAY_TIMEOUT: "504 instead of an answer; `applied`: it was done",
    RESET: "the connection is cut; `applied`: it was done",
    TOO_MANY: "429, nothing is done",
    REJECT: "403 with `message`, nothing is done",
    DELAY: "`seconds` pass before it is done; `applied`: after",
    REJECT_LATER: "the order is taken and rejected afterwards",
}
OF_EVENTS = {
    DUPLICATE_FILL: "a fill is told twice, by stream and list; it happened once",
    LATE_FILL: "`seconds` after a cancel, the order's rest is filled",
    BUST: "`seconds` after a fill, it is taken back",
    MUTE_STREAM: "streams stay connected and say nothing",
    DROP_STREAM: "streams are cut, and refused for `seconds`",
}
METHODS = ("POST", "PATCH", "DELETE", "GET")


@dataclass
class Fault:
    """One fault.

    Attributes
    ----------
    kind : see `OF_REQUESTS` and `OF_EVENTS`.
    count : how often it happens; 0: until it is cleared.
    account : whom it happens to; "": anybody.
    methods : HTTP methods it strikes; "*": all of them.
    path : part of the path it strikes; "": any.
    """

    kind: str
    count: int = 1
    account: str = ""
    methods: str = "POST"
    path: str = ""
    seconds: float = 0.0
    applied: bool = False
    message: str = "rejected by a switched fault"
    happened: int = 0

    def strikes(self, method: str, path: str, account: str) -> bool:
        """Whether it is about this request."""
        return (
            self.account in ("", account)
            and (self.methods == "*" or method in self.methods.split(","))
            and self.path in path
        )


class Faults:
    """The faults that are on."""

    def __init__(self) -> None:
        self.on: list[Fault] = []

    def add(self, given: Mapping[str, Any]) -> Fault:
        """Switch one on.

        Raises
        ------
        InputError : there is no such kind, or a field is not one.
        """
        kind = str(given.get("kind"))
        if kind not in OF_REQUESTS and kind not in OF_EVENTS:
            known = ", ".join([*OF_REQUESTS, *OF_EVENTS])
            raise InputError(f"There is no fault {kind!r}; known: {known}.", field="kind")
        try:
            fault = Fault(
                kind=kind,
                count=int(given.get("count", 1)),
                account=str(given.get("account", "")),
                methods=str(given.get("methods", "POST")).upper(),
                path=str(given.get("path", "")),
                seconds=float(given.get("seconds", 30.0 if kind == ACCEPT_THEN_TIMEOUT else 0.0)),
                applied=bool(given.get("applied", False)),
                message=str(given.get("message", Fault.message)),
            )
        except (TypeError, ValueError) as error:
            raise InputError(f"A fault's field is not a number: {error}.", field="count") from None
        if fault.count < 0 or not 0 <= fault.seconds <= 3600:
            raise InputError("Count is 0 or more, seconds 0 to 3600.", field="seconds")
        wrong = set(fault.methods.split(",")) - {*METHODS, "*"}
        if wrong:
            raise InputError(f"{sorted(wrong)} are no methods.", field="methods")
        self.on.append(fault)
        return fault

    def of_request(self, method: str, path: str, account: str) -> Fault | None:
        """The first fault that strikes a request; it counts as happened."""
        for fault in self.on:
            if fault.kind in OF_REQUESTS and fault.strikes(method, path, account):
                return self._happens(fault)
        return None

    def of_event(self, kind: str, account: str) -> Fault | None:
        """A fault of what the exchange tells; it counts as happened."""
        for fault in self.on:
            if fault.kind == kind and fault.account in ("", account):
                return self._happens(fault)
        return None

    def is_on(self, kind: str, account: str) -> bool:
        """Whether a lasting fault is on, without counting."""
        return any(f.kind == kind and f.account in ("", account) for f in self.on)

    def _happens(self, fault: Fault) -> Fault:
        fault.happened += 1
        if fault.count and fault.happened >= fault.count:
            self.on.remove(fault)
        return fault

    def clear(self, kind: str = "") -> None:
        """Switch off one kind, or all."""
        self.on = [fault for fault in self.on if kind and fault.kind != kind]

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self.on]

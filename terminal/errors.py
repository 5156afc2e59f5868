"""The exceptions a person gets to see.

Each one carries a sentence, the field (and row) it is about, and the remedy. The class says who
must act: the user (`InputError`, `NotFound`, `Forbidden`, `Conflict`), nobody but time
(`Unavailable`: a retry can help) or the operator (`StorageFull`, `SettingsError`). Pages render
them all through one place; anything else that escapes is a defect and shows only an incident id.
"""

from __future__ import annotations

from typing import Any


class TerminalError(Exception):
    """Root of every failure with a sentence for a person.

    Parameters
    ----------
    message : what happened, naming the value and what is allowed.
    field : the form field, column or setting it is about.
    row : the 1-based row of the user's file it is about.
    remedy : what to do next.
    """

    status = 500

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        row: int | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.row = row
        self.remedy = remedy

    def __str__(self) -> str:
        where = "".join(
            [
                f"{self.field}: " if self.field else "",
                f"row {self.row}: " if self.row is not None else "",
            ]
        )
        return f"{where}{self.message}" + (f" {self.remedy}" if self.remedy else "")

    def as_dict(self) -> dict[str, Any]:
        """JSON form, the one error shape of jobs, routes and callbacks."""
        return {
            "kind": type(self).__name__,
            "message": self.message,
            "field": self.field,
            "row": self.row,
            "remedy": self.remedy,
        }


class InputError(TerminalError):
    """The input must change before this can work."""

    status = 422


class SettingsError(InputError):
    """A setting is wrong; names file, key, given and allowed."""

    status = 500


class NotFound(TerminalError):
    """There is no such thing, or it belongs to someone else (which reads the same)."""

    status = 404


class Unauthenticated(TerminalError):
    """Nobody is signed in."""

    status = 401


class Forbidden(TerminalError):
    """Signed in, but the role does not allow this."""

    status = 403


class Conflict(TerminalError):
    """The thing has changed or is in a state that does not allow this."""

    status = 409


class Unavailable(TerminalError):
    """An outside service did not answer; trying again later can help."""

    status = 503

    def __init__(self, message: str, *, retry_after_s: float | None = None, **where: Any) -> None:
        super().__init__(message, **where)
        self.retry_after_s = retry_after_s


class Cancelled(TerminalError):
    """The user asked for this work to stop."""

    status = 409


class StorageFull(TerminalError):
    """No space is left where data is stored; nothing was half-written."""

    status = 507

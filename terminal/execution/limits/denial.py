"""A limit's refusal, in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal


@dataclass(frozen=True)
class Denial:
    """A limit that refuses an order.

    limit : the field of `Limits`. message : a sentence. value, allowed : what it would be and what
    it may be, in the limit's unit; None where the limit is not a number.
    """

    limit: str
    message: str
    value: Decimal | None = None
    allowed: Decimal | None = None

    def as_dict(self) -> dict[str, str | None]:
        """As the ledger keeps it; decimals as text."""
        return {
            "limit": self.limit,
            "message": self.message,
            "value": None if self.value is None else f"{self.value:f}",
            "allowed": None if self.allowed is None else f"{self.allowed:f}",
        }


def deny(
    out: list[Denial], limit: str, what: str, value: Decimal | int, allowed: Decimal | int
) -> None:
    """Add a denial whose sentence ends with what is allowed."""
    value, allowed = Decimal(value), Decimal(allowed)
    out.append(Denial(limit, f"{what}; allowed: {shown(allowed)}.", value, allowed))


def shown(value: Decimal) -> str:
    """As a person reads it: commas, at most four decimals, no trailing zeros."""
    text = f"{round(value, 4):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def seconds(duration: timedelta) -> Decimal:
    """A duration as a number, exact to the microsecond."""
    return Decimal(duration // timedelta(microseconds=1)).scaleb(-6)

"""Exact decimal arithmetic of money and quantities, and the one way to write such a number.

Python's own context rounds to 28 digits, which a sum of quantity times price can pass. What goes
into the ledger has at most 18 digits on each side of the point, so that sums of products stay exact
within `EXACT`.
"""

from __future__ import annotations

import decimal
from decimal import Decimal

DIGITS = 18
"""Most digits before and after the point."""
LARGEST = Decimal(10) ** DIGITS
FINEST = Decimal(10) ** -DIGITS
EXACT = decimal.Context(prec=100, rounding=decimal.ROUND_HALF_EVEN)
"""Sums, differences and products of what the ledger takes are exact here; divisions are not."""


def decimal_text(value: Decimal) -> str:
    """The one spelling of a Decimal: no exponent, no zeros at the end, no minus zero."""
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def fits(value: Decimal) -> bool:
    """Whether the ledger takes it: finite, at most 18 digits before and after the point."""
    if not value.is_finite() or abs(value) >= LARGEST:
        return False
    return value == EXACT.quantize(value, FINEST)

"""The one number formatter: what a value looks like on a page, in a figure, in a report.

A value and its unit become text: thousands separated by commas, a true minus sign (U+2212), a
dash for what is missing, never a stand-in zero. Rounding is half away from zero on the exact
binary value, which is what JavaScript's `toFixed` does, so that `assets/numbers.js` gives the same
text in tables drawn by the browser; a test compares the two. A value that rounds to zero carries
no sign. Percent and basis points are given as fractions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Sign = Literal["up", "down", "flat"]

MISSING = "–"
MINUS = "−"
ARROWS: dict[Sign, str] = {"up": "▲", "down": "▼", "flat": ""}
EXPONENT_FROM = 1e15


@dataclass(frozen=True)
class Unit:
    """How a unit is written: `scale` multiplies first; `decimals` None means by magnitude."""

    decimals: int | None
    suffix: str = ""
    scale: float = 1.0
    title: str = ""


UNITS: dict[str, Unit] = {
    "ratio": Unit(2, title="ratio"),
    "percent": Unit(2, "%", 100.0, "%"),
    "currency": Unit(2, title="account currency"),
    "bps": Unit(1, " bp", 10_000.0, "basis points"),
    "price": Unit(None, title="price"),
    "quantity": Unit(None, title="units"),
    "count": Unit(0, title="count"),
    "bars": Unit(None, " bars", title="bars"),
    "sessions": Unit(None, " sessions", title="sessions"),
    "days": Unit(None, " d", title="days"),
    "years": Unit(2, " y", title="years"),
    "seconds": Unit(2, " s", title="seconds"),
}


def format_value(value: float | int | None, unit: str = "ratio", signed: bool = False) -> str:
    """`value` as text.

    Parameters
    ----------
    value : the number; None and NaN give an en dash.
    unit : a key of `UNITS`. `percent` and `bps` take fractions (0.01 is 1.00% and 100.0 bp).
    signed : write a plus sign before positive values.

    Raises
    ------
    ValueError : the unit is not in `UNITS`.
    """
    try:
        style = UNITS[unit]
    except KeyError:
        raise ValueError(f"no unit {unit!r}; known: {', '.join(UNITS)}") from None
    if value is None:
        return MISSING
    number = float(value) * style.scale
    if math.isnan(number):
        return MISSING
    body = _magnitude(abs(number), unit, style.decimals)
    zero = not any("1" <= digit <= "9" for digit in body) and body != "∞"
    sign = "" if zero else MINUS if number < 0 else "+" if signed else ""
    return f"{sign}{body}{style.suffix}"


def decimals_of(magnitude: float, unit: str) -> int:
    """Decimals shown for a magnitude in a unit whose precision depends on it."""
    if unit == "quantity":
        return 0 if magnitude == math.floor(magnitude) else 4
    if unit in ("days", "bars", "sessions"):
        return 0 if magnitude == math.floor(magnitude) else 1
    return 2 if magnitude >= 1 or magnitude == 0 else 4 if magnitude >= 0.01 else 6


def _magnitude(magnitude: float, unit: str, decimals: int | None) -> str:
    if math.isinf(magnitude):
        return "∞"
    if magnitude >= EXPONENT_FROM:
        return _exponent(magnitude)
    places = decimals_of(magnitude, unit) if decimals is None else decimals
    exact = Decimal(magnitude).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return f"{exact:,f}"


def _exponent(magnitude: float) -> str:
    exact = Decimal(magnitude)
    power = exact.adjusted()
    lead = exact.scaleb(-power).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    if lead >= 10:
        lead, power = lead / 10, power + 1
    return f"{lead:.2f}e+{power}"


def sign_of(value: float | int | None) -> Sign:
    """ "up", "down" or "flat"; missing is flat."""
    if value is None or math.isnan(value) or value == 0:
        return "flat"
    return "up" if value > 0 else "down"


@dataclass(frozen=True)
class SignedText:
    """A change ready to show: text with sign, arrow, and the CSS class of its colour."""

    text: str
    arrow: str
    css_class: str


def format_change(value: float | int | None, unit: str = "percent") -> SignedText:
    """A signed value with arrow and colour class (`num-up`, `num-down`, `num-flat`).

    Sign is never told by colour alone: the arrow and the plus or minus say it too.
    """
    text = format_value(value, unit, signed=True)
    sign: Sign = "up" if text.startswith("+") else "down" if text.startswith(MINUS) else "flat"
    return SignedText(text, ARROWS[sign], f"num-{sign}")

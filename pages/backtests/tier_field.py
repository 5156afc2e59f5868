"""Commission by the month's volume as one line of text: `300,000: 0.002; 3,000,000: 0.0015`."""

from __future__ import annotations

import itertools
from typing import Any

from pages.components.form import parse_number, plain

NAME = "commission_tiers"
EXAMPLE = "300,000: 0.002; 3,000,000: 0.0015"
HELP = (
    "Units traded this month from which it holds, and the commission a unit from there on: "
    f"{EXAMPLE}. Below the first tier the commission a unit above holds. Empty: no tiers."
)
MOST_TIERS = 20
MOST_UNITS = 1e11
MOST_RATE = 1e3

Tiers = tuple[tuple[float, float], ...]


def shown(tiers: Tiers) -> str:
    """As a person would type it."""
    return "; ".join(f"{_grouped(units)}: {plain(rate)}" for units, rate in tiers)


def read(text: Any) -> Tiers:
    """The tiers; ValueError with a sentence that names the tier that is wrong."""
    parts = [part.strip() for part in str(text or "").replace("\n", ";").split(";")]
    parts = [part for part in parts if part]
    if len(parts) > MOST_TIERS:
        raise ValueError(f"Enter at most {MOST_TIERS} tiers; there are {len(parts)}.")
    tiers = tuple(_tier(number, part) for number, part in enumerate(parts, 1))
    for number, (before, after) in enumerate(itertools.pairwise(tiers), 2):
        if after[0] <= before[0]:
            raise ValueError(
                f"Tier {number} begins at {_grouped(after[0])} units, and the one before it at "
                f"{_grouped(before[0])}; each must begin later."
            )
    return tiers


def _tier(number: int, part: str) -> tuple[float, float]:
    units, colon, rate = part.partition(":")
    if not colon:
        raise ValueError(
            f"Tier {number}, {part[:40]!r}, is not units and a commission with a colon between; "
            f"for example {EXAMPLE}."
        )
    try:
        return (
            float(parse_number(units, low=0, high=MOST_UNITS, unit="units")),
            float(parse_number(rate, low=0, high=MOST_RATE, unit="a unit")),
        )
    except ValueError as error:
        raise ValueError(f"Tier {number}: {error}") from None


def _grouped(units: float) -> str:
    return f"{int(units):,}" if units == int(units) else plain(units)

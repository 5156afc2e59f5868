"""Lines a person types: bounds, sectors, budgets, positions. A line that is wrong is named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pages.components.form import parse_number
from terminal.portfolio.optimise_request import Bound, View

VIEWS = 5
MOST_LINES = 2_000


def read_bounds(text: Any, what: str) -> tuple[Bound, ...]:
    """`AAPL 0 10` a line: name, least, most in %; `-` for no limit. A name may have spaces.

    Raises
    ------
    ValueError : with a sentence that names the line.
    """
    found = []
    for number, parts in _lines(text):
        if len(parts) < 3:
            raise ValueError(f"Line {number}: write {what}, the least and the most in %.")
        name = " ".join(parts[:-2])
        low, high = (_percent(part, number) for part in parts[-2:])
        if low is not None and high is not None and low > high:
            raise ValueError(
                f"Line {number}: {name} has at least {low:.4g} and at most {high:.4g}."
            )
        found.append(Bound(name, low, high))
    _once([bound.name for bound in found])
    return tuple(found)


def read_budgets(text: Any) -> tuple[tuple[str, float], ...]:
    """`AAPL 20` a line: instrument and its part of the risk in %; ValueError names the line."""
    found = []
    for number, parts in _lines(text):
        share = _percent(parts[-1], number) if len(parts) == 2 else None
        if share is None or share <= 0:
            raise ValueError(f"Line {number}: write an instrument and its part of the risk in %.")
        found.append((parts[0].upper(), share))
    _once([name for name, _ in found])
    total = sum(share for _, share in found)
    if total > 1 + 1e-9:
        raise ValueError(f"The budgets add up to {total:.1%}; at most 100 %.")
    return tuple(found)


def read_positions(text: Any) -> tuple[tuple[str, float], ...]:
    """`symbol,units` a line, with or without a head; ValueError names the line."""
    found = []
    for number, parts in _lines(text):
        if number == 1 and parts[0].lower() in ("symbol", "ticker", "instrument"):
            continue
        if len(parts) != 2:
            raise ValueError(
                f"Line {number}: write symbol,units; this is {' '.join(parts)[:40]!r}."
            )
        try:
            units = float(parse_number(parts[1]))
        except ValueError:
            raise ValueError(f"Line {number}: {parts[1][:20]!r} is no number of units.") from None
        found.append((parts[0].upper(), units))
    _once([name for name, _ in found])
    return tuple(found)


def read_views(given: Mapping[str, Any], symbols: Sequence[str]) -> tuple[View, ...]:
    """The rows of the table of views that say something; ValueError names the row."""
    found = []
    for k in range(VIEWS):
        long, against, value, sure = (
            str(given.get(f"view-{k}-{part}") or "").strip()
            for part in ("long", "against", "value", "sure")
        )
        if not (long or against or value):
            continue
        long, against = long.upper(), against.upper()
        for name in filter(None, (long, against)):
            if name not in symbols:
                raise ValueError(f"View {k + 1}: {name!r} is not among the instruments.")
        if not long or long == against:
            raise ValueError(f"View {k + 1}: name an instrument, and another to compare it with.")
        try:
            rate = float(parse_number(value, low=-100, high=1000, unit="% a year")) / 100
            confidence = float(parse_number(sure, low=0, high=100, unit="%")) / 100
        except ValueError as error:
            raise ValueError(f"View {k + 1}: {error}") from None
        found.append(View(long, rate, against, confidence))
    return tuple(found)


def _lines(text: Any) -> Iterator[tuple[int, list[str]]]:
    lines = str(text or "").splitlines()
    if len(lines) > MOST_LINES:
        raise ValueError(f"{len(lines)} lines are more than {MOST_LINES:,}.")
    for number, line in enumerate(lines, start=1):
        parts = [part for part in re.split(r"[,;\t ]+", line.strip()) if part]
        if parts:
            yield number, parts


def _percent(part: str, number: int) -> float | None:
    if part in ("-", "–"):
        return None
    try:
        return float(parse_number(part.rstrip("%"), low=-1000, high=1000)) / 100
    except ValueError:
        raise ValueError(f"Line {number}: {part[:20]!r} is no number of percent.") from None


def _once(names: Sequence[str]) -> None:
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        raise ValueError(f"{twice[0]} stands in two lines.")

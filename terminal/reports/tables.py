"""A table as a value: what a report shows, before it is HTML or a PDF page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from terminal.charts.numbers import MISSING, format_value, sign_of
from terminal.charts.time_axis import is_intraday

Align = Literal["left", "right"]


@dataclass(frozen=True)
class Cell:
    """Text with the sign that colours it and an explanation shown on hover."""

    text: str
    sign: Literal["up", "down", "flat"] = "flat"
    hint: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of cells under titled columns; `align` per column, `empty` is said when no row is."""

    title: str
    columns: tuple[str, ...]
    align: tuple[Align, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = "None."
    note: str = ""


def number(value: float | None, unit: str, *, change: bool = False, hint: str = "") -> Cell:
    """A number cell; `change` signs and colours it."""
    text = format_value(value, unit, signed=change)
    return Cell(text, sign_of(value) if change else "flat", hint)


def text(value: object, hint: str = "") -> Cell:
    """A text cell."""
    return Cell(str(value), hint=hint)


def time(value: object, *, intraday: bool) -> Cell:
    """A time in UTC: the date, with hour and minute in intraday runs; a dash when missing."""
    if value is None or value is pd.NaT:
        return Cell(MISSING)
    stamp = pd.Timestamp(value)  # type: ignore[arg-type]
    return Cell(stamp.strftime("%Y-%m-%d %H:%M" if intraday else "%Y-%m-%d"))


def intraday_index(index: pd.Index) -> bool:
    """Whether times of a run need hours and minutes."""
    return is_intraday(pd.DatetimeIndex(index))

"""Compare a result with an earlier one, exactly: identical, or the first value that differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Verdict:
    """`identical`, else where the first difference is; `notes` name changed code or data."""

    identical: bool
    frame: str | None = None
    row: int | None = None  # 0-based position
    column: str | None = None
    original: str | None = None
    again: str | None = None
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "notes": list(self.notes)}


def compare(
    original: Mapping[str, pd.DataFrame],
    again: Mapping[str, pd.DataFrame],
    notes: tuple[str, ...] = (),
) -> Verdict:
    """Frames by name, cell by cell; NaN equals NaN, nothing else is rounded."""
    for name in sorted(set(original) | set(again)):
        if name not in original or name not in again:
            where = "only in the original" if name in original else "only in the new run"
            return Verdict(False, frame=name, original=where, again=where, notes=notes)
        found = _first_difference(name, original[name], again[name])
        if found is not None:
            return Verdict(False, **found, notes=notes)
    return Verdict(True, notes=notes)


def _first_difference(name: str, left: pd.DataFrame, right: pd.DataFrame) -> dict[str, Any] | None:
    left, right = left.reset_index(), right.reset_index()
    if list(left.columns) != list(right.columns):
        return {
            "frame": name,
            "column": "columns",
            "original": ", ".join(map(str, left.columns)),
            "again": ", ".join(map(str, right.columns)),
        }
    rows = min(len(left), len(right))
    first: tuple[int, str] | None = None
    for column in left.columns:
        a, b = left[column].iloc[:rows], right[column].iloc[:rows]
        different = ~((a == b) | (a.isna() & b.isna())).to_numpy(dtype=bool)
        if different.any():
            row = int(different.argmax())
            if first is None or row < first[0]:
                first = (row, str(column))
    if first is not None:
        row, column = first
        return {
            "frame": name,
            "row": row,
            "column": column,
            "original": str(left[column].iloc[row]),
            "again": str(right[column].iloc[row]),
        }
    if len(left) != len(right):
        return {
            "frame": name,
            "row": rows,
            "column": "rows",
            "original": str(len(left)),
            "again": str(len(right)),
        }
    return None

"""What a quality check found: counted, with the first places, so that a person can act on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

FIRST_PLACES = 5  # places named for each finding; the count is always complete


class Severity(StrEnum):
    """An error stops the import; a warning is stored with the data; a note is only said."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Place:
    """Where: file and row as an editor numbers it (a CSV's header is row 1), symbol, UTC time."""

    file: str = ""
    row: int | None = None
    symbol: str = ""
    ts: str = ""
    detail: str = ""

    def __str__(self) -> str:
        row = f"row {self.row}" if self.row is not None else ""
        where = ", ".join(part for part in (self.file, row, self.symbol, self.ts) if part)
        return ": ".join(part for part in (where, self.detail) if part)


@dataclass(frozen=True)
class Check:
    """One kind of finding: its code, severity, sentence ("{count}" is filled in) and remedy."""

    code: str
    severity: Severity
    sentence: str
    remedy: str
    droppable: bool = True  # the person may choose to leave such rows out

    def dropped(self) -> Check:
        """The same check for rows that were left out at the person's wish."""
        if not self.droppable or self.severity is not Severity.ERROR:
            return self
        return replace(
            self, severity=Severity.WARNING, sentence=f"{self.sentence} They were left out."
        )


@dataclass(frozen=True)
class Finding:
    """How often a check struck, by symbol, with the first places."""

    check: Check
    count: int
    places: tuple[Place, ...]
    by_symbol: Mapping[str, int]

    @property
    def code(self) -> str:
        return self.check.code

    @property
    def severity(self) -> Severity:
        return self.check.severity

    @property
    def sentence(self) -> str:
        """The finding as a sentence, with its count."""
        return self.check.sentence.format(count=f"{self.count:,}")

    def as_dict(self) -> dict[str, Any]:
        """JSON form, as it is stored with the data set."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "sentence": self.sentence,
            "remedy": self.check.remedy,
            "count": self.count,
            "by_symbol": dict(self.by_symbol),
            "places": [vars(place) for place in self.places],
        }


@dataclass
class Findings:
    """Gathers findings over files, chunks and symbols."""

    _count: dict[str, dict[str, int]] = field(default_factory=dict)
    _places: dict[str, list[Place]] = field(default_factory=dict)
    _checks: dict[str, Check] = field(default_factory=dict)

    def add(self, check: Check, count: int, places: Iterable[Place] = (), symbol: str = "") -> None:
        """`check` struck `count` times (nothing happens at 0)."""
        if count <= 0:
            return
        self._checks[check.code] = check
        by_symbol = self._count.setdefault(check.code, {})
        by_symbol[symbol] = by_symbol.get(symbol, 0) + count
        kept = self._places.setdefault(check.code, [])
        for place in places:
            if len(kept) >= FIRST_PLACES:
                break
            kept.append(place)

    def all(self) -> tuple[Finding, ...]:
        """Everything found: errors first, then by count."""
        order = list(Severity)
        found = [
            Finding(
                self._checks[code], sum(by.values()), tuple(self._places.get(code, [])), dict(by)
            )
            for code, by in self._count.items()
        ]
        return tuple(sorted(found, key=lambda f: (order.index(f.severity), -f.count, f.code)))


@dataclass(frozen=True)
class QualityReport:
    """Of an import: what was read, what will be stored, what was found."""

    rows_read: int
    bars: int
    symbols: int
    findings: tuple[Finding, ...]
    label_evidence: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings that stop the import."""
        return tuple(f for f in self.findings if f.severity is Severity.ERROR)

    @property
    def blocking(self) -> bool:
        return bool(self.errors)

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "rows_read": self.rows_read,
            "bars": self.bars,
            "symbols": self.symbols,
            "findings": [finding.as_dict() for finding in self.findings],
            "label_evidence": list(self.label_evidence),
        }

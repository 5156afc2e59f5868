"""The leakage certificate of a run in words and as a table."""

from __future__ import annotations

from typing import Literal

from terminal.backtest.certificate.certificate import BEFORE, Certificate, Status, Verdict
from terminal.reports.tables import Cell, Table, text

Sign = Literal["up", "down", "flat"]
NONE = "No certificate"
BADGES = {
    Status.CERTIFIED: "Certified",
    Status.LIMITED: "Certified with limits",
    Status.REFUSED: "Certificate refused",
}
SIGNS: dict[Verdict, Sign] = {Verdict.PASSED: "up", Verdict.FAILED: "down"}


def badge_text(certificate: Certificate | None) -> str:
    """The status as a badge says it."""
    return BADGES[certificate.status] if certificate else NONE


def badge_sign(certificate: Certificate | None) -> Sign:
    """What colours the badge: up and down, flat for anything between."""
    if certificate is None or certificate.status is Status.LIMITED:
        return "flat"
    return "up" if certificate.status is Status.CERTIFIED else "down"


def status_words(certificate: Certificate | None) -> str:
    """Status and reason in one line."""
    if certificate is None:
        return f"none: {BEFORE}"
    return f"{badge_text(certificate)}. {certificate.sentence}"


def certificate_table(certificate: Certificate | None) -> Table:
    """What was tested, what came out, and what was not tested."""
    checks = certificate.checks if certificate else ()
    return Table(
        "Leakage certificate",
        ("Check", "Result", "What was tested", "What came out", "What was not tested"),
        ("left",) * 5,
        tuple(
            (
                text(check.title),
                Cell(check.verdict.value, SIGNS.get(check.verdict, "flat")),
                text(check.tested),
                text(check.finding),
                text(check.not_tested),
            )
            for check in checks
        ),
        f"There is none: this run was {BEFORE}. Run it again to get one.",
        certificate.sentence if certificate else "",
    )

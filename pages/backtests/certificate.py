"""Tab "Certificate": what was tested for hindsight, what came out, and what was not tested."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from pages.backtests.figures import own_theme, run_sections, section_card
from pages.backtests.run import Run
from pages.components.badge import Tone, badge
from pages.components.notice import Kind, notice
from pages.components.panel import panel
from terminal.backtest.certificate.certificate import BEFORE, Certificate, Check, Status, Verdict
from terminal.reports.certificate import BADGES, NONE, badge_text

TONES: dict[Status, Tone] = {
    Status.CERTIFIED: "up",
    Status.LIMITED: "warn",
    Status.REFUSED: "down",
}
NOTICES: dict[Status, Kind] = {
    Status.CERTIFIED: "success",
    Status.LIMITED: "warning",
    Status.REFUSED: "error",
}
VERDICTS: dict[Verdict, Tone] = {
    Verdict.PASSED: "up",
    Verdict.FAILED: "down",
    Verdict.NOT_TESTABLE: "warn",
    Verdict.NOT_TESTED: "neutral",
}
LIST_TONES = {BADGES[status]: tone for status, tone in TONES.items()}
AGAIN = "Run it again to get one."


def certificate(run: Run) -> list[Any]:
    """The status and why, the run among its placebos, and each check in words."""
    found = run.result.provenance.certificate
    if found is None:
        return [notice(f"There is no certificate: this run was {BEFORE}.", "info", AGAIN)]
    made = run_sections(run, own_theme())
    chart = [section_card(made["placebo"], run)] if "placebo" in made else []
    return [status_notice(found), *chart, checks_panel(found)]


def status_notice(found: Certificate) -> html.Div:
    """The status and why it is that."""
    return notice(html.Strong(badge_text(found)), NOTICES[found.status], found.sentence)


def checks_panel(found: Certificate) -> html.Section:
    """Each check: what was tested, what came out, what was not tested."""
    return panel(
        "What was tested, and what was not",
        [_check(check) for check in found.checks],
        className="bt-certificate",
    )


def certificate_badge(found: Certificate | None, address: str) -> Any:
    """The status as a label that opens the certificate."""
    if found is None:
        label = badge(NONE, "neutral", f"This run was {BEFORE}. {AGAIN}")
    else:
        label = badge(badge_text(found), TONES[found.status], found.sentence)
    return dcc.Link(label, href=f"{address}?tab=certificate", className="bt-badge-link")


def _check(check: Check) -> html.Article:
    return html.Article(
        [
            html.H3([check.title, " ", badge(check.verdict.value, VERDICTS[check.verdict])]),
            html.Dl(
                [
                    html.Dt("Tested"),
                    html.Dd(check.tested),
                    html.Dt("Came out"),
                    html.Dd(check.finding),
                    html.Dt("Not tested"),
                    html.Dd(check.not_tested),
                ],
                className="facts",
            ),
        ],
        className="bt-check-block",
    )

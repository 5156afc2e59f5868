"""The certificate in words, as a table, and on both tear sheets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from terminal.backtest.certificate.certificate import Certificate, Check, Verdict
from terminal.backtest.result import BacktestResult
from terminal.charts.theme import DARK
from terminal.reports import content
from terminal.reports.certificate import badge_sign, badge_text, certificate_table, status_words
from terminal.reports.comparison import comparison_html
from terminal.reports.figures import sections
from terminal.reports.tear_sheet import tear_sheet_html
from terminal.reports.tear_sheet_pdf import tear_sheet_pdf
from tests.terminal.reports.sample import EVIL, sample_result


def check(verdict: Verdict, title: str = "Placebo") -> Check:
    return Check("key", title, verdict, "This was done.", "This came out.", "This was not.")


def certified(*verdicts: Verdict) -> Certificate:
    return Certificate(
        tuple(check(verdict) for verdict in verdicts), 1, (0.1, -0.3, 0.4), (0.1, 0.1, 0.1), 1.1
    )


def under(certificate: Certificate | None) -> BacktestResult:
    made = sample_result(300)
    return replace(made, provenance=replace(made.provenance, certificate=certificate))


@pytest.mark.parametrize(
    ("certificate", "badge", "sign"),
    [
        (certified(Verdict.PASSED, Verdict.NOT_TESTED), "Certified", "up"),
        (certified(Verdict.PASSED, Verdict.NOT_TESTABLE), "Certified with limits", "flat"),
        (certified(Verdict.FAILED, Verdict.NOT_TESTABLE), "Certificate refused", "down"),
        (None, "No certificate", "flat"),
    ],
    ids=["certified", "limits", "refused", "none"],
)
def test_the_badge_stands_on_every_report(
    certificate: Certificate | None, badge: str, sign: str
) -> None:
    result = under(certificate)
    assert (badge_text(certificate), badge_sign(certificate)) == (badge, sign)
    assert dict(content.facts(result))["Certificate"] == status_words(certificate)
    page = tear_sheet_html(result)
    assert f'<p class="badge {sign}">{badge}</p>' in page
    assert badge in comparison_html([result, under(None)])
    keys = [section.key for section in sections(result, DARK)]
    assert ("placebo" in keys) is (certificate is not None)


def test_the_table_says_what_was_tested_what_came_out_and_what_was_not() -> None:
    table = certificate_table(certified(Verdict.PASSED, Verdict.FAILED))
    assert [cell.text for cell in table.rows[0]] == [
        "Placebo", "passed", "This was done.", "This came out.", "This was not.",
    ]  # fmt: skip
    assert [row[1].sign for row in table.rows] == ["up", "down"]
    assert "must not be trusted" in table.note
    none = certificate_table(None)
    assert none.rows == () and "Run it again" in none.empty


def test_a_title_from_outside_is_text_and_the_sheet_prints() -> None:
    result = under(Certificate((check(Verdict.NOT_TESTABLE, EVIL),), 1, (0.1, 0.2), (0.1, 0.1)))
    assert "<script>alert" not in tear_sheet_html(result)
    assert tear_sheet_pdf(result).startswith(b"%PDF")

"""The risk report: the panel's numbers on both kinds of page, escaped, and never silent on gaps."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from terminal.charts.numbers import format_value
from terminal.charts.theme import LIGHT
from terminal.reports.risk_report import risk_report_html
from terminal.reports.risk_report_content import cards, facts, headline, statements
from terminal.reports.risk_report_figures import risk_sections
from terminal.reports.risk_report_pdf import risk_report_pdf
from terminal.reports.risk_report_tables import tables
from terminal.risk.panel import risk_panel
from terminal.risk.panel_value import RiskPanel
from terminal.risk.request import RiskRequest
from terminal.risk.value_at_risk import ASSUMPTIONS, Method
from tests.terminal.risk.books import made_book

EVIL = "<script>alert(1)</script> & 'book'"


@pytest.fixture(scope="module")
def panel() -> RiskPanel:
    book = made_book(5, 420)
    symbols = ("<b>S0</b>", *book.symbols[1:])
    return risk_panel(replace(book, symbols=symbols), RiskRequest(draws=400, window=120))


def test_the_headline_says_the_first_level_and_horizon(panel: RiskPanel) -> None:
    row = next(r for r in panel.tails if r.method is Method.HISTORICAL)
    said = headline(panel)
    assert format_value(row.var, "percent") in said
    assert format_value(row.shortfall, "percent") in said
    assert "in a session" in said
    alone = risk_panel(made_book(1, 90, short=False), RiskRequest(draws=200, horizons=(5,)))
    assert "in a 5 sessions" not in headline(alone) and "5 sessions" in headline(alone)
    assert "1 position moves" in " ".join(statements(alone))
    assert dict(facts(alone))["Positions"] == "1"


def test_html_holds_every_number_and_nothing_that_runs(panel: RiskPanel) -> None:
    text = risk_report_html(panel, EVIL, LIGHT, simulated=True)
    assert "<script>alert" not in text and "&lt;script&gt;alert" in text
    assert "<b>S0</b>" not in text
    assert "SIMULATED DATA" in text
    for card in cards(panel):
        assert card.value in text
    for table in tables(panel):
        for row in table.rows:
            for cell in row:
                assert cell.text in text or "<" in cell.text or "'" in cell.text
    for said in ASSUMPTIONS.values():
        assert said.split("'")[0] in text
    keys = set(re.findall(r'data-figure="([a-z]+)"', text))
    assert keys == {s.key for s in risk_sections(panel, LIGHT)}
    assert "http://" not in re.sub(r"<script>.*?</script>", "", text, flags=re.S)
    assert "SIMULATED DATA</div>" not in risk_report_html(panel, "x")


def test_tables_say_what_is_missing(panel: RiskPanel) -> None:
    found = {table.title: table for table in tables(panel)}
    assert "Not within reach of the prices" in found["Past crises, today's weights"].note
    assert "none are loaded" in found["Factors"].note
    assert any(cell.text == "not known" for row in found["Leaving"].rows for cell in row)
    assert len(found["Value at risk"].rows) == len(panel.tails)
    assert len(found["Did it hold?"].rows) == len(panel.tests)
    assert "volume" in " ".join(statements(panel))


def test_the_pdf_is_the_same_bytes_for_the_same_panel(panel: RiskPanel) -> None:
    first = risk_report_pdf(panel, EVIL, simulated=True)
    assert first.startswith(b"%PDF") and first == risk_report_pdf(panel, EVIL, simulated=True)
    assert len(re.findall(rb"/Type /Page\b", first)) >= 4

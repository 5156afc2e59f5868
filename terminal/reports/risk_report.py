"""The risk report: one HTML file that opens by itself, anywhere, offline."""

from __future__ import annotations

from html import escape

from terminal.charts.theme import DARK, Theme
from terminal.reports import risk_report_content as content
from terminal.reports.page import Payload, definitions_html, figure_html, page, table_html
from terminal.reports.risk_report_figures import risk_sections
from terminal.reports.risk_report_tables import tables
from terminal.risk.panel_value import RiskPanel
from terminal.risk.value_at_risk import ASSUMPTIONS


def risk_report_html(
    panel: RiskPanel, title: str, theme: Theme = DARK, *, simulated: bool = False
) -> str:
    """The document as text; write it as UTF-8.

    Parameters
    ----------
    title : of the book or portfolio. simulated : whether its prices are invented.
    """
    payload, shown = Payload(), []
    for mode in ("dark", "light"):
        own = Theme(mode, theme.palette)
        shown = risk_sections(panel, own, simulated=simulated)
        for part in shown:
            payload.add(part.key, mode, part.figure)
    figures = [
        figure_html(
            part.key, part.title, part.reading, part.height, wide=part.wide,
            min_width=part.min_width,
        )
        for part in shown
    ]  # fmt: skip
    body = "\n".join(
        [
            _header(panel, title, simulated),
            "<main>",
            _cards(panel),
            *figures,
            *(table_html(table) for table in tables(panel)),
            _methods(),
            "</main>",
            _footer(),
        ]
    )
    return page(f"{title} - risk report", body, payload, theme.mode, theme.palette)


def _header(panel: RiskPanel, title: str, simulated: bool) -> str:
    banner = '<div class="banner" role="note">SIMULATED DATA</div>' if simulated else ""
    first, *rest = content.statements(panel)
    lines = "".join(f"<p>{escape(line)}</p>" for line in rest)
    notes = "".join(f"<li>{escape(note)}</li>" for note in panel.notes)
    return (
        f'{banner}<header class="top"><div><p class="kind">Risk report</p>'
        f"<h1>{escape(title)}</h1></div>"
        '<button type="button" id="mode" class="switch">Light</button></header>'
        f'<div class="verdict"><p><strong>{escape(first)}</strong></p>{lines}</div>'
        + definitions_html(content.facts(panel))
        + (f'<ul class="notes">{notes}</ul>' if notes else "")
    )


def _cards(panel: RiskPanel) -> str:
    items = "".join(
        f'<div class="stat"><div class="label hint" tabindex="0" data-hint="{escape(card.hint)}">'
        f'{escape(card.title)}</div><div class="value">{escape(card.value)}</div>'
        f'<div class="beside">{escape(card.beside)}</div></div>'
        for card in content.cards(panel)
    )
    return f'<div class="stats wide">{items}</div>'


def _methods() -> str:
    rows = [(method.value[:1].upper() + method.value[1:], said) for method, said in
            ASSUMPTIONS.items()]  # fmt: skip
    return (
        '<section class="card wide"><header><h2>How each value at risk is made</h2></header>'
        + definitions_html(rows, "facts provenance")
        + "</section>"
    )


def _footer() -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in content.DISCLAIMERS)
    return f"<footer>{lines}<p>Made with AlphaTrade Terminal.</p></footer>"

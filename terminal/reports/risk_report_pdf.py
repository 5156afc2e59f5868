"""The risk report on A4: the same figures and numbers as the HTML."""

from __future__ import annotations

import matplotlib as mpl

from terminal.charts.theme import LIGHT, Palette, Theme
from terminal.reports import risk_report_content as content
from terminal.reports.pdf_page import BODY, MARGIN, RC, WIDTH, Paper
from terminal.reports.risk_report_figures import risk_sections
from terminal.reports.risk_report_tables import tables
from terminal.risk.panel_value import RiskPanel
from terminal.risk.value_at_risk import ASSUMPTIONS

WIDTHS: dict[str, tuple[float, ...]] = {
    "Value at risk": (2.2, 0.8, 1, 1, 1.1, 1.5, 3.4),
    "Did it hold?": (2, 0.8, 1.6, 1.1, 1.1, 1.6, 1, 1),
    "Past crises, today's weights": (2.6, 2.6, 1.1, 1.7, 1.1, 3.6),
    "Shocks": (1.6, 1, 1.6, 4),
    "Factors": (2.4, 2.4, 1, 1.6),
    "Clusters": (6, 1, 1, 1.6),
}


def risk_report_pdf(
    panel: RiskPanel, title: str, *, palette: Palette = "standard", simulated: bool = False
) -> bytes:
    """The document as bytes; vector, the same bytes for the same panel. Paper is always light."""
    theme = Theme("light", palette) if palette != "standard" else LIGHT
    mark = "SIMULATED DATA · " if simulated else ""
    with mpl.rc_context(RC):
        paper = Paper(theme, f"{mark}AlphaTrade Terminal · {title}"[:90])
        _head(paper, panel, title, simulated)
        _cards(paper, panel)
        narrow = []
        for part in risk_sections(panel, theme, simulated=simulated, paper=True):
            if not part.wide:
                narrow.append((part.title, "", part.figure))
                if len(narrow) == 2:
                    paper.figures(narrow, 46.0)
                continue
            height = min(part.height * 0.16, 150.0)
            paper.figures([(part.title, part.reading, part.figure)], height)
        paper.new_page()
        for table in tables(panel):
            paper.table(table, WIDTHS.get(table.title))
        _end(paper)
        return paper.write(f"{title} - risk report")


def _head(paper: Paper, panel: RiskPanel, title: str, simulated: bool) -> None:
    tokens = paper.tokens
    if simulated:
        paper.box(0, 0, WIDTH, 9, tokens.warn)
        paper.text(WIDTH / 2, "SIMULATED DATA", 9, y=6, ha="center", color="white",
                   fontweight="bold")  # fmt: skip
    paper.y += 3
    paper.text(MARGIN, "RISK REPORT", 7, color=tokens.accent, fontweight="bold")
    paper.y += 4
    paper.paragraph(title[:160], 17, fontweight="bold")
    first, *rest = content.statements(panel)
    paper.paragraph(first, 8.5, fontweight="bold")
    for line in rest:
        paper.paragraph(line, 7.5)
    for label, value in content.facts(panel):
        start = paper.y
        paper.text(MARGIN, label, 7.5, y=start + 3.75, color=tokens.muted)
        paper.paragraph(value, 7.5, x=MARGIN + 26)
    for note in panel.notes:
        paper.paragraph(f"• {note}", 7.5, color=tokens.warn)
    paper.y += 2


def _cards(paper: Paper, panel: RiskPanel) -> None:
    tokens, shown = paper.tokens, content.cards(panel)
    paper.need(20.0 * -(-len(shown) // 4))
    top, width = paper.y, BODY / 4
    for k, card in enumerate(shown):
        x, y = MARGIN + (k % 4) * width, top + (k // 4) * 18.0
        paper.box(x, y, width - 2, 16, tokens.panel_2)
        paper.text(x + 3, card.title, 6.8, y=y + 4.4, color=tokens.muted)
        paper.text(x + 3, card.value, 12, y=y + 10, fontweight="bold")
        paper.text(x + 3, card.beside, 6, y=y + 14, color=tokens.muted)
    paper.y = top + 18.0 * -(-len(shown) // 4) + 1


def _end(paper: Paper) -> None:
    paper.need(30)
    paper.heading("How each value at risk is made")
    for method, said in ASSUMPTIONS.items():
        paper.need(8)
        paper.text(MARGIN, method.value, 7, y=paper.y + 3.5, color=paper.tokens.muted)
        paper.paragraph(said, 7, x=MARGIN + 32)
    paper.y += 3
    for line in content.DISCLAIMERS:
        paper.paragraph(line, 6.5, color=paper.tokens.muted)

"""The tear sheet of a run on A4: the same figures and numbers as the HTML, for print and files."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import pandas as pd

from terminal.backtest.result import BacktestResult
from terminal.charts.numbers import ARROWS
from terminal.charts.theme import LIGHT, Palette, Theme
from terminal.reports import content
from terminal.reports.certificate import badge_sign, badge_text, certificate_table
from terminal.reports.cost_table import cost_table
from terminal.reports.figures import Section, sections
from terminal.reports.honesty import honest_sections, honest_tables, statements
from terminal.reports.pdf_page import BODY, MARGIN, RC, WIDTH, Paper


def tear_sheet_pdf(
    result: BacktestResult,
    *,
    palette: Palette = "standard",
    timezone: str = "UTC",
    prices: Mapping[str, pd.DataFrame] | None = None,
) -> bytes:
    """The document as bytes; vector, fonts embedded, the same bytes for the same result.

    Parameters
    ----------
    timezone, prices : as in `tear_sheet_html`. Paper is always light.
    """
    theme = Theme("light", palette) if palette != "standard" else LIGHT
    title = content.headline(result)
    simulated = result.provenance.simulated
    with mpl.rc_context(RC):
        paper = Paper(
            theme,
            ("SIMULATED DATA · " if simulated else "") + f"AlphaTrade Terminal · {title}"[:90],
        )
        _head(paper, result, title, timezone)
        _cards(paper, result)
        parts = sections(result, theme, timezone=timezone, prices=prices)
        _figures(paper, parts + honest_sections(result, theme, timezone=timezone))
        paper.new_page()
        for table in honest_tables(result):
            paper.table(table)
        for table in content.metric_tables(result):
            paper.table(table, (3, 1, 1))
        paper.table(content.months_table(result, timezone), (1.1, *([1.0] * 12), 1.2))
        paper.table(content.drawdown_table(result, timezone), (0.4, 1, 1, 1, 1, 1))
        for table in content.trade_tables(result):
            paper.table(table)
        paper.table(cost_table(result), (2, 1.6, 4))
        checks = certificate_table(result.provenance.certificate)
        paper.table(checks, (1.6, 1.3, 4, 3.4, 3.4))
        paper.table(content.formula_table(result), (2, 5, 2))
        _end(paper, result)
        return paper.write(title)


def _head(paper: Paper, result: BacktestResult, title: str, timezone: str) -> None:
    tokens = paper.tokens
    if result.provenance.simulated:
        paper.box(0, 0, WIDTH, 9, tokens.warn)
        paper.text(WIDTH / 2, "SIMULATED DATA", 9, y=6, ha="center", color="white",
                   fontweight="bold")  # fmt: skip
    paper.y += 3
    paper.text(MARGIN, "BACKTEST TEAR SHEET", 7, color=tokens.accent, fontweight="bold")
    paper.y += 4
    paper.paragraph(title[:160], 17, fontweight="bold")
    certificate = result.provenance.certificate
    colours = {"up": tokens.up, "down": tokens.down, "flat": tokens.warn}
    colour = colours[badge_sign(certificate)]
    paper.paragraph(badge_text(certificate), 9, color=colour, fontweight="bold")
    first, *rest = statements(result, timezone)
    paper.paragraph(first, 8.5, fontweight="bold")
    for line in rest:
        paper.paragraph(line, 7.5)
    for label, value in content.facts(result):
        start = paper.y
        paper.text(MARGIN, label, 7.5, y=start + 3.75, color=tokens.muted)
        paper.paragraph(value, 7.5, x=MARGIN + 26)
    for note in content.warnings(result):
        paper.paragraph(f"• {note}", 7.5, color=tokens.warn)
    paper.y += 2


def _cards(paper: Paper, result: BacktestResult) -> None:
    tokens = paper.tokens
    colours = {"up": tokens.up, "down": tokens.down, "flat": tokens.text}
    shown = content.cards(result)
    paper.need(20.0 * -(-len(shown) // 4))
    top, width = paper.y, BODY / 4
    for k, card in enumerate(shown):
        x, y = MARGIN + (k % 4) * width, top + (k // 4) * 18.0
        paper.box(x, y, width - 2, 16, tokens.panel_2)
        paper.text(x + 3, card.title, 6.8, y=y + 4.4, color=tokens.muted)
        arrow = ARROWS[card.value.sign]
        text = f"{arrow} {card.value.text}" if arrow else card.value.text
        paper.text(x + 3, text, 12, y=y + 10, color=colours[card.value.sign], fontweight="bold")
        if card.benchmark:
            paper.text(x + 3, f"Benchmark {card.benchmark}", 6, y=y + 14, color=tokens.muted)
    paper.y = top + 18.0 * -(-len(shown) // 4) + 1


def _figures(paper: Paper, parts: list[Section]) -> None:
    """Wide figures alone, narrow ones two abreast."""
    waiting: list[Section] = []
    for part in parts:
        if part.wide:
            _flush(paper, waiting)
            height = min(part.height * 0.19, 150.0)
            paper.figures([(part.title, part.reading, part.figure)], height)
            continue
        waiting.append(part)
        if len(waiting) == 2:
            _flush(paper, waiting)
    _flush(paper, waiting)


def _flush(paper: Paper, waiting: list[Section]) -> None:
    if waiting:
        paper.figures([(p.title, p.reading, p.figure) for p in waiting], 42.0)
        waiting.clear()


def _end(paper: Paper, result: BacktestResult) -> None:
    paper.need(30)
    paper.heading("Provenance")
    for label, value in content.provenance_rows(result):
        paper.need(6)
        paper.text(MARGIN, label, 7, y=paper.y + 3.5, color=paper.tokens.muted)
        paper.paragraph(value, 7, x=MARGIN + 30)
    paper.y += 3
    for line in content.DISCLAIMERS:
        paper.paragraph(line, 6.5, color=paper.tokens.muted)

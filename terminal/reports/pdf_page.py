"""A4 pages drawn by matplotlib: text, tables and figures from top to bottom, page numbers.

Vector throughout, TrueType fonts embedded, no date inside: the same result gives the same bytes.
Lengths are millimetres from the top left of the page.
"""

from __future__ import annotations

import io
import textwrap
from datetime import UTC, datetime
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_pdf import FigureCanvasPdf, PdfPages
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from terminal.charts.theme import Theme
from terminal.reports.figure_pdf import draw_figure
from terminal.reports.tables import Cell, Table

WIDTH, HEIGHT = 210.0, 297.0
MARGIN = 16.0
BODY = WIDTH - 2 * MARGIN
BOTTOM = HEIGHT - 18.0
RC: Any = {"pdf.fonttype": 42, "font.family": "DejaVu Sans", "pdf.compression": 6,
      "axes.unicode_minus": True, "path.simplify": False, "text.parse_math": False}  # fmt: skip
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_ROW = 4.1


class Paper:
    """Pages being written; `y` is where the next thing goes."""

    def __init__(self, theme: Theme, footer: str) -> None:
        self.tokens = theme.tokens
        self.footer = footer
        self.pages: list[Figure] = []
        self.y = MARGIN
        self.new_page()

    @property
    def page(self) -> Figure:
        return self.pages[-1]

    def new_page(self) -> None:
        """Go on at the top of a fresh page."""
        page = Figure(figsize=(WIDTH / 25.4, HEIGHT / 25.4), facecolor="white")
        FigureCanvasPdf(page)
        self.pages.append(page)
        self.y = MARGIN

    def need(self, height: float) -> None:
        """Start a page unless `height` mm are left on this one."""
        if self.y + height > BOTTOM:
            self.new_page()

    def text(
        self, x: float, text: str, size: float = 8, *, y: float | None = None, **style: Any
    ) -> None:
        """One line with its baseline at `y` (default: the current position)."""
        style.setdefault("color", self.tokens.text)
        at = self.y if y is None else y
        self.page.text(x / WIDTH, 1 - at / HEIGHT, text, fontsize=size, va="baseline", **style)

    def paragraph(self, text: str, size: float = 8, *, x: float = MARGIN, **style: Any) -> None:
        """Wrapped lines, and the position moves below them."""
        per_line = max(20, int((WIDTH - MARGIN - x) / (size * 0.3528 * 0.56)))
        for line in textwrap.wrap(text, per_line, break_long_words=True) or [""]:
            self.need(size * 0.55)
            self.y += size * 0.5
            self.text(x, line, size, **style)
        self.y += 1.0

    def rule(self, y: float, colour: str | None = None) -> None:
        """A hair line across the body."""
        self.page.add_artist(
            Line2D([MARGIN / WIDTH, 1 - MARGIN / WIDTH], [1 - y / HEIGHT] * 2, linewidth=0.5,
                   color=colour or self.tokens.border, transform=self.page.transFigure)
        )  # fmt: skip

    def box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """A filled rectangle with its top left corner at (x, y)."""
        self.page.add_artist(
            Rectangle((x / WIDTH, 1 - (y + height) / HEIGHT), width / WIDTH, height / HEIGHT,
                      facecolor=colour, edgecolor="none", transform=self.page.transFigure)
        )  # fmt: skip

    def heading(self, title: str, reading: str = "", *, x: float = MARGIN) -> None:
        """A section's title and how to read it."""
        self.y += 4.5
        self.text(x, title, 9.5, fontweight="bold")
        if reading:
            self.y += 3.8
            self.text(x, reading, 7, color=self.tokens.muted)
        self.y += 2.0

    def figures(self, items: list[tuple[str, str, Any]], height: float) -> None:
        """Figures side by side under their headings, `height` mm of plot each."""
        self.need(height + 22)
        top = self.y
        width = (BODY - 8 * (len(items) - 1)) / len(items)
        for k, (title, reading, figure) in enumerate(items):
            self.y = top
            x = MARGIN + k * (width + 8)
            self.heading(title, reading, x=x)
            right = 14.0 if _has_right_axis(figure) else 1.0
            left = 3.0 if right > 1 else _label_room(figure)
            plot_top = self.y + 6.0
            draw_figure(
                figure,
                self.page,
                (
                    (x + left) / WIDTH,
                    1 - (plot_top + height) / HEIGHT,
                    (width - left - right) / WIDTH,
                    height / HEIGHT,
                ),
            )
        self.y = plot_top + height + 10.0

    def table(self, table: Table, widths: tuple[float, ...] | None = None) -> None:
        """A table; its header is repeated where it goes over a page's end."""
        self.need(14 + _ROW * min(3, len(table.rows)))
        self.heading(table.title)
        edges = _edges(table, widths)
        if not table.rows:
            self.paragraph(table.empty, 7.5, color=self.tokens.muted)
            return
        self._header(table, edges)
        for row in table.rows:
            lines = self._wrapped(row, table, edges)
            if self.y + _ROW * lines > BOTTOM:
                self.new_page()
                self._header(table, edges)
            self._row(row, table, edges, lines)
        if table.note:
            self.y += 1.0
            self.paragraph(table.note, 6.5, color=self.tokens.muted)
        self.y += 2.0

    def _header(self, table: Table, edges: list[tuple[float, float]]) -> None:
        self.y += 3.6
        for name, side, edge in zip(table.columns, table.align, edges, strict=True):
            x = edge[1] if side == "right" else edge[0]
            self.text(x, name, 6.8, ha=side, color=self.tokens.muted)
        self.y += 1.3
        self.rule(self.y)

    def _wrapped(
        self, row: tuple[Cell, ...], table: Table, edges: list[tuple[float, float]]
    ) -> int:
        return max(
            len(_wrap(cell.text, edge)) if side == "left" else 1
            for cell, side, edge in zip(row, table.align, edges, strict=True)
        )

    def _row(
        self, row: tuple[Cell, ...], table: Table, edges: list[tuple[float, float]], lines: int
    ) -> None:
        tokens = self.tokens
        colours = {"up": tokens.up, "down": tokens.down, "flat": tokens.text}
        for cell, side, edge in zip(row, table.align, edges, strict=True):
            x = edge[1] if side == "right" else edge[0]
            parts = _wrap(cell.text, edge) if side == "left" else [cell.text]
            for k, part in enumerate(parts):
                self.text(x, part, 7, y=self.y + 3.0 + k * _ROW * 0.85, ha=side,
                          color=colours[cell.sign])  # fmt: skip
        self.y += _ROW * (1 + (lines - 1) * 0.85)
        self.rule(self.y, tokens.grid)

    def write(self, title: str) -> bytes:
        """All pages as a PDF, numbered."""
        sink = io.BytesIO()
        maker = "AlphaTrade Terminal"
        about = {"Title": title, "Creator": maker, "Producer": maker,
                 "CreationDate": _EPOCH, "ModDate": _EPOCH}  # fmt: skip
        with mpl.rc_context(RC), PdfPages(sink, metadata=about) as out:
            for number, page in enumerate(self.pages, start=1):
                y = 8.0 / HEIGHT
                style: dict[str, Any] = {"fontsize": 6.5, "color": self.tokens.muted}
                page.text(MARGIN / WIDTH, y, self.footer, **style)
                page.text(1 - MARGIN / WIDTH, y, f"Page {number} of {len(self.pages)}", ha="right",
                          **style)  # fmt: skip
                out.savefig(page)
        return sink.getvalue()


def _has_right_axis(figure: Any) -> bool:
    return bool(figure.layout.yaxis.side == "right")


def _label_room(figure: Any) -> float:
    """Millimetres that the labels left of a plot take: those of lying bars are words."""
    words = [str(y) for t in figure.data if t.type == "bar" and t.orientation == "h" for y in t.y]
    return max(14.0, min(5.0 + 1.35 * max(map(len, words), default=0), 45.0))


def _edges(table: Table, widths: tuple[float, ...] | None) -> list[tuple[float, float]]:
    """Left and right of each column, sized by its longest cell unless given."""
    if widths is None:
        longest = [
            max([len(name), *(min(len(row[k].text), 60) for row in table.rows)]) + 2.0
            for k, name in enumerate(table.columns)
        ]
        widths = tuple(longest)
    unit = BODY / sum(widths)
    edges, x = [], MARGIN
    for k, width in enumerate(widths):
        # A left column after a right one keeps its distance.
        apart = 4.0 if k and table.align[k - 1 : k + 1] == ("right", "left") else 0.0
        edges.append((x + apart, x + width * unit - (0.0 if k == len(widths) - 1 else 1.5)))
        x += width * unit
    return edges


def _wrap(text: str, edge: tuple[float, float]) -> list[str]:
    per_line = max(6, int((edge[1] - edge[0]) / (7 * 0.3528 * 0.58)))
    return textwrap.wrap(text, per_line) or [""]

"""The tear sheet of a run: one HTML file that opens by itself, anywhere, offline."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import pandas as pd

from terminal.backtest.result import BacktestResult
from terminal.charts.numbers import ARROWS
from terminal.charts.theme import DARK, Theme
from terminal.reports import content
from terminal.reports.certificate import badge_sign, badge_text, certificate_table
from terminal.reports.cost_table import cost_table
from terminal.reports.figures import sections
from terminal.reports.honesty import honest_sections, honest_tables, statements
from terminal.reports.page import Payload, definitions_html, figure_html, page, table_html


def tear_sheet_html(
    result: BacktestResult,
    theme: Theme = DARK,
    *,
    timezone: str = "UTC",
    prices: Mapping[str, pd.DataFrame] | None = None,
) -> str:
    """The document as text; write it as UTF-8.

    Parameters
    ----------
    theme : the mode the file opens in (a button switches; print is always light) and the palette.
    timezone : of the exchange, for month ends and intraday times.
    prices : bars frames by symbol, whose trades are then drawn.

    All data points are in the file; nothing is thinned out.
    """
    payload = Payload()
    shown = []
    for mode in ("dark", "light"):
        own = Theme(mode, theme.palette)
        parts = sections(result, own, timezone=timezone, prices=prices)
        parts += honest_sections(result, own, timezone=timezone)
        for part in parts:
            payload.add(part.key, mode, part.figure)
            if part.alternative is not None:
                payload.add(f"{part.key}-alternative", mode, part.alternative)
        shown = parts
    figures = [
        figure_html(
            part.key, part.title, part.reading, part.height,
            wide=part.wide, switch=part.alternative is not None, min_width=part.min_width,
        )
        for part in shown
    ]  # fmt: skip
    title = content.headline(result)
    body = "\n".join(
        [
            _header(result, title, timezone),
            "<main>",
            _cards(result),
            *figures,
            *(table_html(t) for t in honest_tables(result)),
            '<div class="columns wide">',
            *(table_html(t, heading="h3", wide=False) for t in content.metric_tables(result)),
            "</div>",
            table_html(content.months_table(result, timezone)),
            table_html(content.drawdown_table(result, timezone)),
            *(table_html(t) for t in content.trade_tables(result)),
            table_html(cost_table(result)),
            table_html(certificate_table(result.provenance.certificate), numbers=False),
            _provenance(result),
            "</main>",
            _footer(),
        ]
    )
    return page(f"{title} - tear sheet", body, payload, theme.mode, theme.palette)


def _header(result: BacktestResult, title: str, timezone: str) -> str:
    simulated = result.provenance.simulated
    banner = '<div class="banner" role="note">SIMULATED DATA</div>' if simulated else ""
    notes = "".join(
        f'<li class="{"alert" if k == 0 and simulated else ""}">{escape(note)}</li>'
        for k, note in enumerate(content.warnings(result))
    )
    return (
        f'{banner}<header class="top"><div><p class="kind">Backtest tear sheet</p>'
        f"<h1>{escape(title)}</h1>{_badge(result)}</div>"
        '<button type="button" id="mode" class="switch">Light</button></header>'
        + _statements(result, timezone)
        + definitions_html(content.facts(result))
        + (f'<ul class="notes">{notes}</ul>' if notes else "")
    )


def _badge(result: BacktestResult) -> str:
    certificate = result.provenance.certificate
    return f'<p class="badge {badge_sign(certificate)}">{escape(badge_text(certificate))}</p>'


def _statements(result: BacktestResult, timezone: str) -> str:
    """Luck, trials, break-even and capacity in words, above every number."""
    first, *rest = statements(result, timezone)
    lines = "".join(f"<p>{escape(line)}</p>" for line in rest)
    return f'<div class="verdict"><p><strong>{escape(first)}</strong></p>{lines}</div>'


def _cards(result: BacktestResult) -> str:
    items = "".join(
        f'<div class="stat"><div class="label hint" tabindex="0" data-hint="{escape(card.hint)}">'
        f'{escape(card.title)}</div><div class="value {card.value.sign}">'
        f"{_arrow(card.value.sign)}{escape(card.value.text)}</div>"
        + (
            f'<div class="beside">Benchmark {escape(card.benchmark)}</div>'
            if card.benchmark
            else ""
        )
        + "</div>"
        for card in content.cards(result)
    )
    return f'<div class="stats wide">{items}</div>'


def _arrow(sign: str) -> str:
    arrow = ARROWS[sign]  # type: ignore[index]
    return f'<span class="arrow" aria-hidden="true">{arrow}</span>' if arrow else ""


def _provenance(result: BacktestResult) -> str:
    formulas = table_html(content.formula_table(result), numbers=False)
    return (
        f'<details class="wide formulas"><summary>How each number is computed</summary>{formulas}'
        '</details><section class="card wide"><header><h2>Provenance</h2></header>'
        + definitions_html(content.provenance_rows(result), "facts provenance")
        + "</section>"
    )


def _footer() -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in content.DISCLAIMERS)
    return f"<footer>{lines}<p>Made with AlphaTrade Terminal.</p></footer>"

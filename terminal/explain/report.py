"""The SHAP report: one HTML file that opens by itself, anywhere, offline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import numpy as np
import plotly.graph_objects as go

from terminal.charts import shap as figures
from terminal.charts.lags import lag_figure, lag_map_figure
from terminal.charts.theme import DARK, Theme
from terminal.charts.waterfall import waterfall_figure, waterfall_height
from terminal.explain import words
from terminal.explain.aggregates import (
    Grouped,
    chosen_rows,
    dependence,
    importances,
    swarms,
    waterfall,
)
from terminal.explain.explained import Explained
from terminal.reports.page import Payload, definitions_html, figure_html, page, table_html

DEPENDENCES = 6
MIN_MAP_PX = 560


@dataclass(frozen=True)
class Part:
    """A figure of the report, and how it is drawn in either theme."""

    key: str
    chapter: str
    title: str
    reading: str
    height: int
    draw: Callable[[Theme], go.Figure]
    wide: bool = True
    min_width: int = 0


def report_html(explained: Explained, theme: Theme = DARK) -> str:
    """The document as text; write it as UTF-8.

    Parameters
    ----------
    theme : the mode the file opens in (a button switches; print is always light) and the palette.
    """
    payload = Payload()
    drawn = parts(explained)
    for part in drawn:
        for mode in ("dark", "light"):
            payload.add(part.key, mode, part.draw(Theme(mode, theme.palette)))
    chapters = list(dict.fromkeys(part.chapter for part in drawn))
    body = "\n".join(
        [
            _header(explained),
            _contents(chapters),
            "<main>",
            *(
                _chapter(name, [part for part in drawn if part.chapter == name])
                for name in chapters
            ),
            f'<h2 class="chapter wide" id="{_anchor(words.TABLES)}">{words.TABLES}</h2>',
            table_html(words.importance_table(explained)),
            *(table_html(table) for table in words.permutation_tables(explained)),
            table_html(words.reading_table(), numbers=False),
            '<section class="card wide"><header><h2>Where this comes from</h2></header>'
            + definitions_html(words.lineage_rows(explained), "facts provenance")
            + "</section>",
            "</main>",
            "<footer>"
            + "".join(f"<p>{escape(line)}</p>" for line in words.LIMITS)
            + "<p>Made with AlphaTrade Terminal.</p></footer>",
        ]
    )
    title = f"{explained.about.title} - SHAP report"
    return page(title, body, payload, theme.mode, theme.palette)


def parts(explained: Explained) -> list[Part]:
    """Every figure, in the order of the chapters."""
    own = explained.explanation
    ranked = importances(own)
    swarm = swarms(own)
    found = [
        Part("importance", words.OVERALL, "What counts", words.IMPORTANCE,
             figures.rows_height(min(len(ranked), 20)),
             lambda theme: figures.importance_figure(ranked, own.output, theme)),
        Part("swarm", words.OVERALL, "How each feature pushes", words.SWARM,
             figures.rows_height(len(swarm)),
             lambda theme: figures.swarm_figure(swarm, own.output, theme)),
    ]  # fmt: skip
    found += [_dependence(explained, k, one.column) for k, one in enumerate(ranked[:DEPENDENCES])]
    found += [_waterfall(explained, k, name, row)
              for k, (name, row) in enumerate(chosen_rows(own).items())]  # fmt: skip
    for key, title, reading, table in (
        ("volatility", "By volatility", words.VOLATILITY, explained.by_volatility()),
        ("trend", "By trend", words.TREND, explained.by_trend()),
        ("symbol", "By instrument", words.SYMBOL, explained.by_symbol()),
        ("period", "By period", words.PERIOD, explained.by_period()),
    ):
        found.append(_grouped(key, title, reading, table))
    return found + _permutation(explained) + _sequence(explained)


def _dependence(explained: Explained, k: int, column: str) -> Part:
    found = dependence(explained.explanation, column)
    return Part(f"dependence-{k}", words.DEPENDENCE, column, words.dependence_words(found), 300,
                lambda theme: figures.dependence_figure(found, theme),
                wide=False)  # fmt: skip


def _waterfall(explained: Explained, k: int, name: str, row: int) -> Part:
    found = waterfall(explained.explanation, row)
    event = explained.events.iloc[row]
    reading = f"{event['symbol']}, decided on the bar of {event['ts']:%Y-%m-%d %H:%M} UTC."
    return Part(f"waterfall-{k}", words.SINGLE, name, reading, waterfall_height(found),
                lambda theme: waterfall_figure(found, theme), wide=False)  # fmt: skip


def _grouped(key: str, title: str, reading: str, found: Grouped) -> Part:
    return Part(key, words.GROUPS, title, reading, figures.rows_height(len(found.columns)),
                lambda theme: figures.grouped_figure(found, theme), min_width=MIN_MAP_PX
                if len(found.groups) > 4 else 0, wide=len(found.groups) > 4)  # fmt: skip


def _permutation(explained: Explained) -> list[Part]:
    found = explained.about.permutation
    if found is None:
        return []
    shown = min(len(found.clusters), 20)
    return [
        Part("permutation", words.OUTSIDE, "What helps where the model has not learned",
             words.permutation_words(found), figures.rows_height(shown),
             lambda theme: figures.permutation_figure(found, theme)),
    ]  # fmt: skip


def _sequence(explained: Explained) -> list[Part]:
    own, about = explained.explanation, explained.about
    found = []
    if about.attention:
        weights = np.array(about.attention)
        found.append(
            Part("attention", words.LOOKING_BACK, "Attention by age", words.ATTENTION, 260,
                 lambda theme: lag_figure(weights, "Mean attention", theme))
        )  # fmt: skip
    if own.by_lag is not None:
        top = own.order()[:15]
        by_lag = own.by_lag[:, top]
        names = [own.columns[k] for k in top]
        found.append(
            Part("lags", words.LOOKING_BACK, "SHAP values by age", words.LAGS,
                 figures.rows_height(len(names)),
                 lambda theme: lag_map_figure(by_lag, names, theme), min_width=MIN_MAP_PX)
        )  # fmt: skip
    return found


def _header(explained: Explained) -> str:
    simulated = explained.about.simulated
    banner = '<div class="banner" role="note">SIMULATED DATA</div>' if simulated else ""
    first, *rest = words.statements(explained)
    lines = "".join(f"<p>{escape(line)}</p>" for line in rest)
    return (
        f'{banner}<header class="top"><div><p class="kind">SHAP report</p>'
        f"<h1>{escape(explained.about.title)}</h1></div>"
        '<button type="button" id="mode" class="switch">Light</button></header>'
        f'<div class="verdict"><p><strong>{escape(first)}</strong></p>{lines}</div>'
        + definitions_html(words.facts(explained))
    )


def _contents(chapters: list[str]) -> str:
    items = "".join(
        f'<a href="#{_anchor(name)}">{escape(name)}</a>' for name in [*chapters, words.TABLES]
    )
    return f'<nav class="contents" aria-label="Contents">{items}</nav>'


def _chapter(name: str, found: list[Part]) -> str:
    drawn = "\n".join(
        figure_html(part.key, part.title, part.reading, part.height, wide=part.wide,
                    min_width=part.min_width)
        for part in found
        if part.chapter == name
    )  # fmt: skip
    return f'<h2 class="chapter wide" id="{_anchor(name)}">{escape(name)}</h2>\n{drawn}'


def _anchor(name: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in name.lower())

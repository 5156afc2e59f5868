"""The preview: which instrument, how much of it, and what the rules would do there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import dcc, html

from pages.backtests.choices import dataset_options, first_choice, timeframe_options
from pages.components.badge import simulated_badge
from pages.components.button import button
from pages.components.figure_card import blank_figure
from pages.components.notice import notice
from pages.components.panel import panel_head
from pages.rule_builder.bars import load, symbols_of
from pages.rule_builder.draft import Draft, at
from pages.rule_builder.editing import GONE
from pages.server.preferences import preferences
from terminal.charts.config import graph_config
from terminal.charts.rules import drawn_lines, figure_height, rules_figure
from terminal.charts.theme import Theme
from terminal.market.calendars import get_calendar
from terminal.market.dataset import Dataset
from terminal.market.timeframe import Timeframe
from terminal.strategies.rules.preview import Preview, preview, preview_words
from terminal.strategies.rules.rule_set import Condition, Group, RuleSet

PREFERENCE = "rules-preview"
SPANS = (250, 1_000, 3_000)


@dataclass(frozen=True)
class Shown:
    """What a preview puts on the page."""

    found: Preview
    figure: Any
    height: int
    legend: list[Any]
    words: list[Any]
    first: int
    last: int


def chosen_instrument(datasets: Sequence[Dataset], query: Mapping[str, str]) -> dict[str, str]:
    """data set, symbol and timeframe: as asked for, else as last time, else the first there is."""
    kept = preferences().get(PREFERENCE)
    last = kept if isinstance(kept, dict) and not query.get("dataset") else {}
    wanted = query.get("dataset") or last.get("dataset")
    dataset = next((item for item in datasets if item.slug == wanted), first_choice(datasets))
    symbols = symbols_of(dataset.slug)
    symbol = query.get("symbol") or str(last.get("symbol"))
    timeframe = query.get("timeframe") or str(last.get("timeframe"))
    known = {option["value"] for option in timeframe_options(dataset)}
    return {
        "dataset": dataset.slug,
        "symbol": symbol if symbol in symbols else next(iter(symbols), ""),
        "timeframe": timeframe if timeframe in known else dataset.timeframe.value,
    }


def preview_panel(datasets: Sequence[Dataset], query: Mapping[str, str]) -> html.Section:
    """Controls over the figure; a callback fills it."""
    chosen = chosen_instrument(datasets, query)
    dataset = next(item for item in datasets if item.slug == chosen["dataset"])
    return html.Section(
        [
            panel_head(
                "Preview",
                help="The rules on one instrument, before costs. Triangles: a position is entered; "
                "squares: it is left, both decided at that close and filled on the bar after. The "
                "tint says what is held. Limits on positions do not show here.",
            ),
            html.Div(
                [
                    html.Div(dcc.Dropdown(dataset_options(datasets), chosen["dataset"],
                                          id="ru-dataset", clearable=False), className="ru-set"),
                    html.Div(dcc.Dropdown(symbols_of(dataset.slug), chosen["symbol"],
                                          id="ru-symbol", clearable=False), className="ru-symbol"),
                    html.Div(dcc.Dropdown(timeframe_options(dataset), chosen["timeframe"],
                                          id="ru-timeframe", clearable=False, searchable=False),
                             className="ru-timeframe"),
                    html.Div(
                        dcc.RadioItems([{"label": f"{n:,} bars", "value": n} for n in SPANS],
                                       SPANS[1], id="ru-span", inline=True,
                                       className="segmented segmented-small"),
                        role="group", **{"aria-label": "Bars shown"},
                    ),
                    html.Div(
                        [button("Earlier", "ru-earlier", small=True, icon="chevron-left"),
                         button("Later", "ru-later", small=True, icon="chevron-right")],
                        className="row",
                    ),
                ],
                className="ru-controls",
            ),
            html.Div(id="ru-count", className="ru-count", role="status"),
            html.Div(id="ru-legend", className="ru-legend"),
            html.Div(
                dcc.Graph(id="ru-figure", figure=blank_figure(),
                          config=graph_config(scroll_zoom=True, filename="rules"),
                          responsive=True, style={"height": "320px"}),
                className="figure-body",
            ),
            dcc.Store(id="ru-back", data=0),
        ],
        className="panel ru-preview",
    )  # fmt: skip


def show(
    rules: RuleSet, slug: str, symbol: str, timeframe: str, span: int, back: int, theme: Theme
) -> Shown:
    """The rules on an instrument, drawn; `back` says how many bars the view lies before the end."""
    dataset, panel = load(slug, symbol, Timeframe(timeframe))
    found = preview(panel, rules)
    size = panel.n_bars
    last = max(min(size - 1 - max(back, 0), size - 1), min(span, size) - 1)
    first = max(0, last - span + 1)
    figure = rules_figure(
        found, theme, symbol=symbol, timezone=get_calendar(dataset.calendar).timezone,
        first=first, last=last, simulated=dataset.simulated,
    )  # fmt: skip
    words: list[Any] = [html.Strong(preview_words(found))]
    if dataset.simulated:
        words = [simulated_badge(), " ", *words]
    return Shown(
        found, figure, figure_height(found), legend(found), words + remarks(found), first, last
    )


def legend(found: Preview) -> list[Any]:
    """A chip of its colour for every line, and one each for the marks."""
    chips = [
        _chip(f"ru-colour-{(line.colour % 8) + 1}", line.feature.words)
        for line in drawn_lines(found)
    ]
    marks = [_chip("ru-mark ru-mark-long", "▲ enter long")]
    if found.rules.entry_short is not None:
        marks.append(_chip("ru-mark ru-mark-short", "▼ enter short"))
    marks.append(_chip("ru-mark ru-mark-leave", "■ leave"))
    return [*chips, *marks]


def _chip(look: str, text: str) -> html.Span:
    return html.Span([html.Span(className=f"ru-swatch {look}"), text], className=f"ru-chip {look}")


def remarks(found: Preview) -> list[Any]:
    """What a person should know before believing the preview."""
    said = []
    if found.silent:
        names = ", ".join(feature.words for feature in found.silent)
        said.append(f"These bars have no {names}: conditions on it never hold here.")
    if not found.decided:
        said.append("There are too few bars for a first decision: choose another instrument or "
                    "shorter windows.")  # fmt: skip
    elif not len(found.entries(1)) and not len(found.entries(-1)):
        said.append("No entry ever: the share beside each condition says how often it holds.")
    return [notice(sentence, "warning") for sentence in said]


def share_words(found: Preview, rules: RuleSet, draft: Draft, path: str) -> str:
    """How often the condition at a path holds, of the bars that could be decided on."""
    condition = condition_at(rules, draft, path)
    if condition is None or not found.decided:
        return ""
    share = found.shares[condition]
    if share == 0:
        return "never holds"
    return "holds on under 1 %" if share < 0.005 else f"holds on {100 * share:.0f} %"


def condition_at(rules: RuleSet, draft: Draft, path: str) -> Condition | None:
    """The condition that stands at a draft's path; None where that is none any more."""
    field, *numbers = path.split(".")
    item: Any = rules.groups.get(field)
    try:
        at(draft, path)
        for number in numbers:
            item = item.items[int(number)]
    except (*GONE, AttributeError):
        return None
    return None if isinstance(item, Group) else item

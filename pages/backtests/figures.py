"""Figures of a run as cards that follow theme and palette.

They are built by the function that fills the tear sheet, so page and file show the same. The first
drawing comes with the page in the theme the server knows of the person; the browser asks for
another one only when it wears another theme.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dash import ALL, MATCH, Input, Output, Patch, State, ctx, dcc, html, no_update

from pages.appearance import appearance
from pages.backtests.run import Run, load_run
from pages.components.figure_card import blank_figure, figure_card
from pages.server import guard
from terminal.backtest.result import BacktestResult
from terminal.charts.equity import value_axis
from terminal.charts.theme import Theme, theme_from
from terminal.reports.attribution import attribution_sections
from terminal.reports.capacity import capacity_sections
from terminal.reports.costs import cost_sections
from terminal.reports.evidence import evidence_sections
from terminal.reports.figures import Section, sections

DRAWN = "bt-drawn"


def figure_id(key: Any) -> dict[str, Any]:
    """Id of the graph of one section."""
    return {"type": "bt-figure", "key": key}


def own_theme() -> Theme:
    """The theme the server knows of the person."""
    kept = appearance()
    return theme_from(kept["theme"], kept["palette"])


def drawn_store(theme: Theme) -> dcc.Store:
    """What the figures of the page were drawn in; once on every page with figures."""
    return dcc.Store(id=DRAWN, data=[theme.mode, theme.palette])


def _cost_figures(result: BacktestResult, theme: Theme, *, timezone: str) -> list[Section]:
    return [
        *cost_sections(result, theme, timezone=timezone),
        *capacity_sections(result, theme),
    ]


GROUPS: dict[str, Callable[..., list[Section]]] = {
    "": sections,
    "evidence": evidence_sections,
    "costs": _cost_figures,
    "attribution": attribution_sections,
}
"""What draws the figures of a tab, by the beginning of their keys; "" is the tear sheet's."""


def run_sections(run: Run, theme: Theme, group: str = "") -> dict[str, Section]:
    """The figures of a group by key."""
    made = GROUPS[group](run.result, theme, timezone=run.timezone)
    return {section.key: section for section in made}


def group_of(key: str) -> str:
    """The group that a figure's key belongs to."""
    begins = key.partition("-")[0]
    return begins if begins in GROUPS else ""


def drawn_sections(run: Run, theme: Theme, keys: Sequence[str]) -> dict[str, Section]:
    """The figures of these keys, and what is drawn with them."""
    groups = dict.fromkeys(group_of(key) for key in keys)
    return {
        key: section for group in groups for key, section in run_sections(run, theme, group).items()
    }


def section_card(
    section: Section, run: Run, actions: Sequence[Any] = (), *, later: bool = False
) -> html.Section:
    """One figure in its card; with `later` it is sent when the card comes near the window."""
    card = figure_card(
        figure_id(section.key),
        section.title,
        figure=None if later else section.figure,
        help=section.reading,
        height=section.height,
        actions=actions,
        filename=f"{run.file_stem}-{section.key}",
        className="bt-wide-figure" if section.min_width else "",
    )
    if not later:
        return card
    card.children = [*card.children, dcc.Store(id=near_id(section.key))]
    card.className = f"{card.className} bt-later"
    setattr(card, "data-near", section.key)
    return card


def near_id(key: Any) -> dict[str, Any]:
    """Id of the store that assets/backtest.js fills when the card of a figure comes near."""
    return {"type": "bt-near", "key": key}


def load_plotly() -> html.Div:
    """An empty graph that nobody sees: its library is there when the first figure comes."""
    blank = dcc.Graph(id="bt-load-plotly", figure=blank_figure(), config={"staticPlot": True})
    return html.Div(blank, className="bt-offstage", **{"aria-hidden": "true"})


def scale_switch() -> html.Div:
    """Linear or logarithmic equity."""
    options = [{"label": "Linear", "value": "linear"}, {"label": "Log", "value": "log"}]
    return html.Div(
        dcc.RadioItems(
            options, "linear", id={"type": "bt-scale", "of": "equity"}, inline=True,
            className="segmented segmented-small",
        )
    )  # fmt: skip


def register() -> None:
    """Redraw in another theme; change the scale of equity without sending it again."""

    @guard.callback(
        Output(figure_id(ALL), "figure"),
        Output(DRAWN, "data"),
        Input("theme", "data"),
        Input("palette", "data"),
        State(DRAWN, "data"),
        State("bt-run-id", "data"),
        State({"type": "bt-scale", "of": ALL}, "value"),
        role="viewer",
    )
    def redraw(mode: str, palette: str, drawn: Any, job_id: str, scales: list[str]) -> Any:
        theme = theme_from(mode, palette)
        wanted = [item["id"]["key"] for item in ctx.outputs_list[0]]
        if drawn == [theme.mode, theme.palette] or not job_id:
            return [no_update] * len(wanted), no_update
        made = drawn_sections(load_run(job_id), theme, wanted)
        figures = [
            (made[key].alternative if "log" in scales and key == "equity" else None)
            or made[key].figure
            for key in wanted
        ]
        return figures, [theme.mode, theme.palette]

    @guard.callback(
        Output(figure_id(MATCH), "figure", allow_duplicate=True),
        Input(near_id(MATCH), "data"),
        State(near_id(MATCH), "id"),
        State("theme", "data"),
        State("palette", "data"),
        State("bt-run-id", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def draw(near: Any, own: dict[str, str], mode: str, palette: str, job_id: str) -> Any:
        if not near:
            return no_update
        theme = theme_from(mode, palette)
        return drawn_sections(load_run(job_id), theme, [own["key"]])[own["key"]].figure

    @guard.callback(
        Output(figure_id("equity"), "figure", allow_duplicate=True),
        Input({"type": "bt-scale", "of": "equity"}, "value"),
        prevent_initial_call=True,
        role="viewer",
    )
    def rescale(scale: str) -> Patch:
        change = Patch()
        axis = value_axis("log" if scale == "log" else "linear")
        change["layout"]["yaxis"].update({"tickformat": None, **axis, "autorange": True})
        return change

"""Tab "Costs": from gross to net, what was paid when and for what, and what more it could bear."""

from __future__ import annotations

import math
from typing import Any

from dash import Input, Output, State, ctx, dcc, html, no_update

from pages.backtests.cards import cell, table_panel
from pages.backtests.figures import own_theme, run_sections, section_card
from pages.backtests.run import Run, load_run
from pages.components.figure_card import figure_card
from pages.components.panel import panel
from pages.server import guard
from terminal.backtest.break_even import Dearer
from terminal.charts.theme import theme_from
from terminal.reports import capacity
from terminal.reports import costs as report
from terminal.reports.cost_table import cost_table
from terminal.reports.tables import Cell, number

SHORTEST, LONGEST = 10.0, 1_000.0
"""Basis points at the end of the slider, at least and at most."""
STEPS = 100
MARKS = 5


def costs(run: Run) -> list[Any]:
    """Break-even first, then the split, then who cost what."""
    made = report.priced(run.result, run.timezone)
    parts = run_sections(run, own_theme(), "costs")
    figures = [section_card(part, run, later=True) for part in parts.values()]
    carried = html.P(capacity.capacity_sentence(run.result), className="bt-said")
    estimate = [panel("Capacity", carried)]
    if capacity.capacity_of(run.result) is not None:
        estimate = [
            panel("Capacity", carried),
            html.Div([*figures[2:], table_panel(capacity.capacity_table(run.result))],
                     className="grid-2"),
        ]  # fmt: skip
    return [
        panel("Break-even cost", html.P(report.break_even_sentence(made), className="bt-said")),
        _slider_card(run, made),
        *estimate,
        html.Div(figures[:2], className="grid-2"),
        table_panel(report.split_table(run.result)),
        table_panel(report.instrument_cost_table(run.result)),
        table_panel(cost_table(run.result)),
    ]


def _slider_card(run: Run, made: report.Priced) -> html.Section:
    end = slider_end(made)
    section = report.dearer_section(made, 0.0, own_theme(), timezone=run.timezone)
    card = figure_card(
        "bt-dearer", section.title, figure=section.figure, help=section.reading,
        height=section.height, filename=f"{run.file_stem}-dearer",
    )  # fmt: skip
    marks = {round(end * k / MARKS, 2): f"{end * k / MARKS:g}" for k in range(MARKS + 1)}
    slider = dcc.Slider(
        0.0, end, end / STEPS, value=0.0, marks=marks, id="bt-extra-cost", updatemode="mouseup",
        tooltip={"placement": "bottom", "always_visible": False}, included=True,
    )  # fmt: skip
    label = html.Label(
        "Extra cost of every fill (basis points of its notional)", className="bt-slider-label"
    )
    numbers = html.Div(dearer_stats(made, 0.0), id="bt-dearer-stats")
    card.children = [
        *card.children[:1],
        html.Div([label, slider], className="bt-slider"),
        numbers,
        *card.children[1:],
    ]
    return card


def slider_end(made: report.Priced) -> float:
    """Basis points at the slider's end: a round number beyond where the return dies."""
    dies = made.dies.total_return or 0.0
    wanted = min(LONGEST, max(SHORTEST, 1.4 * dies / report.BPS))
    unit = 10.0 ** math.floor(math.log10(wanted))
    return next(unit * k for k in (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0) if unit * k >= wanted)


def dearer_stats(made: report.Priced, extra: float) -> html.Div:
    """The headline numbers at an extra cost, beside those of the run."""
    then, now = made.at(extra), made.at(0.0)
    ahead = made.benchmark
    items = [
        ("Total return", _of(then.total_return, "percent"), _of(now.total_return, "percent")),
        ("CAGR", _of(then.cagr, "percent"), _of(now.cagr, "percent")),
        ("Sharpe ratio", number(then.sharpe, "ratio"), number(now.sharpe, "ratio")),
        ("Max drawdown", _of(then.max_drawdown, "percent"), _of(now.max_drawdown, "percent")),
    ]
    if ahead is not None:
        items.append(
            ("Lead over benchmark", _lead(then, ahead), _lead(now, ahead)),
        )
    return html.Div([_stat(*item) for item in items], className="stats bt-stats bt-dearer-stats")


def _of(value: float | None, unit: str) -> Cell:
    return number(value, unit, change=True)


def _lead(numbers: Dearer, benchmark: float) -> Cell:
    own = numbers.total_return
    return number(None if own is None else own - benchmark, "percent", change=True)


def _stat(title: str, value: Cell, before: Cell) -> html.Div:
    return html.Div(
        [
            html.Div(title, className="stat-label"),
            html.Div(cell(value, arrow=True), className="stat-value"),
            html.Div(f"As run {before.text}", className="stat-sub"),
        ],
        className="stat",
    )


def register() -> None:
    """The slider and the theme redraw the curve; the slider also the numbers."""

    @guard.callback(
        Output("bt-dearer", "figure"),
        Output("bt-dearer-stats", "children"),
        Input("bt-extra-cost", "value"),
        Input("theme", "data"),
        Input("palette", "data"),
        State("bt-run-id", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def redraw(extra: float | None, mode: str, palette: str, job_id: str) -> Any:
        if extra is None or not math.isfinite(extra):
            return no_update, no_update
        run = load_run(job_id)
        made = report.priced(run.result, run.timezone)
        rate = min(max(float(extra), 0.0), LONGEST) * report.BPS
        theme = theme_from(mode, palette)
        section = report.dearer_section(made, rate, theme, timezone=run.timezone)
        moved = ctx.triggered_id == "bt-extra-cost"
        return section.figure, dearer_stats(made, rate) if moved else no_update

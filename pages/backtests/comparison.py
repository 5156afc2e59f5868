"""Runs side by side: curves on one scale, metrics with the best marked, what differs, correlation.

Numbers are the stored metrics of each run; nothing is computed anew but the correlation of returns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from dash import Input, Output, State, dcc, html, no_update

from pages.backtests.cards import table_panel
from pages.backtests.figures import own_theme
from pages.backtests.run import Run, load_run
from pages.components.button import button
from pages.components.figure_card import figure_card
from pages.components.hint import hint
from pages.components.panel import panel
from pages.server import guard
from terminal.backtest.difference import Differences
from terminal.charts.comparison import comparison_drawdown_figure, comparison_figure
from terminal.charts.curve import session_returns
from terminal.charts.numbers import format_value
from terminal.charts.theme import Theme, theme_from
from terminal.errors import InputError
from terminal.reports.certificate import badge_text
from terminal.reports.comparison import (
    MetricRow,
    comparison_html,
    difference_table,
    differences_of,
    distinct_names,
    metric_rows,
)
from terminal.reports.content import overlay_words, parameter_words
from terminal.reports.sessions import session_curve
from terminal.reports.tables import Table, number, text
from terminal.strategies.registry import STRATEGIES, get_strategy

FEWEST, MOST = 2, 20
_DIFFERENCES: dict[tuple[tuple[str, str], ...], Differences] = {}
"""Of the comparisons looked at last: the bootstrap of many runs takes seconds."""


def load_runs(ids: str) -> list[Run]:
    """The runs named in an address, each once.

    Raises
    ------
    InputError : fewer than two or more than twenty.
    NotFound, Conflict : one of them is not there or not finished.
    """
    wanted = list(dict.fromkeys(part for part in ids.split(",") if part))
    if not FEWEST <= len(wanted) <= MOST:
        raise InputError(
            f"{len(wanted)} runs are named; {FEWEST} to {MOST} can be compared.",
            field="ids",
            remedy="Choose runs in the list on the Backtest page and press Compare.",
        )
    return [load_run(job_id) for job_id in wanted]


def names_of(runs: Sequence[Run]) -> list[str]:
    """A distinct name per run."""
    return distinct_names([run.result for run in runs])


def figures(runs: Sequence[Run], theme: Theme, scale: str = "linear") -> tuple[Any, Any]:
    """Equity from 100 at the common start, and drawdown."""
    curves = {name: run.result.curve for name, run in zip(names_of(runs), runs, strict=True)}
    simulated = any(run.row.simulated for run in runs)
    zone = runs[0].timezone
    equity = comparison_figure(
        curves, theme, scale="log" if scale == "log" else "linear", timezone=zone,
        simulated=simulated,
    )  # fmt: skip
    return equity, comparison_drawdown_figure(curves, theme, timezone=zone, simulated=simulated)


def figure_cards(runs: Sequence[Run]) -> list[Any]:
    """Both figures in their cards."""
    equity, below = figures(runs, own_theme())
    scale = dcc.RadioItems(
        [{"label": "Linear", "value": "linear"}, {"label": "Log", "value": "log"}],
        "linear", id="bt-compare-scale", inline=True, className="segmented segmented-small",
    )  # fmt: skip
    return [
        figure_card(
            "bt-compare-equity", "Equity", figure=equity, unit="100 at the common start",
            height=380, actions=[html.Div(scale)], filename="comparison-equity",
        ),
        figure_card(
            "bt-compare-drawdown", "Drawdown", figure=below, unit="% below each run's last high",
            height=240, filename="comparison-drawdown",
        ),
    ]  # fmt: skip


def metrics_panel(runs: Sequence[Run]) -> html.Section:
    """Every metric by group, a column per run, the best of each row marked."""
    names = names_of(runs)
    rows = metric_rows({n: run.result.metrics for n, run in zip(names, runs, strict=True)})
    body: list[Any] = []
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            title = html.Th(group[:1].upper() + group[1:], colSpan=len(names) + 1)
            body.append(html.Tr(title, className="bt-group-row"))
        body.append(
            html.Tr(
                [
                    html.Td([row.title, " ", hint(row.hint)]),
                    *(_value(row, k) for k in range(len(names))),
                ]
            )
        )
    head = html.Tr([html.Th("Metric"), *(html.Th(name, className="num") for name in names)])
    table = html.Table(
        [html.Thead(head), html.Tbody(body)], className="plain-table bt-table bt-compare-table"
    )
    return panel("Metrics", html.Div(table, className="plain-table-wrap"), flush=True)


def _value(row: MetricRow, k: int) -> html.Td:
    best = k == row.best
    mark = html.Span("★" if best else "", className="bt-best", title="Best of the row")
    return html.Td(
        [format_value(row.values[k], row.unit), mark], className="num num-up" if best else "num"
    )


def differences(runs: Sequence[Run]) -> Any:
    """What the requests do not have in common."""
    flat = [_flat(run) for run in runs]
    keys = list(dict.fromkeys(key for one in flat for key in one))
    differing = [key for key in keys if len({one.get(key, "–") for one in flat}) > 1]
    rows = tuple((text(key), *(text(one.get(key, "–")) for one in flat)) for key in differing)
    sides: tuple[Any, ...] = ("left",) * (len(runs) + 1)
    return table_panel(
        Table("What differs", ("", *names_of(runs)), sides, rows, "These runs ask for the same.")
    )


def distinguishable(runs: Sequence[Run]) -> Any:
    """Whether the Sharpe ratios differ by more than chance, pair by pair."""
    key = tuple((run.job.id, run.row.name) for run in runs)
    if key not in _DIFFERENCES:
        if len(_DIFFERENCES) >= 16:
            _DIFFERENCES.pop(next(iter(_DIFFERENCES)), None)
        _DIFFERENCES[key] = differences_of([run.result for run in runs], runs[0].timezone)
    return table_panel(difference_table(_DIFFERENCES[key]))


def correlations(runs: Sequence[Run]) -> Any:
    """Correlation of session returns over the sessions all runs have."""
    names = names_of(runs)
    returns = pd.concat(
        {
            name: session_returns(session_curve(run.result)["equity"], run.timezone)
            for name, run in zip(names, runs, strict=True)
        },
        axis=1,
        join="inner",
    )
    if len(returns) < 3:
        return panel("Correlation of returns", html.P("The runs share too few sessions."))
    matrix = returns.corr()
    rows = tuple(
        (text(name), *(number(_known(matrix.loc[name, other]), "ratio") for other in names))
        for name in names
    )
    sides: tuple[Any, ...] = ("left", *["right"] * len(names))
    note = f"Pearson, over {format_value(len(returns), 'count')} common sessions."
    return table_panel(Table("Correlation of returns", ("", *names), sides, rows, note=note))


def _known(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _parameters(slug: str, params: Mapping[str, Any]) -> dict[str, str]:
    """One line a parameter; one line of words for a strategy that says it better so."""
    if slug in STRATEGIES and get_strategy(slug).words is not None:
        return {"Parameters": parameter_words(slug, params)}
    return {f"Parameter {key}": str(value) for key, value in params.items()}


def _flat(run: Run) -> dict[str, str]:
    request = run.result.request
    flat = {
        "Strategy": request.strategy,
        **_parameters(request.strategy, request.params),
        "Overlays": overlay_words(request.overlays) or "none",
        "Data set": request.dataset,
        "Data version": run.row.data_version[:12],
        "Universe": ", ".join((*request.symbols, *request.also)),
        "Bars": request.timeframe.value,
        "First session": str(request.start or "first"),
        "Last session": str(request.end or "last"),
        "Capital": format_value(request.capital, "currency"),
        "Lot": format_value(request.lot, "quantity") if request.lot else "fractions",
        "Leverage": format_value(request.leverage, "ratio"),
        "Certificate": badge_text(run.result.provenance.certificate),
        "Direction": "long only" if request.long_only else "long and short",
        "Benchmark": request.benchmark,
        "Risk-free rate": format_value(request.risk_free_rate, "percent"),
    }
    for part in (request.costs, request.exits):
        flat |= {key.replace("_", " ").capitalize(): _plain(v) for key, v in vars(part).items()}
    return flat


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def download_button() -> Any:
    """The comparison as one file."""
    return button("Tear sheet", "bt-compare-export", "primary", "download",
                  title="One HTML file that opens by itself, offline")  # fmt: skip


def register() -> None:
    """Theme, scale and the file."""

    @guard.callback(
        Output("bt-compare-equity", "figure"),
        Output("bt-compare-drawdown", "figure"),
        Output("bt-compare-drawn", "data"),
        Input("theme", "data"),
        Input("palette", "data"),
        Input("bt-compare-scale", "value"),
        State("bt-compare-ids", "data"),
        State("bt-compare-drawn", "data"),
        role="viewer",
    )
    def redraw(mode: str, palette: str, scale: str, ids: str, drawn: Any) -> Any:
        theme = theme_from(mode, palette)
        if drawn == [theme.mode, theme.palette, scale]:
            return no_update, no_update, no_update
        return *figures(load_runs(ids), theme, scale), [theme.mode, theme.palette, scale]

    @guard.callback(
        Output("bt-compare-download", "data"),
        Input("bt-compare-export", "n_clicks"),
        State("bt-compare-ids", "data"),
        State("theme", "data"),
        State("palette", "data"),
        prevent_initial_call=True,
        role="viewer",
    )
    def export(clicks: int, ids: str, mode: str, palette: str) -> Any:
        if not clicks:
            return no_update
        runs = load_runs(ids)
        made = comparison_html(
            [run.result for run in runs], theme_from(mode, palette), timezone=runs[0].timezone
        )
        return {"content": made, "filename": "backtest-comparison.html", "type": "text/html",
                "base64": False}  # fmt: skip

"""Methods compared: out-of-sample numbers, whether they differ, and what each held."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pandas as pd
from dash import dcc, html

from pages.backtests.figures import own_theme
from pages.backtests.run import Run
from pages.components.figure_card import figure_card
from pages.components.hint import hint
from pages.components.notice import notice
from pages.components.panel import panel
from pages.optimising.methods_form import method_label
from pages.server.context import actor, services
from terminal.backtest.metrics import METRICS
from terminal.backtest.weights import weights_through
from terminal.charts.numbers import format_value
from terminal.charts.portfolio_weights import weights_over_time_figure
from terminal.charts.theme import Theme
from terminal.portfolio.survivorship import survivorship
from terminal.reports.comparison import MetricRow, metric_rows

SHOWN = ("sharpe", "cagr", "volatility", "max_drawdown", "sortino", "turnover", "cost_drag")
WEIGHTS_PX = 360


def method_of(run: Run) -> str:
    """The method of an allocation, else the run's name."""
    method = run.result.request.params.get("method")
    return method_label(str(method)) if method else str(run.row.name)


def notes(runs: Sequence[Run]) -> list[Any]:
    """What must be known of the data before any of it is believed."""
    run = runs[0]
    request = run.result.request
    found = []
    if run.dataset is not None:
        if "surviv" in run.dataset.note.lower():
            found.append(run.dataset.note)
        else:
            lives = [
                (one.first_ts, one.last_ts)
                for one in services().catalogue.series(actor(), request.dataset)
                if one.symbol in request.symbols
            ]
            found.append(survivorship(lives))
    terms = {
        (one.result.request.dataset, one.result.request.symbols, one.result.request.start,
         one.result.request.end, one.result.request.costs)
        for one in runs
    }  # fmt: skip
    if len(terms) > 1:
        found.append("These runs do not share universe, dates and costs: see what differs.")
    return [notice(text, "warning") for text in found if text]


def ranked(runs: Sequence[Run]) -> list[Run]:
    """The highest Sharpe ratio first; runs without one last."""

    def key(run: Run) -> float:
        sharpe = run.result.metrics.get("sharpe")
        return float("inf") if sharpe is None else -sharpe

    return sorted(runs, key=key)


def sharpe_table(runs: Sequence[Run]) -> html.Section:
    """A row a method, the highest Sharpe ratio first; every number is the run's own metric."""
    titles = {metric.key: metric for metric in METRICS}
    best_first = ranked(runs)
    rows = {row.key: row for row in metric_rows({method_of(r) + r.job.id: r.result.metrics
                                                 for r in best_first})}  # fmt: skip
    body = [
        html.Tr(
            [
                html.Td(dcc.Link(method_of(run), href=f"/backtest/{run.job.id}")),
                *(_cell(rows.get(key), k) for key in SHOWN),
            ]
        )
        for k, run in enumerate(best_first)
    ]
    lookback = runs[0].result.request.params.get("lookback")
    words = "Net of commission, spread and slippage; each decision from the bars before it only."
    if lookback is not None:
        words += f" The first {lookback} bars, from which the first weights are made, are in cash."
    head = html.Tr(
        [
            html.Th("Method"),
            *(
                html.Th([titles[key].title, " ", hint(titles[key].formula)], className="num")
                for key in SHOWN
            ),
        ]
    )
    made = html.Table([html.Thead(head), html.Tbody(body)], className="plain-table bt-table")
    return panel(
        "Out of sample, after costs",
        [html.P(words, className="bt-said op-terms"),
         html.Div(made, className="plain-table-wrap")],
        flush=True,
    )  # fmt: skip


def _cell(row: MetricRow | None, k: int) -> html.Td:
    if row is None:
        return html.Td("–", className="num")
    best = k == row.best
    mark = html.Span("★" if best else "", className="bt-best", title="Best of the column")
    return html.Td(
        [format_value(row.values[k], row.unit), mark], className="num num-up" if best else "num"
    )


def weights_card(runs: Sequence[Run]) -> html.Section:
    """What a method held through time, with a choice of the method; the best one's first."""
    run = ranked(runs)[0]
    options = [{"label": method_of(one), "value": one.job.id} for one in runs]
    choice = html.Div(
        dcc.Dropdown(options, run.job.id, id="op-weights-run", clearable=False),
        className="ex-choice", role="group", **{"aria-label": "Method"},
    )  # fmt: skip
    return figure_card(
        "op-weights", "Weights through time", figure=weights_figure(run, own_theme()),
        height=WEIGHTS_PX, actions=[choice], filename="weights-through-time",
        help="The eight largest on average, the others together. Short positions count by size.",
    )  # fmt: skip


def weights_figure(run: Run, theme: Theme) -> Any:
    """The figure of a run."""
    return weights_over_time_figure(
        weights_of(run), theme, timezone=run.timezone, simulated=run.row.simulated
    )


def weights_of(run: Run) -> pd.DataFrame:
    """Weights through time; kept for the runs looked at last."""
    if run.job.id not in _kept():
        request = run.result.request
        panel_ = services().catalogue.panel(
            actor(), request.dataset, list(request.symbols), request.timeframe, request.start,
            request.end,
        )  # fmt: skip
        if len(_kept()) > 24:
            _kept().pop(next(iter(_kept())))
        _kept()[run.job.id] = weights_through(panel_, run.result.positions, run.result.curve)
    return _kept()[run.job.id]


@lru_cache(maxsize=1)
def _kept() -> dict[str, pd.DataFrame]:
    return {}
